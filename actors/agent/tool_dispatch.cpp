// TOOL DISPATCH: one job for one batch.
// Invariant: each call is answered once, whatever the tool does; a call that waits has an agent that will look, or is done.

#include <algorithm>
#include <limits>
#include <troupe/actors/agent/tool_dispatch.hpp>
#include <troupe/runtime/proto/tool.pb.h>

namespace troupe {

tool_dispatch::tool_dispatch(const std::shared_ptr<const agent_parts>& parts, const doors& outside,
                             caf::weak_actor_ptr agent)
    : parts_{parts}, hands_{outside.hands}, time_{outside.time}, seconds_{outside.meters.tool_seconds},
      agent_{std::move(agent)} {}

void tool_dispatch::take(const tool& one, gathered_call call) {
  auto parts = parts_.lock();
  auto* others = parts->tools.gathering_of(one);
  std::vector<gathered_call> ready;
  if (others)
    ready = others->add(std::move(call), now_ms());
  else
    ready.push_back(std::move(call));
  if (!ready.empty())
    return begin(one, std::move(ready));
  std::unique_lock lock{mutex_};
  if (closed_) {
    lock.unlock();
    return do_all(one);
  }
  gathered_.insert(&one);
  lock.unlock();
  ToolGathers waits;
  waits.set_tool(one.name);
  if (auto alive = agent_.lock())
    caf::anon_send(caf::actor_cast<caf::actor>(alive), std::move(waits));
}

bool tool_dispatch::do_due(const tool& one) {
  auto parts = parts_.lock();
  auto* others = parts->tools.gathering_of(one);
  if (auto due = others->take_due(now_ms()); !due.empty())
    begin(one, std::move(due));
  return !others->is_open();
}

void tool_dispatch::close() {
  std::set<const tool*> left;
  {
    std::lock_guard lock{mutex_};
    closed_ = true;
    left.swap(gathered_);
  }
  for (auto* one : left)
    do_all(*one);
}

void tool_dispatch::do_all(const tool& one) {
  auto parts = parts_.lock();
  if (auto calls = parts->tools.gathering_of(one)->take_due(std::numeric_limits<int64_t>::max());
      !calls.empty())
    begin(one, std::move(calls));
}

void tool_dispatch::begin(const tool& one, std::vector<gathered_call> calls) {
  auto job = [&one, calls = std::move(calls), parts = parts_.lock(), time = time_, seconds = seconds_] {
    std::vector<const ActionRequest*> requests;
    for (auto& call : calls)
      requests.push_back(&call.request);
    auto began_us = time->now_us();
    auto outcomes = toolbox::run(one, requests);
    auto took_us = std::max<int64_t>(0, time->now_us() - began_us);
    for (size_t i = 0; i < calls.size(); ++i) {
      seconds.with({one.name}).record(1e-6 * static_cast<double>(took_us));
      calls[i].answer(std::move(outcomes[i]));
    }
  };
  hands_->submit(std::move(job));
}

} // namespace troupe
