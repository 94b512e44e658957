// WORKFLOW BUILDER: a definition, step by step. Invariant: named values are sorted by name, as readers of definitions keep them.

#include <algorithm>
#include <troupe/behaviors/workflow_builder.hpp>

namespace troupe {
namespace {

using named_values = google::protobuf::RepeatedPtrField<Field>;

void put(named_values& values, const std::string& name, const std::string& value) {
  auto at = std::find_if(values.begin(), values.end(), [&](auto& one) { return one.name() >= name; });
  auto index = static_cast<int>(at - values.begin());
  if (at == values.end() || at->name() != name) {
    values.Add()->set_name(name);
    for (int last = values.size() - 1; last > index; --last)
      values.SwapElements(last, last - 1);
  }
  values[index].set_value(value);
}

template <class Ids>
void add(google::protobuf::RepeatedPtrField<std::string>& to, const Ids& ids) {
  for (auto& id : ids)
    to.Add(std::string{id});
}

JoinRule rule_of(JoinMode mode, uint32_t count, bool cancel_rest) {
  JoinRule rule;
  rule.set_mode(mode);
  rule.set_count(count);
  rule.set_cancel_rest(cancel_rest);
  return rule;
}

// A rule that says nothing is not written down.
template <class Kind>
void set_join(Kind& kind, const JoinRule& rule) {
  if (rule.ByteSizeLong() > 0)
    *kind.mutable_join() = rule;
}

template <class Where>
step_builder begin_step(Where& where, const std::string& id) {
  auto& step = *where.add_steps();
  step.set_id(id);
  return step_builder{step};
}

} // namespace

JoinRule join_all() {
  return {};
}

JoinRule join_any(bool cancel_rest) {
  return rule_of(JOIN_ANY, 0, cancel_rest);
}

JoinRule join_n_of(uint32_t count, bool cancel_rest) {
  return rule_of(JOIN_N_OF, count, cancel_rest);
}

JoinRule join_quorum(bool cancel_rest) {
  return rule_of(JOIN_QUORUM, 0, cancel_rest);
}

step_builder& step_builder::needs(std::initializer_list<std::string> ids) {
  add(*step_.mutable_needs(), ids);
  return *this;
}

step_builder& step_builder::catches(std::initializer_list<std::string> ids) {
  add(*step_.mutable_catches(), ids);
  return *this;
}

step_builder& step_builder::when(const std::string& expression) {
  step_.set_when(expression);
  return *this;
}

step_builder& step_builder::with(const std::string& name, const std::string& expression) {
  put(*step_.mutable_with(), name, expression);
  return *this;
}

step_builder& step_builder::set(const std::string& variable, const std::string& expression) {
  put(*step_.mutable_set(), variable, expression);
  return *this;
}

step_builder& step_builder::compensation(const std::string& id) {
  step_.set_compensation(id);
  return *this;
}

step_builder& step_builder::timeout(std::chrono::milliseconds longest) {
  step_.set_timeout_ms(longest.count());
  return *this;
}

step_builder& step_builder::may_fail() {
  step_.set_may_fail(true);
  return *this;
}

step_builder& step_builder::description(const std::string& text) {
  step_.set_description(text);
  return *this;
}

// What a task is told goes to the one that a monitor or an expansion has, if that is what the step is.
TaskSpec& step_builder::spec() {
  return step_.has_monitor()  ? *step_.mutable_monitor()->mutable_sample()
         : step_.has_expand() ? *step_.mutable_expand()->mutable_task()
                              : *step_.mutable_task();
}

step_builder& step_builder::task(const std::string& capability) {
  step_.mutable_task()->add_required(capability);
  return *this;
}

step_builder& step_builder::input(const std::string& name, const std::string& value) {
  put(*spec().mutable_inputs(), name, value);
  return *this;
}

step_builder& step_builder::retry(RetryPolicy policy) {
  *spec().mutable_retry() = std::move(policy);
  return *this;
}

step_builder& step_builder::priority(Priority level) {
  spec().set_priority(level);
  return *this;
}

step_builder& step_builder::attempt_timeout(std::chrono::milliseconds longest) {
  spec().set_timeout_ms(longest.count());
  return *this;
}

step_builder& step_builder::concurrency_key(const std::string& key) {
  spec().set_concurrency_key(key);
  return *this;
}

step_builder& step_builder::idempotent() {
  spec().set_idempotent(true);
  return *this;
}

step_builder& step_builder::decide(const std::vector<case_words>& cases,
                                   const std::vector<std::string>& otherwise, bool every) {
  auto& decision = *step_.mutable_decision();
  for (auto& words : cases) {
    auto& one = *decision.add_cases();
    one.set_name(words.name);
    one.set_when(words.when);
    add(*one.mutable_then(), words.then);
  }
  add(*decision.mutable_otherwise(), otherwise);
  decision.set_every(every);
  return *this;
}

step_builder& step_builder::join(const JoinRule& rule) {
  *step_.mutable_join() = rule;
  return *this;
}

step_builder& step_builder::parallel(const block_builder& steps, const JoinRule& rule) {
  *step_.mutable_parallel()->mutable_steps() = steps.block().steps();
  set_join(*step_.mutable_parallel(), rule);
  return *this;
}

step_builder& step_builder::map(const map_words& words, const block_builder& body) {
  auto& map = *step_.mutable_map();
  map.set_over(words.over);
  map.set_max_parallel(words.max_parallel);
  set_join(map, words.join);
  *map.mutable_body() = body.block();
  return *this;
}

step_builder& step_builder::loop(const loop_words& words, const block_builder& body) {
  auto& loop = *step_.mutable_loop();
  loop.set_until(words.until);
  loop.set_max_rounds(words.max_rounds);
  loop.set_pause_ms(words.pause.count());
  loop.set_may_exhaust(words.may_exhaust);
  if (!words.budget.ledger().empty())
    *loop.mutable_budget() = words.budget;
  *loop.mutable_body() = body.block();
  return *this;
}

step_builder& step_builder::wait(std::chrono::milliseconds time) {
  step_.mutable_wait()->set_for_ms(time.count());
  return *this;
}

step_builder& step_builder::wait_until(const std::string& expression) {
  step_.mutable_wait()->set_until(expression);
  return *this;
}

step_builder& step_builder::signal(const std::string& name, ValueType type) {
  step_.mutable_signal()->set_name(name);
  step_.mutable_signal()->set_type(type);
  return *this;
}

step_builder& step_builder::approval(const approval_words& words) {
  auto& approval = *step_.mutable_approval();
  approval.set_message(words.message);
  add(*approval.mutable_approvers(), words.approvers);
  if (words.rule.ByteSizeLong() > 0)
    *approval.mutable_rule() = words.rule;
  approval.set_timeout_ms(words.timeout.count());
  approval.set_on_timeout(words.on_timeout);
  add(*approval.mutable_escalate_to(), words.escalate_to);
  approval.set_may_reject(words.may_reject);
  return *this;
}

step_builder& step_builder::checkpoint(const std::string& label) {
  step_.mutable_checkpoint()->set_label(label);
  return *this;
}

step_builder& step_builder::monitor(const monitor_words& words) {
  auto& monitor = *step_.mutable_monitor();
  monitor.mutable_sample()->add_required(words.capability);
  monitor.set_healthy(words.healthy);
  monitor.set_every_ms(words.every.count());
  monitor.set_for_ms(words.lasting.count());
  monitor.set_tolerate(words.tolerate);
  return *this;
}

step_builder& step_builder::child(const std::string& workflow, uint64_t revision, ClosePolicy on_close) {
  step_.mutable_child()->set_workflow(workflow);
  step_.mutable_child()->set_revision(revision);
  step_.mutable_child()->set_on_close(on_close);
  return *this;
}

step_builder& step_builder::expand(const std::string& capability, uint32_t max_steps,
                                   const std::vector<std::string>& capabilities) {
  auto& expand = *step_.mutable_expand();
  expand.mutable_task()->add_required(capability);
  expand.set_max_steps(max_steps);
  add(*expand.mutable_capabilities(), capabilities);
  return *this;
}

step_builder block_builder::step(const std::string& id) {
  return begin_step(block_, id);
}

step_builder block_builder::step(const std::string& id, const std::string& capability) {
  return step(id).task(capability);
}

block_builder& block_builder::result(const std::string& id) {
  block_.set_result(id);
  return *this;
}

workflow_builder::workflow_builder(const std::string& name, const std::string& version) {
  definition_.set_name(name);
  definition_.set_version(version);
}

workflow_builder& workflow_builder::description(const std::string& text) {
  definition_.set_description(text);
  return *this;
}

workflow_builder& workflow_builder::input(const std::string& name, ValueType type,
                                          const std::string& description) {
  auto& input = *definition_.add_inputs();
  input.set_name(name);
  input.set_type(type);
  input.set_description(description);
  return *this;
}

workflow_builder& workflow_builder::optional_input(const std::string& name, ValueType type,
                                                   const std::string& default_value) {
  input(name, type);
  auto& last = *definition_.mutable_inputs()->rbegin();
  last.set_optional(true);
  last.set_default_value(default_value);
  return *this;
}

workflow_builder& workflow_builder::variable(const std::string& name, ValueType type,
                                             const std::string& initial) {
  auto& variable = *definition_.add_variables();
  variable.set_name(name);
  variable.set_type(type);
  variable.set_initial(initial);
  return *this;
}

workflow_builder& workflow_builder::deadline(std::chrono::milliseconds longest) {
  definition_.set_deadline_ms(longest.count());
  return *this;
}

step_builder workflow_builder::step(const std::string& id) {
  return begin_step(definition_, id);
}

step_builder workflow_builder::step(const std::string& id, const std::string& capability) {
  return step(id).task(capability);
}

workflow_builder& workflow_builder::result(const std::string& id) {
  definition_.set_result(id);
  return *this;
}

} // namespace troupe
