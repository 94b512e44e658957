// WORKFLOW BUILDER: a definition in C++, for programs that embed a node.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <troupe/runtime/proto/workflow.pb.h>
#include <vector>

namespace troupe {

class block_builder;

/// How many of several have to succeed: all, one, `count`, more than half. What is still at work then is cancelled with
/// `cancel_rest`, else it is waited for.
JoinRule join_all();
JoinRule join_any(bool cancel_rest = false);
JoinRule join_n_of(uint32_t count, bool cancel_rest = false);
JoinRule join_quorum(bool cancel_rest = false);

/// A case of a decision: steps that go on when an expression holds.
struct case_words {
  std::string when;
  std::vector<std::string> then;
  std::string name = {}; ///< empty = its position
};

/// A map: the list it walks over, an expression. 0 = limits::map_parallel.
struct map_words {
  std::string over;
  uint32_t max_parallel = 0;
  JoinRule join = {};
};

/// A loop: the expression that ends it, at most so many rounds.
struct loop_words {
  std::string until;
  uint32_t max_rounds = 0;
  std::chrono::milliseconds pause{0};
  bool may_exhaust = false; ///< rounds used up are no failure
  LoopBudget budget = {};   ///< without a ledger there is none
};

/// An approval: a question and who may answer it. 0 = limits::approval_timeout.
struct approval_words {
  std::string message;
  std::vector<std::string> approvers;
  JoinRule rule = {};
  std::chrono::milliseconds timeout{0};
  ApprovalTimeout on_timeout = TIMEOUT_REJECT;
  std::vector<std::string> escalate_to = {};
  bool may_reject = false; ///< a rejection is a result, not a failure
};

/// A monitor: a sample from whoever can `capability`, for so long, so often.
struct monitor_words {
  std::string capability;
  std::string healthy; ///< expression over `sample`
  std::chrono::milliseconds every{0};
  std::chrono::milliseconds lasting{0};
  uint32_t tolerate = 0;
};

/// One step under construction; valid as long as what it was begun with. Its kind is said once: the last one counts.
class step_builder {
public:
  explicit step_builder(StepDefinition& step) : step_{step} {}

  /// Steps that must complete first; steps whose failure this one handles.
  step_builder& needs(std::initializer_list<std::string> ids);
  step_builder& catches(std::initializer_list<std::string> ids);
  /// Expression: false = the step is skipped.
  step_builder& when(const std::string& expression);
  /// One input: an expression. Said again, the last one counts.
  step_builder& with(const std::string& name, const std::string& expression);
  /// A variable written when the step completes: an expression over `result`.
  step_builder& set(const std::string& variable, const std::string& expression);
  /// The step that undoes this one.
  step_builder& compensation(const std::string& id);
  /// Of the whole step, with all attempts.
  step_builder& timeout(std::chrono::milliseconds longest);
  /// A failure counts as completed with null.
  step_builder& may_fail();
  step_builder& description(const std::string& text);

  /// A task for whoever can `capability`. What follows here is said of the step's task, that of a monitor or an expansion included.
  step_builder& task(const std::string& capability);
  /// A constant input. Results of needed steps are added under the steps' ids.
  step_builder& input(const std::string& name, const std::string& value);
  /// How a failed attempt is repeated.
  step_builder& retry(RetryPolicy policy);
  step_builder& priority(Priority level);
  /// Of one attempt.
  step_builder& attempt_timeout(std::chrono::milliseconds longest);
  /// Tasks with equal keys run one after the other.
  step_builder& concurrency_key(const std::string& key);
  /// Doing it twice does no harm.
  step_builder& idempotent();

  /// The other kinds, one for each message of definition.proto.
  step_builder& decide(const std::vector<case_words>& cases, const std::vector<std::string>& otherwise = {},
                       bool every = false);
  step_builder& join(const JoinRule& rule);
  step_builder& parallel(const block_builder& steps, const JoinRule& rule = {});
  step_builder& map(const map_words& words, const block_builder& body);
  step_builder& loop(const loop_words& words, const block_builder& body);
  step_builder& wait(std::chrono::milliseconds time);
  step_builder& wait_until(const std::string& expression);
  step_builder& signal(const std::string& name, ValueType type = TYPE_ANY);
  step_builder& approval(const approval_words& words);
  step_builder& checkpoint(const std::string& label = {});
  step_builder& monitor(const monitor_words& words);
  step_builder& child(const std::string& workflow, uint64_t revision = 0,
                      ClosePolicy on_close = CLOSE_TERMINATE);
  /// A task whose result is a block; `capabilities` are all that its steps may require.
  step_builder& expand(const std::string& capability, uint32_t max_steps = 0,
                       const std::vector<std::string>& capabilities = {});

private:
  TaskSpec& spec();

  StepDefinition& step_;
};

/// Steps with an order of their own, for parallel, map and loop.
class block_builder {
public:
  /// Adds a step: of a kind said next, or for whoever can `capability`.
  step_builder step(const std::string& id);
  step_builder step(const std::string& id, const std::string& capability);

  /// The step whose result is the block's; without it, the last one.
  block_builder& result(const std::string& id);

  const Block& block() const {
    return block_;
  }

private:
  Block block_;
};

/// Builds a WorkflowDefinition step by step. What it builds is checked when a run starts.
class workflow_builder {
public:
  explicit workflow_builder(const std::string& name, const std::string& version = "1.0.0");

  /// For people.
  workflow_builder& description(const std::string& text);
  /// What a run must be given.
  workflow_builder& input(const std::string& name, ValueType type = TYPE_ANY,
                          const std::string& description = {});
  /// What a run may be given; else this value: text or JSON, as the type says. Empty = null.
  workflow_builder& optional_input(const std::string& name, ValueType type,
                                   const std::string& default_value = {});
  /// What a run remembers, at first the value of an expression over `inputs`.
  workflow_builder& variable(const std::string& name, ValueType type = TYPE_ANY,
                             const std::string& initial = {});
  /// The longest a run may last.
  workflow_builder& deadline(std::chrono::milliseconds longest);

  /// Adds a step: of a kind said next, or for whoever can `capability`.
  step_builder step(const std::string& id);
  step_builder step(const std::string& id, const std::string& capability);

  /// The step whose result is the run's; without it, the last one.
  workflow_builder& result(const std::string& id);

  const WorkflowDefinition& definition() const {
    return definition_;
  }

private:
  WorkflowDefinition definition_;
};

} // namespace troupe
