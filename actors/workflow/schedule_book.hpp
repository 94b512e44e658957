// SCHEDULE BOOK: what a schedule decides, without the actor.
#pragma once

#include <algorithm>
#include <caf/expected.hpp>
#include <optional>
#include <string>
#include <troupe/actors/workflow/calendar.hpp>
#include <troupe/actors/workflow/schedule_spec.hpp>
#include <troupe/persistence/effects.hpp>
#include <troupe/runtime/proto/run.pb.h>
#include <troupe/runtime/proto/schedule.pb.h>
#include <vector>

namespace troupe {

/// Ids of a schedule's timers; the last two go on with the key of a run.
namespace schedule_timers {
inline const std::string next = "next";
inline const std::string start = "start/";
inline const std::string cancel = "cancel/";
} // namespace schedule_timers

/// The run with this key in a list, or its end.
template <class Runs>
auto find_scheduled(Runs& runs, const std::string& key) {
  return std::find_if(runs.begin(), runs.end(), [&](auto& run) { return run.key() == key; });
}

/// The state of a schedule; see event_sourced.hpp. Invariants: an occurrence is dealt with once, in order, and last_ms never falls;
/// what began stands in `running` until its run has told its end or was refused.
struct schedule_book {
  using event = ScheduleEvent;
  using decision = caf::expected<std::vector<ScheduleEvent>>;
  static inline const char* name = "schedule";
  static constexpr uint16_t version = 1;

  /// Errors as schedule.proto names them.
  decision decide(const CreateSchedule& cmd, int64_t now_ms) const;
  decision decide(const UpdateSchedule& cmd, int64_t now_ms) const;
  decision decide(const PauseSchedule& cmd, int64_t now_ms) const;
  decision decide(const ResumeSchedule& cmd, int64_t now_ms) const;
  decision decide(const TriggerSchedule& cmd, int64_t now_ms) const;
  decision decide(const BackfillSchedule& cmd, int64_t now_ms) const;
  decision decide(const DeleteSchedule& cmd, int64_t now_ms) const;
  /// Errors: those of calendar::read().
  decision decide(const TimerDue& cmd, int64_t now_ms) const;
  decision decide(const StartAnswered& cmd, int64_t now_ms) const;
  decision decide(const ChildEnded& cmd, int64_t now_ms) const;

  /// As event_sourced.hpp says.
  void apply(const ScheduleEvent& happened);
  /// Rows that are over: the timer of the next occurrence, what a run has answered.
  void tidy(const ScheduleEvent& happened, effects& out) const;
  /// The timer of the next occurrence, what runs are asked, the row in listings.
  void bring_about(const ScheduleEvent& happened, effects& out) const;
  /// Asks again what a run has not answered.
  void acknowledge(const TimerDue& cmd, effects& out) const;
  /// The run may forget its schedule.
  void acknowledge(const ChildEnded& cmd, effects& out) const;

  /// Its own name.
  void born(const std::string& ref) {
    state.set_schedule(ref);
  }
  /// How it stands, whatever was asked.
  ScheduleSummary reply(const CreateSchedule&) const {
    return summary();
  }
  ScheduleSummary reply(const UpdateSchedule&) const {
    return summary();
  }
  ScheduleSummary reply(const PauseSchedule&) const {
    return summary();
  }
  ScheduleSummary reply(const ResumeSchedule&) const {
    return summary();
  }
  Done reply(const DeleteSchedule&) const {
    return {};
  }
  /// What came of it.
  ScheduleTriggered reply(const TriggerSchedule&) const;
  ScheduleBackfilled reply(const BackfillSchedule&) const;

  /// As event_sourced.hpp says.
  ScheduleState save() const {
    return state;
  }
  bool load(const ScheduleState& saved);

  bool exists() const {
    return state.created_ms() > 0;
  }
  ScheduleSummary summary() const;
  /// With the next limits::schedule_recent times from `now_ms` on. Error: ec::not_found, those of calendar::read().
  caf::expected<ScheduleDescription> describe(int64_t now_ms) const;

  /// What begins the run this timer stands for; nothing if that is no such timer, or has been answered.
  std::optional<schedule_start> to_start(const std::string& timer) const;

  ScheduleState state;

private:
  caf::error check(const ScheduleSpec& spec) const;
  caf::expected<const calendar*> times() const;
  caf::error set_times(const ScheduleSpec& spec, int64_t now_ms, ScheduleEvent::Set& set) const;
  std::string key_of(int64_t occurrence_ms, std::string_view suffix = {}) const;
  std::string run_ref(const std::string& key) const;
  ScheduledRun run_at(int64_t occurrence_ms) const;
  const ScheduledRun* running(const std::string& key) const;
  int64_t due_of(int64_t occurrence_ms, const ScheduleSpec& spec) const;
  decision ended(const std::string& key, const Failure* failure, int64_t now_ms) const;

  mutable std::optional<calendar> calendar_; // of state.spec(); read when it is needed
};

} // namespace troupe
