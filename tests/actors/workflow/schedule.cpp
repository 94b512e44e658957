// A schedule starts one run per occurrence whatever crashes, and what it left out is counted.
#define CAF_SUITE actors.workflow.schedule
#include "tests/support/fixture.hpp"
#include <map>
#include <troupe/actors/workflow/calendar.hpp>
#include <troupe/runtime/interface/schedule.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/proto/run.pb.h>
#include <troupe/runtime/proto/schedule.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/runtime/workflow_limits.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string nightly = "acme/schedule/nightly";
constexpr int64_t minute = 60'000, hour = 60 * minute;

// What a schedule sees of a run: it begins once, ends when it is told to, and tells its parent until that has noted it.
struct stand_in {
  static inline const char* name = "stand_in";
  using event = RunEvent;
  using decision = caf::expected<std::vector<event>>;
  static constexpr uint16_t version = 1;

  std::string own_ref;
  StartWorkflow started;
  bool begun = false, over = false, tells = false;
  Outcome outcome;

  void born(const std::string& ref_text) {
    own_ref = ref_text;
  }
  decision decide(const StartWorkflow& cmd) const {
    if (cmd.definition().name() == "wrong")
      return make_error(ec::invalid_workflow, "a cycle");
    if (begun && !(equal(cmd.definition(), started.definition()) &&
                   cmd.inputs_size() == started.inputs_size() && cmd.parent_key() == started.parent_key()))
      return make_error(ec::already_exists, "another one");
    std::vector<event> events;
    if (!begun) {
      auto* start = events.emplace_back().mutable_started();
      *start->mutable_definition() = cmd.definition();
      *start->mutable_inputs() = cmd.inputs();
      start->set_parent(cmd.parent());
      start->set_parent_key(cmd.parent_key());
      start->set_principal(cmd.context().principal());
      start->set_revision(cmd.revision());
    }
    return events;
  }
  decision end(const std::string& why) const {
    if (!begun)
      return make_error(ec::not_found, "no run");
    if (over)
      return make_error(ec::conflict, "over");
    std::vector<event> events(1);
    auto* ended = events[0].mutable_ended();
    if (!why.empty()) {
      ended->mutable_outcome()->mutable_failure()->set_code(static_cast<uint32_t>(ec::cancelled));
      ended->mutable_outcome()->mutable_failure()->set_text(why);
    }
    return events;
  }
  decision decide(const CancelRun& cmd) const {
    return end("cancelled: " + cmd.reason());
  }
  decision decide(const SignalRun& cmd) const {
    return end(cmd.name());
  }
  decision decide(const TimerDue&) const {
    return std::vector<event>{};
  }
  decision decide(const ChildNoted&) const {
    std::vector<event> events;
    if (tells)
      events.emplace_back().mutable_parent_noted();
    return events;
  }
  void apply(const event& happened) {
    if (happened.has_started()) {
      begun = true;
      *started.mutable_definition() = happened.started().definition();
      *started.mutable_inputs() = happened.started().inputs();
      started.set_parent(happened.started().parent());
      started.set_parent_key(happened.started().parent_key());
      started.set_revision(happened.started().revision());
    } else if (happened.has_ended()) {
      over = tells = true;
      outcome = happened.ended().outcome();
    } else {
      tells = false;
    }
  }
  void tidy(const event& happened, effects& out) const {
    if (happened.has_parent_noted())
      out.cancel("parent", effects::already_sent);
  }
  void tell(effects& out) const {
    ChildEnded ended;
    ended.set_parent_key(started.parent_key());
    ended.set_child(own_ref);
    *ended.mutable_outcome() = outcome;
    out.tell(started.parent(), ended);
  }
  void bring_about(const event& happened, effects& out) const {
    if (happened.has_ended()) {
      out.outbox("parent");
      tell(out);
    }
  }
  void acknowledge(const TimerDue&, effects& out) const {
    if (tells)
      tell(out);
  }
  WorkflowAccepted reply(const StartWorkflow&) const {
    return {};
  }
  Done reply(const CancelRun&) const {
    return {};
  }
  Done reply(const SignalRun&) const {
    return {};
  }
  caf::expected<RunDescription> describe() const {
    if (!begun)
      return make_error(ec::not_found, "no run");
    RunDescription description;
    description.mutable_state()->set_created_ms(1);
    description.mutable_state()->set_revision(started.revision());
    description.mutable_state()->set_ended_ms(over && !tells);
    *description.mutable_state()->mutable_inputs() = started.inputs();
    *description.mutable_state()->mutable_definition() = started.definition();
    return description;
  }
};

using stand_in_actor =
    caf::typed_actor<rpc<StartWorkflow, WorkflowAccepted>, rpc<CancelRun, Done>, rpc<SignalRun, Done>,
                     rpc<GetRun, RunDescription>, note<TimerDue>, note<ChildNoted>>;

stand_in_actor::behavior_type play_run(stand_in_actor::stateful_pointer<stand_in> self,
                                       entity_log<stand_in> log) {
  return {
      [=](const StartWorkflow& cmd) mutable { return log.handle(cmd); },
      [=](const CancelRun& cmd) mutable { return log.handle(cmd); },
      [=](const SignalRun& cmd) mutable { return log.handle(cmd); },
      [=](const GetRun&) mutable { return log.answer<RunDescription>(self->state.describe()); },
      [=](const TimerDue& cmd) mutable { log.act(cmd); },
      [=](const ChildNoted& cmd) mutable { log.act(cmd); },
  };
}

struct timetable : house {
  timetable()
      : house{[](caf::scheduled_actor* root, doors_ptr outside) {
          auto name = [&](std::string_view ref_text, const auto& handle) {
            outside->names->put(std::string{ref_text}, caf::actor_cast<caf::actor>(handle));
          };
          name(services::timers, spawn_timers(root, outside));
          name(services::shard_host,
               spawn_shard_host(root, outside,
                                {schedule_kind(), workflow_kind(), make_kind<stand_in>("run", play_run)}));
        }} {
    node->advance(std::chrono::milliseconds{hour - time->now_ms() % hour}); // the next full hour
    began = time->now_ms();
  }

  static ScheduleSpec every(int64_t ms, Overlap overlap = OVERLAP_DEFAULT) {
    ScheduleSpec spec;
    spec.mutable_times()->set_every_ms(ms);
    spec.set_overlap(overlap);
    spec.mutable_definition()->set_name("report");
    auto* step = spec.mutable_definition()->add_steps();
    step->set_id("one");
    step->mutable_task()->add_required("write");
    return spec;
  }
  static CreateSchedule create(const ScheduleSpec& spec) {
    CreateSchedule cmd;
    *cmd.mutable_spec() = spec;
    cmd.mutable_context()->set_principal("ada");
    return cmd;
  }
  void begin(const ScheduleSpec& spec) {
    request<ScheduleSummary>(nightly, create(spec));
  }
  ScheduleState state() {
    return request<ScheduleDescription>(nightly, GetSchedule{}).state();
  }
  std::string run_at(int64_t ms, const std::string& suffix = {}) const {
    return "acme/run/nightly-" + compact_time(ms) + suffix;
  }
  // By value: CAF_CHECK_EQUAL keeps references.
  bool has_begun(const std::string& run) {
    return ask<RunDescription>(run, GetRun{}).engaged();
  }
  bool is_noted(const std::string& run) {
    return request<RunDescription>(run, GetRun{}).state().ended_ms() > 0;
  }
  void end(const std::string& run, const std::string& why = {}) {
    SignalRun cmd;
    cmd.set_name(why);
    request<Done>(run, cmd);
  }
  int begun_between(int64_t from_ms, int64_t to_ms, int64_t step = minute) {
    int count = 0;
    for (auto at = from_ms; at <= to_ms; at += step)
      count += has_begun(run_at(at));
    return count;
  }
  void pass(int64_t ms) {
    node->advance(std::chrono::milliseconds{ms});
  }
  // The node is off for a while.
  void miss(int64_t ms) {
    node.reset();
    time->earlier_us += ms * 1000;
    start();
    pass(1000);
  }
  // Timers in the store: id and due time.
  std::map<std::string, int64_t> stored() {
    std::map<std::string, int64_t> found;
    for (unsigned shard = 0; shard < limits::shards; ++shard) {
      auto s = static_cast<uint8_t>(shard);
      CAF_REQUIRE(
          !rows->scan(space::index, timer_begin(s), timer_end(s, int64_t{1} << 50), [&](auto, auto value) {
            TimerRow row;
            row.ParseFromString(std::string{value});
            found[row.timer()] = row.due_ms();
            return true;
          }));
    }
    return found;
  }
  int64_t began = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(schedule_tests, timetable)

CAF_TEST(each occurrence starts a run that knows its time and its schedule) {
  auto spec = every(hour);
  auto* input = spec.add_inputs();
  input->set_name("zone");
  input->set_value("north");
  begin(spec);
  CAF_CHECK(!has_begun(run_at(began)));
  pass(hour);
  CAF_CHECK(has_begun(run_at(began + hour)));
  auto run = request<RunDescription>(run_at(began + hour), GetRun{}).state();
  CAF_REQUIRE_EQUAL(run.inputs_size(), 3);
  CAF_CHECK_EQUAL(std::string{run.inputs(0).name()}, "schedule");
  CAF_CHECK_EQUAL(std::string{run.inputs(0).value()}, nightly);
  CAF_CHECK_EQUAL(std::string{run.inputs(1).name()}, "scheduled_time");
  CAF_CHECK_EQUAL(std::string{run.inputs(1).value()}, "2023-11-15T00:00:00Z");
  CAF_CHECK_EQUAL(std::string{run.inputs(2).value()}, "north");
  CAF_CHECK_EQUAL(state().running_size(), 1);
  CAF_CHECK(state().running(0).accepted());
  end(run_at(began + hour));
  CAF_CHECK_EQUAL(state().running_size(), 0);
  CAF_CHECK_EQUAL(state().recent_size(), 1);
  CAF_CHECK(is_noted(run_at(began + hour)));
}

CAF_TEST(what makes no sense is refused and begins nothing) {
  CAF_CHECK_EQUAL(refusal<ScheduleSummary>(nightly, create(ScheduleSpec{})), ec::invalid_argument);
  auto wrong = every(hour);
  wrong.mutable_times()->set_zone("Mars/Olympus");
  CAF_CHECK_EQUAL(refusal<ScheduleSummary>(nightly, create(wrong)), ec::invalid_argument);
  wrong = every(hour);
  wrong.mutable_times()->set_end_ms(began - hour);
  CAF_CHECK_EQUAL(refusal<ScheduleSummary>(nightly, create(wrong)), ec::invalid_argument);
  wrong = every(hour);
  wrong.mutable_definition()->mutable_steps(0)->add_needs("nobody");
  CAF_CHECK_EQUAL(refusal<ScheduleSummary>(nightly, create(wrong)), ec::invalid_workflow);
  wrong = every(hour);
  wrong.add_inputs()->set_name("schedule");
  CAF_CHECK_EQUAL(refusal<ScheduleSummary>(nightly, create(wrong)), ec::invalid_argument);
  wrong = every(hour);
  wrong.clear_definition();
  wrong.set_workflow("acme/workflow/report");
  CAF_CHECK_EQUAL(refusal<ScheduleSummary>(nightly, create(wrong)), ec::invalid_argument);
  CAF_CHECK_EQUAL(
      refusal<ScheduleSummary>("acme/schedule/" + std::string(limits::schedule_name_bytes + 1, 'x'),
                               create(every(hour))),
      ec::invalid_argument);
  CAF_CHECK_EQUAL(refusal<ScheduleDescription>(nightly, GetSchedule{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal<ScheduleSummary>(nightly, PauseSchedule{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal<ScheduleTriggered>(nightly, TriggerSchedule{}), ec::not_found);
  CAF_CHECK(stored().empty());
}

CAF_TEST(the same schedule again is the same and another one is refused) {
  begin(every(hour));
  begin(every(hour));
  CAF_CHECK_EQUAL(refusal<ScheduleSummary>(nightly, create(every(2 * hour))), ec::already_exists);
}

CAF_TEST(a crash between any two steps leaves one run per occurrence) {
  begin(every(minute, OVERLAP_ALLOW));
  for (size_t steps = 0; steps < 40; ++steps) {
    auto due = time->now_ms() - time->now_ms() % minute + minute;
    pass(due - time->now_ms() - 1);
    while (time->now_ms() < due)
      node->advance_once(1ms);
    for (size_t i = 0; i < steps && node->step(); ++i) {
    }
    crash_and_recover();
  }
  pass(11 * minute); // what was lost is asked for again
  auto last = state().last_ms();
  auto expected = (last - began) / minute;
  CAF_CHECK(expected >= 40);
  CAF_CHECK_EQUAL(begun_between(began + minute, last), expected);
  auto now = state();
  CAF_CHECK_EQUAL(static_cast<int64_t>(now.counts().started()), expected);
  CAF_CHECK_EQUAL(now.running_size(), expected);
  CAF_CHECK(
      std::all_of(now.running().begin(), now.running().end(), [](auto& run) { return run.accepted(); }));
  CAF_CHECK_EQUAL(stored().size(), 1u);
}

CAF_TEST(a restarted schedule still knows what is at work and what comes next) {
  begin(every(hour, OVERLAP_BUFFER_ALL));
  pass(2 * hour);
  auto before = state();
  crash_and_recover();
  CAF_CHECK(equal(before, state()));
  end(run_at(began + hour));
  CAF_CHECK(has_begun(run_at(began + 2 * hour)));
}

CAF_TEST(skip leaves out what comes while one is at work) {
  begin(every(hour));
  pass(3 * hour);
  CAF_CHECK_EQUAL(begun_between(began + hour, began + 3 * hour, hour), 1);
  CAF_CHECK_EQUAL(uint64_t{state().counts().skipped()}, 2u);
  end(run_at(began + hour), "no luck");
  pass(hour);
  CAF_CHECK(has_begun(run_at(began + 4 * hour)));
  CAF_CHECK_EQUAL(uint64_t{state().counts().failed()}, 1u);
  CAF_CHECK_EQUAL(std::string{state().recent(0).failure().text()}, "no luck");
}

CAF_TEST(buffer one lets one wait and buffer all lets all wait in order) {
  begin(every(hour, OVERLAP_BUFFER_ONE));
  pass(4 * hour);
  CAF_CHECK_EQUAL(state().buffered_size(), 1);
  CAF_CHECK_EQUAL(uint64_t{state().counts().skipped()}, 2u);
  UpdateSchedule all;
  *all.mutable_spec() = every(hour, OVERLAP_BUFFER_ALL);
  request<ScheduleSummary>(nightly, all);
  pass(2 * hour);
  CAF_CHECK_EQUAL(state().buffered_size(), 3);
  for (auto at : {1, 2, 5, 6}) {
    CAF_CHECK(has_begun(run_at(began + at * hour)));
    end(run_at(began + at * hour));
  }
  CAF_CHECK_EQUAL(begun_between(began + hour, began + 6 * hour, hour), 4);
  CAF_CHECK(state().buffered().empty());
}

CAF_TEST(the buffer is bounded and what is beyond is counted) {
  auto spec = every(1000, OVERLAP_BUFFER_ALL);
  begin(spec);
  pass(static_cast<int64_t>(limits::schedule_buffer + 20) * 1000);
  CAF_CHECK_EQUAL(static_cast<size_t>(state().buffered_size()), limits::schedule_buffer);
  CAF_CHECK_EQUAL(uint64_t{state().counts().dropped()}, 19u);
}

CAF_TEST(cancel other ends what is at work and begins as the only one) {
  begin(every(hour, OVERLAP_CANCEL_OTHER));
  pass(hour);
  CAF_CHECK(has_begun(run_at(began + hour)));
  pass(hour);
  CAF_CHECK(is_noted(run_at(began + hour)));
  CAF_CHECK(has_begun(run_at(began + 2 * hour)));
  CAF_CHECK_EQUAL(state().running_size(), 1);
  CAF_CHECK_EQUAL(stored().size(), 1u);
}

CAF_TEST(allow begins each whatever is at work) {
  begin(every(hour, OVERLAP_ALLOW));
  pass(3 * hour);
  CAF_CHECK_EQUAL(state().running_size(), 3);
}

CAF_TEST(what was missed is caught up within the window and counted beyond it) {
  for (auto [overlap, runs, skipped, waiting] : {std::tuple{OVERLAP_ALLOW, 3, 0u, 0},
                                                 {OVERLAP_SKIP, 1, 2u, 0},
                                                 {OVERLAP_BUFFER_ONE, 1, 1u, 1},
                                                 {OVERLAP_BUFFER_ALL, 1, 0u, 2}}) {
    auto spec = every(hour, overlap);
    spec.set_catch_up_window_ms(2 * hour + 10 * minute);
    begin(spec);
    auto from = time->now_ms();
    miss(5 * hour + minute);
    CAF_CHECK_EQUAL(begun_between(from + hour, from + 5 * hour, hour), runs);
    auto now = state();
    CAF_CHECK_EQUAL(uint64_t{now.counts().missed()}, 2u);
    CAF_CHECK_EQUAL(uint64_t{now.counts().skipped()}, uint64_t{skipped});
    CAF_CHECK_EQUAL(now.buffered_size(), waiting);
    request<Done>(nightly, DeleteSchedule{});
    for (auto& run : now.running())
      end("acme/run/" + run.key());
    pass(hour - time->now_ms() % hour);
  }
}

CAF_TEST(a long absence is caught up piece by piece) {
  auto spec = every(1000);
  spec.set_catch_up_window_ms(10'000);
  begin(spec);
  auto seconds = static_cast<int64_t>(limits::schedule_occurrences) * 5;
  miss(seconds * 1000);
  pass(10'000);
  auto counts = state().counts();
  CAF_CHECK_EQUAL(counts.started(), 1u);
  CAF_CHECK(counts.missed() >= static_cast<uint64_t>(seconds) - 15);
  CAF_CHECK_EQUAL(static_cast<int64_t>(counts.started() + counts.missed() + counts.skipped()),
                  (state().last_ms() - began) / 1000);
}

CAF_TEST(a clock set back begins nothing twice) {
  begin(every(hour, OVERLAP_ALLOW));
  pass(2 * hour);
  CAF_CHECK_EQUAL(uint64_t{state().counts().started()}, 2u);
  time->skew_us = -90 * minute * 1000;
  pass(2 * hour); // again what it was, and half an hour
  CAF_CHECK_EQUAL(uint64_t{state().counts().started()}, 2u);
  crash_and_recover();
  pass(hour);
  CAF_CHECK_EQUAL(uint64_t{state().counts().started()}, 3u);
  CAF_CHECK(has_begun(run_at(began + 3 * hour)));
}

CAF_TEST(a paused schedule begins nothing and catches up nothing) {
  begin(every(hour));
  PauseSchedule pause;
  pause.set_note("holidays");
  request<ScheduleSummary>(nightly, pause);
  CAF_CHECK(stored().empty());
  pass(3 * hour);
  CAF_CHECK_EQUAL(std::string{state().note()}, "holidays");
  request<ScheduleSummary>(nightly, ResumeSchedule{});
  CAF_CHECK_EQUAL(uint64_t{state().counts().started()}, 0u);
  pass(hour);
  CAF_CHECK(has_begun(run_at(began + 4 * hour)));
  CAF_CHECK_EQUAL(uint64_t{state().counts().missed()}, 0u);
}

CAF_TEST(a trigger starts a run now and is refused where there is no room) {
  begin(every(hour));
  TriggerSchedule now;
  now.mutable_context()->set_command_id(command_id());
  auto run = request<ScheduleTriggered>(nightly, now).run();
  CAF_CHECK_EQUAL(run, run_at(began, "-t1"));
  CAF_CHECK(has_begun(run));
  CAF_CHECK_EQUAL(std::string{request<ScheduleTriggered>(nightly, now).run()}, run); // the same command
  CAF_CHECK_EQUAL(refusal<ScheduleTriggered>(nightly, TriggerSchedule{}), ec::conflict);
  TriggerSchedule besides;
  besides.set_overlap(OVERLAP_ALLOW);
  CAF_CHECK_EQUAL(std::string{request<ScheduleTriggered>(nightly, besides).run()}, run_at(began, "-t2"));
  besides.set_overlap(OVERLAP_BUFFER_ALL);
  CAF_CHECK(request<ScheduleTriggered>(nightly, besides).waits());
  CAF_CHECK_EQUAL(state().running_size(), 2);
}

CAF_TEST(a backfill takes what would have been one after the other) {
  begin(every(hour));
  BackfillSchedule fill;
  fill.set_from_ms(began - 3 * hour);
  fill.set_to_ms(began - hour);
  CAF_CHECK_EQUAL(request<ScheduleBackfilled>(nightly, fill).occurrences(), 3u);
  for (auto at : {3, 2, 1}) {
    auto run = run_at(began - at * hour, "-b1");
    CAF_CHECK(has_begun(run));
    CAF_CHECK_EQUAL(state().running_size(), 1);
    end(run);
  }
  fill.set_overlap(OVERLAP_ALLOW);
  CAF_CHECK_EQUAL(request<ScheduleBackfilled>(nightly, fill).occurrences(), 3u);
  CAF_CHECK_EQUAL(state().running_size(), 3);
  fill.set_to_ms(began + hour);
  CAF_CHECK_EQUAL(refusal<ScheduleBackfilled>(nightly, fill), ec::invalid_argument);
  fill.set_to_ms(began);
  fill.set_from_ms(began - static_cast<int64_t>(limits::schedule_running - 1) * hour);
  CAF_CHECK_EQUAL(refusal<ScheduleBackfilled>(nightly, fill), ec::overloaded); // three are at work
  fill.set_overlap(OVERLAP_DEFAULT);
  fill.set_from_ms(began - static_cast<int64_t>(limits::schedule_backfill + 1) * hour);
  CAF_CHECK_EQUAL(refusal<ScheduleBackfilled>(nightly, fill), ec::invalid_argument);
  fill.set_from_ms(began - 2);
  fill.set_to_ms(began - 1);
  CAF_CHECK_EQUAL(refusal<ScheduleBackfilled>(nightly, fill), ec::invalid_argument);
}

CAF_TEST(a run that is refused is counted and the next one is tried) {
  auto spec = every(hour);
  spec.mutable_definition()->set_name("wrong");
  begin(spec);
  pass(2 * hour);
  auto now = state();
  CAF_CHECK_EQUAL(now.running_size(), 0);
  CAF_CHECK_EQUAL(uint64_t{now.counts().failed()}, 2u);
  CAF_CHECK_EQUAL(uint32_t{now.recent(0).failure().code()}, static_cast<uint32_t>(ec::invalid_workflow));
  CAF_CHECK_EQUAL(stored().size(), 1u);
}

CAF_TEST(an update holds for what begins later) {
  begin(every(hour));
  pass(hour);
  UpdateSchedule change;
  *change.mutable_spec() = every(2 * hour);
  request<ScheduleSummary>(nightly, change);
  end(run_at(began + hour));
  pass(4 * hour);
  CAF_CHECK(!has_begun(run_at(began + 3 * hour)) || !has_begun(run_at(began + 4 * hour)));
  CAF_CHECK_EQUAL(stored().size(), 1u);
}

CAF_TEST(limited actions end a schedule) {
  auto spec = every(hour, OVERLAP_ALLOW);
  spec.set_limited_actions(2);
  begin(spec);
  CAF_CHECK_EQUAL(request<ScheduleDescription>(nightly, GetSchedule{}).upcoming_ms_size(), 2);
  pass(5 * hour);
  CAF_CHECK_EQUAL(uint64_t{state().counts().started()}, 2u);
  CAF_CHECK_EQUAL(int64_t{state().next_ms()}, 0);
  CAF_CHECK(stored().empty());
  CAF_CHECK(request<ScheduleDescription>(nightly, GetSchedule{}).upcoming_ms().empty());
}

CAF_TEST(jitter comes later by the same and tells the run nothing) {
  auto spec = every(hour);
  spec.mutable_times()->set_jitter_ms(hour / 2);
  begin(spec);
  auto jitter = jitter_of(nightly, began + hour, hour / 2);
  CAF_REQUIRE(jitter > 1000);
  CAF_CHECK_EQUAL(int64_t{stored().at("next")}, began + hour + jitter);
  pass(hour + jitter - 500);
  CAF_CHECK(!has_begun(run_at(began + hour)));
  pass(1000);
  CAF_CHECK(has_begun(run_at(began + hour)));
}

CAF_TEST(a deleted schedule is gone and a new one of its name repeats nothing) {
  begin(every(hour, OVERLAP_ALLOW));
  pass(hour);
  request<Done>(nightly, DeleteSchedule{});
  CAF_CHECK(stored().empty());
  CAF_CHECK_EQUAL(refusal<ScheduleDescription>(nightly, GetSchedule{}), ec::not_found);
  time->skew_us = -30 * minute * 1000;
  begin(every(hour, OVERLAP_ALLOW));
  CAF_CHECK_EQUAL(int64_t{state().next_ms()}, began + 2 * hour);
  end(run_at(began + hour)); // told to the new one, which has it still
  CAF_CHECK(is_noted(run_at(began + hour)));
  CAF_CHECK_EQUAL(state().running_size(), 0);
}

CAF_TEST(ten times to come are foretold and the schedule is listed) {
  begin(every(hour));
  auto told = request<ScheduleDescription>(nightly, GetSchedule{});
  CAF_REQUIRE_EQUAL(told.upcoming_ms_size(), 10);
  CAF_CHECK_EQUAL(int64_t{told.upcoming_ms(9)}, began + 10 * hour);
  auto id = identify(nightly, rows->naming_key());
  auto listed = [&] {
    std::vector<ScheduleSummary> found;
    CAF_REQUIRE(!rows->scan(space::index, index_begin(id.shard, index_table::schedules),
                            index_end(id.shard, index_table::schedules), [&](auto, auto value) {
                              found.emplace_back().ParseFromString(std::string{value});
                              return true;
                            }));
    return found;
  };
  CAF_REQUIRE_EQUAL(listed().size(), 1u);
  CAF_CHECK_EQUAL(std::string{listed()[0].when()}, "every 3600 s");
  request<Done>(nightly, DeleteSchedule{});
  CAF_CHECK(listed().empty());
}

CAF_TEST(a published workflow is started as it is when its time comes) {
  auto publish = [&](const std::string& version) {
    PublishWorkflow cmd;
    *cmd.mutable_definition() = every(hour).definition();
    cmd.mutable_definition()->set_version(version);
    cmd.mutable_definition()->add_inputs()->set_name("scheduled_time");
    request<WorkflowRevision>("acme/workflow/report", cmd);
  };
  publish("1");
  auto spec = every(hour, OVERLAP_ALLOW);
  spec.clear_definition();
  spec.set_workflow("report");
  begin(spec);
  CAF_CHECK_EQUAL(std::string{state().spec().workflow()}, "report");
  pass(hour);
  auto first = request<RunDescription>(run_at(began + hour), GetRun{}).state();
  CAF_CHECK_EQUAL(std::string{first.definition().version()}, "1");
  CAF_REQUIRE_EQUAL(first.inputs_size(), 1); // what it does not declare it is not given
  CAF_CHECK_EQUAL(std::string{first.inputs(0).name()}, "scheduled_time");
  publish("2");
  crash_and_recover();
  pass(hour);
  auto second = request<RunDescription>(run_at(began + 2 * hour), GetRun{}).state();
  CAF_CHECK_EQUAL(std::string{second.definition().version()}, "2");
  CAF_CHECK_EQUAL(uint64_t{second.revision()}, 2u);
  end(run_at(began + hour));
  CAF_CHECK_EQUAL(uint64_t{state().counts().started()}, 2u);
  CAF_CHECK_EQUAL(state().running_size(), 1);
}

CAF_TEST(an occurrence of what is not published has failed with the reason) {
  auto spec = every(hour);
  spec.clear_definition();
  spec.set_workflow("nothing");
  begin(spec);
  pass(hour);
  auto now = state();
  CAF_CHECK_EQUAL(uint64_t{now.counts().failed()}, 1u);
  CAF_REQUIRE_EQUAL(now.recent_size(), 1);
  CAF_CHECK_EQUAL(now.recent(0).failure().code(), static_cast<uint32_t>(ec::not_found));
  CAF_CHECK_EQUAL(now.running_size(), 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
