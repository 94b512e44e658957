// The children of one supervisor: who is up, who is on the way up or down, and what is to be done next.
#pragma once

#include <optional>
#include <string>
#include <troupe/actors/agent/restart.hpp>

namespace troupe {

/// Where a child stands.
enum class phase : uint8_t {
  idle,     ///< down, and stays down
  waiting,  ///< down, to be started when it is due and nobody before it holds it up
  starting, ///< alive, has not answered yet
  running,
  stopping, ///< told to end
  stuck,    ///< even kill did not end it; nobody waits for it any more
};

/// One row of a roster.
struct roster_child {
  std::string id;
  restart kind = restart::permanent;
  bool added = false; ///< at run time; forgotten when it ends for good
  phase now = phase::waiting;
  bool settled = false; ///< has run, or ended for good: later children need not wait for its first start
  bool doomed = false;  ///< alive, and to be stopped
  bool again = false;   ///< to be started after it is down
  bool leaving = false; ///< to be forgotten after it is down
  instant due{};        ///< earliest start
  instant up_since{};
  unsigned failures = 0; ///< in a row
  uint64_t starts = 0;   ///< one more than its restarts
  std::string last_failure;
};

/// What to do next.
struct roster_step {
  /// rest: nothing now; start, stop: a child; wake: ask again later; finished: closed and all down.
  enum kind : uint8_t { rest, start, stop, wake, finished } what = rest;
  size_t child = 0; ///< of start and stop
  instant at{};     ///< of wake: ask again then
};

/// Keeps the children of a supervisor in start order. It only says what to do; the supervisor does it and
/// reports back. Nothing here sends, waits or reads a clock, so every order of events can be tested.
///
/// First starts go in order, each after the one before has answered; in one_for_all and rest_for_one restarts
/// do too. Stops go in reverse order, one after the other. A simple_one_for_one supervisor starts and stops
/// without order, all at once.
class roster {
public:
  explicit roster(restart_rules rules);

  /// Appends a child, due at once. The id must be new.
  void add(std::string id, restart kind, bool added, instant now);

  /// What to do next; call until it says rest, wake or finished (= closed, and all are down or stuck). A
  /// start or stop it names counts as begun.
  roster_step next(instant now);

  /// The child answers: its start is over.
  void started(size_t child, instant now);

  /// The child is down. `failure` is empty after a normal end. False: one restart too many, everything is
  /// closed and the text is in escalation(). Indices of later children change when the child is forgotten.
  bool down(size_t child, const std::string& failure, instant now, uint64_t random_bits);

  /// The child, which is stopping, does not end: the others need not wait for it to stop. It is not started
  /// again before it is down.
  void abandon(size_t child);

  /// Stops a child and forgets it.
  void remove(size_t child);

  /// Stops all children; nobody starts any more.
  void close();

  /// Where a child stands; nothing if the id is unknown.
  std::optional<size_t> find(const std::string& id) const;
  const std::vector<roster_child>& children() const {
    return children_;
  }
  const restart_rules& rules() const {
    return rules_;
  }
  bool closed() const {
    return closed_;
  }
  /// True when no child is on its way up.
  bool settled() const;
  /// Why the supervisor fails: child and last failure; empty if it does not.
  const std::string& escalation() const {
    return escalation_;
  }

private:
  bool held_up(size_t child) const;
  void end(size_t child);

  restart_rules rules_;
  restart_window window_;
  std::vector<roster_child> children_;
  bool closed_ = false;
  std::string escalation_;
};

} // namespace troupe
