// SPEC GATES: plan, implement, validate, document, deploy.
// Invariant: every gate is in the report, passed, failed or left out; a gate that could not be asked has not passed.

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <set>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/actors/workflow/definition_lint.hpp>
#include <troupe/actors/workflow/spec_case.hpp>
#include <troupe/actors/workflow/spec_gates.hpp>
#include <troupe/behaviors/workflow_fields.hpp>
#include <troupe/behaviors/workflow_form.hpp>

namespace troupe {
namespace {

std::string ticked(std::string_view name) {
  return fmt::format("`{}`", name);
}

class gate_keeper {
public:
  explicit gate_keeper(const spec_material& material) : given_{material}, spec_{material.read.spec} {}

  SpecReport all() {
    report_.set_spec(spec_.spec());
    begin("plan", "form");
    for (auto& problem : given_.read.problems)
      fail(problem.text, given_.file, problem.at.line);
    plan();
    implement();
    validate();
    document();
    deploy();
    end();
    report_.set_passed(std::none_of(report_.gates().begin(), report_.gates().end(),
                                    [](auto& gate) { return gate.status() == "failed"; }));
    return std::move(report_);
  }

private:
  // ---- the report ----

  void begin(std::string_view phase, std::string gate) {
    end();
    phase_ = phase;
    gate_ = std::move(gate);
  }

  SpecGate& add(std::string_view status, std::string text) {
    auto& one = *report_.add_gates();
    one.set_phase(std::string{phase_});
    one.set_gate(gate_);
    one.set_status(std::string{status});
    one.set_text(std::move(text));
    said_ = true;
    return one;
  }

  void fail(std::string text, const std::string& file, size_t line = 0) {
    auto& one = add("failed", std::move(text));
    one.set_file(file);
    one.set_line(static_cast<uint32_t>(line));
  }

  // At a place of the spec, or the nearest one around it.
  void fail_at(const std::string& path, std::string text) {
    workflow_problems one(1);
    one[0].path = path;
    locate(one, given_.read.places);
    fail(std::move(text), given_.file, one[0].at.line);
  }

  void end() {
    if (!gate_.empty() && !said_)
      add("passed", {});
    gate_.clear();
    said_ = false;
  }

  // ---- phases ----

  void plan() {
    begin("plan", "goal");
    if (spec_.plan().goal().empty())
      fail_at("plan.goal", "the plan says in `goal` what all of it is for");
    begin("plan", "requirements");
    if (spec_.plan().requirements().empty())
      fail_at("plan.requirements", "the plan lists at least one requirement");
    std::set<std::string> ids, cases;
    for (auto& one : spec_.validate().cases())
      cases.insert(one.name());
    each(spec_.plan().requirements(), "plan.requirements", [&](auto& one, const std::string& path) {
      if (one.id().empty() || !ids.insert(one.id()).second)
        fail_at(path + ".id", "a requirement has an id of its own");
      if (one.text().empty())
        fail_at(path + ".text", fmt::format("{} says what is asked for", ticked(one.id())));
      if (one.accept().empty())
        fail_at(path + ".accept",
                fmt::format("{} says in a sentence what shows that it is done", ticked(one.id())));
    });
    begin("plan", "covered");
    each(spec_.plan().requirements(), "plan.requirements", [&](auto& one, const std::string& path) {
      if (one.cases().empty())
        fail_at(path + ".cases", fmt::format("no case shows that {} is done", ticked(one.id())));
      for (auto& name : one.cases())
        if (!cases.contains(name))
          fail_at(path + ".cases", fmt::format("there is no case {}", ticked(name)));
    });
  }

  void implement() {
    begin("implement", "workflows");
    if (given_.workflows.empty())
      fail_at("implement.workflows", "at least one file of a workflow implements the plan");
    std::set<std::string> names;
    for (auto& one : given_.workflows) {
      auto before = report_.gates_size();
      if (!one.trouble.empty())
        fail(one.trouble, one.file);
      for (auto& problem : one.read.problems)
        fail(problem.text, one.file, problem.at.line);
      if (report_.gates_size() == before) {
        auto mistakes = check(one.read.definition);
        locate(mistakes, one.read.places);
        for (auto& mistake : mistakes)
          fail(mistake.text, one.file, mistake.at.line);
      }
      if (report_.gates_size() != before)
        continue;
      if (!names.insert(one.read.definition.name()).second)
        fail(fmt::format("two workflows are called {}", ticked(one.read.definition.name())), one.file);
      sound_.push_back(&one);
    }
  }

  void validate() {
    begin("validate", "lint");
    auto& allowed = spec_.validate().allow();
    for (auto* one : sound_) {
      auto warnings = lint(one->read.definition);
      locate(warnings, one->read.places);
      for (auto& warning : warnings)
        if (std::find(allowed.begin(), allowed.end(), warning.rule) == allowed.end())
          fail(fmt::format("{} ({})", warning.text, warning.rule), one->file, warning.at.line);
    }
    if (spec_.validate().cases().empty()) {
      begin("validate", "cases");
      fail_at("validate.cases", "at least one case rehearses the workflow");
    }
    std::set<std::string> names;
    each(spec_.validate().cases(), "validate.cases", [&](auto& one, const std::string& path) {
      begin("validate", "case " + (one.name().empty() ? path : one.name()));
      if (one.name().empty() || !names.insert(one.name()).second)
        return fail_at(path + ".name", "a case has a name of its own");
      if (one.expect().status().empty())
        return fail_at(path + ".expect", "a case says in `expect.status` how the run ends");
      auto* workflow = workflow_of(one);
      if (!workflow)
        return fail_at(path + ".workflow",
                       sound_.size() < given_.workflows.size() ? "its workflow is not right yet"
                       : one.workflow().empty()
                           ? "a case of several workflows says in `workflow` which it is of"
                           : "no file implements " + ticked(one.workflow()));
      for (auto& wrong : rehearse(one, workflow->read.definition))
        fail_at(path, wrong);
    });
  }

  void document() {
    begin("document", "descriptions");
    for (auto* one : sound_) {
      if (one->read.definition.description().empty())
        fail(fmt::format("workflow {} has no description", ticked(one->read.definition.name())), one->file,
             1);
      for (auto& placed : steps_of(one->read.definition))
        if (placed.step->description().empty())
          fail(fmt::format("step {} has no description", ticked(placed.step->id())), one->file,
               line_of(*one, placed.step->id()));
    }
    begin("document", "pages");
    each(spec_.document().pages(), "document.pages", [&](auto& page, const std::string& path) {
      auto text = given_.pages.find(page);
      if (text == given_.pages.end())
        return fail_at(path, fmt::format("there is no page {}", ticked(page)));
      for (auto* one : sound_)
        if (text->second.find(one->read.definition.name()) == std::string::npos)
          fail(fmt::format("it does not name the workflow {}", ticked(one->read.definition.name())), page);
    });
  }

  void deploy() {
    auto& version = spec_.deploy().version();
    begin("deploy", "version");
    if (version.empty())
      fail_at("deploy.version", "what is deployed has a version");
    for (auto* one : sound_)
      if (!version.empty() && one->read.definition.version() != version)
        fail(fmt::format("its version is {}, and the spec deploys {}", ticked(one->read.definition.version()),
                         ticked(version)),
             one->file, line_of_path(*one, "version"));
    begin("deploy", "note");
    if (spec_.deploy().note().empty())
      fail_at("deploy.note", "what is deployed says in `note` what changed");
    begin("deploy", "published");
    if (!given_.published) {
      add("left out", given_.not_asked);
      return;
    }
    for (auto* one : sound_) {
      auto known = given_.published->find(one->read.definition.name());
      if (known != given_.published->end() && known->second.version == one->read.definition.version() &&
          known->second.hash != content_hash(one->read.definition))
        fail(fmt::format("another workflow {} is published as {}; give this one a new version",
                         ticked(one->read.definition.name()), ticked(known->second.version)),
             one->file, line_of_path(*one, "version"));
    }
  }

  // ---- what they ask ----

  template <class List, class Look>
  void each(const List& all, const std::string& path, Look look) {
    for (int i = 0; i < all.size(); ++i)
      look(all[i], fmt::format("{}[{}]", path, i));
  }

  const spec_workflow* workflow_of(const SpecCase& one) const {
    if (one.workflow().empty())
      return given_.workflows.size() == 1 && sound_.size() == 1 ? sound_.front() : nullptr;
    for (auto* workflow : sound_)
      if (workflow->read.definition.name() == one.workflow())
        return workflow;
    return nullptr;
  }

  static size_t line_of_path(const spec_workflow& one, const std::string& path) {
    auto place = one.read.places.find(path);
    return place == one.read.places.end() ? 0 : place->second.line;
  }

  // Of the step with this id, wherever it stands: places are known by path.
  static size_t line_of(const spec_workflow& one, const std::string& id) {
    std::function<size_t(const google::protobuf::RepeatedPtrField<StepDefinition>&, const std::string&)>
        find = [&](auto& steps, const std::string& path) -> size_t {
      for (int i = 0; i < steps.size(); ++i) {
        auto own = fmt::format("{}[{}]", path, i);
        if (steps[i].id() == id)
          return line_of_path(one, own + ".id");
        for (auto& [inner, at] : {std::pair{&steps[i].parallel().steps(), ".parallel.steps"},
                                  std::pair{&steps[i].map().body().steps(), ".map.body.steps"},
                                  std::pair{&steps[i].loop().body().steps(), ".loop.body.steps"}})
          if (auto line = find(*inner, own + at); line > 0)
            return line;
      }
      return 0;
    };
    return find(one.read.definition.steps(), "steps");
  }

  const spec_material& given_;
  const WorkingSpec& spec_;
  SpecReport report_;
  std::string_view phase_;
  std::string gate_;
  bool said_ = false;                       // the gate has failed, or was left out
  std::vector<const spec_workflow*> sound_; // workflows without mistakes
};

} // namespace

SpecReport run_gates(const spec_material& material) {
  return gate_keeper{material}.all();
}

} // namespace troupe
