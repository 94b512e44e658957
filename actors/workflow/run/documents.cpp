// DOCUMENTS: names and fields that an expression reads -> JSON.

#include <algorithm>
#include <troupe/actors/workflow/run/documents.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

const std::string null = "null";

ValueType type_of_input(const WorkflowDefinition& definition, const std::string& name) {
  for (auto& input : definition.inputs())
    if (input.name() == name)
      return input.type();
  return TYPE_ANY;
}

template <class Values>
auto* named(const Values& values, const std::string& name) {
  auto i = std::find_if(values.begin(), values.end(), [&](auto& value) { return value.name() == name; });
  return i == values.end() ? nullptr : &*i;
}

caf::error explain(const expression& source, const caf::error& why) {
  return make_error(ec::invalid_argument,
                    "`" + std::string{cut_utf8(source.source(), 200)} + "`: " + text_of(why));
}

// Evaluates with the documents that `gather` finds.
template <class Gather, class Evaluate>
auto run_it(const caf::expected<expression>& source, Gather gather, Evaluate evaluate)
    -> decltype(evaluate(*source, expression_scope{})) {
  if (!source)
    return source.error();
  auto documents = gather(*source);
  auto result = evaluate(*source, documents);
  if (!result)
    return explain(*source, result.error());
  return result;
}

} // namespace

run_documents& run_documents::with(std::string_view name, std::string json) {
  added_.emplace_back(name, std::move(json));
  return *this;
}

caf::expected<std::string> run_documents::evaluate(const caf::expected<expression>& source) {
  return run_it(
      source, [&](auto& one) { return gather(one); },
      [](auto& one, auto documents) { return one.evaluate(documents); });
}

caf::expected<bool> run_documents::holds(const caf::expected<expression>& source) {
  return run_it(
      source, [&](auto& one) { return gather(one); },
      [](auto& one, auto documents) { return one.holds(documents); });
}

// Names that are read by their fields only get a document for each; any other gets one.
std::vector<named_json> run_documents::gather(const expression& source) {
  std::vector<named_json> documents;
  auto keep = [&](std::string text) -> std::string_view { return texts_.emplace_back(std::move(text)); };
  for (auto& read : source.reads()) {
    auto is_group = read.name == "inputs" || read.name == "vars" || read.name == "steps";
    auto by_field = is_group && std::none_of(source.reads().begin(), source.reads().end(), [&](auto& other) {
                      return other.name == read.name && other.field.empty();
                    });
    if (by_field) {
      if (auto json = find(read.name, read.field); !json.empty())
        documents.push_back({read.name, read.field, keep(std::move(json))});
    } else if (std::none_of(documents.begin(), documents.end(),
                            [&](auto& one) { return one.name == read.name; })) {
      documents.push_back({read.name, {}, keep(whole(read.name))});
    }
  }
  for (auto& read : source.reads()) // nothing of a group is there yet
    if (std::none_of(documents.begin(), documents.end(), [&](auto& one) { return one.name == read.name; }))
      documents.push_back({read.name, {}, "{}"});
  return documents;
}

std::string run_documents::find(const std::string& name, const std::string& field) {
  if (name == "inputs") {
    auto* input = named(run_.state.inputs(), field);
    return input ? as_json(input->value(), type_of_input(run_.plan().definition, field)) : std::string{};
  }
  if (name == "vars") {
    auto* variable = named(run_.state.variables(), field);
    return variable ? variable->value() : std::string{};
  }
  for (auto scope = at_.scopes.rbegin(); scope != at_.scopes.rend(); ++scope)
    if (auto* plan = scope->block->find(field))
      return as_json(outcome_of(scope->steps->Get(plan->index)).text());
  return {};
}

std::vector<std::string> run_documents::fields(const std::string& name) const {
  std::vector<std::string> all;
  if (name == "inputs")
    for (auto& input : run_.state.inputs())
      all.push_back(input.name());
  else if (name == "vars")
    for (auto& variable : run_.state.variables())
      all.push_back(variable.name());
  else
    for (auto& scope : at_.scopes)
      for (auto& step : *scope.steps)
        if (step.status() == STEP_COMPLETED)
          all.push_back(step.id());
  std::sort(all.begin(), all.end());
  return all;
}

std::string run_documents::whole(const std::string& name) {
  for (auto& [known, json] : added_)
    if (known == name)
      return json;
  for (auto scope = at_.scopes.rbegin(); scope != at_.scopes.rend() && scope->owner; ++scope) {
    auto& around = *scope->owner_plan->definition;
    auto number = scope->state->number();
    if (name == "index" && (around.has_map() || around.has_loop()))
      return std::to_string(number);
    if (name == "item" && around.has_map())
      return item_of(*scope);
    if (name == "last" && around.has_loop())
      return scope->owner->results_size() > 0 ? as_json(scope->owner->results(0).text()) : null;
  }
  if (name == "error")
    for (auto& caught : at_.plan->definition->catches())
      if (auto* plan = at_.scope().block->find(caught)) {
        auto& step = at_.scope().steps->Get(plan->index);
        if (step.status() != STEP_FAILED && step.status() != STEP_CANCELLED)
          continue;
        auto& failure = own_outcome(step).failure();
        std::string json = R"({"code":)";
        append_json(json, to_string(static_cast<ec>(failure.code())));
        json += R"(,"step":)";
        append_json(json, caught);
        json += R"(,"text":)";
        append_json(json, failure.text());
        return json + "}";
      }
  if (name != "inputs" && name != "vars" && name != "steps")
    return null;
  std::string json = "{";
  for (auto& field : fields(name)) {
    json += json.size() > 1 ? "," : "";
    append_json(json, field);
    json += ":" + find(name, field);
  }
  return json + "}";
}

caf::expected<std::string> query(const run_course& run, const std::string& source) {
  step_place anywhere;
  anywhere.plan = &run.plan().root.steps.front();
  anywhere.scopes.push_back(*run.find_scope({}));
  return run_documents{run, anywhere}.evaluate(expression::compile(source));
}

caf::expected<std::vector<Field>> first_values(const workflow_plan& plan, const std::vector<Field>& inputs) {
  run_course nothing;
  RunEvent::Started started;
  *started.mutable_definition() = plan.definition;
  *started.mutable_inputs() = {inputs.begin(), inputs.end()};
  RunEvent event;
  *event.mutable_started() = std::move(started);
  std::vector<Field> values;
  if (plan.variables.empty())
    return values;
  nothing.apply(event);
  step_place nowhere;
  nowhere.plan = &plan.root.steps.front();
  nowhere.scopes.push_back(*nothing.find_scope({}));
  for (auto& variable : plan.variables) {
    run_documents documents{nothing, nowhere};
    auto value = documents.evaluate(variable.value);
    auto type = plan.definition.variables(static_cast<int>(values.size())).type();
    if (value && !is_of(*value, type))
      value = make_error(ec::invalid_argument,
                         "gives no " + std::string{word(type)} + ": " + std::string{cut_utf8(*value, 40)});
    if (!value)
      return make_error(ec::invalid_argument, "variable '" + variable.name + "': " + text_of(value.error()));
    auto& field = values.emplace_back();
    field.set_name(variable.name);
    field.set_value(*value);
  }
  return values;
}

} // namespace troupe
