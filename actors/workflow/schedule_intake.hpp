// SCHEDULE INTAKE: what becomes of occurrences while others are at work.
#pragma once

#include <algorithm>
#include <cstdint>
#include <troupe/runtime/proto/schedule.pb.h>
#include <troupe/runtime/workflow_limits.hpp>
#include <vector>

namespace troupe {

/// Lets occurrences in, one after the other, as if each had been decided on alone; collects the events.
struct schedule_intake {
  /// What becomes of one.
  enum class fate : uint8_t { taken, skipped, dropped };

  schedule_intake(const ScheduleState& state, int64_t now_ms)
      : now{now_ms}, running{static_cast<size_t>(state.running_size())}, waiting{static_cast<size_t>(
                                                                             state.buffered_size())} {}

  /// An occurrence under its own policy.
  fate take(ScheduledRun run) {
    if (running == 0 || run.overlap() == OVERLAP_ALLOW) {
      if (running >= limits::schedule_running)
        return fate::dropped;
      begin(std::move(run));
      return fate::taken;
    }
    switch (run.overlap()) {
    case OVERLAP_BUFFER_ONE:
      return waiting > 0 ? fate::skipped : buffer(std::move(run), false);
    case OVERLAP_BUFFER_ALL:
      return waiting >= limits::schedule_buffer ? fate::dropped : buffer(std::move(run), false);
    case OVERLAP_CANCEL_OTHER:
      if (!cancelling)
        events.emplace_back().mutable_cancelling()->set_time_ms(now);
      cancelling = true;
      return buffer(std::move(run), true);
    default:
      return fate::skipped;
    }
  }
  /// It is at work now.
  void begin(ScheduledRun run) {
    auto* began = events.emplace_back().mutable_began();
    run.set_started_ms(now);
    *began->mutable_run() = std::move(run);
    began->set_time_ms(now);
    ++running;
  }
  /// It waits for its turn, `alone` in the place of all that wait.
  fate buffer(ScheduledRun run, bool alone) {
    auto* buffered = events.emplace_back().mutable_buffered();
    *buffered->mutable_run() = std::move(run);
    buffered->set_alone(alone);
    buffered->set_time_ms(now);
    waiting = alone ? 1 : waiting + 1;
    return fate::taken;
  }
  /// The next that waits begins when nobody is at work; while paused, only what somebody asked for.
  void drain(const ScheduleState& state, bool paused) {
    if (running > 0)
      return;
    auto next = std::find_if(state.buffered().begin(), state.buffered().end(),
                             [&](auto& run) { return run.by_hand() || !paused; });
    if (next != state.buffered().end())
      begin(*next);
  }

  std::vector<ScheduleEvent> events;
  int64_t now;
  size_t running, waiting;
  bool cancelling = false;
};

} // namespace troupe
