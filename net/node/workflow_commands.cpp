// WORKFLOW COMMANDS: what can be said about a definition in a file, without a node.
// Invariant: a file with mistakes of the form is never drawn, compared or converted: what is missing would be taken for left out.

#include <algorithm>
#include <fmt/format.h>
#include <sstream>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/actors/workflow/definition_lint.hpp>
#include <troupe/actors/workflow/workflow_graph.hpp>
#include <troupe/behaviors/workflow_diff.hpp>
#include <troupe/behaviors/workflow_fields.hpp>
#include <troupe/behaviors/workflow_form.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/files.hpp>
#include <troupe/net/node/spec_files.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/inspection.pb.h>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

caf::expected<workflow_text> read_definition(const std::string& path) {
  auto text = read_text_file(path, limits::definition_bytes);
  if (!text)
    return std::move(text.error());
  return read_workflow(*text);
}

// With all there is to say against its meaning, too, unless its form is wrong already.
caf::expected<workflow_text> read_checked(const std::string& path) {
  auto read = read_definition(path);
  if (read && read->problems.empty()) {
    read->problems = check(read->definition);
    locate(read->problems, read->places);
  }
  return read;
}

// The definition, or its first mistake.
caf::expected<WorkflowDefinition> read_well_formed(const std::string& path) {
  auto read = read_definition(path);
  if (!read)
    return std::move(read.error());
  if (read->problems.empty())
    return std::move(read->definition);
  auto lines = to_string(read->problems, path);
  return make_error(ec::invalid_workflow, fmt::format("{}; see all with `troupe workflow validate {}`",
                                                      lines.substr(0, lines.find('\n')), path));
}

std::string counted(size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

struct findings {
  WorkflowInspection message;
  std::string lines;
  size_t problems = 0;

  void add(const std::string& file, const workflow_text& read, bool sound) {
    auto& one = *message.add_files();
    one.set_file(file);
    one.set_name(read.definition.name());
    one.set_version(read.definition.version());
    one.set_steps(static_cast<uint32_t>(steps_of(read.definition).size()));
    one.set_sound(sound);
    if (sound)
      one.set_hash(content_hash(read.definition));
    for (auto& problem : read.problems) {
      auto& told = *one.add_problems();
      told.set_line(static_cast<uint32_t>(problem.at.line));
      told.set_column(static_cast<uint32_t>(problem.at.column));
      told.set_path(problem.path);
      told.set_text(problem.text);
      told.set_rule(problem.rule);
    }
    problems += read.problems.size();
    lines += to_string(read.problems, file);
  }
};

caf::expected<int> validate_spec(cli_session& at, const std::string& file, const std::string& text) {
  if (at.said().files.size() > 1)
    return make_error(ec::invalid_argument, fmt::format("{} is a working spec: give it alone", file));
  auto checked = check_spec(at, file, text);
  at.show(checked.report, show(checked.report, at.how()));
  if (auto failed = refusal_of(checked.report))
    return failed;
  return 0;
}

caf::expected<int> validate_files(cli_session& at) {
  for (auto& file : at.said().files)
    if (auto text = read_text_file(file, limits::definition_bytes); text && is_spec(*text))
      return validate_spec(at, file, *text);
  findings found;
  text_table table{{"FILE", "WORKFLOW", "VERSION", "STEPS", "HASH"}};
  for (auto& file : at.said().files) {
    auto read = read_checked(file);
    if (!read)
      return std::move(read.error());
    auto sound = read->problems.empty();
    found.add(file, *read, sound);
    auto& one = found.message.files(found.message.files_size() - 1);
    if (sound)
      table.add(
          {{file, text_tone::good}, one.name(), one.version(), std::to_string(one.steps()), one.hash()});
  }
  auto some = std::any_of(found.message.files().begin(), found.message.files().end(),
                          [](auto& one) { return one.sound(); });
  at.show(found.message, printable(found.lines, true) + (some ? table.show(at.how()) : ""));
  if (found.problems > 0)
    return make_error(ec::invalid_workflow, counted(found.problems, "mistake"));
  return 0;
}

caf::expected<int> lint_files(cli_session& at) {
  findings found;
  size_t mistakes = 0;
  for (auto& file : at.said().files) {
    auto read = read_checked(file);
    if (!read)
      return std::move(read.error());
    auto sound = read->problems.empty();
    mistakes += read->problems.size();
    if (sound) {
      read->problems = lint(read->definition);
      locate(read->problems, read->places);
    }
    found.add(file, *read, sound);
  }
  at.show(found.message, printable(found.lines, true));
  if (mistakes > 0)
    return make_error(ec::invalid_workflow, counted(mistakes, "mistake"));
  if (at.said().strict && found.problems > 0)
    return make_error(ec::invalid_workflow, counted(found.problems, "warning"));
  if (found.problems == 0)
    at.hint("nothing to warn of");
  return 0;
}

// Into the file of --out, or to whoever reads.
caf::expected<int> hand_over(cli_session& at, std::string format, std::string text) {
  WorkflowRendering answer;
  answer.set_format(std::move(format));
  if (auto& file = at.said().out; !file.empty()) {
    if (auto failed = write_text_file(file, text))
      return failed;
    answer.set_file(file);
    return at.show(answer, fmt::format("{}: {}\n", file, counted(text.size(), "byte")));
  }
  answer.set_text(text);
  return at.show(answer, printable(text, true));
}

caf::expected<int> draw_graph(cli_session& at) {
  auto definition = read_well_formed(at.said().file);
  if (!definition)
    return std::move(definition.error());
  auto format = at.said().format.empty() ? std::string{"boxes"} : at.said().format;
  std::string text;
  if (format == "boxes")
    text = to_boxes(*definition, at.hooks().columns == 0 ? limits::graph_columns : at.hooks().columns);
  else if (format == "dot")
    text = to_dot(*definition);
  else if (format == "svg")
    text = to_svg(*definition);
  else
    return make_error(ec::invalid_argument,
                      fmt::format("there is no format '{}'; allowed are boxes, dot, svg", format));
  if (auto mistakes = check(*definition); !mistakes.empty())
    at.hint(fmt::format("{} in it: troupe workflow validate {}", counted(mistakes.size(), "mistake"),
                        at.said().file));
  return hand_over(at, format, std::move(text));
}

caf::expected<int> convert_file(cli_session& at) {
  auto& to = at.said().format;
  if (to != "yaml" && to != "json")
    return make_error(ec::invalid_argument,
                      fmt::format("cannot convert to '{}'; allowed are yaml, json", to));
  auto definition = read_well_formed(at.said().file);
  if (!definition)
    return std::move(definition.error());
  return hand_over(at, to, to == "yaml" ? to_yaml(*definition) : to_json(*definition));
}

void tell(const std::vector<field_change>& changes,
          google::protobuf::RepeatedPtrField<WorkflowFieldChange>& to) {
  for (auto& one : changes) {
    auto& told = *to.Add();
    told.set_path(one.path);
    told.set_before(one.before);
    told.set_after(one.after);
  }
}

StepFate told_fate(step_fate fate) {
  return fate == step_fate::added     ? STEP_FATE_ADDED
         : fate == step_fate::removed ? STEP_FATE_REMOVED
                                      : STEP_FATE_CHANGED;
}

// Each line in the colour of its sign.
std::string coloured(const std::string& text, const text_look& how) {
  std::istringstream lines{text};
  std::string out;
  for (std::string line; std::getline(lines, line); out += '\n') {
    auto sign = line[std::min(line.find_first_not_of(' '), line.size() - 1)];
    out += paint(line,
                 sign == '+'   ? text_tone::good
                 : sign == '-' ? text_tone::bad
                               : text_tone::warning,
                 how);
  }
  return out;
}

caf::expected<int> compare_files(cli_session& at) {
  auto before = read_well_formed(at.said().file);
  if (!before)
    return std::move(before.error());
  auto after = read_well_formed(at.said().other);
  if (!after)
    return std::move(after.error());
  auto changes = difference(*before, *after);
  WorkflowChanges answer;
  tell(changes.fields, *answer.mutable_fields());
  for (auto& step : changes.steps) {
    auto& told = *answer.add_steps();
    told.set_id(step.id);
    told.set_kind(step.kind);
    told.set_fate(told_fate(step.fate));
    tell(step.fields, *told.mutable_fields());
  }
  if (changes.empty())
    at.hint("nothing changed");
  return at.show(answer, coloured(printable(to_string(changes), true), at.how()));
}

} // namespace

std::vector<cli_command> workflow_commands() {
  const cli_option files{"FILE", &cli_arguments::files, "Workflows in YAML or JSON", true};
  const cli_option checked{"FILE", &cli_arguments::files, "Workflows in YAML or JSON, or one working spec",
                           true};
  const cli_option file{"FILE", &cli_arguments::file, "Workflow in YAML or JSON", true};
  const cli_option out{"--out", &cli_arguments::out, "File to write to, instead of standard output"};
  constexpr std::string_view next = "troupe help workflow";
  return {
      {"workflow validate",
       "Check workflows in files, and give their hashes; or ask all gates of a working spec",
       {checked},
       validate_files,
       next},
      {"workflow lint",
       "Warn of what will make trouble in workflows that are right",
       {files, {"--strict", &cli_arguments::strict, "Warnings fail, too"}},
       lint_files,
       next},
      {"workflow graph",
       "Draw a workflow",
       {file, {"--format", &cli_arguments::format, "boxes, dot or svg [boxes]"}, out},
       draw_graph,
       next},
      {"workflow diff",
       "What changed between two workflows, step by step",
       {{"OLD", &cli_arguments::file, "Workflow as it was", true},
        {"NEW", &cli_arguments::other, "Workflow as it is", true}},
       compare_files,
       next},
      {"workflow convert",
       "Write a workflow as YAML or JSON, in its normal form",
       {file, {"--to", &cli_arguments::format, "yaml or json", true}, out},
       convert_file,
       next},
  };
}

} // namespace troupe
