// A task that waits says for whom, and names the command that would help.
#define CAF_SUITE net.api.why_task
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <google/protobuf/text_format.h>
#include <troupe/net/api/why_task.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

constexpr int64_t now_ms = 1'000'000;
const std::string owner = "default/task/t1", no_step;

TaskState task(const std::string& text) {
  TaskState state;
  CAF_REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &state));
  state.mutable_spec()->add_required("gpu");
  if (state.attempt() == 0)
    state.set_attempt(1);
  return state;
}

Reason only(const TaskState& state, const std::string& standing = "place: PLACE_UNKNOWN") {
  auto asked = ask_about(owner, state, now_ms);
  for (auto& one : asked)
    CAF_REQUIRE(google::protobuf::TextFormat::ParseFromString(standing, &one.standing));
  auto all = reasons(owner, state, asked, now_ms);
  CAF_REQUIRE_EQUAL(all.size(), 1u);
  return all.front();
}

void check(const Reason& reason, const std::string& text, const std::string& command) {
  CAF_CHECK_EQUAL(std::string{reason.text()}, text);
  CAF_CHECK_EQUAL(std::string{reason.command()}, command);
}

} // namespace

CAF_TEST(a task that is not assigned says why) {
  auto waits = task("status: TASK_QUEUED");
  check(only(waits, R"(place: PLACE_NO_AGENT reason: "nobody can 'gpu'")"),
        "no agent can do it (gpu): nobody can 'gpu'", "troupe agents register FILE");
  check(only(waits, R"(place: PLACE_BUSY able: 2 busy: 2 agents: "a" agents: "b" waiting: 5 tenants: 2)"),
        "2 agents can do it (a, b), and all are busy; 5 tasks wait for them, of 2 tenants that take turns",
        "troupe agents register FILE");
  check(only(waits, R"(place: PLACE_OUT able: 1 silent: 1 agents: "a")"),
        "1 agent can do it (a), and none is in service: 0 offline or in error, 1 silent, 0 below the success "
        "rate it asks for",
        "troupe why a");
  check(only(waits, R"(place: PLACE_RATE rate: "capability llm" per_second: 2.5)"),
        "no more than 2.5 a second may begin of capability llm", "");
  waits.mutable_spec()->set_concurrency_key("db");
  check(only(waits, R"(place: PLACE_KEY key_holder: "default/run/r2" key_step: "a")"),
        "default/run/r2, step a has its concurrency key 'db'", "troupe why r2");
  CAF_CHECK(only(waits, "place: PLACE_REPORTS").text().starts_with("agents have not told yet"));
  CAF_CHECK(only(waits).text().starts_with("the scheduler has not heard of it"));
  check(only(waits, R"(place: PLACE_AGENT agent: "a")"), "agent a has it and has not begun it yet",
        "troupe why a");
}

CAF_TEST(a task at work says with whom and in what) {
  auto works = task(R"(status: TASK_RUNNING attempt: 2 agent: "default/agent/a"
    records { position: "0" request { kind: ACTION_TOOL name: "fetch" } started: true time_ms: 900 })");
  auto reason = only(works, R"(place: PLACE_AGENT agent: "a")");
  check(reason, "default/agent/a works on it, attempt 2, in tool 'fetch'", "troupe why a");
  CAF_CHECK_EQUAL(reason.time_ms(), 900);
  CAF_CHECK(only(works).text().find("does not know of it") != std::string::npos);
}

CAF_TEST(a task that waits for somebody names the answer) {
  auto asks = task(R"(status: TASK_WAITING records { position: "1" request { kind: ACTION_HUMAN name: "boss"
    arguments { name: "question" value: "Go?" } } wait_until_ms: 0 time_ms: 7 })");
  check(only(asks), "boss is asked: Go?", "troupe run answer t1 --position 1 TEXT");
  auto sleeps = task(
      R"(status: TASK_WAITING records { position: "0" request { kind: ACTION_SLEEP } wait_until_ms: 2000000 })");
  CAF_CHECK_EQUAL(only(sleeps).due_ms(), 2'000'000);
  auto calls = task(
      R"(status: TASK_WAITING records { position: "0" request { kind: ACTION_AGENT } wait_until_ms: 0 })");
  check(only(calls), "it waits for default/task/t1.0-1", "troupe why t1.0-1");
  CAF_REQUIRE_EQUAL(waits_for(owner, calls).size(), 1u);
  CAF_CHECK_EQUAL(waits_for(owner, calls).front(), "default/task/t1.0-1");
  CAF_CHECK(waits_for(owner, asks).empty());
}

CAF_TEST(a task that failed says how often and how to go on) {
  auto again = task(R"(status: TASK_RETRYING attempt: 2 reason: "no host" due_ms: 1000500)");
  auto reason = only(again);
  check(reason, "attempt 1 failed: no host; attempt 2 begins when its delay is over", "");
  CAF_CHECK_EQUAL(reason.due_ms(), 1'000'500);
  again.set_due_ms(999'000); // its delay is over, and no agent has taken it
  CAF_CHECK(only(again, "place: PLACE_NO_AGENT").text().find("its last attempt failed: no host") !=
            std::string::npos);
  auto dead = task(
      R"(status: TASK_FAILED attempt: 3 dead_letter: true outcome { failure { code: 1 text: "bad" } } ended_ms: 5)");
  check(only(dead), "failed after 3 attempts, invalid_argument: bad", "troupe dlq requeue t1");
  dead.mutable_outcome()->mutable_failure()->set_code(static_cast<uint32_t>(ec::budget_exceeded));
  CAF_CHECK_EQUAL(std::string{only(dead).command()}, std::string{"troupe ledger list"});
  check(only(task(R"(status: TASK_PARKED reason: "other code")")),
        "what is recorded does not fit its behavior any more: other code", "troupe run resume t1 --restart");
  CAF_CHECK_EQUAL(std::string{only(task("status: TASK_COMPLETED")).command()}, std::string{});
}

CAF_TEST(a deadline is told while it matters) {
  auto waits = task("status: TASK_QUEUED spec { deadline_ms: 5000000 }");
  auto all = reasons(owner, waits, {}, now_ms);
  CAF_REQUIRE_EQUAL(all.size(), 2u);
  CAF_CHECK_EQUAL(all.back().due_ms(), 5'000'000);
  CAF_CHECK_EQUAL(
      reasons(owner, task("status: TASK_COMPLETED spec { deadline_ms: 5000000 }"), {}, now_ms).size(), 1u);
}

CAF_TEST(commands take what a shell reads as one word) {
  CAF_CHECK_EQUAL(shell_word("a-b.c"), "a-b.c");
  CAF_CHECK_EQUAL(shell_word("a b"), "'a b'");
  CAF_CHECK_EQUAL(shell_word("it's"), "'it'\\''s'");
  CAF_CHECK_EQUAL(shell_word(""), "''");
  CAF_CHECK_EQUAL(id_of("default/run/r1"), "r1");
  CAF_CHECK_EQUAL(id_of("acme/run/r1"), "acme/run/r1");
}
