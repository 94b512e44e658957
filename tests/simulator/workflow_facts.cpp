// WORKFLOW FACTS: one interpreter, which nothing disturbs.

#include <algorithm>
#include <fmt/format.h>
#include <tests/simulator/workflow_facts.hpp>
#include <troupe/actors/workflow/run/course.hpp>
#include <troupe/actors/workflow/run_rehearsal.hpp>

namespace troupe {
namespace {

using namespace std::chrono_literals;
using step_list = google::protobuf::RepeatedPtrField<StepDefinition>;

// Who answered an approval first, and when, is nobody's result.
std::string plain(std::string text) {
  constexpr std::string_view begin = "\"answers\":[";
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at + begin.size()))
    text.erase(at + begin.size(), text.find(']', at) - at - begin.size());
  return text;
}

std::string text_of(const Outcome& outcome) {
  return outcome.has_failure() ? fmt::format("{}: {}", to_string(static_cast<ec>(outcome.failure().code())),
                                             outcome.failure().text())
                               : plain(outcome.text());
}

std::string_view input(const std::vector<Field>& inputs, std::string_view name) {
  for (auto& one : inputs)
    if (one.name() == name)
      return one.value();
  return {};
}

void walk(const step_list& definitions, const step_states& steps, const std::string& prefix,
          const std::function<void(const known_step&)>& look) {
  for (int i = 0; i < steps.size(); ++i) {
    auto& definition = definitions[i];
    auto& step = steps[i];
    auto path = prefix + step.id();
    look({path, &definition, &step});
    auto& inside = definition.has_parallel() ? definition.parallel().steps()
                   : definition.has_map()    ? definition.map().body().steps()
                   : definition.has_loop()   ? definition.loop().body().steps()
                                             : step.expanded().steps();
    for (auto& scope : step.scopes())
      walk(inside, scope.steps(), fmt::format("{}.{}.", path, scope.number()), look);
  }
}

bool is_open(RunStatus status) {
  return status == RUN_RUNNING || status == RUN_COMPENSATING;
}

class reference {
public:
  reference(std::string root, bool mended, const std::map<std::string, random_workflow>& children)
      : root_{std::move(root)}, mended_{mended}, children_{children} {}

  reference_end live(const StartWorkflow& start) {
    auto& definition = start.definition();
    testing::run_rehearsal run{definition, "default/run/" + root_};
    auto work = [&](const std::string& step, const TaskState& task) {
      std::vector<Field> inputs{task.spec().inputs().begin(), task.spec().inputs().end()};
      auto key = key_of(root_, inputs, step);
      auto done = do_work(key, inputs, task.attempt(), mended_);
      if (done && input(inputs, "effect") != "none" && input(inputs, "block").empty())
        all_.effects[key] = *done;
      return done;
    };
    run.fake_step("work", work).fake_step("plan", work);
    for (auto& [name, child] : children_)
      run.fake_child(name, [this, &child = child](const std::vector<Field>& inputs) {
        return live_inside(child.definition, inputs);
      });
    if (auto refused = run.send(start)) {
      all_.refused = describe(refused);
      return all_;
    }
    for (int patience = 0; patience < 30'000 && is_open(run.status()); ++patience) {
      people(definition, run);
      run.pass(1min);
    }
    all_.status = run.status();
    all_.outcome = run.state().outcome();
    all_.facts = facts_of(definition, run.state());
    return all_;
  }

private:
  void people(const WorkflowDefinition& definition, testing::run_rehearsal& run) {
    std::vector<std::function<void()>> deeds; // what they do changes what is looked at
    each_step(definition, run.state(), [&](const known_step& at) {
      if (at.state->status() != STEP_ACTIVE)
        return;
      if (auto& name = at.definition->signal().name(); !name.empty() && !name.starts_with(never_sent))
        deeds.emplace_back([&run, name] { (void)run.signal(name, payload_of(name)); });
      for (auto& person : at.state->asked())
        if (auto says = answer_in(at.definition->approval().message(), person); !says.empty())
          deeds.emplace_back([&run, says, person, path = at.path] {
            (void)(says == "yes" ? run.approve(path, person) : run.reject(path, person, "no"));
          });
    });
    for (auto& deed : deeds)
      deed();
  }

  caf::expected<std::string> live_inside(const WorkflowDefinition& child, const std::vector<Field>& inputs) {
    StartWorkflow start;
    *start.mutable_definition() = child;
    *start.mutable_inputs() = {inputs.begin(), inputs.end()};
    static const std::map<std::string, random_workflow> none;
    auto end = reference{root_, mended_, none}.live(start);
    all_.effects.merge(end.effects);
    if (!end.refused.empty())
      return make_error(ec::invalid_workflow, end.refused);
    if (end.status != RUN_COMPLETED)
      return make_error(static_cast<ec>(end.outcome.failure().code()), end.outcome.failure().text());
    return std::string{end.outcome.text()};
  }

  const std::string root_;
  const bool mended_;
  const std::map<std::string, random_workflow>& children_;
  reference_end all_;
};

} // namespace

caf::expected<std::string> do_work(const std::string& key, const std::vector<Field>& inputs, uint32_t attempt,
                                   bool mended) {
  auto how = input(inputs, "how");
  if (how == "fail")
    return make_error(ec::invalid_argument, "it fails");
  if (how == "tired")
    return make_error(ec::tool_failed, "it is tired");
  if (how == "stumble" && attempt < 3)
    return make_error(ec::tool_failed, "it stumbles");
  if (how == "picky" && input(inputs, "item") == input(inputs, "not"))
    return make_error(ec::invalid_argument, "it does not like it");
  if (auto only = input(inputs, "not");
      how == "broken" && !mended && (only.empty() || input(inputs, "item") == only))
    return make_error(ec::invalid_argument, "it is broken");
  if (auto block = input(inputs, "block"); !block.empty())
    return std::string{block};
  uint64_t hash = 0xcbf29ce484222325; // FNV-1a, 64 bits
  auto mix = [&](std::string_view text) {
    for (unsigned char byte : text)
      hash = (hash ^ byte) * 0x100000001b3;
    hash = (hash ^ 0xff) * 0x100000001b3;
  };
  mix(key);
  for (auto& one : inputs) {
    mix(one.name());
    mix(plain(one.value()));
  }
  return fmt::format(R"({{"n":{}}})", hash % 100);
}

std::string key_of(std::string_view root, const std::vector<Field>& inputs, std::string_view step) {
  auto run = input(inputs, "run");
  auto slash = run.find('/');
  return fmt::format("{}{}#{}", root, slash == std::string_view::npos ? "" : run.substr(slash), step);
}

std::string root_of(std::string_view ref) {
  auto key = ref.substr(ref.rfind('/') + 1);
  return std::string{key.substr(0, key.find_first_of(".#"))};
}

void each_step(const WorkflowDefinition& definition, const RunState& state,
               const std::function<void(const known_step&)>& look) {
  walk(definition.steps(), state.steps(), {}, look);
}

run_facts facts_of(const WorkflowDefinition& definition, const RunState& state) {
  run_facts facts;
  facts["status"] = RunStatus_Name(state.status());
  facts["outcome"] = text_of(state.outcome());
  for (auto& one : state.variables())
    facts["variable " + one.name()] = one.value();
  each_step(definition, state, [&](const known_step& at) {
    auto& fact = facts["step " + at.path];
    fact = StepStatus_Name(at.state->status());
    for (auto& chosen : at.state->chosen())
      fact += " " + chosen;
    if (at.state->status() > STEP_ACTIVE && at.state->status() != STEP_SKIPPED)
      fact += " " + text_of(own_outcome(*at.state));
  });
  return facts;
}

reference_end end_of(const StartWorkflow& start, const std::string& root, bool mended,
                     const std::map<std::string, random_workflow>& children) {
  return reference{root, mended, children}.live(start);
}

reference_end end_of(const random_workflow& what, const std::map<std::string, random_workflow>& children) {
  return end_of(start_of(what), "w", false, children);
}

StartWorkflow start_of(const random_workflow& what) {
  StartWorkflow start;
  *start.mutable_definition() = what.definition;
  for (auto& one : what.inputs) {
    auto* field = start.add_inputs();
    field->set_name(one.name);
    field->set_value(one.text);
  }
  return start;
}

} // namespace troupe
