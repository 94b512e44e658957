// Schedules at the control service: by name or ref, listed in order, asked under who asks.
#define CAF_SUITE net.api.schedule_methods
#include "tests/support/served.hpp"

using namespace troupe;

namespace {

struct schedule_desk : desk_house {
  void keep(const std::string& ref_text) {
    ScheduleSummary row;
    row.set_schedule(ref_text);
    add_name(*rows, ref_text);
    add_row(*rows, ref_text, index_table::schedules, row);
  }
  // One that answers with what it was told.
  void play_schedule(const std::string& ref_text) {
    auto told = [=](const auto& cmd, const std::string& what) {
      ScheduleSummary row;
      row.set_schedule(ref_text);
      row.set_when(what);
      row.set_note(cmd.context().principal() + " " + cmd.context().command_id());
      return row;
    };
    auto inputs = [](const ScheduleSpec& spec) {
      std::string names;
      for (auto& input : spec.inputs())
        names += input.name();
      return names;
    };
    play(
        ref_text, [=](const CreateSchedule& cmd) { return told(cmd, "create " + inputs(cmd.spec())); },
        [=](const UpdateSchedule& cmd) { return told(cmd, "update " + inputs(cmd.spec())); },
        [=](const PauseSchedule& cmd) { return told(cmd, "pause " + cmd.note()); },
        [=](const ResumeSchedule& cmd) { return told(cmd, "resume " + cmd.note()); },
        [=](const TriggerSchedule& cmd) {
          ScheduleTriggered triggered;
          triggered.set_run(cmd.context().principal() + " " + cmd.context().command_id());
          return triggered;
        },
        [=](const BackfillSchedule& cmd) {
          ScheduleBackfilled filled;
          filled.set_occurrences(static_cast<uint32_t>(cmd.to_ms() - cmd.from_ms()));
          return filled;
        },
        [=](const DeleteSchedule&) { return Done{}; },
        [=](const GetSchedule&) {
          ScheduleDescription description;
          description.mutable_state()->set_schedule(ref_text);
          return description;
        });
  }
};

void add_input(ScheduleSpec& spec, const std::string& name) {
  spec.add_inputs()->set_name(name);
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(schedule_methods_tests, schedule_desk)

CAF_TEST(schedules are listed by their refs and all are counted) {
  CAF_CHECK_EQUAL(answered(call<ScheduleList>(ListSchedules{})).total(), 0u);
  for (int i = 0; i < 300; ++i)
    keep("t" + std::to_string(i % 7) + "/schedule/" + std::to_string(100 + (i * 37) % 300));
  ListSchedules in;
  in.set_limit(5);
  auto list = answered(call<ScheduleList>(in));
  CAF_CHECK_EQUAL(list.total(), 300u);
  CAF_REQUIRE_EQUAL(list.schedules_size(), 5);
  CAF_CHECK_EQUAL(std::string{list.schedules(0).schedule()}, "t0/schedule/100");
  CAF_CHECK_EQUAL(answered(call<ScheduleList>(ListSchedules{})).schedules_size(),
                  static_cast<int>(limits::list_rows));
}

CAF_TEST(a schedule is asked by its name or by its ref and nobody else is woken) {
  keep("default/schedule/nightly");
  keep("acme/schedule/nightly");
  play_schedule("default/schedule/nightly");
  play_schedule("acme/schedule/nightly");
  GetSchedule in;
  in.set_schedule("nightly");
  CAF_CHECK_EQUAL(std::string{answered(call<ScheduleDescription>(in)).state().schedule()},
                  "default/schedule/nightly");
  in.set_schedule("acme/schedule/nightly");
  CAF_CHECK_EQUAL(std::string{answered(call<ScheduleDescription>(in)).state().schedule()},
                  "acme/schedule/nightly");
  in.set_schedule("nobody");
  CAF_CHECK_EQUAL(refused(call<ScheduleDescription>(in)), ec::not_found);
  DeleteSchedule gone;
  gone.set_schedule("nobody");
  CAF_CHECK_EQUAL(refused(call<Done>(gone)), ec::not_found);
  in.set_schedule("a b");
  CAF_CHECK_EQUAL(refused(call<ScheduleDescription>(in)), ec::invalid_argument);
}

CAF_TEST(a new schedule may have a name that nobody knows and its inputs are sorted) {
  play_schedule("default/schedule/fresh");
  CreateSchedule in;
  in.set_schedule("fresh");
  add_input(*in.mutable_spec(), "b");
  add_input(*in.mutable_spec(), "a");
  auto row = answered(call<ScheduleSummary>(in));
  CAF_CHECK_EQUAL(std::string{row.when()}, "create ab");
  CAF_CHECK_EQUAL(std::string{row.note()}, "ada ");
  for (auto wrong : {"", "a b", "acme/task/purse", "acme/schedule"}) {
    in.set_schedule(wrong);
    CAF_CHECK_EQUAL(refused(call<ScheduleSummary>(in)), ec::invalid_argument);
  }
}

CAF_TEST(what is asked reaches the schedule) {
  keep("default/schedule/nightly");
  play_schedule("default/schedule/nightly");
  UpdateSchedule update;
  update.set_schedule("nightly");
  add_input(*update.mutable_spec(), "z");
  add_input(*update.mutable_spec(), "y");
  CAF_CHECK_EQUAL(std::string{answered(call<ScheduleSummary>(update)).when()}, "update yz");
  PauseSchedule pause;
  pause.set_schedule("nightly");
  pause.set_note("x");
  CAF_CHECK_EQUAL(std::string{answered(call<ScheduleSummary>(pause)).when()}, "pause x");
  ResumeSchedule resume;
  resume.set_schedule("nightly");
  CAF_CHECK_EQUAL(std::string{answered(call<ScheduleSummary>(resume)).when()}, "resume ");
  BackfillSchedule fill;
  fill.set_schedule("nightly");
  fill.set_from_ms(4);
  fill.set_to_ms(9);
  CAF_CHECK_EQUAL(answered(call<ScheduleBackfilled>(fill)).occurrences(), 5u);
  DeleteSchedule gone;
  gone.set_schedule("nightly");
  CAF_CHECK(call<Done>(gone));
}

CAF_TEST(a trigger carries the id that makes a repeat harmless and is refused where no new work is taken) {
  keep("default/schedule/nightly");
  play_schedule("default/schedule/nightly");
  TriggerSchedule in;
  in.set_schedule("nightly");
  in.set_id("01HF7YAT00BBBBBBBBBBBBBBBB");
  CAF_CHECK_EQUAL(std::string{answered(call<ScheduleTriggered>(in)).run()}, "ada 01HF7YAT00BBBBBBBBBBBBBBBB");
  desk.hooks.refuse_work = [] { return make_error(ec::disk_full, "no room"); };
  CAF_CHECK_EQUAL(refused(call<ScheduleTriggered>(in)), ec::disk_full);
  CAF_CHECK_EQUAL(refused(call<ScheduleSummary>(CreateSchedule{})), ec::disk_full);
  GetSchedule look;
  look.set_schedule("nightly");
  CAF_CHECK(call<ScheduleDescription>(look));
}

CAF_TEST_FIXTURE_SCOPE_END()
