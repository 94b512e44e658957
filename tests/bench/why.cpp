// How long the reasons of a run take: 200 steps at work, asleep before, and children that are looked at too.

#include <future>
#include <tests/bench/bench.hpp>
#include <tests/bench/node.hpp>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/net/api/methods.hpp>
#include <troupe/runtime/actor.hpp>

namespace troupe::bench {
namespace {

constexpr size_t steps = 200;
constexpr unsigned rounds = 20;

caf::expected<Reasons> ask_why(caf::actor_system& system, const std::shared_ptr<const control_desk>& desk,
                               const std::string& id) {
  std::promise<caf::expected<Reasons>> answer;
  auto worker = system.spawn([&](caf::event_based_actor* self) {
    house_rules(self);
    control_call call;
    call.self = self;
    call.desk = desk;
    call.patience = std::chrono::seconds{10};
    AskWhy in;
    in.set_id(id);
    serve(call, in, [&, self](caf::expected<Reasons> reasons) {
      answer.set_value(std::move(reasons));
      self->quit();
    });
  });
  return answer.get_future().get();
}

void run() {
  auto parts = std::make_shared<agent_parts>();
  node over{[&](caf::scheduled_actor* root, doors_ptr outside) {
    put(*outside, std::string{services::shard_host},
        spawn_shard_host(root, outside, {agent_kind(parts), task_kind(), run_kind()}));
    put(*outside, std::string{services::timers}, spawn_timers(root, outside));
    put(*outside, std::string{services::registry}, spawn_agent_registry(root, outside, parts));
    put(*outside, std::string{services::scheduler}, spawn_task_scheduler(root, outside));
  }};
  workflow_builder flow{"wide"};
  for (size_t i = 0; i < steps; ++i)
    flow.step("s" + std::to_string(i), "nobody.can");
  StartWorkflow start;
  *start.mutable_definition() = flow.definition();
  std::promise<void> begun;
  auto client = over.system().spawn([&](caf::event_based_actor* self) {
    house_rules(self);
    ask<WorkflowAccepted>(self, *over.outside().names, "default/run/wide", std::chrono::seconds{10}, start)
        .then(
            [&, self](const WorkflowAccepted&) {
              begun.set_value();
              self->quit();
            },
            [](const caf::error& reason) { ensure(false, describe(reason).c_str()); });
  });
  begun.get_future().get();
  control_desk made;
  made.outside = over.shared_doors();
  auto desk = std::make_shared<const control_desk>(made);
  std::vector<double> took_ms;
  for (unsigned i = 0; i <= rounds; ++i) {
    auto since = now_s();
    auto answer = ask_why(over.system(), desk, "wide");
    ensure(answer && answer->reasons_size() > 0, "a run has reasons");
    if (i > 0)
      took_ms.push_back(1e3 * (now_s() - since));
  }
  metric("why_ms", median(took_ms), "ms");
  metric("why_max_ms", quantile(took_ms, 1), "ms");
  target("why_max_ms", quantile(took_ms, 1), "<", 100);
}

const benchmark reasons_of_a_run{"why", "the reasons of a run of 200 steps that wait", run};

} // namespace
} // namespace troupe::bench
