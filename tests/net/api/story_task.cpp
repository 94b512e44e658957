// A task's story has its attempts, what they did, whom they waited for, and how long agents had it.
#define CAF_SUITE net.api.story_task
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <google/protobuf/text_format.h>
#include <troupe/net/api/story.hpp>

using namespace troupe;

namespace {

const std::string ref_text = "default/task/t1";

struct told {
  std::vector<journal_entry> records;
  told& add(const std::string& text) {
    TaskEvent event;
    CAF_REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &event));
    auto& record = records.emplace_back();
    record.seq = records.size();
    record.event = event.SerializeAsString();
    return *this;
  }
  Story story(int64_t now_ms = 10'000) const {
    return write_story(ref_text, {{ref_text, tell_story(ref_text, records, now_ms)}});
  }
};

std::string drawn(const Story& story) {
  std::string text;
  for (auto& line : story.lines())
    text += std::string(line.depth(), ' ') + line.kind() + (line.name().empty() ? "" : " " + line.name()) +
            " " + std::to_string(line.duration_ms()) + "|" + line.text() +
            (line.decision().empty() ? "" : "|" + line.decision()) + "\n";
  return text;
}

told one_attempt() {
  told all;
  all.add(R"(created { spec { title: "job" required: "x" } time_ms: 1000 })")
      .add(
          R"(recorded { start { agent: "default/agent/a" behavior: "b" behavior_version: "1" started_ms: 1100 }
              records { position: "0" request { kind: ACTION_TOOL name: "fetch" } started: true time_ms: 1100 } time_ms: 1100 })")
      .add(
          R"(recorded { records { position: "0" request { kind: ACTION_TOOL name: "fetch" } outcome { text: "page" } time_ms: 1400 } time_ms: 1400 })");
  return all;
}

} // namespace

CAF_TEST(attempts have what they did and a retry can be repeated) {
  auto all = one_attempt();
  all.add(
         R"(retried { attempt: 2 failure { code: 19 text: "no" } due_ms: 2000 time_ms: 1500 agent: "default/agent/a" })")
      .add(R"(recorded { start { agent: "default/agent/a" started_ms: 2100 } time_ms: 2100 })")
      .add(R"(ended { outcome { text: "done" } agent: "default/agent/a" time_ms: 2300 })");
  auto story = all.story();
  CAF_CHECK_EQUAL(drawn(story), "task job 1300|completed: done\n"
                                " attempt 1 400|a, b 1; failed, tool_failed: no; again after 500 ms|t1#4\n"
                                "  tool fetch 300|completed: page\n"
                                " attempt 2 200|a; completed: done\n");
  CAF_CHECK_EQUAL(story.costs().attempts(), 2u);
  CAF_CHECK_EQUAL(story.costs().failed_attempts(), 1u);
  CAF_CHECK_EQUAL(story.costs().tools(), 1u);
  CAF_CHECK_EQUAL(story.costs().agent_ms(), 600);
}

CAF_TEST(a wait is open until somebody answers and costs no agent) {
  auto all = one_attempt();
  all.add(
      R"(recorded { records { position: "1" request { kind: ACTION_HUMAN name: "boss" arguments { name: "question" value: "Go?" } }
              wait_until_ms: 0 time_ms: 1500 } suspended: true time_ms: 1500 })");
  auto story = all.story();
  CAF_CHECK_EQUAL(drawn(story), "task job 9000|\n"
                                " attempt 1 8900|a, b 1\n"
                                "  tool fetch 300|completed: page\n"
                                "  question boss 8500|Go?\n");
  CAF_CHECK_EQUAL(story.costs().agent_ms(), 400);
  CAF_CHECK_EQUAL(std::string{story.status()}, std::string{"waiting"});
  all.add(
         R"(recorded { records { position: "1" request { kind: ACTION_HUMAN name: "boss" } outcome { text: "yes" } time_ms: 5000 } woken: true time_ms: 5000 })")
      .add(R"(ended { outcome { text: "done" } agent: "default/agent/a" time_ms: 5100 })");
  CAF_CHECK(drawn(all.story()).find("  question boss 3500|Go?; completed: yes\n") != std::string::npos);
}

CAF_TEST(a task that was asked for has its place) {
  auto all = one_attempt();
  all.add(
      R"(recorded { records { position: "1" request { kind: ACTION_AGENT name: "help" } wait_until_ms: 0 time_ms: 1500 } suspended: true time_ms: 1500 })");
  CAF_CHECK_EQUAL(tell_story(ref_text, all.records, 0).begun(),
                  std::vector<std::string>{"default/task/t1.1-1"});
}

CAF_TEST(who resumes a task is told and the end is a decision) {
  auto all = one_attempt();
  all.add(
         R"(ended { outcome { failure { code: 1 text: "bad" } } agent: "default/agent/a" time_ms: 1600 dead_letter: true })")
      .add(R"(resumed { restart: true time_ms: 1700 })");
  auto text = drawn(all.story());
  CAF_CHECK(text.find("failed, invalid_argument: bad; now a dead letter|t1#4\n") != std::string::npos);
  CAF_CHECK(text.find(" note 0|resumed from the start\n") != std::string::npos);
  CAF_CHECK(all.story().lines(0).open());
}
