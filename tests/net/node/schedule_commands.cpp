// What starts runs again and again, as somebody sees it who types `troupe schedule ...`.
#define CAF_SUITE net.node.schedule_commands
#include "tests/support/typed.hpp"

using namespace troupe;

namespace {

constexpr int64_t noon = 1'700'049'600'000; // 2023-11-15T12:00:00Z

ScheduleSummary row_of(const std::string& ref_text, const std::string& when, bool paused = false) {
  ScheduleSummary row;
  row.set_schedule(ref_text);
  row.set_workflow("report");
  row.set_when(when);
  row.set_paused(paused);
  row.mutable_counts()->set_started(7);
  row.mutable_counts()->set_failed(2);
  return row;
}

void keep(const control_node& node, const ScheduleSummary& row) {
  add_name(*node.rows, row.schedule());
  add_row(*node.rows, row.schedule(), index_table::schedules, row);
}

struct scheduled {
  control_node node;
  std::shared_ptr<ScheduleSpec> spec = std::make_shared<ScheduleSpec>();
  std::shared_ptr<BackfillSchedule> filled = std::make_shared<BackfillSchedule>();

  scheduled() {
    keep(node, row_of("default/schedule/nightly", "@daily"));
    auto kept = spec;
    auto row = [kept](const std::string& note) {
      auto now = row_of("default/schedule/nightly", "@daily", !note.empty());
      now.set_note(note);
      return now;
    };
    node.play(
        "default/schedule/nightly",
        [=](const CreateSchedule& cmd) {
          *kept = cmd.spec();
          return row(cmd.paused() ? "from the start" : "");
        },
        [=](const UpdateSchedule& cmd) {
          *kept = cmd.spec();
          return row("");
        },
        [=](const PauseSchedule& cmd) { return row(cmd.note()); },
        [=](const ResumeSchedule&) { return row(""); },
        [=](const TriggerSchedule& cmd) -> caf::result<ScheduleTriggered> {
          if (cmd.overlap() == OVERLAP_SKIP)
            return make_error(ec::conflict, "1 runs are at work");
          ScheduleTriggered triggered;
          triggered.set_run("default/run/nightly-20231115T120000Z-t1");
          return triggered;
        },
        [kept = filled](const BackfillSchedule& cmd) {
          *kept = cmd;
          ScheduleBackfilled some;
          some.set_occurrences(3);
          return some;
        },
        [](const DeleteSchedule&) { return Done{}; },
        [=](const GetSchedule&) {
          ScheduleDescription description;
          auto& state = *description.mutable_state();
          state.set_schedule("default/schedule/nightly");
          *state.mutable_spec() = *kept;
          state.set_next_ms(noon);
          state.mutable_counts()->set_missed(4);
          auto* run = state.add_recent();
          run->set_key("nightly-20231114T120000Z");
          run->set_ended_ms(noon);
          run->mutable_failure()->set_text("no luck");
          description.add_upcoming_ms(noon);
          return description;
        });
  }
  std::string file(const std::string& text) const {
    return write_file(node.home.path + "/flow", text);
  }
};

const std::string flow = R"({"name": "report", "steps": [{"id": "one", "task": {"required": ["write"]}}]})";

} // namespace

CAF_TEST_FIXTURE_SCOPE(schedule_commands_tests, scheduled)

CAF_TEST(schedules are shown with when they come and what came of them) {
  control_node empty;
  CAF_CHECK_EQUAL(type(empty, {"schedule", "list"}).out, "no schedules\n");
  keep(node, row_of("acme/schedule/hourly", "@hourly", true));
  CAF_CHECK_EQUAL(type(node, {"schedule", "list"}).out,
                  "SCHEDULE                  WORKFLOW  WHEN     NEXT  STARTED  FAILED  RUNNING  STATUS\n"
                  "acme/schedule/hourly      report    @hourly  -     7        2       0        paused\n"
                  "default/schedule/nightly  report    @daily   -     7        2       0        ended\n"
                  "2 in all\n");
  auto json = type(node, {"schedule", "list", "--json"}).out;
  CAF_CHECK(json.find(R"("started": "7")") != std::string::npos);
}

CAF_TEST(a schedule is made of what is typed) {
  auto said = type(node, {"schedule",
                          "create",
                          "nightly",
                          "--workflow-file",
                          file(flow),
                          "--cron",
                          "0 7 * * 1-5",
                          "--cron",
                          "0 9 * * 6",
                          "--zone",
                          "Europe/Berlin",
                          "--overlap",
                          "buffer-one",
                          "--catch-up",
                          "2h30m",
                          "--jitter",
                          "90s",
                          "--from",
                          "2026-01-31T12:00:00Z",
                          "--runs",
                          "5",
                          "--input",
                          "a=1"});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK_EQUAL(std::string{spec->definition().name()}, "report");
  CAF_REQUIRE_EQUAL(spec->times().cron_size(), 2);
  CAF_CHECK_EQUAL(std::string{spec->times().cron(1)}, "0 9 * * 6");
  CAF_CHECK_EQUAL(std::string{spec->times().zone()}, "Europe/Berlin");
  CAF_CHECK_EQUAL(spec->overlap(), OVERLAP_BUFFER_ONE);
  CAF_CHECK_EQUAL(spec->catch_up_window_ms(), 9'000'000);
  CAF_CHECK_EQUAL(spec->times().jitter_ms(), 90'000);
  CAF_CHECK_EQUAL(spec->times().start_ms(), 1'769'860'800'000);
  CAF_CHECK_EQUAL(spec->limited_actions(), 5u);
  CAF_CHECK_EQUAL(std::string{spec->inputs(0).value()}, "1");
}

CAF_TEST(an update changes what is said and nothing else) {
  CAF_CHECK_EQUAL(type(node, {"schedule", "create", "nightly", "--workflow-file", file(flow), "--cron",
                              "@daily", "--input", "a=1"})
                      .code,
                  0);
  CAF_CHECK_EQUAL(type(node, {"schedule", "update", "nightly", "--every", "15m", "--phase", "1m"}).code, 0);
  CAF_CHECK(spec->times().cron().empty());
  CAF_CHECK_EQUAL(spec->times().every_ms(), 900'000);
  CAF_CHECK_EQUAL(spec->times().phase_ms(), 60'000);
  CAF_CHECK_EQUAL(std::string{spec->definition().name()}, "report");
  CAF_CHECK_EQUAL(spec->inputs_size(), 1);
}

CAF_TEST(one schedule is shown with its runs and the times to come) {
  auto said = type(node, {"schedule", "describe", "nightly"});
  CAF_CHECK_EQUAL(said.code, 0);
  for (auto* part : {"default/schedule/nightly", "4 missed", "nightly-20231114T120000Z", "failed", "comes"})
    CAF_CHECK(said.out.find(part) != std::string::npos);
  auto json = type(node, {"schedule", "describe", "nightly", "--json"}).out;
  CAF_CHECK(json.find("2023-11-15T12:00:00.000Z") != std::string::npos);
  auto unknown = type(node, {"schedule", "describe", "nobody"});
  CAF_CHECK_EQUAL(unknown.code, 3);
  CAF_CHECK(unknown.err.find("troupe schedule list") != std::string::npos);
}

CAF_TEST(what is typed reaches the schedule) {
  CAF_CHECK(type(node, {"schedule", "pause", "nightly", "--note", "holidays"}).out.find("holidays") !=
            std::string::npos);
  CAF_CHECK_EQUAL(type(node, {"schedule", "resume", "nightly"}).code, 0);
  CAF_CHECK_EQUAL(type(node, {"schedule", "trigger", "nightly"}).out,
                  "default/run/nightly-20231115T120000Z-t1\n");
  CAF_CHECK_EQUAL(type(node, {"schedule", "trigger", "nightly", "--overlap", "skip"}).code, 7);
  auto fill = type(node, {"schedule", "backfill", "nightly", "--from", "2023-11-15T00:00:00Z", "--to",
                          "2023-11-15T12:00:00Z", "--overlap", "allow"});
  CAF_CHECK_EQUAL(fill.out, "3 runs\n");
  CAF_CHECK_EQUAL(filled->to_ms(), noon);
  CAF_CHECK_EQUAL(filled->overlap(), OVERLAP_ALLOW);
  CAF_CHECK_EQUAL(type(node, {"schedule", "delete", "nightly"}).code, 0);
}

CAF_TEST(what is typed wrongly is told before anybody is asked) {
  for (auto* wrong : {"5", "s", "5x", "1.5h", "-5s", "9999999999999d", "5s5"})
    CAF_CHECK_EQUAL(type(node, {"schedule", "update", "nightly", "--jitter=" + std::string{wrong}}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"schedule", "update", "nightly", "--overlap", "never"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"schedule", "backfill", "nightly", "--from", "noon", "--to", "midnight"}).code,
                  2);
  CAF_CHECK_EQUAL(type(node, {"schedule", "create", "nightly", "--workflow-file", "/nowhere"}).code, 3);
  auto broken = type(node, {"schedule", "create", "nightly", "--workflow-file", file("name: [")});
  CAF_CHECK(broken.code != 0);
  CAF_CHECK(broken.err.find("flow") != std::string::npos);
}

CAF_TEST(a viewer looks and an operator does the rest) {
  auto viewer = node.client(control_node::view), operates = node.client(control_node::operate);
  GetSchedule look;
  look.set_schedule("nightly");
  PauseSchedule pause;
  pause.set_schedule("nightly");
  CAF_CHECK(viewer.schedule(look));
  CAF_CHECK(viewer.schedules());
  CAF_CHECK_EQUAL(refused(viewer.pause_schedule(pause)), ec::permission_denied);
  CAF_CHECK(operates.pause_schedule(pause));
}

CAF_TEST_FIXTURE_SCOPE_END()
