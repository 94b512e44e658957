// Stories and replays are read from the journal, children with their parents, and a forged record is found.
#define CAF_SUITE net.api.story_methods
#include "tests/actors/workflow/run/given.hpp"
#include "tests/support/served.hpp"
#include <troupe/runtime/inquiry_limits.hpp>

namespace troupe {
namespace {

struct story_desk : desk_house {
  // Writes the journal of a rehearsal; `forge` may change an event.
  void keep(const std::string& ref_text, const run_rehearsal& run,
            const std::function<void(uint64_t, RunEvent&)>& forge = {}) {
    add_name(*rows, ref_text);
    uint64_t seq = 0;
    for (auto event : run.journal()) {
      auto ends = std::find(run.appends().begin(), run.appends().end(), ++seq) != run.appends().end();
      if (forge)
        forge(seq, event);
      JournalRecord record;
      record.set_event(event.SerializeAsString());
      envelope header;
      header.type = record_type(event.GetDescriptor()->full_name());
      header.flags = ends ? last_of_append : 0;
      CAF_REQUIRE(!rows->write({{space::journal, journal_key(identify(ref_text, rows->naming_key()), seq),
                                 wrap(header, record.SerializeAsString())}}));
    }
  }
  Story story(const std::string& id) {
    GetStory in;
    in.set_id(id);
    return answered(call<Story>(in));
  }
  caf::expected<DecisionReplay> replay(const std::string& decision) {
    ReplayDecision in;
    in.set_decision(decision);
    return call<DecisionReplay>(in);
  }
};

const char* asks = R"(
name: asks
steps:
  - {id: ask, approval: {message: 'Ship it?', approvers: [ann], timeout: 1h}}
  - {id: ship, needs: [ask], task: {required: [say]}}
)";

} // namespace
} // namespace troupe

using namespace troupe;

CAF_TEST_FIXTURE_SCOPE(story_method_tests, story_desk)

CAF_TEST(each decision that a story shows comes out again) {
  auto run = started(asks);
  CAF_REQUIRE(!run.approve("ask", "ann"));
  keep("default/run/r1", run);
  auto told = story("r1");
  CAF_CHECK_EQUAL(told.status(), "completed");
  int decisions = 0;
  for (auto& line : told.lines()) {
    if (line.decision().empty())
      continue;
    ++decisions;
    auto answer = answered(replay(line.decision()));
    CAF_CHECK(answer.identical());
    CAF_CHECK_EQUAL(answer.decision(), "default/run/" + line.decision());
    CAF_CHECK_EQUAL(answer.before() + 1, answer.first());
  }
  CAF_CHECK_EQUAL(decisions, 1);
}

CAF_TEST(a forged approval does not come out again) {
  auto run = started(asks);
  CAF_REQUIRE(!run.approve("ask", "ann"));
  uint64_t decided = 0;
  keep("default/run/r1", run, [&](uint64_t seq, RunEvent& event) {
    if (event.step_ended().step() != "ask")
      return;
    decided = seq;
    event.mutable_step_ended()->mutable_outcome()->set_text(R"({"approved":false})");
  });
  auto answer = answered(replay("r1#" + std::to_string(decided)));
  CAF_CHECK(!answer.identical());
  CAF_CHECK_EQUAL(answer.differs(), decided);
  CAF_CHECK(answer.stored().find("false") != std::string::npos);
  CAF_CHECK(answer.again().find("true") != std::string::npos);
  CAF_CHECK_EQUAL(std::string{answer.cause()}, std::string{"ann answered at step ask"});
}

CAF_TEST(the policy of a retry is the agents own) {
  auto run = given("name: w\nsteps: [{id: a, task: {required: [work]}}]\n");
  run.fail("work", ec::tool_failed, "no");
  CAF_REQUIRE(!run.start());
  uint64_t retried = 0;
  keep("default/run/r1", run, [&](uint64_t seq, RunEvent& event) {
    if (!event.step().event().has_retried() || retried != 0)
      return;
    retried = seq;
    auto* told = event.mutable_step()->mutable_event()->mutable_retried();
    told->set_agent("default/agent/slow");
    told->set_due_ms(told->time_ms() + 7'000);
  });
  play("default/agent/slow", [](const GetAgent&) {
    AgentRecord record;
    record.mutable_request()->mutable_config()->set_initial_delay_ms(7'000);
    return record;
  });
  CAF_CHECK(answered(replay("r1#" + std::to_string(retried))).identical());
}

CAF_TEST(a child run is part of the story of who began it) {
  auto run = started("name: w\nsteps: [{id: other, child: {workflow: pay}}]\n");
  keep("default/run/rehearsal", run);
  auto child = run.state().steps(0).child();
  run_rehearsal other{definition_of("name: pay\nsteps: [{id: a, wait: {for: 1h}}]\n"), child};
  CAF_REQUIRE(!other.start());
  keep(child, other);
  auto told = story("rehearsal");
  CAF_CHECK_EQUAL(told.costs().runs(), 2u);
  CAF_REQUIRE_EQUAL(told.lines_size(), 4);
  CAF_CHECK_EQUAL(std::string{told.lines(2).ref()}, child);
  CAF_CHECK_EQUAL(std::string{told.lines(3).name()}, std::string{"a"});
}

CAF_TEST(a long history is read page by page) {
  auto run = given("name: w\nsteps: [{id: go, loop: {until: 'false', max_rounds: 400, may_exhaust: true, body: {steps: [{id: one, task: {required: [say]}}]}}}]\n");
  CAF_REQUIRE(!run.start());
  CAF_REQUIRE(run.journal().size() > limits::history_page_events);
  keep("default/run/r1", run);
  CAF_CHECK_EQUAL(story("r1").costs().events(), run.journal().size());
}

CAF_TEST(what is no decision is refused with what is one) {
  keep("default/run/r1", started(asks));
  CAF_CHECK_EQUAL(code_of(replay("r1").error()), ec::invalid_argument);
  CAF_CHECK_EQUAL(code_of(replay("r1#x").error()), ec::invalid_argument);
  CAF_CHECK_EQUAL(code_of(replay("r2#1").error()), ec::not_found);
  CAF_CHECK_EQUAL(code_of(replay("r1#99").error()), ec::not_found);
  CAF_CHECK_EQUAL(code_of(replay("r1#0").error()), ec::not_found);
  GetStory in;
  in.set_id("r2");
  CAF_CHECK_EQUAL(code_of(call<Story>(in).error()), ec::not_found);
}

CAF_TEST_FIXTURE_SCOPE_END()
