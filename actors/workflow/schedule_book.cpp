// SCHEDULE BOOK: decisions: occurrences, what people ask, what runs answer.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/workflow/schedule_book.hpp>
#include <troupe/actors/workflow/schedule_intake.hpp>
#include <troupe/actors/workflow/schedule_spec.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

caf::error not_found(const ScheduleState& state) {
  return make_error(ec::not_found, fmt::format("there is no schedule {}", state.schedule()));
}

int64_t window_of(const ScheduleSpec& spec) {
  return spec.catch_up_window_ms() > 0 ? spec.catch_up_window_ms() : limits::schedule_catch_up.count();
}

} // namespace

caf::expected<const calendar*> schedule_book::times() const {
  if (!calendar_) {
    auto known = calendar::read(state.spec().times());
    if (!known)
      return std::move(known.error());
    calendar_ = std::move(*known);
  }
  return &*calendar_;
}

int64_t schedule_book::due_of(int64_t occurrence_ms, const ScheduleSpec& spec) const {
  return occurrence_ms == 0
             ? 0
             : occurrence_ms + jitter_of(state.schedule(), occurrence_ms, spec.times().jitter_ms());
}

// Checks a new specification and completes the event that sets it: what comes next, unless it is paused.
caf::error schedule_book::set_times(const ScheduleSpec& spec, int64_t now_ms, ScheduleEvent::Set& set) const {
  if (auto wrong = check_schedule(spec))
    return wrong;
  auto known = calendar::read(spec.times());
  if (!known)
    return std::move(known.error());
  auto next = known->next(std::max(now_ms, state.last_ms()));
  if (next == 0)
    return make_error(ec::invalid_argument,
                      fmt::format("it never comes: nothing fits within {} years, or before its end",
                                  limits::calendar_years));
  *set.mutable_spec() = spec;
  set.set_time_ms(now_ms);
  if (!set.paused()) {
    set.set_next_ms(next);
    set.set_due_ms(due_of(next, spec));
  }
  return {};
}

schedule_book::decision schedule_book::decide(const CreateSchedule& cmd, int64_t now_ms) const {
  if (exists() && equal(cmd.spec(), state.spec()))
    return std::vector<event>{};
  if (exists())
    return make_error(ec::already_exists, fmt::format("{} exists with another specification; change it with "
                                                      "`troupe schedule update`",
                                                      state.schedule()));
  if (auto key = state.schedule().substr(state.schedule().rfind('/') + 1);
      key.size() > limits::schedule_name_bytes)
    return make_error(ec::invalid_argument,
                      fmt::format("the name of a schedule has at most {} bytes, and this has {}",
                                  limits::schedule_name_bytes, key.size()));
  std::vector<event> events(1);
  auto* set = events[0].mutable_created();
  set->set_paused(cmd.paused());
  set->set_principal(cmd.context().principal());
  if (auto wrong = set_times(cmd.spec(), now_ms, *set))
    return wrong;
  return events;
}

schedule_book::decision schedule_book::decide(const UpdateSchedule& cmd, int64_t now_ms) const {
  if (!exists())
    return not_found(state);
  std::vector<event> events(1);
  auto* set = events[0].mutable_updated();
  set->set_paused(state.paused());
  set->set_principal(cmd.context().principal());
  if (auto wrong = set_times(cmd.spec(), now_ms, *set))
    return wrong;
  return events;
}

schedule_book::decision schedule_book::decide(const PauseSchedule& cmd, int64_t now_ms) const {
  if (!exists())
    return not_found(state);
  if (cmd.note().size() > limits::schedule_note_bytes)
    return make_error(ec::invalid_argument,
                      fmt::format("a note has at most {} bytes", limits::schedule_note_bytes));
  std::vector<event> events;
  if (state.paused() && state.note() == cmd.note())
    return events;
  auto* paused = events.emplace_back().mutable_paused();
  paused->set_by(cmd.context().principal());
  paused->set_note(cmd.note());
  paused->set_time_ms(now_ms);
  return events;
}

schedule_book::decision schedule_book::decide(const ResumeSchedule& cmd, int64_t now_ms) const {
  if (!exists())
    return not_found(state);
  if (!state.paused())
    return std::vector<event>{};
  auto known = times();
  if (!known)
    return std::move(known.error());
  schedule_intake in{state, now_ms};
  auto* resumed = in.events.emplace_back().mutable_resumed();
  resumed->set_by(cmd.context().principal());
  resumed->set_note(cmd.note());
  resumed->set_time_ms(now_ms);
  if (has_actions_left(state)) {
    resumed->set_next_ms((*known)->next(std::max(now_ms, state.last_ms())));
    resumed->set_due_ms(due_of(resumed->next_ms(), state.spec()));
  }
  in.drain(state, false);
  return std::move(in.events);
}

schedule_book::decision schedule_book::decide(const TriggerSchedule& cmd, int64_t now_ms) const {
  if (!exists())
    return not_found(state);
  schedule_intake in{state, now_ms};
  auto* asked = in.events.emplace_back().mutable_asked();
  asked->set_by(cmd.context().principal());
  asked->set_time_ms(now_ms);
  auto run = run_at(now_ms);
  run.set_by_hand(true);
  run.set_key(key_of(now_ms, fmt::format("-t{}", state.asked() + 1)));
  if (cmd.overlap() != OVERLAP_DEFAULT)
    run.set_overlap(cmd.overlap());
  switch (in.take(std::move(run))) {
  case schedule_intake::fate::skipped:
    return make_error(ec::conflict,
                      fmt::format("{} runs of {} are at work, and {} wait; wait for their end, or name "
                                  "another policy with --overlap",
                                  state.running_size(), state.schedule(), state.buffered_size()));
  case schedule_intake::fate::dropped:
    return make_error(ec::overloaded,
                      fmt::format("{} has {} runs at work and {} that wait; at most {} and {}",
                                  state.schedule(), state.running_size(), state.buffered_size(),
                                  limits::schedule_running, limits::schedule_buffer));
  default:
    return std::move(in.events);
  }
}

schedule_book::decision schedule_book::decide(const BackfillSchedule& cmd, int64_t now_ms) const {
  if (!exists())
    return not_found(state);
  if (cmd.from_ms() <= 0 || cmd.to_ms() < cmd.from_ms() || cmd.to_ms() > now_ms)
    return make_error(ec::invalid_argument,
                      "a backfill goes from a moment to a later one, and that is not to come");
  auto known = times();
  if (!known)
    return std::move(known.error());
  schedule_intake in{state, now_ms};
  auto* asked = in.events.emplace_back().mutable_asked();
  asked->set_by(cmd.context().principal());
  asked->set_from_ms(cmd.from_ms());
  asked->set_to_ms(cmd.to_ms());
  asked->set_time_ms(now_ms);
  uint64_t skipped = 0;
  size_t count = 0;
  for (auto at = (*known)->next(cmd.from_ms() - 1); at != 0 && at <= cmd.to_ms(); at = (*known)->next(at)) {
    if (++count > limits::schedule_backfill)
      return make_error(
          ec::invalid_argument,
          fmt::format("more than {} occurrences: fill a shorter time first", limits::schedule_backfill));
    auto run = run_at(at);
    run.set_by_hand(true);
    run.set_key(key_of(at, fmt::format("-b{}", state.asked() + 1)));
    run.set_overlap(cmd.overlap() == OVERLAP_DEFAULT ? OVERLAP_BUFFER_ALL : cmd.overlap());
    switch (in.take(std::move(run))) {
    case schedule_intake::fate::skipped:
      ++skipped;
      break;
    case schedule_intake::fate::dropped:
      return make_error(ec::overloaded,
                        fmt::format("no room for all of them: at most {} runs of {} are at work and {} "
                                    "wait; fill a shorter time first",
                                    limits::schedule_running, state.schedule(), limits::schedule_buffer));
    default:
      break;
    }
  }
  if (count == 0)
    return make_error(ec::invalid_argument, "nothing was to happen in that time");
  in.events.front().mutable_asked()->set_skipped(skipped);
  return std::move(in.events);
}

schedule_book::decision schedule_book::decide(const DeleteSchedule& cmd, int64_t now_ms) const {
  if (!exists())
    return not_found(state);
  std::vector<event> events(1);
  events[0].mutable_deleted()->set_by(cmd.context().principal());
  events[0].mutable_deleted()->set_time_ms(now_ms);
  return events;
}

schedule_book::decision schedule_book::decide(const TimerDue& cmd, int64_t now_ms) const {
  if (cmd.timer() != schedule_timers::next || cmd.due_ms() != state.due_ms())
    return std::vector<event>{}; // acted on before; or something to be asked again
  auto known = times();
  if (!known)
    return std::move(known.error());
  now_ms = std::max(now_ms, state.due_ms()); // the clock was set back while this was on its way
  schedule_intake in{state, now_ms};
  ScheduleEvent passed_event;
  auto& passed = *passed_event.mutable_passed();
  auto at = state.next_ms();
  auto limited = state.spec().limited_actions() > 0;
  for (size_t n = 0; n < limits::schedule_occurrences && at != 0 && due_of(at, state.spec()) <= now_ms; ++n) {
    passed.set_last_ms(at);
    if (now_ms - due_of(at, state.spec()) > window_of(state.spec())) {
      passed.set_missed(passed.missed() + 1);
    } else {
      switch (in.take(run_at(at))) {
      case schedule_intake::fate::taken:
        passed.set_taken(passed.taken() + 1);
        break;
      case schedule_intake::fate::skipped:
        passed.set_skipped(passed.skipped() + 1);
        break;
      default:
        passed.set_dropped(passed.dropped() + 1);
      }
    }
    at = limited && passed.taken() >= state.left() ? 0 : (*known)->next(at);
  }
  passed.set_next_ms(at);
  passed.set_due_ms(due_of(at, state.spec()));
  passed.set_time_ms(now_ms);
  in.events.push_back(std::move(passed_event));
  return std::move(in.events);
}

schedule_book::decision schedule_book::decide(const StartAnswered& cmd, int64_t now_ms) const {
  auto* run = running(cmd.key());
  if (!run || run->accepted())
    return std::vector<event>{};
  if (cmd.has_failure())
    return ended(cmd.key(), &cmd.failure(), now_ms);
  std::vector<event> events(1);
  events[0].mutable_accepted()->set_key(cmd.key());
  events[0].mutable_accepted()->set_time_ms(now_ms);
  return events;
}

schedule_book::decision schedule_book::decide(const ChildEnded& cmd, int64_t now_ms) const {
  if (!running(cmd.parent_key()) || cmd.child() != run_ref(cmd.parent_key()))
    return std::vector<event>{}; // told twice
  return ended(cmd.parent_key(), cmd.outcome().has_failure() ? &cmd.outcome().failure() : nullptr, now_ms);
}

schedule_book::decision schedule_book::ended(const std::string& key, const Failure* failure,
                                             int64_t now_ms) const {
  schedule_intake in{state, now_ms};
  auto* end = in.events.emplace_back().mutable_ended();
  end->set_key(key);
  if (failure)
    *end->mutable_failure() = *failure;
  end->set_time_ms(now_ms);
  --in.running;
  in.drain(state, state.paused());
  return std::move(in.events);
}

std::optional<schedule_start> schedule_book::to_start(const std::string& timer) const {
  if (!timer.starts_with(schedule_timers::start))
    return {};
  auto* run = running(timer.substr(schedule_timers::start.size()));
  if (!run || run->accepted())
    return {};
  return start_of(state, *run);
}

const ScheduledRun* schedule_book::running(const std::string& key) const {
  auto found = find_scheduled(state.running(), key);
  return found == state.running().end() ? nullptr : &*found;
}

std::string schedule_book::key_of(int64_t occurrence_ms, std::string_view suffix) const {
  auto& own = state.schedule();
  return fmt::format("{}-{}{}", own.substr(own.rfind('/') + 1), compact_time(occurrence_ms), suffix);
}

std::string schedule_book::run_ref(const std::string& key) const {
  return fmt::format("{}/run/{}", tenant_of(state.schedule()), key);
}

ScheduledRun schedule_book::run_at(int64_t occurrence_ms) const {
  ScheduledRun run;
  run.set_key(key_of(occurrence_ms));
  run.set_scheduled_ms(occurrence_ms);
  run.set_overlap(state.spec().overlap());
  return run;
}

bool schedule_book::load(const ScheduleState& saved) {
  state = saved;
  calendar_.reset();
  return true;
}

ScheduleTriggered schedule_book::reply(const TriggerSchedule&) const {
  ScheduleTriggered triggered;
  auto suffix = fmt::format("-t{}", state.asked());
  for (auto* rows : {&state.running(), &state.buffered()})
    for (auto& run : *rows)
      if (run.key().ends_with(suffix)) {
        triggered.set_run(run_ref(run.key()));
        triggered.set_waits(rows == &state.buffered());
      }
  return triggered;
}

ScheduleBackfilled schedule_book::reply(const BackfillSchedule&) const {
  auto suffix = fmt::format("-b{}", state.asked());
  uint32_t count = 0;
  for (auto* rows : {&state.running(), &state.buffered()})
    for (auto& run : *rows)
      count += run.key().ends_with(suffix);
  ScheduleBackfilled filled;
  filled.set_occurrences(count);
  return filled;
}

ScheduleSummary schedule_book::summary() const {
  ScheduleSummary row;
  row.set_schedule(state.schedule());
  row.set_workflow(workflow_name(state.spec()));
  row.set_when(when_text(state.spec().times()));
  row.set_paused(state.paused());
  row.set_note(state.note());
  row.set_next_ms(state.next_ms());
  row.set_running(static_cast<uint32_t>(state.running_size()));
  row.set_buffered(static_cast<uint32_t>(state.buffered_size()));
  *row.mutable_counts() = state.counts();
  return row;
}

caf::expected<ScheduleDescription> schedule_book::describe(int64_t now_ms) const {
  if (!exists())
    return not_found(state);
  auto known = times();
  if (!known)
    return std::move(known.error());
  ScheduleDescription description;
  *description.mutable_state() = state;
  auto most = limits::schedule_recent;
  if (state.spec().limited_actions() > 0)
    most = std::min<size_t>(most, state.left());
  auto at = state.next_ms() != 0 ? state.next_ms() : (*known)->next(std::max(now_ms, state.last_ms()));
  for (size_t n = 0; n < most && at != 0; ++n, at = (*known)->next(at))
    description.add_upcoming_ms(at);
  return description;
}

} // namespace troupe
