// ATTEMPT: the loop around an execution. See attempt.hpp for the invariant.

#include <limits>
#include <troupe/actors/agent/attempt.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

Outcome failure(ec code, std::string text) {
  Outcome outcome;
  outcome.mutable_failure()->set_code(static_cast<uint32_t>(code));
  outcome.mutable_failure()->set_text(std::move(text));
  return outcome;
}

} // namespace

attempt::attempt(attempt_host& host, std::string agent, std::string owner, std::string step,
                 std::string claim)
    : host_{host}, agent_{std::move(agent)}, owner_{std::move(owner)}, step_{std::move(step)},
      claim_{std::move(claim)}, begun_ms_{host.now_ms()}, default_timeout_ms_{limits::task_timeout.count()} {}

template <class Message>
Message attempt::addressed() const {
  Message message;
  message.set_step(step_);
  message.set_claim(claim_);
  message.set_agent(agent_);
  return message;
}

void attempt::opened(TaskState state) {
  if (repeat_last_word() || parked_)
    return;
  stay_ = false;
  if (execution_) {
    for (auto& record : state.records())
      if (record.what_case() == ActionRecord::kOutcome)
        completed_by_owner(record);
    if (unacknowledged_ != 0) // the owner may not have got it; what it has got it does not keep twice
      host_.tell_owner(owner_, last_records_);
    else
      drive();
    return;
  }
  timeout_ms_ = state.spec().timeout_ms();
  if (state.defaults().timeout_ms() > 0)
    default_timeout_ms_ = state.defaults().timeout_ms();
  auto who = host_.make_behavior();
  if (!who) {
    end(failure(code_of(who.error()), text_of(who.error())));
    return;
  }
  if (!state.has_start()) {
    auto manifest = (*who)->describe();
    start_.set_started_ms(host_.now_ms());
    start_.set_seed(host_.random());
    start_.set_agent(agent_);
    start_.set_behavior(manifest.name());
    start_.set_behavior_version(manifest.version());
    *state.mutable_start() = start_;
    start_is_new_ = true;
  }
  auto id = step_.empty() ? owner_ : owner_ + "#" + step_;
  execution_ = std::make_unique<execution>(std::move(*who), std::move(id), std::move(state));
  drive();
}

void attempt::completed_by_owner(const ActionRecord& record) {
  waiting_.erase(record.position());
  execution_->complete(record.position(), record.outcome(), record.time_ms());
}

void attempt::recorded(uint64_t number, bool suspended) {
  if (number != unacknowledged_)
    return;
  unacknowledged_ = 0;
  suspended_ = suspended;
  if (suspended)
    return;
  stay_ = last_records_.suspend(); // a wait has ended: the owner is about to tell which
  for (auto& leaf : std::exchange(intended_, {})) {
    auto& name = leaf.request.name();
    auto* one = host_.find_tool(leaf.request.kind() == ACTION_MODEL ? "model/" + name : name);
    run(leaf, *one);
  }
  drive();
}

void attempt::completed(const std::string& position, Outcome outcome) {
  running_.erase(position);
  if (ended_ || !execution_ || !execution_->complete(position, std::move(outcome), host_.now_ms()))
    return;
  drive();
}

bool attempt::expire(int64_t now_ms, int64_t agent_ms) {
  if (ended_)
    return false;
  auto bound = bound_ms(agent_ms);
  if (begun_ms_ + bound <= now_ms) {
    end(failure(ec::timeout, "the attempt took longer than " + std::to_string(bound) + " ms"));
    return true;
  }
  std::vector<std::pair<std::string, const tool*>> late;
  for (auto& [position, one] : running_)
    if (one.give_up_ms <= now_ms)
      late.emplace_back(position, one.what);
  for (auto& [position, what] : late) // what it still answers is dropped: the position has its outcome
    completed(position, failure(ec::timeout, "'" + what->name + "' took longer than " +
                                                 std::to_string(what->timeout.count()) +
                                                 " ms; what it does may still happen"));
  return false;
}

bool attempt::repeat_last_word() {
  if (ended_ && !parked_)
    host_.tell_owner(owner_, last_word_);
  return ended_ && !parked_;
}

void attempt::drive() {
  while (!ended_ && unacknowledged_ == 0) {
    if (execution_->status() == execution_status::mismatch) {
      auto park = addressed<ParkTask>();
      park.set_reason(execution_->reason());
      ended_ = parked_ = true;
      host_.tell_owner(owner_, std::move(park));
      return;
    }
    if (execution_->status() == execution_status::done) {
      end(execution_->outcome());
      return;
    }
    for (auto& leaf : execution_->take_abandoned()) {
      waiting_.erase(leaf.position);
      running_.erase(leaf.position);
    }
    for (auto& leaf : execution_->take_ready())
      ready_.push_back(std::move(leaf));
    auto records = execution_->take_records();
    auto suspend = ready_.empty() && running_.empty() && intended_.empty() && execution_->waiting_only();
    if (!records.empty() || (suspend && !stay_)) {
      send(std::move(records), suspend);
      return;
    }
    if (ready_.empty())
      return;
    for (auto& leaf : std::exchange(ready_, {}))
      begin(leaf);
  }
}

void attempt::send(std::vector<ActionRecord> records, bool suspend) {
  auto message = addressed<RecordActions>();
  message.set_number(++number_);
  message.mutable_records()->Assign(records.begin(), records.end());
  if (std::exchange(start_is_new_, false))
    *message.mutable_start() = start_;
  message.set_suspend(suspend);
  for (auto& position : waiting_)
    message.add_waiting(position);
  for (; notes_sent_ < execution_->notes().size(); ++notes_sent_)
    message.add_notes(execution_->notes()[notes_sent_]);
  unacknowledged_ = number_;
  last_records_ = std::move(message);
  host_.tell_owner(owner_, last_records_);
}

void attempt::begin(const open_action& leaf) {
  if (leaf.request.kind() == ACTION_TOOL || leaf.request.kind() == ACTION_MODEL)
    return begin_tool(leaf);
  waiting_.insert(leaf.position);
  auto now = host_.now_ms();
  if (!leaf.wait_until_ms) // a person and another agent answer when they do
    execution_->record_wait(leaf.position,
                            leaf.request.kind() == ACTION_SLEEP ? now + leaf.request.duration_ms() : 0, now);
}

void attempt::begin_tool(const open_action& leaf) {
  auto name = leaf.request.kind() == ACTION_MODEL ? "model/" + leaf.request.name() : leaf.request.name();
  auto* one = host_.find_tool(name);
  if (!one) {
    fail(leaf.position, ec::tool_failed, "this node has no tool '" + name + "'");
  } else if (one->repeatable || one->start) {
    run(leaf, *one);
  } else if (leaf.intent_recorded) {
    fail(leaf.position, ec::outcome_unknown,
         "'" + name +
             "' was begun before a crash and is not declared repeatable: it may or may not have happened");
  } else {
    execution_->record_intent(leaf.position, host_.now_ms());
    intended_.push_back(leaf);
  }
}

void attempt::run(const open_action& leaf, const tool& one) {
  auto give_up_ms = one.start ? std::numeric_limits<int64_t>::max() : host_.now_ms() + one.timeout.count();
  running_[leaf.position] = {&one, give_up_ms};
  if (auto kept = host_.run_tool(*this, leaf.position, one, leaf.request))
    elsewhere_ = std::move(kept);
}

void attempt::fail(const std::string& position, ec code, std::string text) {
  execution_->complete(position, failure(code, std::move(text)), host_.now_ms());
}

void attempt::end(Outcome outcome) {
  ended_ = true;
  running_.clear();
  elsewhere_.reset();
  outcome_ = std::move(outcome);
  last_word_ = addressed<TaskDone>();
  *last_word_.mutable_outcome() = outcome_;
  if (execution_) {
    auto records = execution_->take_records();
    last_word_.mutable_records()->Assign(records.begin(), records.end());
  }
  if (start_is_new_)
    *last_word_.mutable_start() = start_;
  host_.tell_owner(owner_, last_word_);
}

} // namespace troupe
