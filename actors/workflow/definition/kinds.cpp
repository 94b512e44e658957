// What each kind of step asks for.

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <troupe/actors/workflow/definition/blocks.hpp>
#include <troupe/actors/workflow/definition/kinds.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe::definitions {
namespace {

class kind_check {
public:
  kind_check(const StepDefinition& step, const std::string& path, const kind_rules& rules, mistakes& found)
      : step_(step), path_(path), rules_(rules), found_(found) {}

  void all() {
    check_duration(step_.timeout_ms(), 0, path_ + ".timeout", found_);
    if (auto [spec, path] = task_in(step_); spec)
      task(*spec, std::string{path});
    switch (step_.kind_case()) {
    case StepDefinition::kTask:
    case StepDefinition::kCheckpoint:
      return;
    case StepDefinition::kDecision:
      return decision(step_.decision());
    case StepDefinition::kJoin:
      return join(step_.join(), "join", static_cast<size_t>(step_.needs_size()), "needs");
    case StepDefinition::kParallel:
      return parallel(step_.parallel());
    case StepDefinition::kMap:
      return map(step_.map());
    case StepDefinition::kLoop:
      return loop(step_.loop());
    case StepDefinition::kWait:
      return wait(step_.wait());
    case StepDefinition::kSignal:
      check_name(step_.signal().name(), true, "a signal", path_ + ".signal.name", found_);
      return word_of(ValueType_IsValid(step_.signal().type()), "signal.type");
    case StepDefinition::kApproval:
      return approval(step_.approval());
    case StepDefinition::kMonitor:
      return monitor(step_.monitor());
    case StepDefinition::kChild:
      return child(step_.child());
    case StepDefinition::kExpand:
      return expand(step_.expand());
    case StepDefinition::KIND_NOT_SET:
      add("", "the step has no kind; exactly one is asked for: task, decision, join, parallel, map, loop, "
              "wait, signal, approval, "
              "checkpoint, monitor, child or expand");
    }
  }

private:
  void add(const std::string& field, std::string text) {
    found_.add(field.empty() ? path_ : path_ + "." + field, std::move(text));
  }

  void word_of(bool known, const std::string& field) {
    if (!known)
      add(field, "this word is not known; the reference of workflows lists those that are");
  }

  void capabilities(const google::protobuf::RepeatedPtrField<std::string>& names, const std::string& field) {
    for (int at = 0; at < names.size(); ++at) {
      auto& name = names[at];
      auto place = fmt::format("{}[{}]", field, at);
      if (name.empty())
        add(place, "a capability has a name");
      else if (rules_.allowed &&
               std::find(rules_.allowed->begin(), rules_.allowed->end(), name) == rules_.allowed->end()) {
        std::vector<std::string_view> all{rules_.allowed->begin(), rules_.allowed->end()};
        add(place, fmt::format("the capability {} is not among those a returned block may require: {}{}",
                               named(name), listed(all), found_.hint(name, all)));
      } else if (!rules_.allowed && rules_.around.knows_capability && !rules_.around.knows_capability(name))
        add(place, fmt::format("no agent has the capability {}", named(name)));
    }
  }

  void task(const TaskSpec& spec, const std::string& field) {
    if (spec.required().empty())
      add(field + ".required", "it requires no capability, so no agent could be chosen; name at least one");
    capabilities(spec.required(), field + ".required");
    capabilities(spec.optional(), field + ".optional");
    if (spec.deadline_ms() != 0)
      add(field + ".deadline", "a task of a workflow has no deadline of its own; give its step a `timeout`");
    if (!spec.parent().empty())
      add(field + ".parent", "this is filled in when the step begins; leave it out");
    if (!spec.parent_key().empty())
      add(field + ".parent_key", "this is filled in when the step begins; leave it out");
    check_duration(spec.timeout_ms(), 0, path_ + "." + field + ".timeout", found_);
    check_name(spec.concurrency_key(), false, "", path_ + "." + field + ".concurrency_key", found_);
    word_of(Priority_IsValid(spec.priority()), field + ".priority");
    retry(spec.retry(), field + ".retry");
    std::set<std::string_view> names;
    for (auto& input : spec.inputs())
      if (!names.insert(input.name()).second)
        add(field + ".inputs", fmt::format("the input {} is given twice", named(input.name())));
    for (auto& input : step_.with())
      if (names.count(input.name()))
        add("with." + input.name(), fmt::format("the input {} is given in {}.inputs already; once is enough",
                                                named(input.name()), field));
  }

  void retry(const RetryPolicy& policy, const std::string& field) {
    check_duration(policy.initial_delay_ms(), 0, path_ + "." + field + ".initial_delay", found_);
    auto multiplier = policy.backoff_multiplier();
    if (multiplier != 0 && !(multiplier >= 1 && multiplier <= 100)) // NaN is neither
      add(field + ".backoff_multiplier",
          fmt::format("waits grow by a factor between 1 and 100, or 0 for the default; this is {}",
                      multiplier));
    if (policy.no_retry() && policy.max_retries() > 0)
      add(field + ".no_retry", "`no_retry` and `max_retries` exclude each other; say one of them");
  }

  // A rule over so many, which are called that.
  void join(const JoinRule& rule, const std::string& field, size_t many, std::string_view what) {
    word_of(JoinMode_IsValid(rule.mode()), field + ".mode");
    if (rule.mode() != JOIN_N_OF && rule.count() != 0)
      add(field + ".count", "`count` goes with the mode `n_of` only");
    if (rule.mode() == JOIN_N_OF && (rule.count() == 0 || (many > 0 && rule.count() > many)))
      add(field + ".count", many > 0 ? fmt::format("of {} {}, between 1 and {} can be asked for; this is {}",
                                                   many, what, many, rule.count())
                                     : fmt::format("at least 1 is asked for; this is {}", rule.count()));
  }

  void decision(const Decision& decision) {
    if (decision.cases().empty())
      add("decision.cases", "a decision has at least one case");
    if (static_cast<size_t>(decision.cases_size()) > limits::definition_names)
      add("decision.cases", fmt::format("the decision has {} cases; at most {} are allowed",
                                        decision.cases_size(), limits::definition_names));
    std::set<std::string> names;
    for (int at = 0; at < decision.cases_size(); ++at) {
      auto& name = decision.cases(at).name();
      check_name(name, false, "", fmt::format("{}.decision.cases[{}].name", path_, at), found_);
      if (auto shown = name.empty() ? std::to_string(at + 1) : name; !names.insert(shown).second)
        add(fmt::format("decision.cases[{}].name", at),
            fmt::format("two cases are called {}; each has a name of its own", named(shown)));
    }
  }

  void parallel(const Parallel& parallel) {
    std::set<std::string_view> undo; // does not begin when all goes well
    for (auto& step : parallel.steps())
      if (!step.compensation().empty())
        undo.insert(step.compensation());
    auto begun = static_cast<size_t>(parallel.steps_size()) -
                 std::min(undo.size(), static_cast<size_t>(parallel.steps_size()));
    join(parallel.join(), "parallel.join", begun, "steps");
  }

  void map(const MapOver& map) {
    join(map.join(), "map.join", limits::map_items, "items");
    if (map.max_parallel() > limits::map_parallel_most)
      add("map.max_parallel", fmt::format("at most {} items are at work at a time; this is {}",
                                          limits::map_parallel_most, map.max_parallel()));
  }

  void loop(const Loop& loop) {
    check_duration(loop.pause_ms(), 0, path_ + ".loop.pause", found_);
    if (loop.max_rounds() == 0 || loop.max_rounds() > limits::loop_rounds)
      add("loop.max_rounds", fmt::format("a loop has between 1 and {} rounds; this is {}",
                                         limits::loop_rounds, loop.max_rounds()));
    if (loop.has_budget())
      budget(loop.budget());
  }

  void budget(const LoopBudget& budget) {
    if (rules_.allowed)
      return add("loop.budget", "a returned block draws on no ledger");
    if (!parse_ref("tenant/ledger/" + budget.ledger()))
      add("loop.budget.ledger",
          fmt::format("the name of a ledger has 1 to {} of A-Z a-z 0-9 _ . -; this is {}", limits::name_bytes,
                      named(budget.ledger())));
    if (budget.per_round() < 1 || budget.per_round() > limits::ledger_amount)
      add("loop.budget.per_round", fmt::format("between 1 and {} is reserved for a round; this is {}",
                                               limits::ledger_amount, budget.per_round()));
    word_of(WhenSpent_IsValid(budget.when_spent()), "loop.budget.when_spent");
  }

  void wait(const WaitFor& wait) {
    if (wait.for_ms() == 0 && wait.until().empty())
      return add("wait", "a wait says how long, in `for`, or until when, in `until`");
    if (wait.for_ms() != 0 && !wait.until().empty())
      return add("wait", "`for` and `until` exclude each other; say one of them");
    check_duration(wait.for_ms(), 0, path_ + ".wait.for", found_);
  }

  void principals(const google::protobuf::RepeatedPtrField<std::string>& names, const std::string& field,
                  std::set<std::string_view>& all) {
    if (static_cast<size_t>(names.size()) > limits::approvers)
      add(field,
          fmt::format("{} principals are named; at most {} are allowed", names.size(), limits::approvers));
    for (int at = 0; at < names.size(); ++at) {
      auto place = fmt::format("{}[{}]", field, at);
      check_name(names[at], true, "a principal", path_ + "." + place, found_);
      if (!names[at].empty() && !all.insert(names[at]).second)
        add(place, fmt::format("{} is named twice; everybody answers once", named(names[at])));
    }
  }

  void approval(const Approval& approval) {
    if (approval.message().empty())
      add("approval.message", "an approval says in `message` what it asks");
    if (approval.approvers().empty())
      add("approval.approvers", "an approval names at least one principal who may answer");
    std::set<std::string_view> asked;
    principals(approval.approvers(), "approval.approvers", asked);
    principals(approval.escalate_to(), "approval.escalate_to", asked);
    join(approval.rule(), "approval.rule", static_cast<size_t>(approval.approvers_size()), "approvers");
    check_duration(approval.timeout_ms(), 0, path_ + ".approval.timeout", found_);
    word_of(ApprovalTimeout_IsValid(approval.on_timeout()), "approval.on_timeout");
    if ((approval.on_timeout() == TIMEOUT_ESCALATE) == approval.escalate_to().empty())
      add("approval.escalate_to",
          approval.escalate_to().empty()
              ? "`on_timeout: escalate` asks others besides; name them in `escalate_to`"
              : "`escalate_to` goes with `on_timeout: escalate` only");
  }

  void monitor(const Monitor& monitor) {
    check_duration(monitor.every_ms(), 1, path_ + ".monitor.every", found_);
    check_duration(monitor.for_ms(), 1, path_ + ".monitor.for", found_);
    if (monitor.every_ms() > 0 && monitor.for_ms() > 0 && monitor.for_ms() < monitor.every_ms())
      add("monitor.for",
          fmt::format("a monitor that takes a sample every {} ms lasts at least as long; this is {} ms",
                      monitor.every_ms(), monitor.for_ms()));
  }

  void child(const ChildWorkflow& child) {
    check_name(child.workflow(), true, "a child", path_ + ".child.workflow", found_);
    word_of(ClosePolicy_IsValid(child.on_close()), "child.on_close");
    if (rules_.allowed)
      add("child", "a returned block runs no other workflow, which could require what it likes");
    else if (!child.workflow().empty() && rules_.around.knows_workflow &&
             !rules_.around.knows_workflow(child.workflow()))
      add("child.workflow", fmt::format("no workflow {} is published", named(child.workflow())));
  }

  void expand(const Expand& expand) {
    if (expand.max_steps() > limits::expanded_steps_most)
      add("expand.max_steps", fmt::format("a task may return at most {} steps; this is {}",
                                          limits::expanded_steps_most, expand.max_steps()));
    capabilities(expand.capabilities(), "expand.capabilities");
  }

  const StepDefinition& step_;
  const std::string& path_;
  const kind_rules& rules_;
  mistakes& found_;
};

} // namespace

void check_kind(const StepDefinition& step, const std::string& path, const kind_rules& rules,
                mistakes& found) {
  kind_check{step, path, rules, found}.all();
}

void check_duration(int64_t ms, int64_t least, const std::string& path, mistakes& found) {
  auto most = std::chrono::milliseconds{limits::workflow_longest}.count();
  if (ms < least || ms > most)
    found.add(path,
              fmt::format("it is {} ms; between {} and {} ms (ten years) are allowed", ms, least, most));
}

void check_name(const std::string& name, bool asked, std::string_view what, const std::string& path,
                mistakes& found) {
  if (name.empty() && asked)
    found.add(path, fmt::format("{} has a name", what));
  if (name.size() > limits::name_bytes)
    found.add(path, fmt::format("it has {} bytes; at most {} are allowed", name.size(), limits::name_bytes));
}

} // namespace troupe::definitions
