// A document fills a message, or the error says where it does not fit.
#define CAF_SUITE net.api.json_read
#include <caf/test/unit_test.hpp>
#include <troupe/net/api/json.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/net.pb.h>

using namespace troupe;

namespace {

template <class M = WorkflowDefinition>
std::string complaint(std::string_view text) {
  M message;
  auto failed = from_json(text, message);
  return failed ? to_string(code_of(failed)) + " " + text_of(failed) : "";
}

} // namespace

CAF_TEST(a definition is read as it was printed) {
  WorkflowDefinition definition;
  definition.set_name("review");
  auto* step = definition.add_steps();
  step->set_id("read");
  step->add_needs("x");
  step->mutable_task()->set_priority(PRIORITY_HIGH);
  step->mutable_task()->set_deadline_ms(1'700'000'000'000);
  step->mutable_task()->set_timeout_ms(-5);
  step->mutable_task()->mutable_retry()->set_backoff_multiplier(1.5);
  step->mutable_task()->mutable_retry()->set_no_retry(true);
  step->mutable_task()->mutable_retry()->set_max_retries(7);
  auto* input = step->mutable_task()->add_inputs();
  input->set_name("path");
  input->set_value("a b");
  for (auto style : {json_style{}, json_style{.pretty = false, .defaults = false}}) {
    WorkflowDefinition read;
    CAF_CHECK(!from_json(to_json(definition, style), read));
    CAF_CHECK(equal(read, definition));
  }
}

CAF_TEST(both spellings of a name and numbers as text or number are understood) {
  TaskSpec a, b;
  CAF_CHECK(!from_json(R"({"timeout_ms": 5, "retry": {"maxRetries": "2"}})", a));
  CAF_CHECK(!from_json(R"({"timeoutMs": "5", "retry": {"max_retries": 2}, "title": null})", b));
  CAF_CHECK(equal(a, b));
  CAF_CHECK_EQUAL(a.timeout_ms(), 5);
  CAF_CHECK_EQUAL(a.retry().max_retries(), 2u);
}

CAF_TEST(what is no JSON is told by line and column) {
  CAF_CHECK_EQUAL(complaint("{\n  \"name\": x\n}"), "invalid_argument line 2, column 11: syntax error");
  CAF_CHECK(complaint("{").find("invalid_argument line 1, column 2: ") == 0);
  CAF_CHECK(complaint("").find("invalid_argument line 1, column 1: ") == 0);
  CAF_CHECK(complaint("{} x").find("invalid_argument line 1, column 4: ") == 0);
}

CAF_TEST(an unknown field is named with its nearest neighbour) {
  CAF_CHECK_EQUAL(complaint(R"({"steps": [{"id": "a"}, {"need": []}]})"),
                  "invalid_argument steps[1].need: there is no field; did you mean 'needs'?");
  CAF_CHECK_EQUAL(complaint<ListRuns>(R"({"colour": 1})"),
                  "invalid_argument colour: there is no field; known are limit, status, filter, onlyRuns");
}

CAF_TEST(a value of the wrong kind is told by its path) {
  CAF_CHECK_EQUAL(complaint("[]"), "invalid_argument the document: an object is expected");
  CAF_CHECK_EQUAL(complaint(R"({"name": 1})"), "invalid_argument name: text is expected");
  CAF_CHECK_EQUAL(complaint(R"({"steps": {}})"), "invalid_argument steps: a list is expected");
  CAF_CHECK_EQUAL(complaint<TaskSpec>(R"({"priority": "high"})"),
                  "invalid_argument priority: one of PRIORITY_MEDIUM, PRIORITY_LOW, PRIORITY_HIGH, "
                  "PRIORITY_CRITICAL is expected");
  CAF_CHECK_EQUAL(complaint<TaskSpec>(R"({"timeoutMs": 1.5})"),
                  "invalid_argument timeoutMs: a whole number is expected");
  CAF_CHECK_EQUAL(complaint<TaskSpec>(R"({"deadlineMs": "soon"})"),
                  "invalid_argument deadlineMs: a time like 2023-11-14T22:13:20Z is expected");
  CAF_CHECK_EQUAL(complaint<RetryPolicy>(R"({"maxRetries": -1})"),
                  "invalid_argument maxRetries: a whole number from 0 to 4294967295 is expected");
  CAF_CHECK_EQUAL(complaint<RetryPolicy>(R"({"noRetry": "yes"})"),
                  "invalid_argument noRetry: true or false is expected");
  CAF_CHECK_EQUAL(complaint<RetryPolicy>(R"({"backoffMultiplier": "2"})"),
                  "invalid_argument backoffMultiplier: a number is expected");
  CAF_CHECK_EQUAL(complaint<RunList>(R"({"total": -1})"),
                  "invalid_argument total: a whole number from 0 is expected");
}
