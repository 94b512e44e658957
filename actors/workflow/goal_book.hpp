// GOAL BOOK: what a goal decides, without the actor.
#pragma once

#include <caf/expected.hpp>
#include <string>
#include <troupe/persistence/effects.hpp>
#include <troupe/runtime/proto/fleet.pb.h>
#include <vector>

namespace troupe {

/// The state of a goal; see event_sourced.hpp. Invariants: what it was asked and the names of its tasks are one event, so that a repeat creates
/// nothing twice; each item ends once; a task is asked for until it has told its end.
struct goal_book {
  using event = GoalEvent;
  using decision = caf::expected<std::vector<GoalEvent>>;
  static inline const char* name = "goal";
  static constexpr uint16_t version = 1;

  /// Errors: those of fleet.proto.
  decision decide(const SetGoal& cmd, int64_t now_ms) const;
  decision decide(const CancelGoal& cmd, int64_t now_ms) const;
  /// Nothing for an item that it does not have, or that has ended.
  decision decide(const ChildEnded& cmd, int64_t now_ms) const;
  decision decide(const TimerDue& cmd) const;

  /// As event_sourced.hpp says.
  void apply(const GoalEvent& happened);
  /// A task that has told its end is not asked for again.
  void tidy(const GoalEvent& happened, effects& out) const;
  /// Asks for its tasks, or cancels them.
  void bring_about(const GoalEvent& happened, effects& out) const;
  /// Asks again.
  void acknowledge(const TimerDue& cmd, effects& out) const;
  /// The task may forget its goal.
  void acknowledge(const ChildEnded& cmd, effects& out) const;

  /// Its own name.
  void born(const std::string& ref) {
    own_ref = ref;
  }
  GoalSet reply(const SetGoal&) const;
  Done reply(const CancelGoal&) const {
    return {};
  }
  /// A traceparent; empty until it has begun.
  const std::string& trace() const {
    return state.goal().context().trace();
  }

  /// As event_sourced.hpp says.
  GoalState save() const {
    return state;
  }
  bool load(const GoalState& saved);

  bool exists() const {
    return state.created_ms() > 0;
  }
  bool has_ended() const {
    return exists() && state.ended_size() == state.goal().tasks_size();
  }
  /// How many results there are.
  uint64_t results() const {
    return static_cast<uint64_t>(state.ended_size());
  }
  /// How it stands, with results after the first `after`. Error: ec::not_found.
  caf::expected<GoalProgress> progress(const CollectResults& asked) const;

  std::string own_ref;
  GoalState state;

private:
  void ask(int item, effects& out) const;
  void cancel(int item, effects& out) const;

  std::vector<bool> over_; // by item: it has ended
};

} // namespace troupe
