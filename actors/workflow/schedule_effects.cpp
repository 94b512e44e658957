// SCHEDULE EFFECTS: what an event changes in a schedule's state, its rows, and what its runs are told.

#include <algorithm>
#include <troupe/actors/workflow/schedule_book.hpp>
#include <troupe/actors/workflow/schedule_spec.hpp>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {

void schedule_book::apply(const ScheduleEvent& happened) {
  auto set_next = [&](int64_t next_ms, int64_t due_ms) {
    state.set_next_ms(next_ms);
    state.set_due_ms(due_ms);
  };
  // Runs that were asked for and have not answered begin as they were asked for, whatever the schedule is now.
  auto pin_spec = [&] {
    for (auto& run : *state.mutable_running())
      if (!run.accepted() && !run.has_spec())
        *run.mutable_spec() = state.spec();
  };
  auto* counts = state.mutable_counts();
  switch (happened.kind_case()) {
  case ScheduleEvent::kCreated:
  case ScheduleEvent::kUpdated: {
    auto& set = happened.has_created() ? happened.created() : happened.updated();
    pin_spec();
    if (happened.has_created() || set.spec().limited_actions() != state.spec().limited_actions())
      state.set_left(set.spec().limited_actions());
    *state.mutable_spec() = set.spec();
    state.set_principal(set.principal());
    if (happened.has_created()) {
      state.set_created_ms(set.time_ms());
      state.set_paused(set.paused());
    }
    auto over = !has_actions_left(state);
    set_next(over ? 0 : set.next_ms(), over ? 0 : set.due_ms());
    calendar_.reset();
    break;
  }
  case ScheduleEvent::kPaused:
    state.set_paused(true);
    state.set_note(happened.paused().note());
    set_next(0, 0);
    break;
  case ScheduleEvent::kResumed:
    state.set_paused(false);
    state.set_note(happened.resumed().note());
    set_next(happened.resumed().next_ms(), happened.resumed().due_ms());
    break;
  case ScheduleEvent::kPassed: {
    auto& passed = happened.passed();
    state.set_last_ms(passed.last_ms());
    set_next(passed.next_ms(), passed.due_ms());
    counts->set_missed(counts->missed() + passed.missed());
    counts->set_skipped(counts->skipped() + passed.skipped());
    counts->set_dropped(counts->dropped() + passed.dropped());
    state.set_left(state.left() - std::min(state.left(), passed.taken()));
    break;
  }
  case ScheduleEvent::kAsked:
    state.set_asked(state.asked() + 1);
    counts->set_skipped(counts->skipped() + happened.asked().skipped());
    break;
  case ScheduleEvent::kBegan: {
    auto& waiting = *state.mutable_buffered();
    if (auto found = find_scheduled(waiting, happened.began().run().key()); found != waiting.end())
      waiting.erase(found);
    *state.add_running() = happened.began().run();
    counts->set_started(counts->started() + 1);
    break;
  }
  case ScheduleEvent::kBuffered:
    if (happened.buffered().alone()) {
      counts->set_skipped(counts->skipped() + static_cast<uint64_t>(state.buffered_size()));
      state.clear_buffered();
    }
    *state.add_buffered() = happened.buffered().run();
    break;
  case ScheduleEvent::kCancelling:
    for (auto& run : *state.mutable_running())
      run.set_cancelling(true);
    break;
  case ScheduleEvent::kAccepted:
    if (auto found = find_scheduled(*state.mutable_running(), happened.accepted().key());
        found != state.mutable_running()->end()) {
      found->set_accepted(true);
      found->clear_spec();
    }
    break;
  case ScheduleEvent::kEnded: {
    auto& at_work = *state.mutable_running();
    auto found = find_scheduled(at_work, happened.ended().key());
    if (found == at_work.end())
      break;
    auto* done = state.add_recent();
    *done = std::move(*found);
    at_work.erase(found);
    done->clear_spec();
    done->set_ended_ms(happened.ended().time_ms());
    if (happened.ended().has_failure()) {
      *done->mutable_failure() = happened.ended().failure();
      counts->set_failed(counts->failed() + 1);
    }
    if (static_cast<size_t>(state.recent_size()) > limits::schedule_recent)
      state.mutable_recent()->erase(state.recent().begin());
    break;
  }
  case ScheduleEvent::kDeleted:
    pin_spec();
    state.set_created_ms(0);
    state.set_paused(false);
    state.clear_note();
    state.clear_buffered();
    state.clear_spec();
    state.clear_recent();
    state.clear_counts();
    set_next(0, 0);
    calendar_.reset();
    break;
  case ScheduleEvent::KIND_NOT_SET:
    break;
  }
}

void schedule_book::tidy(const ScheduleEvent& happened, effects& out) const {
  switch (happened.kind_case()) {
  case ScheduleEvent::kCreated:
  case ScheduleEvent::kUpdated:
  case ScheduleEvent::kPaused:
  case ScheduleEvent::kResumed:
  case ScheduleEvent::kPassed:
  case ScheduleEvent::kDeleted:
    if (state.due_ms() != 0)
      out.cancel(schedule_timers::next, state.due_ms());
    break;
  case ScheduleEvent::kAccepted:
    out.cancel(schedule_timers::start + happened.accepted().key(), effects::already_sent);
    break;
  case ScheduleEvent::kEnded:
    if (auto* run = running(happened.ended().key())) {
      if (!run->accepted())
        out.cancel(schedule_timers::start + run->key(), effects::already_sent);
      if (run->cancelling())
        out.cancel(schedule_timers::cancel + run->key(), effects::already_sent);
    }
    break;
  default:
    break;
  }
}

void schedule_book::bring_about(const ScheduleEvent& happened, effects& out) const {
  switch (happened.kind_case()) {
  case ScheduleEvent::kCreated:
  case ScheduleEvent::kUpdated:
  case ScheduleEvent::kResumed:
  case ScheduleEvent::kPassed:
    if (state.due_ms() != 0)
      out.timer(schedule_timers::next, state.due_ms());
    break;
  case ScheduleEvent::kBegan: { // asked for by the actor, which hears the answer: when this is durable
    auto timer = schedule_timers::start + happened.began().run().key();
    out.outbox(timer);
    TimerDue now;
    now.set_timer(timer);
    out.tell(state.schedule(), std::move(now));
    break;
  }
  case ScheduleEvent::kCancelling:
    for (auto& run : state.running()) {
      out.outbox(schedule_timers::cancel + run.key());
      out.tell(run_ref(run.key()), cancel_of(state));
    }
    break;
  default:
    break;
  }
  if (exists())
    out.put(index_table::schedules, "summary", summary());
  else
    out.erase(index_table::schedules, "summary");
}

void schedule_book::acknowledge(const TimerDue& cmd, effects& out) const {
  if (!cmd.timer().starts_with(schedule_timers::cancel))
    return;
  auto key = cmd.timer().substr(schedule_timers::cancel.size());
  if (running(key))
    out.tell(run_ref(key), cancel_of(state));
}

void schedule_book::acknowledge(const ChildEnded& cmd, effects& out) const {
  ChildNoted noted;
  noted.set_parent_key(cmd.parent_key());
  out.tell(cmd.child(), std::move(noted));
}

} // namespace troupe
