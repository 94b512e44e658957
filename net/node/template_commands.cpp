// TEMPLATE COMMANDS: which templates there are, and what each is given.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <troupe/actors/workflow/value_type.hpp>
#include <troupe/behaviors/workflow_fields.hpp>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/workflow_templates.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/inspection.pb.h>
#include <troupe/runtime/proto/template.pb.h>

namespace troupe {
namespace {

caf::expected<WorkflowTemplateInfo> explain(const workflow_template& one) {
  auto definition = read_template(one.name);
  if (!definition)
    return std::move(definition.error());
  WorkflowTemplateInfo told;
  told.set_name(definition->name());
  told.set_description(definition->description());
  for (auto& input : definition->inputs()) {
    auto& row = *told.add_inputs();
    row.set_name(input.name());
    row.set_type(std::string{word(input.type())});
    row.set_required(!input.optional() && input.default_value().empty());
    row.set_default_value(input.default_value());
    row.set_description(input.description());
  }
  std::set<std::string> capabilities;
  for (auto& step : steps_of(*definition))
    for (auto* task : {&step.step->task(), &step.step->monitor().sample()})
      capabilities.insert(task->required().begin(), task->required().end());
  *told.mutable_capabilities() = {capabilities.begin(), capabilities.end()};
  for (auto& child : templates_below(*definition))
    told.add_children(std::string{child.name});
  return told;
}

std::string show_one(const WorkflowTemplateInfo& told, const text_look& how) {
  auto text = fmt::format("{}\n  {}\n", told.name(), told.description());
  text_table inputs{{"  INPUT", "TYPE", "DEFAULT", "WHAT"}};
  for (auto& one : told.inputs())
    inputs.add({{"  " + one.name()},
                one.type(),
                {one.required()                ? "needed"
                 : one.default_value().empty() ? "-"
                                               : one.default_value(),
                 one.required() ? text_tone::warning : text_tone::plain},
                one.description()});
  text += inputs.show(how);
  text += fmt::format("  agents that can: {}\n", fmt::join(told.capabilities(), ", "));
  if (told.children_size() > 0)
    text += fmt::format("  runs: {}\n", fmt::join(told.children(), ", "));
  return text;
}

caf::expected<int> list_templates(cli_session& at) {
  if (auto& name = at.said().name; !name.empty()) {
    auto found = find_template(name);
    if (!found)
      return std::move(found.error());
    WorkflowRendering answer;
    answer.set_format("yaml");
    answer.set_text(std::string{found->text});
    return at.show(answer, answer.text());
  }
  WorkflowTemplateList all;
  std::string text;
  for (auto& one : workflow_templates()) {
    auto told = explain(one);
    if (!told)
      return std::move(told.error());
    text += (text.empty() ? "" : "\n") + show_one(*told, at.how());
    *all.add_templates() = std::move(*told);
  }
  at.show(all, text);
  at.hint("start one: troupe run start --template NAME --input name=value   its text: troupe workflow "
          "templates NAME");
  return 0;
}

} // namespace

std::vector<cli_command> template_commands() {
  return {
      {"workflow templates",
       "The workflows that come with the program, and their inputs",
       {{"NAME", &cli_arguments::name, "Print the text of this one, to change it"}},
       list_templates,
       "troupe workflow templates"},
  };
}

} // namespace troupe
