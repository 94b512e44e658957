// BRANCHES: what follows what.
// Invariant: an attempt that is not over has an open leaf; a branch waits for at most one place.

#include <algorithm>
#include <charconv>
#include <troupe/behaviors/branches.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

std::shared_ptr<const Outcome> failed(ec code, const std::string& text) {
  auto outcome = std::make_shared<Outcome>();
  outcome->mutable_failure()->set_code(static_cast<uint32_t>(code));
  outcome->mutable_failure()->set_text(text);
  return outcome;
}

// Results of all arguments in their order. `any` = fails only because nobody succeeded, else with the first
// failure.
std::shared_ptr<const Outcome> gather(const place& at, bool any) {
  auto outcome = std::make_shared<Outcome>();
  for (auto& arm : at.arms) {
    if (arm->result->has_failure() && !outcome->has_failure())
      *outcome->mutable_failure() = arm->result->failure();
    *outcome->add_parts() = *arm->result;
  }
  if (any)
    outcome->mutable_failure()->set_text("none of " + std::to_string(at.arms.size()) +
                                         " succeeded; the first: " + outcome->failure().text());
  return outcome;
}

} // namespace

branches::branches(behavior& who, Task& task, uint64_t seed, int64_t started_ms)
    : behavior_{who}, task_{task}, seed_{seed} {
  root_.moment = {started_ms, random_stream(seed, ""), 0};
}

void branches::start() {
  pump([this] {
    task_.moment_ = &root_.moment;
    steps_.push_back({&root_, behavior_.run(task_), nullptr});
  });
}

void branches::settle(place& at, std::shared_ptr<const Outcome> result, int64_t time_ms) {
  pump([&] { close(at, std::move(result), time_ms); });
}

// The only place where user code runs: what it throws ends the attempt.
void branches::pump(const std::function<void()>& first) {
  try {
    first();
    while (!steps_.empty() && !outcome_) {
      auto now = std::move(steps_.front());
      steps_.pop_front();
      if (!now.where->abandoned)
        advance(std::move(now));
    }
  } catch (const std::exception& e) {
    give_up(ec::internal, e.what());
  } catch (...) {
    give_up(ec::internal, "the behavior threw something that is no std::exception");
  }
}

void branches::advance(step now) {
  auto& in = *now.where;
  task_.moment_ = &in.moment;
  for (;;) {
    if (now.next) {
      auto current = *std::exchange(now.next, std::nullopt);
      if (++actions_ > limits::attempt_actions)
        return give_up(ec::action_failed, "more than " + std::to_string(limits::attempt_actions) +
                                              " actions in one attempt; does the behavior loop?");
      if (current.request().kind() == ACTION_FINISH)
        in.rest.clear();
      else
        in.rest.insert(in.rest.end(), current.continuations().rbegin(), current.continuations().rend());
      now.result = enter(in, current);
      if (!now.result)
        return;
    }
    Result result{now.result};
    while (!now.next && !in.rest.empty()) {
      auto follows = std::move(in.rest.back());
      in.rest.pop_back();
      if (result.ok() && follows.on_result)
        now.next = follows.on_result(task_, result);
      else if (!result.ok() && follows.on_error)
        now.next = follows.on_error(task_, result.error());
    }
    if (!now.next)
      return end(in, std::move(now.result));
  }
}

// Begins an action; answers with its result, or null if it has to be waited for.
std::shared_ptr<const Outcome> branches::enter(branch& in, const action& next) {
  auto kind = next.request().kind();
  if (kind == ACTION_FINISH || kind == ACTION_FAIL)
    return next.outcome();
  auto& at = open_place(in, next.request());
  if (kind == ACTION_CHECKPOINT)
    return mark(at);
  if (kind == ACTION_ALL_OF || kind == ACTION_ANY_OF || kind == ACTION_RACE) {
    if (!next.arguments().empty())
      return split(at, next), nullptr;
    at.closed = true;
    return kind == ACTION_ALL_OF ? std::make_shared<const Outcome>()
                                 : failed(ec::invalid_argument, action_name(at.request) + " at " +
                                                                    at.position + " has no arguments");
  }
  open.emplace(at.order, &at);
  return nullptr;
}

place& branches::open_place(branch& in, const ActionRequest& request) {
  auto position = (in.position.empty() ? "" : in.position + ".") + std::to_string(in.next++);
  auto& at = places_[position];
  at.position = position;
  at.request = request;
  at.order = places_.size();
  at.owner = &in;
  in.waits_for = &at;
  return at;
}

void branches::split(place& at, const action& next) {
  if (at.owner->depth == limits::action_depth)
    return give_up(ec::action_failed, action_name(at.request) + " at " + at.position +
                                          " is nested deeper than " + std::to_string(limits::action_depth));
  for (auto& argument : next.arguments()) {
    auto arm = std::make_unique<branch>();
    arm->index = static_cast<uint32_t>(at.arms.size());
    arm->position = at.position + "." + std::to_string(arm->index);
    arm->parent = &at;
    arm->depth = at.owner->depth + 1;
    arm->moment = {at.owner->moment.now_ms, random_stream(seed_, arm->position), 0};
    steps_.push_back({arm.get(), argument, nullptr});
    at.arms.push_back(std::move(arm));
  }
}

// A checkpoint is done by being recorded; a recorded one stands.
std::shared_ptr<const Outcome> branches::mark(place& at) {
  at.closed = true;
  auto& moment = at.owner->moment;
  if (auto i = recorded.find(at.position); i != recorded.end() && i->second->has_outcome()) {
    moment.now_ms = std::max(moment.now_ms, i->second->time_ms());
    return std::make_shared<const Outcome>(i->second->outcome());
  }
  auto& record = decided.emplace_back();
  record.set_position(at.position);
  *record.mutable_request() = at.request;
  record.mutable_outcome()->set_text(at.request.arguments(0).value());
  record.set_time_ms(moment.now_ms);
  return std::make_shared<const Outcome>(record.outcome());
}

void branches::end(branch& which, std::shared_ptr<const Outcome> result) {
  which.result = std::move(result);
  if (!which.parent) {
    outcome_ = which.result;
    return;
  }
  auto& at = *which.parent;
  ++at.arms_ended;
  auto kind = at.request.kind();
  if (kind == ACTION_RACE || (kind == ACTION_ANY_OF && !which.result->has_failure()))
    return win(at, which);
  if (at.arms_ended < at.arms.size())
    return;
  int64_t last = 0;
  for (auto& arm : at.arms)
    last = std::max(last, arm->moment.now_ms);
  close(at, gather(at, kind == ACTION_ANY_OF), last);
}

// The first to end wins, unless the journal names another: the host that wrote it may not have seen this
// result yet.
void branches::win(place& at, branch& winner) {
  if (auto i = recorded.find(at.position); i == recorded.end()) {
    auto& record = decided.emplace_back();
    record.set_position(at.position);
    record.mutable_request()->set_kind(at.request.kind());
    record.set_winner(winner.index);
    record.set_time_ms(winner.moment.now_ms);
  } else if (i->second->winner() != winner.index) {
    return;
  }
  at.winner = winner.index;
  for (auto& arm : at.arms) {
    if (arm.get() == &winner)
      continue;
    arm->lost = true;
    abandon(*arm);
  }
  close(at, winner.result, winner.moment.now_ms);
}

void branches::close(place& at, std::shared_ptr<const Outcome> result, int64_t time_ms) {
  at.closed = true;
  open.erase(at.order);
  auto& owner = *at.owner;
  owner.moment.now_ms = std::max(owner.moment.now_ms, time_ms);
  steps_.push_back({&owner, std::nullopt, std::move(result)});
}

void branches::abandon(branch& loser) {
  loser.abandoned = true;
  if (auto* at = loser.waits_for; at && !at->closed) {
    open.erase(at->order);
    if (at->taken || at->begun())
      abandoned.push_back(at);
    for (auto& arm : at->arms)
      abandon(*arm);
  }
}

void branches::give_up(ec code, const std::string& text) {
  abandon(root_);
  outcome_ = failed(code, text);
}

place* branches::find(std::string_view position) {
  auto i = places_.find(position);
  return i == places_.end() ? nullptr : &i->second;
}

bool branches::lost(std::string_view position) const {
  // "2.1.0.3.4": argument 1 of place "2", argument 3 of place "2.1.0".
  for (size_t dot = position.find('.'); dot != std::string_view::npos;) {
    auto i = places_.find(position.substr(0, dot));
    auto after = position.find('.', dot + 1);
    uint32_t index = 0;
    auto number = position.substr(dot + 1, after - dot - 1);
    std::from_chars(number.data(), number.data() + number.size(), index);
    if (i != places_.end() && index < i->second.arms.size() && i->second.arms[index]->lost)
      return true;
    dot = after == std::string_view::npos ? after : position.find('.', after + 1);
  }
  return false;
}

} // namespace troupe
