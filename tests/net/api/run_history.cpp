// Every event of a run has a line that tells people what happened.
#define CAF_SUITE net.api.run_history
#include <caf/test/unit_test.hpp>
#include <google/protobuf/text_format.h>
#include <troupe/net/api/history.hpp>

using namespace troupe;

namespace {

std::string told(const std::string& text) {
  RunEvent event;
  CAF_REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &event));
  return summarize(event);
}

} // namespace

CAF_TEST(events of a run are told in a line) {
  CAF_CHECK_EQUAL(told(R"(step_ended { step: "a" status: STEP_SKIPPED reason: "nothing leads here" })"),
                  std::string{"step a is skipped: nothing leads here"});
  CAF_CHECK_EQUAL(told(R"(step_ended { step: "c" status: STEP_COMPLETED chosen: "large" })"),
                  std::string{"step c chose large"});
  CAF_CHECK_EQUAL(
      told(R"(step_ended { step: "c" status: STEP_FAILED outcome { failure { code: 12 text: "late" } } })"),
      std::string{"step c failed, timeout: late"});
  CAF_CHECK_EQUAL(told(R"(answered { step: "ask" answer { by: "ann" approve: true reason: "fine" } })"),
                  std::string{"ann approves step ask: fine"});
  CAF_CHECK_EQUAL(told(R"(variable { name: "v" value: "7" by: "a" })"), std::string{"a sets v to 7"});
  CAF_CHECK_EQUAL(told(R"(step_begun { step: "w" due_ms: 1769860800000 })"),
                  std::string{"step w begins, due 2026-01-31T12:00:00Z"});
  CAF_CHECK_EQUAL(told(R"(ended { status: RUN_RUNNING })"), std::string{"goes on"});
}

CAF_TEST(no event of a run is told by nothing) {
  auto* kinds = RunEvent::descriptor();
  for (int i = 0; i < kinds->field_count(); ++i) {
    RunEvent event;
    event.GetReflection()->MutableMessage(&event, kinds->field(i));
    CAF_MESSAGE(kinds->field(i)->name());
    CAF_CHECK(!summarize(event).empty());
  }
}
