// WORKFLOW TEMPLATES: finding them. Their texts are in a generated file.

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <troupe/behaviors/workflow_fields.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/net/node/workflow_templates.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/nearest.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {

caf::expected<workflow_template> find_template(std::string_view name) {
  std::string wanted{name};
  std::replace(wanted.begin(), wanted.end(), '-', '_');
  std::vector<std::string_view> names;
  for (auto& one : workflow_templates()) {
    if (one.name == wanted)
      return one;
    names.push_back(one.name);
  }
  auto near = nearest(wanted, names);
  return make_error(ec::not_found,
                    fmt::format("there is no template '{}'{}; there are {}", cut_utf8(clean_utf8(name), 60),
                                near.empty() ? "" : fmt::format("; did you mean {}?", near),
                                fmt::join(names, ", ")));
}

caf::expected<WorkflowDefinition> read_template(std::string_view name) {
  auto found = find_template(name);
  if (!found)
    return std::move(found.error());
  auto read = read_workflow(found->text);
  if (!read.problems.empty())
    return make_error(ec::internal, fmt::format("{}: {}", found->name, read.problems.front().text));
  return std::move(read.definition);
}

std::vector<workflow_template> templates_below(const WorkflowDefinition& definition) {
  std::vector<workflow_template> below;
  std::vector<WorkflowDefinition> to_read{definition};
  for (size_t at = 0; at < to_read.size(); ++at) {
    std::vector<std::string> children;
    for (auto& step : steps_of(to_read[at]))
      if (step.step->has_child())
        children.push_back(step.step->child().workflow());
    for (auto& child : children) {
      auto is_known = [&](auto& one) { return one.name == child; };
      auto found = std::find_if(workflow_templates().begin(), workflow_templates().end(), is_known);
      if (found == workflow_templates().end() || child == definition.name() ||
          std::any_of(below.begin(), below.end(), is_known))
        continue;
      below.push_back(*found);
      if (auto read = read_template(child))
        to_read.push_back(std::move(*read));
    }
  }
  return below;
}

} // namespace troupe
