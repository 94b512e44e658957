// Messages are printed as protobuf's JSON mapping says, but for text and times.
#define CAF_SUITE net.api.json_print
#include <caf/test/unit_test.hpp>
#include <limits>
#include <troupe/net/api/json.hpp>
#include <troupe/runtime/proto/net.pb.h>

using namespace troupe;

namespace {

constexpr json_style tight{.pretty = false, .defaults = false};

} // namespace

CAF_TEST(names and numbers and enums follow the mapping) {
  AgentRecord agent;
  agent.set_id("a\"b");
  agent.set_status(AGENT_BUSY);
  agent.mutable_metadata()->set_completed(12);
  agent.mutable_metadata()->set_success_rate(0.5);
  agent.mutable_request()->mutable_config()->set_max_concurrent(3);
  agent.mutable_request()->add_capabilities("x");
  agent.mutable_request()->add_capabilities("y");
  agent.set_unregistered(true);
  CAF_CHECK_EQUAL(
      to_json(agent, tight),
      R"({"id":"a\"b","status":"AGENT_BUSY","request":{"capabilities":["x","y"],"config":{"maxConcurrent":3}},)"
      R"("metadata":{"completed":"12","successRate":0.5},"unregistered":true})");
}

CAF_TEST(bytes are text and times are ISO in UTC) {
  TaskState task;
  task.mutable_outcome()->set_text("fine\xff");
  task.set_created_ms(1'700'000'000'123);
  task.mutable_spec()->set_timeout_ms(5);
  CAF_CHECK_EQUAL(to_json(task, tight), R"({"spec":{"timeoutMs":"5"},"outcome":{"text":"fine)"
                                        "\uFFFD"
                                        R"("},"createdMs":"2023-11-14T22:13:20.123Z"})");
  HistoryEntry entry;
  entry.set_time_us(1'700'000'000'123'456);
  CAF_CHECK_EQUAL(to_json(entry, tight), R"({"timeUs":"2023-11-14T22:13:20.123Z"})");
}

CAF_TEST(defaults are printed when asked for and absent messages are not) {
  CAF_CHECK_EQUAL(
      to_json(WorkSummary{}, {.pretty = false}),
      R"({"ref":"","title":"","status":"","createdMs":null,"endedMs":null,"steps":0,"stepsDone":0,)"
      R"("principal":"","reason":"","parent":"","trace":""})");
  CAF_CHECK_EQUAL(to_json(ListRuns{}, tight), "{}");
  CAF_CHECK_EQUAL(to_json(AgentList{}), "{\n  \"agents\": []\n}");
}

CAF_TEST(a pretty document has a line per value) {
  RunList list;
  list.add_runs()->set_ref("r");
  CAF_CHECK_EQUAL(to_json(list, {.pretty = true, .defaults = false}),
                  "{\n  \"runs\": [\n    {\n      \"ref\": \"r\"\n    }\n  ]\n}");
}

CAF_TEST(what JSON has no number for is text) {
  AgentMatch match;
  match.set_score(std::numeric_limits<double>::infinity());
  match.set_free_share(std::numeric_limits<double>::quiet_NaN());
  CAF_CHECK_EQUAL(to_json(match, tight), R"({"score":"Infinity","freeShare":"NaN"})");
  AgentRecord agent;
  agent.set_status(static_cast<AgentStatus>(9));
  CAF_CHECK_EQUAL(to_json(agent, tight), R"({"status":9})");
}

CAF_TEST(a time is written and read back and nonsense is no time) {
  for (int64_t ms : {int64_t{0}, int64_t{1'700'000'000'123}, int64_t{-1}, int64_t{951'782'400'000}})
    CAF_CHECK(parse_iso_time(iso_time(ms)) == ms);
  CAF_CHECK_EQUAL(iso_time(951'782'400'000), "2000-02-29T00:00:00.000Z");
  CAF_CHECK(parse_iso_time("2023-11-14T22:13:20Z") == 1'700'000'000'000);
  for (auto text : {"", "2023-11-14", "2023-02-29T00:00:00Z", "2023-11-14T24:00:00Z",
                    "2023-11-14T22:13:20+01:00", "2023-11-14T22:13:2xZ", "2023-11-14 22:13:20Z"})
    CAF_CHECK(!parse_iso_time(text));
}
