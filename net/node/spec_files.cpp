// SPEC FILES: read, ask, show.

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <troupe/net/node/files.hpp>
#include <troupe/net/node/spec_files.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

std::string beside(const std::string& spec, const std::string& name) {
  return (std::filesystem::path{spec}.parent_path() / name).lexically_normal().string();
}

void read_files(spec_material& material) {
  for (auto& name : material.read.spec.implement().workflows()) {
    auto& one = material.workflows.emplace_back();
    one.file = beside(material.file, name);
    auto text = read_text_file(one.file, limits::definition_bytes);
    if (text)
      one.read = read_workflow(*text);
    else
      one.trouble = text_of(text.error());
  }
  for (auto& name : material.read.spec.document().pages())
    if (auto text = read_text_file(beside(material.file, name), limits::definition_bytes))
      material.pages[name] = std::move(*text);
}

// Nothing: the catalog does not have it. Errors: nobody could be asked.
caf::expected<std::optional<published_label>> ask_for_label(control_client& node, const std::string& name) {
  GetWorkflow in;
  in.set_workflow(name);
  auto known = node.workflow(in);
  if (known)
    return std::optional{published_label{known->revision().label(), known->revision().hash()}};
  if (code_of(known.error()) == ec::not_found)
    return std::optional<published_label>{};
  return std::move(known.error());
}

void ask_for_labels(cli_session& at, spec_material& material) {
  auto node = at.node();
  if (!node) {
    material.not_asked = "no node was asked: " + text_of(node.error());
    return;
  }
  std::map<std::string, published_label> labels;
  for (auto& one : material.workflows) {
    auto& name = one.read.definition.name();
    auto label = name.empty() ? std::optional<published_label>{} : ask_for_label(**node, name);
    if (!label) {
      material.not_asked = "no node was asked: " + text_of(label.error());
      return;
    }
    if (*label)
      labels[name] = std::move(**label);
  }
  material.published = std::move(labels);
}

text_cell status_cell(const SpecGate& gate) {
  return {gate.status(), gate.status() == "failed"   ? text_tone::bad
                         : gate.status() == "passed" ? text_tone::good
                                                     : text_tone::warning};
}

} // namespace

checked_spec check_spec(cli_session& at, const std::string& file, const std::string& text) {
  checked_spec checked;
  checked.material.file = file;
  checked.material.read = read_spec(text);
  read_files(checked.material);
  ask_for_labels(at, checked.material);
  checked.report = run_gates(checked.material);
  return checked;
}

std::string show(const SpecReport& report, const text_look& how) {
  text_table rows{{"PHASE", "GATE", "STATUS", "WHERE", "WHY"}};
  for (auto& gate : report.gates())
    rows.add({gate.phase(), printable(gate.gate()), status_cell(gate),
              printable(gate.file()) + (gate.line() > 0 ? ":" + std::to_string(gate.line()) : ""),
              printable(gate.text())});
  return rows.show(how);
}

caf::error refusal_of(const SpecReport& report) {
  auto failed = std::count_if(report.gates().begin(), report.gates().end(),
                              [](auto& gate) { return gate.status() == "failed"; });
  if (failed == 0)
    return {};
  return make_error(ec::invalid_workflow,
                    fmt::format("{} reason{} against `{}`", failed, failed == 1 ? "" : "s", report.spec()));
}

} // namespace troupe
