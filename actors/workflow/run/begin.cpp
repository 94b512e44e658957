// REACTION: how steps begin.
// Invariant: whatever a step needed to know from expressions, clocks or the node stands in the event that begins it.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/workflow/run/documents.hpp>
#include <troupe/actors/workflow/run/reaction.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/unix_time.hpp>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

void put(std::map<std::string, std::string>& inputs,
         const google::protobuf::RepeatedPtrField<Field>& fields) {
  for (auto& field : fields)
    inputs[field.name()] = field.value();
}

} // namespace

void run_reaction::begin(const step_place& at) {
  if (at.step->status() != STEP_PENDING || at.plan->undoes || !run_.goes_on())
    return;
  if (at.plan->definition->has_join())
    return begin_join(at);
  if (at.step->open() > 0)
    return;
  if (at.plan->edges() > 0 && at.step->live() == 0)
    return end(at, STEP_SKIPPED, {}, "nothing leads here");
  begin_kind(at);
}

// Of `count` needs that were not skipped, so many have come, so many may still come.
void run_reaction::begin_join(const step_place& at) {
  auto& rule = at.plan->definition->join();
  auto& step = *at.step;
  auto skipped = at.plan->edges() - step.open() - step.live() - step.failed();
  auto count = at.plan->edges() - skipped;
  if (count == 0)
    return end(at, STEP_SKIPPED, {}, "nothing leads here");
  auto wanted = required(rule, count);
  if (step.live() + step.open() < wanted)
    return fail(at, make_error(ec::action_failed, fmt::format("{} of {} steps have succeeded; {} have to",
                                                              step.live(), count, wanted)));
  if (step.live() < wanted)
    return;
  complete(at, "null");
  if (rule.cancel_rest())
    for (auto& need : at.plan->definition->needs())
      if (auto needed = run_.find(at.scope().path_of(need)); needed && needed->step->status() <= STEP_ACTIVE)
        stop(*needed, "enough others have succeeded");
}

void run_reaction::begin_kind(const step_place& at) {
  if (at.plan->when) {
    auto holds = run_documents{run_, at}.holds(*at.plan->when);
    if (!holds)
      return fail(at, holds.error());
    if (!*holds)
      return end(at, STEP_SKIPPED, {}, "its condition does not hold");
  }
  auto& definition = *at.plan->definition;
  switch (definition.kind_case()) {
  case StepDefinition::kDecision:
    return begin_decision(at);
  case StepDefinition::kMap:
    return begin_map(at);
  case StepDefinition::kWait:
    return begin_wait(at);
  case StepDefinition::kExpand:
    return begin_task(at, definition.expand().task(), true);
  case StepDefinition::kCheckpoint:
    return complete(at, "null");
  case StepDefinition::kMonitor:
    begun(at).set_due_ms(now_ms_ + definition.monitor().every_ms());
    return;
  case StepDefinition::kApproval: {
    auto inputs = inputs_of(at);
    if (!inputs)
      return fail(at, inputs.error());
    auto& event = begun(at);
    auto wait = definition.approval().timeout_ms();
    event.set_due_ms(now_ms_ + (wait > 0 ? wait : limits::approval_timeout.count()));
    *event.mutable_inputs() = {inputs->begin(), inputs->end()};
    return;
  }
  case StepDefinition::kChild: {
    auto inputs = inputs_of(at);
    if (!inputs)
      return fail(at, inputs.error());
    auto& event = begun(at);
    *event.mutable_inputs() = {inputs->begin(), inputs->end()};
    event.set_child(fmt::format("{}.{}-{}", run_.own_ref, at.path, now_ms_)); // no other time has this name
    return;
  }
  case StepDefinition::kParallel:
  case StepDefinition::kLoop:
  case StepDefinition::kSignal:
    begun(at);
    return;
  default: // also what old journals have: a task
    return begin_task(at, definition.task(), true);
  }
}

RunEvent::StepBegun& run_reaction::begun(const step_place& at) {
  auto& event = *add().mutable_step_begun();
  event.set_step(at.path);
  event.set_time_ms(now_ms_);
  if (auto timeout = at.plan->definition->timeout_ms(); timeout > 0)
    event.set_timeout_ms(now_ms_ + timeout);
  return event;
}

// Constants, and what `with` gives; or, without it, what the run was given and what the step needed.
caf::expected<std::vector<Field>> run_reaction::inputs_of(const step_place& at) const {
  auto& definition = *at.plan->definition;
  std::map<std::string, std::string> inputs;
  auto& constants = definition.has_task()     ? definition.task().inputs()
                    : definition.has_expand() ? definition.expand().task().inputs()
                                              : definition.monitor().sample().inputs();
  if (at.plan->with.empty()) {
    put(inputs, run_.state.inputs());
    for (auto scope : at.scopes)
      if (scope.owner_plan && scope.owner_plan->definition->has_map())
        inputs["item"] = as_text(item_of(scope));
    put(inputs, constants);
    auto give = [&](const std::string& id) {
      inputs[id] = outcome_of(at.scope().steps->Get(at.scope().block->find(id)->index)).text();
    };
    std::for_each(definition.needs().begin(), definition.needs().end(), give);
    if (at.plan->undoes)
      for (auto& other : at.scope().block->steps)
        if (other.definition->compensation() == definition.id())
          give(other.definition->id());
  } else {
    put(inputs, constants);
    run_documents documents{run_, at};
    for (auto& mapping : at.plan->with) {
      auto value = documents.evaluate(mapping.value);
      if (!value)
        return make_error(ec::invalid_argument, "input '" + mapping.name + "': " + text_of(value.error()));
      inputs[mapping.name] = as_text(*value);
    }
  }
  std::vector<Field> fields;
  for (auto& [name, value] : inputs) {
    auto& field = fields.emplace_back();
    field.set_name(name);
    field.set_value(value);
  }
  return fields;
}

void run_reaction::begin_task(const step_place& at, const TaskSpec& what, bool timed) {
  auto inputs = inputs_of(at);
  if (!inputs)
    return fail(at, inputs.error());
  auto spec = what;
  *spec.mutable_inputs() = {inputs->begin(), inputs->end()};
  if (spec.title().empty())
    spec.set_title(at.plan->definition->id());
  if (spec.priority() == PRIORITY_MEDIUM)
    spec.set_priority(run_.state.priority());
  if (auto timeout = at.plan->definition->timeout_ms(); timed && timeout > 0)
    spec.set_deadline_ms(now_ms_ + timeout);
  auto created = task_life::create(spec, defaults_, now_ms_);
  if (!created)
    return fail(at, created.error());
  for (auto& happened : *created)
    task_event(at, std::move(happened));
}

void run_reaction::begin_decision(const step_place& at) {
  auto every = at.plan->definition->decision().every();
  std::vector<std::string> chosen;
  for (auto& one : at.plan->cases) {
    auto holds = run_documents{run_, at}.holds(one.value);
    if (!holds)
      return fail(at, make_error(ec::invalid_argument, "case '" + one.name + "': " + text_of(holds.error())));
    if (*holds)
      chosen.push_back(one.name);
    if (*holds && !every)
      break;
  }
  std::string json = "[";
  for (auto& name : chosen) {
    json += json.size() > 1 ? "," : "";
    append_json(json, name);
  }
  complete(at, json + "]");
  *events.back().mutable_step_ended()->mutable_chosen() = {chosen.begin(), chosen.end()};
}

void run_reaction::begin_map(const step_place& at) {
  auto list = run_documents{run_, at}.evaluate(at.plan->cases.front().value);
  auto items = list ? items_of(*list) : caf::expected<std::vector<std::string>>{list.error()};
  if (!items)
    return fail(at, make_error(ec::invalid_argument, "over: " + text_of(items.error())));
  if (items->size() > limits::map_items)
    return fail(at, make_error(ec::invalid_argument, fmt::format("over: {} items; at most {} are allowed",
                                                                 items->size(), limits::map_items)));
  auto& event = begun(at);
  *event.mutable_items() = {items->begin(), items->end()};
}

void run_reaction::begin_wait(const step_place& at) {
  auto& wait = at.plan->definition->wait();
  auto until = now_ms_ + wait.for_ms();
  if (!at.plan->cases.empty()) {
    auto value = run_documents{run_, at}.evaluate(at.plan->cases.front().value);
    auto time = value ? read_unix_ms(as_text(*value)) : caf::expected<int64_t>{value.error()};
    if (!time)
      return fail(at, make_error(ec::invalid_argument, "until: " + text_of(time.error())));
    until = *time;
  }
  if (until <= now_ms_)
    return complete(at, "null");
  begun(at).set_due_ms(until);
}

void run_reaction::begin_scope(const step_place& at, uint32_t number) {
  auto& event = *add().mutable_scope_begun();
  event.set_step(at.path);
  event.set_number(number);
  event.set_time_ms(now_ms_);
}

} // namespace troupe
