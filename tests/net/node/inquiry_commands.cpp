// Why, run trace and replay as somebody sees them who types `troupe ...`.
#define CAF_SUITE net.node.inquiry_commands
#include "tests/support/typed.hpp"

using namespace troupe;

namespace {

void keep_run(control_node& node) {
  add_name(*node.rows, "default/run/r1");
  RunEvent started;
  auto* begin = started.mutable_started();
  begin->mutable_definition()->set_name("w");
  auto* step = begin->mutable_definition()->add_steps();
  step->set_id("hear");
  step->mutable_signal()->set_name("paid");
  begin->set_time_ms(1'600'000'000'000);
  begin->set_principal("ann");
  add_event(*node.rows, "default/run/r1", 1, started);
  node.play("default/run/r1", [definition = begin->definition()](const GetRun&) {
    RunDescription description;
    *description.mutable_state()->mutable_definition() = definition;
    auto* at = description.mutable_state()->add_steps();
    at->set_id("hear");
    at->set_status(STEP_ACTIVE);
    return description;
  });
}

} // namespace

CAF_TEST(why names the command that would help) {
  control_node node;
  keep_run(node);
  auto told = type(node, {"why", "r1"});
  CAF_CHECK_EQUAL(told.code, 0);
  CAF_CHECK_EQUAL(told.out, "default/run/r1 is running\n"
                            "  hear: it waits for the signal 'paid'\n"
                            "    troupe run signal r1 paid\n");
  auto json = type(node, {"why", "r1", "--json"}).out;
  CAF_CHECK(json.find("\"command\": \"troupe run signal r1 paid\"") != std::string::npos);
  CAF_CHECK_EQUAL(type(node, {"why", "nobody"}).code, 3);
  CAF_CHECK_EQUAL(type(node, {"why"}).code, 2);
}

CAF_TEST(a story reads from one id) {
  control_node node;
  keep_run(node);
  auto told = type(node, {"run", "trace", "r1"});
  CAF_CHECK_EQUAL(told.code, 0);
  CAF_CHECK(told.out.starts_with("default/run/r1 is running"));
  CAF_CHECK(told.out.find("run w") != std::string::npos);
  CAF_CHECK(type(node, {"run", "trace", "r1", "--json"}).out.find("\"kind\": \"run\"") != std::string::npos);
}

CAF_TEST(a replay that differs ends with the code of damage) {
  control_node node;
  keep_run(node); // it lacks what follows from its beginning
  auto told = type(node, {"replay", "--decision", "r1#1"});
  CAF_CHECK_EQUAL(told.code, 9);
  CAF_CHECK(told.out.ends_with("different\n"));
  RunEvent begun;
  begun.mutable_step_begun()->set_step("hear");
  begun.mutable_step_begun()->set_time_ms(1'600'000'000'000);
  add_event(*node.rows, "default/run/r1", 2, begun);
  CAF_CHECK_EQUAL(type(node, {"replay", "--decision", "r1#1"}).code, 9); // it is an append of its own
  CAF_CHECK_EQUAL(type(node, {"replay", "--decision", "r1"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"replay"}).code, 2);
}
