// WORKFLOW BUILDER: a definition in C++, for programs that embed a node.
#pragma once

#include <initializer_list>
#include <string>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

/// Builds a WorkflowDefinition step by step. What it builds is checked when a run starts.
class workflow_builder {
public:
  explicit workflow_builder(const std::string& name, const std::string& version = "1.0.0");

  /// One step under construction; valid until the next step() call.
  class step_builder {
  public:
    explicit step_builder(StepDefinition& step) : step_{step} {}
    /// A constant input. Results of needed steps are added under the steps' ids.
    step_builder& input(const std::string& name, const std::string& value);
    /// Steps that must complete first.
    step_builder& needs(std::initializer_list<std::string> ids);
    /// How a failed attempt is repeated.
    step_builder& retry(RetryPolicy policy);
    step_builder& priority(Priority level);

  private:
    StepDefinition& step_;
  };

  /// Adds a step for whoever can `capability`.
  step_builder step(const std::string& id, const std::string& capability);

  /// The step whose result is the run's; without it, the last one.
  workflow_builder& result(const std::string& id);

  const WorkflowDefinition& definition() const {
    return definition_;
  }

private:
  WorkflowDefinition definition_;
};

} // namespace troupe
