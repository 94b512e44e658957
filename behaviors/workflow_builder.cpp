// WORKFLOW BUILDER: a definition, step by step.

#include <troupe/behaviors/workflow_builder.hpp>

namespace troupe {

workflow_builder::workflow_builder(const std::string& name, const std::string& version) {
  definition_.set_name(name);
  definition_.set_version(version);
}

workflow_builder::step_builder workflow_builder::step(const std::string& id, const std::string& capability) {
  auto& step = *definition_.add_steps();
  step.set_id(id);
  step.mutable_task()->add_required(capability);
  return step_builder{step};
}

workflow_builder& workflow_builder::result(const std::string& id) {
  definition_.set_result(id);
  return *this;
}

workflow_builder::step_builder& workflow_builder::step_builder::input(const std::string& name,
                                                                      const std::string& value) {
  auto* field = step_.mutable_task()->add_inputs();
  field->set_name(name);
  field->set_value(value);
  return *this;
}

workflow_builder::step_builder&
workflow_builder::step_builder::needs(std::initializer_list<std::string> ids) {
  for (auto& id : ids)
    step_.add_needs(id);
  return *this;
}

workflow_builder::step_builder& workflow_builder::step_builder::retry(RetryPolicy policy) {
  *step_.mutable_task()->mutable_retry() = std::move(policy);
  return *this;
}

workflow_builder::step_builder& workflow_builder::step_builder::priority(Priority level) {
  step_.mutable_task()->set_priority(level);
  return *this;
}

} // namespace troupe
