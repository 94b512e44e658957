// WORKFLOWS: runs of random definitions, the people around them, and who compares them with a reference.
#pragma once

#include <tests/simulator/workflow_changes.hpp>

namespace troupe {

/// Laws it checks:
///   reference  a run ends as it does where nothing fails: status, outcome, variables, and every step
///   effect     what its tasks have done is what they do there, each once
///   begun      a step, an item, a round begins once; an approval is answered once by each, a signal taken once
///   forked     a fork does nothing again that it took over
///   undone     what has completed is undone once, in reverse order, when its run fails or is cancelled
class simulated_workflows {
public:
  simulated_workflows(stage& where, client& door) : changes{where, door, runs_}, at_{where}, door_{door} {}

  /// What people do to runs that exist.
  workflow_changes changes;

  /// Agents are hired, and workflows that others run are published.
  void open();
  /// A run of a random definition, or of one that is published; its ref.
  std::string start();
  /// A run is paused, and goes on later.
  void pause();
  /// A run is cancelled.
  void cancel();
  /// An entity has changed: is somebody asked, or waited for?
  void look_at(const shadow& entity);
  /// Whoever paused a run and does not know it lets it go on; whoever has mended something retries.
  void remind();
  /// All is at rest.
  void judge();

private:
  std::string some_run();
  void start_own(const std::string& ref);
  void start_published(const std::string& ref, const std::string& workflow);
  const reference_end* end_of_run(const shadow& run, const known_run& known);
  void say(const std::string& ref, const std::string& step, const std::string& person, bool yes);
  void signal(const std::string& ref, const std::string& name);
  void compare(const shadow& run, const known_run& known);
  void compare_effects(const std::string& ref, const reference_end& end);

  stage& at_;
  client& door_;
  std::map<std::string, random_workflow> children_; // by name
  std::vector<random_child> published_;
  std::map<std::string, known_run> runs_;     // by ref
  std::map<std::string, reference_end> ends_; // by ref and definition
  size_t started_ = 0;
  std::set<std::tuple<std::string, std::string, std::string>> done_; // ref, path, and by whom
};

} // namespace troupe
