// BRANCHES: the control flow of one attempt. Knows what follows what; knows nothing of journals and hosts.
#pragma once

#include <deque>
#include <map>
#include <troupe/behaviors/behavior.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

class branches;
struct branch;

/// Where an action stands, or stood: every position that the behavior has asked for so far.
struct place {
  std::string position;
  ActionRequest request;
  size_t order = 0;                          ///< counts places in the order they were opened
  branch* owner = nullptr;                   ///< the branch it belongs to
  std::vector<std::unique_ptr<branch>> arms; ///< of all_of, any_of, race; one per argument
  size_t arms_ended = 0;
  std::optional<uint32_t> winner;       ///< index of the arm that won
  bool closed = false;                  ///< has its result
  bool taken = false;                   ///< the host knows of it
  bool intent = false;                  ///< a `started` record exists
  std::optional<int64_t> wait_until_ms; ///< a wait record exists

  bool begun() const {
    return intent || wait_until_ms.has_value();
  }
};

/// A chain of actions, one at a time: the task itself, or one argument of all_of, any_of, race.
struct branch {
  std::string position; ///< "" for the task, else "2.1": argument 1 of the place "2"
  place* parent = nullptr;
  uint32_t index = 0;                     ///< which argument of its parent
  unsigned depth = 0;                     ///< of nesting; the task has 0
  uint32_t next = 0;                      ///< number of its next action
  Task::moment moment;                    ///< its time and random stream
  std::vector<action::continuation> rest; ///< what follows, last first
  place* waits_for = nullptr;             ///< where it stands now, or stood last
  std::shared_ptr<const Outcome> result;
  bool abandoned = false; ///< goes no further
  bool lost = false;      ///< because another argument won
};

/// Runs a behavior as far as results allow. Deterministic: the same results in the same order give the same
/// places.
class branches {
public:
  branches(behavior& who, Task& task, uint64_t seed, int64_t started_ms);

  /// Asks the behavior for its first action and goes on until everything waits. Call once.
  void start();

  /// Gives an open leaf its result and goes on until everything waits.
  void settle(place& at, std::shared_ptr<const Outcome> result, int64_t time_ms);

  /// What the attempt ended with; null while it runs.
  const std::shared_ptr<const Outcome>& outcome() const {
    return outcome_;
  }

  /// The place with this position; null if the behavior has not asked for it.
  place* find(std::string_view position);

  /// True if the position is, or would be, in a branch that lost.
  bool lost(std::string_view position) const;

  /// Leaves that wait for a result, in the order they were opened.
  std::map<size_t, place*> open;

  /// Begun leaves of branches that lost; the owner empties it.
  std::vector<place*> abandoned;

  /// Checkpoints and winners decided here that were not recorded before; the owner empties it.
  std::vector<ActionRecord> decided;

  /// Recorded checkpoints and winners, by position: they are confirmed instead of decided. Filled before
  /// start().
  std::map<std::string, const ActionRecord*> recorded;

private:
  struct step {
    branch* where;
    std::optional<action> next;            // either an action to begin
    std::shared_ptr<const Outcome> result; // or the result of what the branch waited for
  };

  void pump(const std::function<void()>& first);
  void advance(step now);
  std::shared_ptr<const Outcome> enter(branch& in, const action& next);
  place& open_place(branch& in, const ActionRequest& request);
  void split(place& at, const action& next);
  std::shared_ptr<const Outcome> mark(place& at);
  void end(branch& which, std::shared_ptr<const Outcome> result);
  void win(place& at, branch& winner);
  void close(place& at, std::shared_ptr<const Outcome> result, int64_t time_ms);
  void abandon(branch& loser);
  void give_up(ec code, const std::string& text);

  behavior& behavior_;
  Task& task_;
  uint64_t seed_;
  branch root_;
  std::map<std::string, place, std::less<>> places_;
  std::deque<step> steps_;
  size_t actions_ = 0;
  std::shared_ptr<const Outcome> outcome_;
};

} // namespace troupe
