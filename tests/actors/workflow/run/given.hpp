// Runs of small workflows for the tests here.
#pragma once

#include <caf/test/unit_test.hpp>
#include <troupe/actors/workflow/run_rehearsal.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

using testing::run_rehearsal;
using namespace std::chrono_literals;

inline WorkflowDefinition definition_of(std::string_view yaml) {
  auto read = read_workflow(yaml);
  if (!read.problems.empty())
    CAF_FAIL(to_string(read.problems, "yaml"));
  return read.definition;
}

/// A rehearsal with an echo: tasks that require `say` give their input `text`; those that require `break` fail.
inline run_rehearsal given(std::string_view yaml) {
  run_rehearsal run{definition_of(yaml)};
  run.fake("say", [](const TaskSpec& task) -> caf::expected<std::string> {
    for (auto& input : task.inputs())
      if (input.name() == "text")
        return input.value();
    return std::string{"said"};
  });
  run.fake("break", [](const TaskSpec& task) -> caf::expected<std::string> {
    return make_error(ec::invalid_argument, task.title() + " broke");
  });
  return run;
}

/// The started run; fails the test if it is refused.
inline run_rehearsal started(std::string_view yaml, const std::vector<argument>& inputs = {}) {
  auto run = given(yaml);
  if (auto refused = run.start(inputs))
    CAF_FAIL(describe(refused));
  return run;
}

} // namespace troupe
