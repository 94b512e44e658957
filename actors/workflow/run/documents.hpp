// DOCUMENTS: what an expression of a step reads.
#pragma once

#include <deque>
#include <troupe/actors/workflow/run/course.hpp>

namespace troupe {

/// The documents of one step's expressions: `inputs`, `vars`, `steps`, what its blocks and its kind add. See docs/reference/workflow.md.
class run_documents {
public:
  run_documents(const run_course& run, const step_place& at) : run_{run}, at_{at} {}

  /// Adds a document, e.g. `result`.
  run_documents& with(std::string_view name, std::string json);

  /// Errors: ec::invalid_argument with the expression's source and what is wrong.
  caf::expected<std::string> evaluate(const caf::expected<expression>& source);
  caf::expected<bool> holds(const caf::expected<expression>& source);

private:
  std::vector<named_json> gather(const expression& source);
  std::string find(const std::string& name, const std::string& field);
  std::string whole(const std::string& name);
  std::vector<std::string> fields(const std::string& name) const;

  const run_course& run_;
  const step_place& at_;
  std::vector<std::pair<std::string_view, std::string>> added_;
  std::deque<std::string> texts_; // addresses stay
};

/// What an expression over a run's `inputs`, `vars` and `steps` gives, as JSON. Errors: ec::invalid_argument.
caf::expected<std::string> query(const run_course& run, const std::string& source);

/// The first values of a run's variables, from its inputs. Errors: ec::invalid_workflow naming the variable.
caf::expected<std::vector<Field>> first_values(const workflow_plan& plan, const std::vector<Field>& inputs);

} // namespace troupe
