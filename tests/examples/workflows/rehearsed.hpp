// A template with the fakes of all skills, under virtual time. Include after CAF_SUITE is defined.
#pragma once

#include <caf/test/unit_test.hpp>
#include <examples/agents/skills.hpp>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/actors/workflow/definition_lint.hpp>
#include <troupe/actors/workflow/run_rehearsal.hpp>
#include <troupe/net/node/workflow_templates.hpp>

namespace troupe {

using testing::run_rehearsal;

/// What a task was given.
inline crew::job job_of_spec(const TaskSpec& task) {
  std::map<std::string, std::string, std::less<>> inputs;
  for (auto& input : task.inputs())
    inputs.emplace(input.name(), input.value());
  return crew::job{std::move(inputs)};
}

/// A template of which every task goes well.
inline run_rehearsal rehearsed(const std::string& name) {
  auto definition = read_template(name);
  if (!definition)
    CAF_FAIL(describe(definition.error()));
  run_rehearsal run{*definition};
  for (auto& one : crew::skills())
    run.fake(std::string{one.capability},
             [work = one.fake](const TaskSpec& task) { return work(job_of_spec(task)); });
  return run;
}

/// Nothing is wrong with it, and nothing to be warned of.
inline void check_definition(const std::string& name) {
  auto definition = read_template(name);
  if (!definition)
    CAF_FAIL(describe(definition.error()));
  for (auto& problem : check(*definition))
    CAF_ERROR(problem.path << ": " << problem.text);
  for (auto& problem : lint(*definition))
    CAF_ERROR(problem.path << ": " << problem.text);
  for (auto& input : definition->inputs())
    CAF_CHECK(input.type() != TYPE_ANY && !input.description().empty());
  CAF_CHECK_EQUAL(std::string{definition->name()}, name);
}

/// An input of a run, by name.
inline std::string input_of(const std::vector<Field>& inputs, std::string_view name) {
  for (auto& input : inputs)
    if (input.name() == name)
      return input.value();
  return {};
}

/// `true` and `false`, as an input is written.
inline std::string flag_text(bool on) {
  return on ? "true" : "false";
}

} // namespace troupe
