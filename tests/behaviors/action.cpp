// Actions are values that say what to do; they do nothing.
#define CAF_SUITE behaviors.action
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::string text_of_fields(const ActionRequest& request) {
  std::string text;
  for (auto& field : request.arguments())
    text += field.name() + "=" + field.value() + ";";
  return text;
}

} // namespace

CAF_TEST(each factory names its kind and its target and sorts its arguments) {
  auto tool = call_tool("fs/read_file", {{"path", "a.txt"}, {"limit", "10"}});
  CAF_CHECK_EQUAL(tool.request().kind(), ACTION_TOOL);
  CAF_CHECK_EQUAL(tool.request().name(), "fs/read_file");
  CAF_CHECK_EQUAL(text_of_fields(tool.request()), "limit=10;path=a.txt;");
  CAF_CHECK_EQUAL(text_of_fields(call_model("fast", "hi").request()), "prompt=hi;");
  auto model = call_model("fast", "hi", {.max_tokens = 128, .temperature = 0.5});
  CAF_CHECK_EQUAL(model.request().kind(), ACTION_MODEL);
  CAF_CHECK_EQUAL(text_of_fields(model.request()), "max_tokens=128;prompt=hi;temperature=0.5;");
  auto agent = call_agent("code.review", {{"path", "a.txt"}});
  CAF_CHECK_EQUAL(agent.request().kind(), ACTION_AGENT);
  CAF_CHECK_EQUAL(agent.request().name(), "code.review");
  auto human = ask_human("alice", "ship it?");
  CAF_CHECK_EQUAL(human.request().kind(), ACTION_HUMAN);
  CAF_CHECK_EQUAL(human.request().name(), "alice");
  CAF_CHECK_EQUAL(text_of_fields(human.request()), "question=ship it?;");
  CAF_CHECK_EQUAL(text_of_fields(checkpoint("half").request()), "data=half;");
  CAF_CHECK_EQUAL(all_of({finish()}).request().kind(), ACTION_ALL_OF);
  CAF_CHECK_EQUAL(any_of({finish(), finish()}).arguments().size(), 2u);
  CAF_CHECK_EQUAL(race({finish()}).request().kind(), ACTION_RACE);
}

CAF_TEST(a sleep has a duration and never a negative one) {
  CAF_CHECK_EQUAL(sleep_for(2s).request().duration_ms(), 2000);
  CAF_CHECK_EQUAL(sleep_for(-2s).request().duration_ms(), 0);
}

CAF_TEST(endings carry what they end with) {
  auto done = finish("done");
  CAF_CHECK_EQUAL(done.outcome()->text(), "done");
  auto failure = fail(make_error(ec::not_found, "no run 7")).outcome()->failure();
  CAF_CHECK_EQUAL(failure.code(), static_cast<uint32_t>(ec::not_found));
  CAF_CHECK_EQUAL(failure.text(), "no run 7");
  CAF_CHECK(breaks([] { fail(caf::error{}); }));
  auto whole = std::make_shared<Outcome>();
  whole->add_parts()->set_text("part");
  auto again = finish(Result{whole});
  CAF_CHECK_EQUAL(again.outcome()->parts(0).text(), "part");
  CAF_CHECK(!call_tool("a").outcome());
}

CAF_TEST(attaching to a copy leaves the original as it was) {
  auto original = call_tool("a");
  auto longer = original.then([](const Result&) { return finish(); }).otherwise([](const caf::error& e) {
    return fail(e);
  });
  auto other = original.otherwise([](const Task&, const caf::error& e) { return fail(e); });
  CAF_CHECK_EQUAL(original.continuations().size(), 0u);
  CAF_CHECK_EQUAL(longer.continuations().size(), 2u);
  CAF_CHECK_EQUAL(other.continuations().size(), 1u);
  CAF_CHECK_EQUAL(&original.request(), &longer.request());
}

CAF_TEST(an action that was moved from is refused) {
  auto first = call_tool("a");
  auto second = std::move(first);
  CAF_CHECK(breaks([&] { first.request(); }));
  CAF_CHECK_EQUAL(second.request().name(), "a");
}

CAF_TEST(an action has a name that people understand) {
  CAF_CHECK_EQUAL(action_name(call_tool("fs/read_file").request()), "call_tool 'fs/read_file'");
  CAF_CHECK_EQUAL(action_name(race({}).request()), "race");
  ActionRequest newer;
  newer.set_kind(static_cast<ActionKind>(77));
  CAF_CHECK_EQUAL(action_name(newer), "an action of a newer version");
}
