// WORKFLOW GRAPH: steps become boxes, needs, catches and compensations become lines, a kind becomes a glyph and few words.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/workflow/workflow_graph.hpp>
#include <troupe/behaviors/workflow_fields.hpp>

namespace troupe {
namespace {

using steps = google::protobuf::RepeatedPtrField<StepDefinition>;
using facts_by_id = std::map<std::string, std::vector<std::string>>;

std::string rule_text(const JoinRule& rule) {
  switch (rule.mode()) {
  case JOIN_ANY:
    return "any";
  case JOIN_N_OF:
    return fmt::format("{} of them", rule.count());
  case JOIN_QUORUM:
    return "more than half";
  default:
    return "all";
  }
}

std::string capabilities(const TaskSpec& task) {
  return fmt::format("{}", fmt::join(task.required(), ", "));
}

// Glyph and summary of a kind.
std::pair<std::string, std::string> look_of(const StepDefinition& step) {
  switch (step.kind_case()) {
  case StepDefinition::kTask:
    return {"▸", capabilities(step.task())};
  case StepDefinition::kDecision:
    return {"◆",
            fmt::format("{} of {}", step.decision().every() ? "any" : "first", step.decision().cases_size())};
  case StepDefinition::kJoin:
    return {"⋈", rule_text(step.join())};
  case StepDefinition::kParallel:
    return {"∥", rule_text(step.parallel().join())};
  case StepDefinition::kMap:
    return {"∀", "over " + step.map().over()};
  case StepDefinition::kLoop:
    return {"↻",
            "until " + step.loop().until() +
                (step.loop().has_budget() ? "; budget " + step.loop().budget().ledger() : std::string{})};
  case StepDefinition::kWait:
    return {"◷",
            step.wait().until().empty() ? span_text(step.wait().for_ms()) : "until " + step.wait().until()};
  case StepDefinition::kSignal:
    return {"⚑", step.signal().name()};
  case StepDefinition::kApproval:
    return {"☑", fmt::format("{}", fmt::join(step.approval().approvers(), ", "))};
  case StepDefinition::kCheckpoint:
    return {"◉", step.checkpoint().label()};
  case StepDefinition::kMonitor:
    return {"♥", capabilities(step.monitor().sample())};
  case StepDefinition::kChild:
    return {"⧉",
            step.child().workflow() +
                (step.child().revision() == 0 ? std::string{} : fmt::format(" {}", step.child().revision()))};
  case StepDefinition::kExpand:
    return {"✱", capabilities(step.expand().task())};
  case StepDefinition::KIND_NOT_SET:
    break;
  }
  return {"?", ""};
}

// The cases of a decision that choose this step.
std::string choice(const Decision& decision, const std::string& id) {
  std::vector<std::string> names;
  auto has = [&](auto& ids) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  for (int i = 0; i < decision.cases_size(); ++i)
    if (auto& one = decision.cases(i); has(one.then()))
      names.push_back(one.name().empty() ? std::to_string(i + 1) : one.name());
  if (has(decision.otherwise()))
    names.emplace_back("otherwise");
  return fmt::format("{}", fmt::join(names, ", "));
}

struct graph_maker {
  const step_words& states;
  facts_by_id facts;

  graph_block block(const steps& of) {
    graph_block made;
    std::map<std::string_view, size_t> places;
    for (auto& step : of) {
      places.emplace(step.id(), made.steps.size());
      made.steps.push_back(box(step));
    }
    auto add = [&](const std::string& from, const std::string& to, graph_line line) {
      auto begin = places.find(from), end = places.find(to);
      if (begin == places.end() || end == places.end() || begin == end)
        return;
      auto& source = of[static_cast<int>(begin->second)];
      auto label = line == graph_line::catches       ? "on failure"
                   : line == graph_line::compensates ? "undo"
                   : source.has_decision()           ? choice(source.decision(), to)
                                                     : std::string{};
      made.edges.push_back({begin->second, end->second, line, label});
    };
    for (auto& step : of) {
      for (auto& need : step.needs())
        add(need, step.id(), graph_line::needs);
      for (auto& caught : step.catches())
        add(caught, step.id(), graph_line::catches);
      if (!step.compensation().empty())
        add(step.id(), step.compensation(), graph_line::compensates);
    }
    return made;
  }

  graph_step box(const StepDefinition& step) {
    auto [glyph, summary] = look_of(step);
    auto state = states.find(step.id());
    graph_step made{step.id(), kind_of(step),    glyph,
                    summary,   facts[step.id()], state == states.end() ? "" : state->second,
                    {}};
    if (step.has_parallel())
      made.inside.push_back(block(step.parallel().steps()));
    if (step.has_map())
      made.inside.push_back(block(step.map().body().steps()));
    if (step.has_loop())
      made.inside.push_back(block(step.loop().body().steps()));
    return made;
  }
};

} // namespace

graph_block to_graph(const WorkflowDefinition& definition, const step_words& states) {
  graph_maker maker{states, {}};
  for (auto& one : steps_of(definition))
    for (auto& field : one.fields)
      maker.facts[one.step->id()].push_back(field.path + ": " + field.value);
  return maker.block(definition.steps());
}

} // namespace troupe
