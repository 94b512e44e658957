// SCHEDULE BOOK: occurrences, overlap, what people ask, what runs answer.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/actors/workflow/schedule_book.hpp>
#include <troupe/actors/workflow/schedule_spec.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

const std::string next_timer = "next";
const std::string start_prefix = "start/";
const std::string cancel_prefix = "cancel/";

caf::error not_found(const ScheduleState& state) {
  return make_error(ec::not_found, fmt::format("there is no schedule {}", state.schedule()));
}

template <class Rows>
auto find_key(Rows& rows, const std::string& key) {
  return std::find_if(rows.begin(), rows.end(), [&](auto& run) { return run.key() == key; });
}

int64_t window_of(const ScheduleSpec& spec) {
  return spec.catch_up_window_ms() > 0 ? spec.catch_up_window_ms() : limits::schedule_catch_up.count();
}

} // namespace

// Lets occurrences in, one after the other, as if each had been decided on alone.
struct schedule_book::intake {
  enum class fate : uint8_t { taken, skipped, dropped };

  intake(const ScheduleState& state, int64_t now_ms)
      : now{now_ms}, running{static_cast<size_t>(state.running_size())}, waiting{static_cast<size_t>(
                                                                             state.buffered_size())} {}

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
  void begin(ScheduledRun run) {
    auto* began = events.emplace_back().mutable_began();
    run.set_started_ms(now);
    *began->mutable_run() = std::move(run);
    began->set_time_ms(now);
    ++running;
  }
  fate buffer(ScheduledRun run, bool alone) {
    auto* buffered = events.emplace_back().mutable_buffered();
    *buffered->mutable_run() = std::move(run);
    buffered->set_alone(alone);
    buffered->set_time_ms(now);
    waiting = alone ? 1 : waiting + 1;
    return fate::taken;
  }
  // The next that waits begins when nobody is at work; while paused, only what somebody asked for.
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
  if (auto key = state.schedule().substr(state.schedule().rfind('/') + 1); key.size() > limits::schedule_name_bytes)
    return make_error(ec::invalid_argument, fmt::format("the name of a schedule has at most {} bytes, and this has {}",
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
  intake in{state, now_ms};
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
  intake in{state, now_ms};
  auto* asked = in.events.emplace_back().mutable_asked();
  asked->set_by(cmd.context().principal());
  asked->set_time_ms(now_ms);
  auto run = run_at(now_ms);
  run.set_by_hand(true);
  run.set_key(key_of(now_ms, fmt::format("-t{}", state.asked() + 1)));
  if (cmd.overlap() != OVERLAP_DEFAULT)
    run.set_overlap(cmd.overlap());
  switch (in.take(std::move(run))) {
  case intake::fate::skipped:
    return make_error(ec::conflict, fmt::format("{} runs of {} are at work, and {} wait; wait for their end, or name "
                                                "another policy with --overlap",
                                                state.running_size(), state.schedule(), state.buffered_size()));
  case intake::fate::dropped:
    return make_error(ec::overloaded, fmt::format("{} has {} runs at work and {} that wait; at most {} and {}",
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
    return make_error(ec::invalid_argument, "a backfill goes from a moment to a later one, and that is not to come");
  auto known = times();
  if (!known)
    return std::move(known.error());
  intake in{state, now_ms};
  auto* asked = in.events.emplace_back().mutable_asked();
  asked->set_by(cmd.context().principal());
  asked->set_from_ms(cmd.from_ms());
  asked->set_to_ms(cmd.to_ms());
  asked->set_time_ms(now_ms);
  uint64_t skipped = 0;
  size_t count = 0;
  for (auto at = (*known)->next(cmd.from_ms() - 1); at != 0 && at <= cmd.to_ms(); at = (*known)->next(at)) {
    if (++count > limits::schedule_backfill)
      return make_error(ec::invalid_argument, fmt::format("more than {} occurrences: fill a shorter time first",
                                                          limits::schedule_backfill));
    auto run = run_at(at);
    run.set_by_hand(true);
    run.set_key(key_of(at, fmt::format("-b{}", state.asked() + 1)));
    run.set_overlap(cmd.overlap() == OVERLAP_DEFAULT ? OVERLAP_BUFFER_ALL : cmd.overlap());
    switch (in.take(std::move(run))) {
    case intake::fate::skipped:
      ++skipped;
      break;
    case intake::fate::dropped:
      return make_error(ec::overloaded, fmt::format("no room for all of them: at most {} runs of {} are at work and {} "
                                                    "wait; fill a shorter time first",
                                                    limits::schedule_running, state.schedule(),
                                                    limits::schedule_buffer));
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
  if (cmd.timer() != next_timer || cmd.due_ms() != state.due_ms())
    return std::vector<event>{}; // acted on before; or something to be asked again
  auto known = times();
  if (!known)
    return std::move(known.error());
  now_ms = std::max(now_ms, state.due_ms()); // the clock was set back while this was on its way
  intake in{state, now_ms};
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
      case intake::fate::taken:
        passed.set_taken(passed.taken() + 1);
        break;
      case intake::fate::skipped:
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

schedule_book::decision schedule_book::ended(const std::string& key, const Failure* failure, int64_t now_ms) const {
  intake in{state, now_ms};
  auto* end = in.events.emplace_back().mutable_ended();
  end->set_key(key);
  if (failure)
    *end->mutable_failure() = *failure;
  end->set_time_ms(now_ms);
  --in.running;
  in.drain(state, state.paused());
  return std::move(in.events);
}

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
    if (auto found = find_key(waiting, happened.began().run().key()); found != waiting.end())
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
    if (auto found = find_key(*state.mutable_running(), happened.accepted().key());
        found != state.mutable_running()->end()) {
      found->set_accepted(true);
      found->clear_spec();
    }
    break;
  case ScheduleEvent::kEnded: {
    auto& at_work = *state.mutable_running();
    auto found = find_key(at_work, happened.ended().key());
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
      out.cancel(next_timer, state.due_ms());
    break;
  case ScheduleEvent::kAccepted:
    out.cancel(start_prefix + happened.accepted().key(), effects::already_sent);
    break;
  case ScheduleEvent::kEnded:
    if (auto* run = running(happened.ended().key())) {
      if (!run->accepted())
        out.cancel(start_prefix + run->key(), effects::already_sent);
      if (run->cancelling())
        out.cancel(cancel_prefix + run->key(), effects::already_sent);
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
      out.timer(next_timer, state.due_ms());
    break;
  case ScheduleEvent::kBegan: { // asked for by the actor, which hears the answer: when this is durable
    auto timer = start_prefix + happened.began().run().key();
    out.outbox(timer);
    TimerDue now;
    now.set_timer(timer);
    out.tell(state.schedule(), std::move(now));
    break;
  }
  case ScheduleEvent::kCancelling:
    for (auto& run : state.running()) {
      out.outbox(cancel_prefix + run.key());
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
  if (!cmd.timer().starts_with(cancel_prefix))
    return;
  auto key = cmd.timer().substr(cancel_prefix.size());
  if (running(key))
    out.tell(run_ref(key), cancel_of(state));
}

void schedule_book::acknowledge(const ChildEnded& cmd, effects& out) const {
  ChildNoted noted;
  noted.set_parent_key(cmd.parent_key());
  out.tell(cmd.child(), std::move(noted));
}

std::optional<schedule_book::start> schedule_book::to_start(const std::string& timer) const {
  if (!timer.starts_with(start_prefix))
    return {};
  auto* run = running(timer.substr(start_prefix.size()));
  if (!run || run->accepted())
    return {};
  return start{run_ref(run->key()), run->key(), start_of(state, *run)};
}

const ScheduledRun* schedule_book::running(const std::string& key) const {
  auto found = find_key(state.running(), key);
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
  row.set_workflow(state.spec().definition().name());
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
