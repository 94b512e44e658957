// Reasons with the command below them, stories as indented lines, replays with what differs.
#define CAF_SUITE net.node.inquiry_views
#include <caf/test/unit_test.hpp>
#include <troupe/net/node/inquiry_views.hpp>

using namespace troupe;

namespace {

const text_look plain{false, 1'700'000'000'000};

} // namespace

CAF_TEST(a reason stands above the command that would help) {
  Reasons answer;
  answer.set_ref("default/run/r1");
  answer.set_status("running");
  auto* reason = answer.add_reasons();
  reason->set_step("ask");
  reason->set_text("ann may approve: Ship it?");
  reason->set_command("troupe approve r1 --step ask");
  auto* below = answer.add_reasons();
  below->set_depth(1);
  below->set_about("default/run/r2");
  below->set_text("it sleeps");
  answer.set_left_out(2);
  CAF_CHECK_EQUAL(show(answer, plain), "default/run/r1 is running\n"
                                       "  ask: ann may approve: Ship it?\n"
                                       "    troupe approve r1 --step ask\n"
                                       "    default/run/r2: it sleeps\n"
                                       "  and 2 more\n");
}

CAF_TEST(a reason tells since when and until when) {
  Reasons answer;
  auto* reason = answer.add_reasons();
  reason->set_text("it sleeps");
  reason->set_time_ms(plain.now_ms - 1000);
  reason->set_due_ms(plain.now_ms + 1000);
  auto text = show(answer, plain);
  CAF_CHECK(text.find("it sleeps, since ") != std::string::npos);
  CAF_CHECK(text.find(", until ") != std::string::npos);
  reason->set_due_ms(plain.now_ms - 1);
  CAF_CHECK(show(answer, plain).find(", due since ") != std::string::npos);
}

CAF_TEST(a story is indented and shows what can be repeated) {
  Story story;
  story.set_ref("default/run/r1");
  story.set_status("completed");
  auto add = [&](uint32_t depth, const std::string& kind, const std::string& name, int64_t time_ms) {
    auto* line = story.add_lines();
    line->set_depth(depth);
    line->set_kind(kind);
    line->set_name(name);
    line->set_time_ms(time_ms);
    return line;
  };
  add(0, "run", "release", 1000)->set_duration_ms(3000);
  add(1, "decision", "pick", 1005)->set_decision("r1#3");
  story.mutable_lines(1)->set_text("chose large");
  add(2, "attempt", "1", 1010)->set_open(true);
  story.mutable_costs()->set_attempts(1);
  story.mutable_costs()->set_runs(1);
  auto text = show(story, plain);
  CAF_CHECK(text.find("run release") != std::string::npos);
  CAF_CHECK(text.find("  decision pick") != std::string::npos);
  CAF_CHECK(text.find("    attempt 1") != std::string::npos);
  CAF_CHECK(text.find("+5 ms") != std::string::npos);
  CAF_CHECK(text.find("r1#3") != std::string::npos);
  CAF_CHECK(text.find("so far") != std::string::npos);
  CAF_CHECK(text.find("1 attempt;") != std::string::npos);
  CAF_CHECK_EQUAL(show(Story{}, plain), "nothing has happened\n");
}

CAF_TEST(a replay says identical or what came out instead) {
  DecisionReplay replay;
  replay.set_decision("default/run/r1#3");
  replay.set_identical(true);
  CAF_CHECK(show(replay, plain).find("identical, bit for bit\n") != std::string::npos);
  replay.set_identical(false);
  replay.set_differs(3);
  replay.set_stored(R"({"a":1})");
  auto text = show(replay, plain);
  CAF_CHECK(text.find("record 3") != std::string::npos);
  CAF_CHECK(text.find(R"({"a":1})") != std::string::npos);
  CAF_CHECK(text.find("nothing\n") != std::string::npos);
  CAF_CHECK(text.ends_with("different\n"));
}
