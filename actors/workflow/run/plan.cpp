// PLAN: definition -> plan.
// Invariant: a plan is built once and never changed, so runs on any thread may share it.

#include <algorithm>
#include <deque>
#include <mutex>
#include <troupe/actors/workflow/run/plan.hpp>
#include <troupe/runtime/workflow_limits.hpp>
#include <unordered_map>

namespace troupe {
namespace {

using steps_of = google::protobuf::RepeatedPtrField<StepDefinition>;

void compile_all(const google::protobuf::RepeatedPtrField<Field>& fields,
                 std::vector<named_expression>& out) {
  for (auto& field : fields)
    out.push_back({field.name(), expression::compile(field.value())});
}

std::unique_ptr<const block_plan> plan_steps(const steps_of& steps, const std::string& result);

void plan_kind(const StepDefinition& definition, step_plan& step) {
  auto compile = [&](const std::string& name, const std::string& source) {
    step.cases.push_back({name, expression::compile(source)});
  };
  switch (definition.kind_case()) {
  case StepDefinition::kDecision:
    for (auto& one : definition.decision().cases())
      compile(one.name().empty() ? std::to_string(step.cases.size() + 1) : one.name(), one.when());
    break;
  case StepDefinition::kParallel: {
    auto body = plan_steps(definition.parallel().steps(), {});
    auto* all = const_cast<block_plan*>(body.get()); // not shared yet
    all->join = definition.parallel().join();
    all->gives_all = true;
    step.body = std::move(body);
    break;
  }
  case StepDefinition::kMap:
    compile("over", definition.map().over());
    step.body = plan_steps(definition.map().body().steps(), definition.map().body().result());
    break;
  case StepDefinition::kLoop:
    compile("until", definition.loop().until());
    if (auto& cost = definition.loop().budget().cost(); !cost.empty())
      step.cost = expression::compile(cost);
    step.body = plan_steps(definition.loop().body().steps(), definition.loop().body().result());
    break;
  case StepDefinition::kWait:
    if (!definition.wait().until().empty())
      compile("until", definition.wait().until());
    break;
  case StepDefinition::kMonitor:
    compile("healthy", definition.monitor().healthy());
    break;
  default:
    break;
  }
}

void plan_into(const steps_of& steps, const std::string& result, block_plan& block) {
  block.steps.resize(static_cast<size_t>(steps.size()));
  for (int i = 0; i < steps.size(); ++i)
    block.index_of.emplace(steps[i].id(), i);
  for (int i = 0; i < steps.size(); ++i) {
    auto& step = block.steps[static_cast<size_t>(i)];
    step.definition = &steps[i];
    step.index = i;
    if (!steps[i].when().empty())
      step.when = expression::compile(steps[i].when());
    compile_all(steps[i].with(), step.with);
    compile_all(steps[i].set(), step.set);
    plan_kind(steps[i], step);
    auto follow = [&](const std::string& id) {
      block.steps[static_cast<size_t>(block.index_of.at(id))].followers.push_back(&step);
    };
    std::for_each(steps[i].needs().begin(), steps[i].needs().end(), follow);
    std::for_each(steps[i].catches().begin(), steps[i].catches().end(), follow);
    if (!steps[i].compensation().empty())
      block.steps[static_cast<size_t>(block.index_of.at(steps[i].compensation()))].undoes = true;
  }
  auto chosen = block.index_of.find(result);
  auto last = std::find_if(block.steps.rbegin(), block.steps.rend(), [](auto& step) { return !step.undoes; });
  block.result = chosen != block.index_of.end() ? chosen->second
                 : last != block.steps.rend()   ? last->index
                                                : 0;
}

std::unique_ptr<const block_plan> plan_steps(const steps_of& steps, const std::string& result) {
  auto block = std::make_unique<block_plan>();
  plan_into(steps, result, *block);
  return block;
}

template <class Names>
bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

bool step_plan::catches(const step_plan& from) const {
  return has(definition->catches(), from.definition->id());
}

bool step_plan::is_chosen(const step_plan& decision,
                          const google::protobuf::RepeatedPtrField<std::string>& chosen) const {
  auto& chooser = decision.definition->decision();
  auto& own = definition->id();
  if (chosen.empty())
    return has(chooser.otherwise(), own);
  for (int i = 0; i < chooser.cases_size(); ++i)
    if (has(chooser.cases(i).then(), own) && has(chosen, decision.cases[static_cast<size_t>(i)].name))
      return true;
  return false;
}

const step_plan* block_plan::find(std::string_view id) const {
  auto i = index_of.find(id);
  return i == index_of.end() ? nullptr : &steps[static_cast<size_t>(i->second)];
}

uint32_t block_plan::regular() const {
  return static_cast<uint32_t>(
      std::count_if(steps.begin(), steps.end(), [](auto& step) { return !step.undoes; }));
}

std::shared_ptr<const block_plan> plan_block(Block block) {
  struct planned {
    Block block;
    block_plan plan;
  };
  auto both = std::make_shared<planned>();
  both->block = std::move(block);
  plan_into(both->block.steps(), both->block.result(), both->plan);
  return {both, &both->plan};
}

std::shared_ptr<const workflow_plan> workflow_plan::of(const WorkflowDefinition& definition) {
  static std::mutex mutex;
  static std::unordered_map<std::string, std::weak_ptr<const workflow_plan>> known;
  static std::deque<std::shared_ptr<const workflow_plan>> recent;
  auto bytes = definition.SerializeAsString(); // no map fields: equal definitions have equal bytes
  {
    std::lock_guard guard{mutex};
    if (auto i = known.find(bytes); i != known.end())
      if (auto plan = i->second.lock())
        return plan;
  }
  auto plan = std::make_shared<workflow_plan>();
  plan->definition = definition;
  plan_into(plan->definition.steps(), plan->definition.result(), plan->root);
  for (auto& variable : plan->definition.variables())
    plan->variables.push_back(
        {variable.name(), expression::compile(variable.initial().empty() ? "nil" : variable.initial())});
  std::lock_guard guard{mutex};
  std::erase_if(known, [](auto& entry) { return entry.second.expired(); });
  known[std::move(bytes)] = plan;
  recent.push_back(plan);
  if (recent.size() > limits::plans_recent)
    recent.pop_front();
  return plan;
}

} // namespace troupe
