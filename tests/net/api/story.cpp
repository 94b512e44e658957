// A run's story has every step, attempt, decision and approval below what it is part of, and the runs it began.
#define CAF_SUITE net.api.story
#include "tests/actors/workflow/run/given.hpp"
#include <troupe/net/api/story.hpp>

using namespace troupe;

namespace {

const std::string ref_text = "default/run/rehearsal";

std::vector<journal_entry> records_of(const run_rehearsal& run) {
  std::vector<journal_entry> records;
  for (auto& event : run.journal()) {
    auto& record = records.emplace_back();
    record.seq = records.size();
    record.event = event.SerializeAsString();
  }
  return records;
}

Story story_of(const run_rehearsal& run) {
  return write_story(ref_text, {{ref_text, tell_story(ref_text, records_of(run), run.now_ms())}});
}

// Depth, kind, name and text of each line.
std::string drawn(const Story& story) {
  std::string text;
  for (auto& line : story.lines())
    text += std::string(line.depth(), ' ') + line.kind() + (line.name().empty() ? "" : " " + line.name()) +
            "|" + line.text() + "\n";
  return text;
}

const StoryLine& line_of(const Story& story, const std::string& kind, const std::string& name) {
  for (auto& line : story.lines())
    if (line.kind() == kind && line.name() == name)
      return line;
  CAF_FAIL("no line " << kind << " " << name << " in\n" << drawn(story));
  return story.lines(0);
}

} // namespace

CAF_TEST(a story that another node has written is written as it was) {
  auto run = started(R"(
name: two
steps:
  - {id: build, task: {required: [say]}}
  - {id: twice, needs: [build], map: {over: '{1, 2}', body: {steps: [{id: one, task: {required: [say]}}]}}}
)");
  auto story = story_of(run);
  CAF_REQUIRE(story.lines_size() > 3);
  auto again = write_story(ref_text, {{ref_text, read_story(story)}});
  CAF_CHECK_EQUAL(drawn(again), drawn(story));
  CAF_CHECK_EQUAL(again.title(), story.title());
  CAF_CHECK_EQUAL(again.costs().events(), story.costs().events());
  CAF_CHECK(read_story(Story{}).nodes.empty());
}

CAF_TEST(a story reads from one id) {
  auto run = given(R"(
name: release
version: '2'
steps:
  - {id: build, task: {required: [build]}}
  - {id: pick, needs: [build], decision: {cases: [{name: fine, when: steps.build == 1.2, then: [ask]}], otherwise: [stop]}}
  - {id: ask, needs: [pick], approval: {message: 'Ship it?', approvers: [ann]}}
  - {id: stop, needs: [pick], task: {required: [build]}}
  - {id: ship, needs: [ask], task: {required: [say]}}
)");
  run.fake("build", "1.2", 20min);
  CAF_REQUIRE(!run.start());
  run.pass(1h);
  CAF_REQUIRE(!run.approve("ask", "ann", "fine"));
  CAF_REQUIRE_EQUAL(run.status(), RUN_COMPLETED);
  auto story = story_of(run);
  CAF_CHECK_EQUAL(story.status(), "completed");
  CAF_CHECK_EQUAL(story.title(), "release 2");
  CAF_MESSAGE(drawn(story));
  CAF_CHECK_EQUAL(story.lines(0).kind(), "run");
  CAF_CHECK_EQUAL(story.lines(0).duration_ms(), 3'600'000);
  auto& build = line_of(story, "task", "build");
  CAF_CHECK_EQUAL(build.depth(), 1u);
  CAF_CHECK_EQUAL(build.duration_ms(), 20 * 60'000);
  CAF_CHECK_EQUAL(std::string{build.text()}, std::string{"completed: 1.2"});
  auto& pick = line_of(story, "decision", "pick");
  CAF_CHECK_EQUAL(std::string{pick.text()}, std::string{"chose fine"});
  CAF_CHECK(pick.decision().starts_with("rehearsal#"));
  auto& ask = line_of(story, "approval", "ask");
  CAF_CHECK_EQUAL(ask.duration_ms(), 40 * 60'000);
  CAF_CHECK(!ask.decision().empty());
  CAF_CHECK(drawn(story).find("  answer|ann approves step ask: fine\n") != std::string::npos);
  CAF_CHECK(line_of(story, "task", "stop").text().starts_with("skipped"));
}

CAF_TEST(attempts and blocks are below their steps) {
  auto run = given(R"(
name: w
steps:
  - {id: each, map: {over: '{1, 2}', body: {steps: [{id: one, task: {required: [work], retry: {max_retries: 1, initial_delay: 1s}}}]}}}
)");
  int tries = 0;
  run.fake("work", [&](const TaskSpec&) -> caf::expected<std::string> {
    return ++tries == 1 ? caf::expected<std::string>{make_error(ec::tool_failed, "no")} : std::string{"done"};
  });
  CAF_REQUIRE(!run.start());
  run.pass(1min);
  CAF_REQUIRE_EQUAL(run.status(), RUN_COMPLETED);
  auto story = story_of(run);
  CAF_MESSAGE(drawn(story));
  CAF_CHECK_EQUAL(line_of(story, "map", "each").depth(), 1u);
  CAF_CHECK_EQUAL(line_of(story, "block", "1").depth(), 2u);
  CAF_CHECK_EQUAL(line_of(story, "task", "each.1.one").depth(), 3u);
  auto& attempt = line_of(story, "attempt", "1");
  CAF_CHECK_EQUAL(attempt.depth(), 4u);
  CAF_CHECK(attempt.text().find("failed, tool_failed: no; again after 1000 ms") != std::string::npos);
  CAF_CHECK(!attempt.decision().empty());
  CAF_CHECK_EQUAL(story.costs().failed_attempts(), 1u);
}

CAF_TEST(what has not ended is open and takes until now) {
  auto run = started("name: w\nsteps: [{id: rest, wait: {for: 3h}}]\n");
  run.pass(1h);
  auto story = story_of(run);
  CAF_CHECK_EQUAL(story.status(), "running");
  CAF_CHECK(line_of(story, "wait", "rest").open());
  CAF_CHECK_EQUAL(line_of(story, "wait", "rest").duration_ms(), 3'600'000);
}

CAF_TEST(a child run is told where it began) {
  auto run = started("name: w\nsteps: [{id: other, child: {workflow: pay}}]\n");
  auto tree = tell_story(ref_text, records_of(run), run.now_ms());
  CAF_REQUIRE_EQUAL(tree.begun().size(), 1u);
  auto child = tree.begun().front();
  auto alone = write_story(ref_text, {{ref_text, tree}});
  CAF_CHECK_EQUAL(alone.left_out(), 1u);
  run_rehearsal other{definition_of("name: pay\nsteps: [{id: a, wait: {for: 1h}}]\n"), child};
  CAF_REQUIRE(!other.start());
  auto both = write_story(ref_text,
                          {{ref_text, tree}, {child, tell_story(child, records_of(other), other.now_ms())}});
  CAF_MESSAGE(drawn(both));
  CAF_CHECK_EQUAL(line_of(both, "run", "pay").depth(), 2u);
  CAF_CHECK_EQUAL(std::string{line_of(both, "run", "pay").ref()}, child);
  CAF_CHECK_EQUAL(both.costs().runs(), 2u);
  CAF_CHECK_EQUAL(both.left_out(), 0u);
}

CAF_TEST(without events there is no story) {
  CAF_CHECK(tell_story(ref_text, {}, 0).nodes.empty());
  CAF_CHECK_EQUAL(write_story(ref_text, {}).lines_size(), 0);
  std::vector<journal_entry> damaged(1);
  damaged[0].event = "\xff";
  CAF_CHECK(tell_story(ref_text, damaged, 0).nodes.empty());
}
