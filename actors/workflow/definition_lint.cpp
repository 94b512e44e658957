// DEFINITION LINT: one function for each rule. Each warns where the definition itself shows the danger, once for each
// place.

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <numeric>
#include <set>
#include <troupe/actors/workflow/definition/blocks.hpp>
#include <troupe/actors/workflow/definition/mistakes.hpp>
#include <troupe/actors/workflow/definition_lint.hpp>
#include <troupe/actors/workflow/expression.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

using namespace definitions;
using namespace std::chrono_literals;

// From where on a definition asks for trouble: what a person still sees at a glance, or still waits for.
constexpr int capabilities_of_one = 3;
constexpr int steps_at_a_glance = 300;
constexpr size_t steps_of_an_item = 50;
constexpr size_t steps_without_checkpoint = 50;
constexpr uint32_t rounds_without_checkpoint = 100;
constexpr uint32_t rounds_without_pause = 1'000;
constexpr size_t tasks_without_handler = 3;
constexpr int64_t silent_ms = std::chrono::milliseconds{10min}.count();

class definition_lint {
public:
  explicit definition_lint(const WorkflowDefinition& definition) : definition_(definition) {
    collect(definition.steps(), "", {}, 0);
  }

  workflow_problems all() {
    single_responsibility();
    idempotency();
    resource_limits();
    health_reporting();
    granularity();
    timeouts();
    checkpoints();
    error_handlers();
    return std::move(warnings_);
  }

private:
  struct place {
    const StepDefinition& step;
    std::string path;
    std::vector<const StepDefinition*> around = {}; // from the outermost
    size_t end = 0;                                 // one behind the last of those inside, which follow
  };

  void collect(const step_list& steps, const std::string& prefix,
               const std::vector<const StepDefinition*>& around, size_t depth) {
    for (int n = 0; depth <= limits::workflow_depth && n < steps.size(); ++n) {
      auto path = path_of(prefix, static_cast<size_t>(n));
      auto at = steps_.size();
      steps_.push_back({steps[n], path, around});
      if (!steps[n].compensation().empty())
        undo_.insert(steps[n].compensation());
      if (auto inner = block_in(steps[n]); inner.steps) {
        auto inside = around;
        inside.push_back(&steps[n]);
        collect(*inner.steps, fmt::format("{}.{}", path, inner.path), inside, depth + 1);
      }
      steps_[at].end = steps_.size();
    }
  }

  void warn(std::string_view rule, std::string path, std::string text) {
    warnings_.push_back({std::move(path), std::move(text), std::string{rule}, {}});
  }

  bool any(const auto& what) const {
    return std::any_of(steps_.begin(), steps_.end(), [&](auto& one) { return what(one.step); });
  }

  static bool works(const StepDefinition& step) {
    return step.has_task() || step.has_child() || step.has_expand();
  }

  void single_responsibility() {
    constexpr auto rule = "single-responsibility";
    for (auto& [step, path, around, end] : steps_)
      if (auto [spec, field] = task_in(step); spec && spec->required_size() > capabilities_of_one)
        warn(rule, fmt::format("{}.{}.required", path, field),
             fmt::format("{} requires {} capabilities at once, and only an agent that has all of them may do "
                         "it; divide it into steps of one "
                         "job each",
                         named(step.id()), spec->required_size()));
    if (auto parts = unconnected(); parts > 1)
      warn(rule, "steps",
           fmt::format("the steps are {} groups that have nothing to do with each other, and a failure in "
                       "one ends them all; write a workflow "
                       "for each",
                       parts));
  }

  // Groups of two and more steps that no edge connects. A single step stands for itself: many do so on purpose.
  size_t unconnected() const {
    block_graph graph{definition_.steps()};
    std::vector<size_t> root(graph.size()), members(graph.size());
    std::iota(root.begin(), root.end(), size_t{0});
    auto find = [&](size_t n) {
      while (root[n] != n)
        n = root[n] = root[root[n]];
      return n;
    };
    for (size_t n = 0; n < graph.size(); ++n) {
      for (auto& edge : graph.into(n))
        root[find(n)] = find(edge.from);
      if (auto done = graph.undoes(n))
        root[find(n)] = find(*done);
    }
    for (size_t n = 0; n < graph.size(); ++n)
      ++members[find(n)];
    return static_cast<size_t>(
        std::count_if(members.begin(), members.end(), [](size_t many) { return many > 1; }));
  }

  // What has an effect is known by its compensation; what is repeated on purpose says so.
  void idempotency() {
    for (auto& [step, path, around, end] : steps_) {
      auto& task = step.task();
      if (!step.has_task() || task.idempotent() || task.retry().no_retry())
        continue;
      auto why = !step.compensation().empty()     ? "has an effect that is undone"
                 : undo_.count(step.id()) > 0     ? "undoes an effect"
                 : task.retry().max_retries() > 0 ? "asks for retries"
                                                  : "";
      if (*why)
        warn("idempotency", path + ".task",
             fmt::format("{} {}, and an attempt that failed or was not heard of may have done it already: a "
                         "repeated one does it twice; say "
                         "`idempotent: true` if that does no harm, else `retry: {{no_retry: true}}`",
                         named(step.id()), why));
    }
  }

  void resource_limits() {
    constexpr auto rule = "resource-limits";
    for (auto& [step, path, around, end] : steps_) {
      if (step.has_map() && step.map().max_parallel() == 0 && is_from_outside(step.map().over()))
        warn(rule, path + ".map",
             fmt::format("{} goes over a list of any length, {} items at a time whoever else needs the "
                         "agents; say `max_parallel`",
                         named(step.id()), limits::map_parallel));
      if (step.has_map() && at_work(step, around) > limits::map_parallel_most)
        warn(rule, path + ".map.max_parallel",
             fmt::format("with the maps around it, {} may have {} items at work at a time; lower "
                         "`max_parallel` until at most {} are",
                         named(step.id()), at_work(step, around), limits::map_parallel_most));
      if (step.has_loop() && step.loop().max_rounds() >= rounds_without_pause && step.loop().pause_ms() == 0)
        warn(rule, path + ".loop",
             fmt::format("if its `until` never holds, {} does {} rounds without a pause; lower `max_rounds`, "
                         "or say `pause`",
                         named(step.id()), step.loop().max_rounds()));
      if (step.loop().budget().when_spent() == SPENT_WAIT && step.timeout_ms() == 0 &&
          definition_.deadline_ms() == 0)
        warn(rule, path + ".loop.budget.when_spent",
             fmt::format("if nobody raises the limit of {}, {} waits for ever; say `timeout`, or give the "
                         "workflow a `deadline`",
                         named(step.loop().budget().ledger()), named(step.id())));
      if (step.has_expand() && step.expand().capabilities().empty())
        warn(rule, path + ".expand",
             fmt::format("what {} returns may use every capability of this workflow; name those it needs in "
                         "`capabilities`",
                         named(step.id())));
    }
  }

  static bool is_from_outside(const std::string& source) {
    auto compiled = expression::compile(source);
    return compiled && !compiled->reads().empty();
  }

  static uint64_t at_work(const StepDefinition& step, const std::vector<const StepDefinition*>& around) {
    auto of = [](const MapOver& map) -> uint64_t {
      return map.max_parallel() ? map.max_parallel() : limits::map_parallel;
    };
    auto product = of(step.map());
    for (auto* outer : around)
      product = std::min(outer->has_map() ? product * of(outer->map()) : product,
                         uint64_t{1'000'000'000}); // cannot overflow
    return product;
  }

  void health_reporting() {
    constexpr auto rule = "health-reporting";
    if (any([](auto& step) { return step.has_monitor(); }))
      return;
    for (auto& [step, path, around, end] : steps_) {
      auto rolls_out = [](const std::string& name) {
        return name.find("deploy") != name.npos || name.find("rollout") != name.npos;
      };
      auto& required = step.task().required();
      if (std::any_of(required.begin(), required.end(), rolls_out))
        warn(rule, path,
             fmt::format("nothing watches whether all is well after {}: what it breaks is found by users; "
                         "let a `monitor` step need it",
                         named(step.id())));
      else if (step.has_task() && step.task().timeout_ms() > silent_ms)
        warn(rule, path + ".task.timeout",
             fmt::format("an attempt at {} may take {} minutes, in which nobody learns whether it still gets "
                         "on; divide it into steps, or do it "
                         "in a `parallel` beside a `monitor`",
                         named(step.id()), step.task().timeout_ms() / 60'000));
    }
  }

  void granularity() {
    constexpr auto rule = "granularity";
    if (steps_.size() == 1 && definition_.steps(0).has_task())
      warn(rule, "steps",
           "a workflow of one task costs more than the task and does no more; submit the task itself");
    block_size(definition_.steps(), "steps");
    for (auto& one : steps_) {
      auto& step = one.step;
      auto inner = block_in(step);
      if (!inner.steps)
        continue;
      auto field = fmt::format("{}.{}steps", one.path, inner.path);
      block_size(*inner.steps, field);
      if (auto many = step.has_map() ? inside(one) : 0; many > steps_of_an_item)
        warn(rule, field,
             fmt::format("every item of {} is {} steps of this one run, whose state and history grow with "
                         "each; do the body in a `child`",
                         named(step.id()), many));
    }
  }

  size_t inside(
      const place& outer, bool (*what)(const StepDefinition&) = [](auto&) { return true; }) const {
    auto begin = steps_.begin() + (&outer - steps_.data()) + 1;
    return static_cast<size_t>(std::count_if(begin, steps_.begin() + static_cast<std::ptrdiff_t>(outer.end),
                                             [&](auto& one) { return what(one.step); }));
  }

  void block_size(const step_list& steps, const std::string& path) {
    if (steps.size() > steps_at_a_glance)
      warn("granularity", path,
           fmt::format("nobody keeps {} steps of one block in mind; put what belongs together into a "
                       "`parallel`, a `map` or a `child`",
                       steps.size()));
  }

  void timeouts() {
    constexpr auto rule = "timeouts";
    if (definition_.deadline_ms() > 0)
      return;
    size_t endless = 0;
    const StepDefinition* first = nullptr;
    for (auto& [step, path, around, end] : steps_) {
      auto ends = [](const StepDefinition* outer) { return outer->timeout_ms() > 0; };
      if (ends(&step) || std::any_of(around.begin(), around.end(), ends))
        continue;
      if (step.has_signal())
        warn(rule, path,
             fmt::format("{} waits for ever if nobody sends {}; give the step a `timeout`, or the workflow a "
                         "`deadline`",
                         named(step.id()), named(step.signal().name())));
      if (!works(step))
        continue;
      first = first ? first : &step;
      ++endless;
    }
    if (first)
      warn(rule, "deadline",
           fmt::format("{} of the steps, first {}, wait for ever if no agent is free; give the workflow a "
                       "`deadline`, or each of them a "
                       "`timeout`",
                       endless, named(first->id())));
  }

  void checkpoints() {
    constexpr auto rule = "checkpoints";
    auto is_checkpoint = [](const StepDefinition& step) { return step.has_checkpoint(); };
    if (steps_.size() > steps_without_checkpoint && !any(is_checkpoint))
      warn(rule, "steps",
           fmt::format("none of the {} steps is a checkpoint: all history is kept to the end, and a fork "
                       "does everything again; put a "
                       "`checkpoint` behind each part that is dear",
                       steps_.size()));
    for (auto& one : steps_)
      if (auto& step = one.step; step.has_loop() && step.loop().max_rounds() >= rounds_without_checkpoint &&
                                 inside(one, is_checkpoint) == 0 && inside(one, works) > 0)
        warn(rule, one.path + ".loop.body",
             fmt::format(
                 "the history of {} grows with each of up to {} rounds; end its body with a `checkpoint`",
                 named(step.id()), step.loop().max_rounds()));
  }

  void error_handlers() {
    auto tasks = static_cast<size_t>(
        std::count_if(steps_.begin(), steps_.end(), [](auto& one) { return works(one.step); }));
    if (tasks < tasks_without_handler || !undo_.empty() ||
        any([](auto& step) { return step.may_fail() || step.catches_size() > 0; }))
      return;
    warn("error-handlers", "steps",
         fmt::format("the failure of any of {} tasks ends the run with what the others did left as it is; "
                     "undo it with `compensation`, handle "
                     "it in a step that `catches`, or say `may_fail` where it does not matter",
                     tasks));
  }

  const WorkflowDefinition& definition_;
  std::vector<place> steps_; // with those inside of others, in the order of the text
  std::set<std::string_view> undo_;
  workflow_problems warnings_;
};

} // namespace

workflow_problems lint(const WorkflowDefinition& definition) {
  return definition_lint{definition}.all();
}

} // namespace troupe
