// Many runs are told the same, a few at a time, and each answer is reported.
#define CAF_SUITE net.api.batch_methods
#include "tests/support/served.hpp"

namespace troupe {
namespace {

struct many_runs : desk_house {
  /// Runs that write down who was paused; those in `deaf` refuse.
  void add_runs(int count) {
    for (int i = 0; i < count; ++i) {
      auto ref = "default/run/r" + std::to_string(i);
      add_name(*rows, ref);
      WorkSummary work;
      work.set_ref(ref);
      work.set_status(i % 2 == 0 ? "running" : "failed");
      work.set_created_ms(1000 + i);
      add_row(*rows, ref, index_table::runs, work);
      play(ref, [this, ref](const PauseRun& command) -> caf::result<Done> {
        if (deaf == ref)
          return make_error(ec::conflict, "the run has ended");
        paused.push_back(ref + " " + command.reason());
        return Done{};
      });
    }
  }
  static TellRuns pause(const std::string& status) {
    TellRuns in;
    in.mutable_filter()->add_status(status);
    in.mutable_what()->mutable_pause()->set_reason("night");
    return in;
  }
  std::string deaf;
  std::vector<std::string> paused;
};

} // namespace
} // namespace troupe

CAF_TEST_FIXTURE_SCOPE(batch_method_tests, troupe::many_runs)

using namespace troupe;

CAF_TEST(those that fit hear it and what they answer is told) {
  add_runs(6);
  deaf = "default/run/r2";
  auto result = call<BatchResult>(pause("running"));
  CAF_REQUIRE(result.engaged());
  CAF_CHECK_EQUAL(uint64_t{result->total()}, 3u);
  CAF_REQUIRE_EQUAL(result->answers_size(), 3);
  CAF_CHECK_EQUAL(std::string{result->answers(0).ref()}, "default/run/r4");
  CAF_CHECK_EQUAL(std::string{result->answers(0).refusal()}, "");
  CAF_CHECK(result->answers(1).refusal().find("the run has ended") != std::string::npos);
  std::sort(paused.begin(), paused.end());
  CAF_CHECK(paused == (std::vector<std::string>{"default/run/r0 night", "default/run/r4 night"}));
}

CAF_TEST(more runs than may be told at once are all told) {
  add_runs(200);
  auto in = pause("running");
  in.set_limit(1000);
  auto result = call<BatchResult>(in);
  CAF_REQUIRE(result.engaged());
  CAF_CHECK_EQUAL(result->answers_size(), 100);
  CAF_CHECK_EQUAL(paused.size(), 100u);
}

CAF_TEST(a limit leaves the rest for a repeat) {
  add_runs(20);
  auto in = pause("running");
  in.set_limit(4);
  auto result = call<BatchResult>(in);
  CAF_REQUIRE(result.engaged());
  CAF_CHECK_EQUAL(result->answers_size(), 4);
  CAF_CHECK_EQUAL(uint64_t{result->total()}, 10u);
  CAF_CHECK_EQUAL(paused.size(), 4u);
}

CAF_TEST(a dry run tells nobody) {
  add_runs(6);
  auto in = pause("running");
  in.set_dry_run(true);
  auto result = call<BatchResult>(in);
  CAF_REQUIRE(result.engaged());
  CAF_CHECK_EQUAL(result->answers_size(), 3);
  CAF_CHECK(paused.empty());
}

CAF_TEST(nobody fits and nobody is told) {
  add_runs(2);
  auto result = call<BatchResult>(pause("parked"));
  CAF_REQUIRE(result.engaged());
  CAF_CHECK_EQUAL(result->answers_size(), 0);
}

CAF_TEST(a batch without a condition or without a command is refused) {
  add_runs(2);
  auto in = pause("running");
  in.clear_filter();
  CAF_CHECK_EQUAL(code_of(call<BatchResult>(in).error()), ec::invalid_argument);
  in = pause("running");
  in.clear_what();
  CAF_CHECK_EQUAL(code_of(call<BatchResult>(in).error()), ec::invalid_argument);
  CAF_CHECK(paused.empty());
}

CAF_TEST(a run that has lost its actor is reported and the others are told) {
  add_runs(4);
  node->outside()->names->erase("default/run/r2", {}, {});
  auto result = call<BatchResult>(pause("running"));
  CAF_REQUIRE(result.engaged());
  CAF_CHECK_EQUAL(paused.size(), 1u);
  CAF_CHECK(!result->answers(0).refusal().empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
