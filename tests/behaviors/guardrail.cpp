// A guardrail refuses bad input before anything is done and bad output before anybody sees it.
#define CAF_SUITE behaviors.guardrail
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/library.hpp>

using namespace troupe;

namespace {

std::unique_ptr<behavior> echo() {
  return play_script([](const Task& task) {
    return call_model("fast", task.input("text")).then([](const Result& r) { return finish(r.text()); });
  });
}

guardrail checks() {
  return {[](const Task& task) {
            return task.has_input("text") ? caf::error{} : make_error(ec::invalid_argument, "no text");
          },
          [](const Result& r) {
            return r.text() == "rude" ? make_error(ec::action_failed, "rude words") : caf::error{};
          }};
}

} // namespace

CAF_TEST(good input and output pass unchanged) {
  rehearsal play{with_guardrail(echo(), checks()), {{"text", "hi"}}};
  CAF_CHECK_EQUAL(play.answer("hello").result().text(), "hello");
  rehearsal unchecked{with_guardrail(echo(), {})};
  CAF_CHECK_EQUAL(unchecked.answer("rude").result().text(), "rude");
}

CAF_TEST(bad input is refused before anything is asked for) {
  rehearsal play{with_guardrail(echo(), checks())};
  CAF_CHECK_EQUAL(ended_with(play), ec::guardrail);
  CAF_CHECK_EQUAL(text_of(play.result().error()), "input of scripted refused: no text");
  CAF_CHECK_EQUAL(play.journal().records_size(), 0);
}

CAF_TEST(bad output is refused though the behavior finishes by itself) {
  rehearsal play{with_guardrail(echo(), checks()), {{"text", "hi"}}};
  play.answer("rude");
  CAF_CHECK_EQUAL(ended_with(play), ec::guardrail);
  CAF_CHECK_EQUAL(text_of(play.result().error()), "output of scripted refused: rude words");
}

CAF_TEST(a failure is passed on without being checked) {
  rehearsal play{with_guardrail(echo(), checks()), {{"text", "hi"}}};
  play.refuse(ec::unavailable, "away");
  CAF_CHECK_EQUAL(ended_with(play), ec::unavailable);
}

CAF_TEST(a restarted guardrail decides the same and a retry asks again) {
  auto made = [] { return with_retry(with_guardrail(echo(), checks()), {.attempts = 2}); };
  rehearsal play{made(), {{"text", "hi"}}, {"rude"}};
  play.restart(made());
  CAF_CHECK_EQUAL(play.next().kind(), ACTION_SLEEP);
  play.pass(std::chrono::seconds{1});
  CAF_CHECK_EQUAL(play.answer("kind").result().text(), "kind");
  CAF_CHECK_EQUAL(made()->describe().name(), "scripted");
}
