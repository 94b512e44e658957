// WORKFLOW HISTORY: the events of one run, and what must be true of all of them together.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <tests/simulator/shadow.hpp>
#include <vector>

namespace troupe {

/// Laws `begun`, `undone` and `forked` of simulated_workflows, of a run that has ended.
class run_history {
public:
  using objection = std::function<void(std::string law, std::string text)>;

  explicit run_history(const shadow& run);

  void judge(const objection& object) const;

private:
  void know(const google::protobuf::RepeatedPtrField<StepDefinition>& steps);
  void take(const RunEvent& event);
  void take_task(const std::string& path, const TaskEvent& event);
  void count(const std::string& what, const std::string& path);
  void begins_anew(const std::string& path);
  void begins(const std::string& path);
  void completes(const std::string& path);
  const StepDefinition* find(const std::string& path) const;

  const shadow& run_;
  std::map<std::string, StepDefinition> known_; // by id
  std::set<std::string> undo_steps_;            // ids
  std::set<std::string> kept_;                  // of a fork: paths of what the other run has done
  std::vector<std::string> done_again_;         // of these
  std::map<std::pair<std::string, std::string>, int>
      happened_;                     // what must happen once, by path and what it is
  std::vector<std::string> to_undo_; // paths of compensations, in the order of what they undo
  std::vector<std::string> undone_;  // paths of those that have begun
  bool has_failed_to_undo_ = false;
};

} // namespace troupe
