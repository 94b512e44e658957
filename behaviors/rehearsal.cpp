// REHEARSAL: the smallest host.
// Invariant: the journal holds everything the execution has given out, in order, so that a restart changes
// nothing.

#include <algorithm>
#include <troupe/behaviors/rehearsal.hpp>

namespace troupe {

std::string asked::argument(std::string_view name) const {
  for (auto& field : what_.request.arguments())
    if (field.name() == name)
      return field.value();
  return {};
}

rehearsal::rehearsal(std::unique_ptr<behavior> who, std::vector<troupe::argument> inputs,
                     std::initializer_list<std::string> results, uint64_t seed) {
  for (auto& input : inputs) {
    auto* field = state_.mutable_spec()->add_inputs();
    field->set_name(input.name);
    field->set_value(input.text);
  }
  state_.set_attempt(1);
  state_.mutable_start()->set_started_ms(now_ms_);
  state_.mutable_start()->set_seed(seed);
  state_.mutable_start()->set_behavior_version(who->describe().version());
  begin(std::move(who));
  for (auto& result : results)
    answer(result);
}

void rehearsal::begin(std::unique_ptr<behavior> who) {
  open_.clear();
  run_ = std::make_unique<execution>(std::move(who), "rehearsal", state_);
  look();
}

// Takes what is new, as a host does after each result.
void rehearsal::look() {
  for (auto& gone : run_->take_abandoned()) {
    std::erase_if(open_, [&](auto& each) { return each.position == gone.position; });
    abandoned_.push_back(gone.position);
  }
  for (auto& fresh : run_->take_ready()) {
    if (fresh.request.kind() == ACTION_SLEEP && !fresh.wait_until_ms) {
      fresh.wait_until_ms = now_ms_ + fresh.request.duration_ms();
      run_->record_wait(fresh.position, *fresh.wait_until_ms, now_ms_);
    }
    open_.push_back(std::move(fresh));
  }
  for (auto& record : run_->take_records())
    *state_.add_records() = std::move(record);
}

std::vector<asked> rehearsal::open() const {
  return {open_.begin(), open_.end()};
}

asked rehearsal::next() const {
  ensure(!open_.empty(), "something is asked for");
  return asked{open_.front()};
}

void rehearsal::settle(std::string_view position, Outcome outcome) {
  std::string at{position};
  std::erase_if(open_, [&](auto& each) { return each.position == at; });
  ensure(run_->complete(at, std::move(outcome), now_ms_), "something is asked for at " + at);
  look();
}

rehearsal& rehearsal::answer(std::string text) {
  return answer_at(next().position(), std::move(text));
}

rehearsal& rehearsal::answer_at(std::string_view position, std::string text) {
  Outcome outcome;
  outcome.set_text(std::move(text));
  settle(position, std::move(outcome));
  return *this;
}

rehearsal& rehearsal::refuse(ec code, std::string text) {
  return refuse_at(next().position(), code, std::move(text));
}

rehearsal& rehearsal::refuse_at(std::string_view position, ec code, std::string text) {
  Outcome outcome;
  outcome.mutable_failure()->set_code(static_cast<uint32_t>(code));
  outcome.mutable_failure()->set_text(std::move(text));
  settle(position, std::move(outcome));
  return *this;
}

rehearsal& rehearsal::pass(std::chrono::milliseconds time) {
  auto until = now_ms_ + time.count();
  for (;;) {
    auto due = std::min_element(open_.begin(), open_.end(), [](auto& a, auto& b) {
      return a.wait_until_ms.value_or(INT64_MAX) < b.wait_until_ms.value_or(INT64_MAX);
    });
    if (due == open_.end() || due->wait_until_ms.value_or(INT64_MAX) > until)
      break;
    now_ms_ = std::max(now_ms_, *due->wait_until_ms);
    answer_at(due->position, {});
  }
  now_ms_ = until;
  return *this;
}

rehearsal& rehearsal::restart(std::unique_ptr<behavior> who) {
  begin(std::move(who));
  return *this;
}

Result rehearsal::result() const {
  ensure(status() != execution_status::running, "the behavior has ended");
  return Result{std::make_shared<const Outcome>(run_->outcome())};
}

} // namespace troupe
