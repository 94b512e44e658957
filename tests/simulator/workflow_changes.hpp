// WORKFLOW CHANGES: what people do to runs that exist: they retry, fork and upgrade them, and publish what they follow.
#pragma once

#include <tests/simulator/client.hpp>
#include <tests/simulator/workflow_facts.hpp>

namespace troupe {

/// A run somebody asked for.
struct known_run {
  StartWorkflow start;               ///< of a published workflow: without a definition
  std::string workflow;              ///< ref of the published one; empty = it has its own
  std::set<std::string> definitions; ///< hashes of its own, and of those it may have been upgraded to
  bool fails = false;                ///< as of random_workflow
  bool mendable = false;
  bool cancelled = false;
};

/// Laws it checks:
///   rollout   open runs follow what is published as the policy says: whoever stayed could not follow, and all are looked at in the end
///   upgraded  an upgrade that was answered is in the history of its run
class workflow_changes {
public:
  workflow_changes(stage& where, client& door, std::map<std::string, known_run>& runs)
      : at_{where}, door_{door}, runs_{runs} {}

  /// Workflows are published that open runs follow.
  void open(const std::vector<random_child>& children);
  /// One of these; its ref.
  std::string some_workflow();
  /// The inputs of its runs, without `run`.
  const std::vector<argument>& inputs_of(const std::string& workflow) const {
    return published_.at(workflow).inputs;
  }
  /// Has this definition been published?
  bool was_published(const std::string& workflow, const std::string& hash) const;

  /// A failed run is retried, after what was broken is mended or not.
  void retry();
  /// A run begins with what another has done, with other values of variables.
  void fork();
  /// A run goes on with another definition.
  void upgrade();
  /// Another revision is published, or an earlier one again.
  void publish();
  /// Whoever was mended and has not been retried, is.
  void remind();
  /// Has everybody been retried?
  bool is_at_rest() const;
  /// All is at rest.
  void judge();

private:
  struct publication {
    uint64_t revision = 0;
    WorkflowDefinition definition;
    int64_t published_ms = 0, ended_ms = 0; // of its rollout; 0 = none, or it has not ended
    uint64_t moved = 0;
  };
  using run_test = std::function<bool(const shadow& run, const known_run& known)>;

  std::string some_run(const run_test& fits);
  bool waits_for_retry(const shadow& run, const known_run& known) const;
  std::vector<publication> publications(const std::string& workflow) const;
  void judge_rollout(const std::string& workflow, const publication& one) const;

  stage& at_;
  client& door_;
  std::map<std::string, known_run>& runs_;
  std::map<std::string, random_workflow> published_;         // by ref: the first revision
  std::map<std::string, std::vector<std::string>> upgraded_; // by ref of a run: hashes, as answered
  std::set<std::string> asked_; // whether they are to be mended, when all is well
  size_t forks_ = 0;
};

} // namespace troupe
