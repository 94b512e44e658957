// A rehearsal plays the host: answers, refusals, time and restarts, without an actor system.
#define CAF_SUITE behaviors.rehearsal
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Condenses a text to two sentences with one model call.
class summarizer final : public behavior {
public:
  manifest describe() const override {
    return manifest{"summarizer"}.can("text.summarize");
  }

  action run(const Task& task) override {
    if (task.input("text").empty())
      return fail(ec::invalid_argument, "text is empty");
    return call_model("fast", "Summarize in two sentences:\n" + task.input("text"), {.max_tokens = 128})
        .then([](const Result& answer) { return finish(answer.text()); });
  }
};

} // namespace

CAF_TEST(a behavior is rehearsed in five lines) {
  rehearsal play{make<summarizer>(), {{"text", "long"}}};
  CAF_CHECK_EQUAL(play.next().kind(), ACTION_MODEL);
  CAF_CHECK_EQUAL(play.next().argument("prompt"), "Summarize in two sentences:\nlong");
  CAF_CHECK_EQUAL(play.next().argument("max_tokens"), "128");
  CAF_CHECK_EQUAL(play.next().argument("nothing"), "");
  CAF_CHECK_EQUAL(play.answer("short").result().text(), "short");
}

CAF_TEST(recorded results are played first) {
  rehearsal play{make<summarizer>(), {{"text", "long"}}, {"short"}};
  CAF_CHECK(play.done());
  rehearsal failed{make<summarizer>()};
  CAF_CHECK_EQUAL(ended_with(failed), ec::invalid_argument);
}

CAF_TEST(sleeps end when their time has come and earliest first) {
  std::vector<std::string> order;
  auto sleeps = [&order](std::chrono::milliseconds time, const std::string& name) {
    return sleep_for(time).then([&order, name](const Result&) {
      order.push_back(name);
      return finish();
    });
  };
  rehearsal play{play_script([&](const Task&) {
    return all_of({sleeps(3s, "c"), sleeps(1s, "a"), sleeps(2s, "b"), call_tool("t")});
  })};
  play.pass(2500ms);
  CAF_CHECK_EQUAL(order, (std::vector<std::string>{"a", "b"}));
  play.pass(500ms);
  CAF_CHECK_EQUAL(open_at(play), "0.3.0");
  CAF_CHECK(!play.done());
}

CAF_TEST(a restart forgets everything but the journal) {
  int runs = 0;
  auto script = [&runs](const Task&) {
    ++runs;
    return sleep_for(10s).then([](const Result&) { return finish("woke"); });
  };
  rehearsal play{play_script(script)};
  play.pass(9s).restart(play_script(script)).pass(1s);
  CAF_CHECK_EQUAL(play.result().text(), "woke");
  CAF_CHECK_EQUAL(runs, 2);
}

CAF_TEST(answers to nothing and results of what still runs break the test) {
  rehearsal play{make<summarizer>(), {{"text", "long"}}};
  CAF_CHECK(breaks([&] { play.result(); }));
  CAF_CHECK(breaks([&] { play.answer_at("7", ""); }));
  play.answer("short");
  CAF_CHECK(breaks([&] { play.next(); }));
  CAF_CHECK(breaks([&] { play.refuse(ec::internal); }));
}
