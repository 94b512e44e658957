// An attempt of a worker, from inside: one call, and one more behind each checkpoint.
#define CAF_SUITE net.worker.worker_behavior
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/execution.hpp>
#include <troupe/net/worker/worker_behavior.hpp>
#include <troupe/runtime/worker_limits.hpp>

using namespace troupe;

namespace {

Outcome said(const std::string& text) {
  Outcome outcome;
  outcome.set_text(text);
  return outcome;
}

Outcome marked(const std::string& data) {
  Outcome outcome;
  outcome.add_parts()->set_text(data);
  return outcome;
}

std::string checkpoint_of(const open_action& call) {
  for (auto& argument : call.request.arguments())
    if (argument.name() == worker_checkpoint)
      return argument.value();
  return "none";
}

// An attempt over what earlier ones recorded.
execution attempt_over(const std::vector<ActionRecord>& records) {
  TaskState state;
  state.set_attempt(1);
  state.mutable_records()->Assign(records.begin(), records.end());
  return {make_worker_behavior(), "task", std::move(state)};
}

} // namespace

CAF_TEST(without a checkpoint the answer of the call is the result of the task) {
  auto one = attempt_over({});
  auto calls = one.take_ready();
  CAF_REQUIRE_EQUAL(calls.size(), 1u);
  CAF_CHECK_EQUAL(calls[0].request.name(), worker_behavior);
  CAF_CHECK_EQUAL(checkpoint_of(calls[0]), "none");
  CAF_REQUIRE(one.complete(calls[0].position, said("done"), 1));
  CAF_CHECK(one.status() == execution_status::done);
  CAF_CHECK_EQUAL(one.outcome().text(), "done");
  CAF_CHECK_EQUAL(one.outcome().parts_size(), 0);
}

CAF_TEST(a checkpoint is recorded and a later attempt begins with its data) {
  auto one = attempt_over({});
  CAF_REQUIRE(one.complete(one.take_ready().at(0).position, marked("half"), 1));
  auto next = one.take_ready();
  CAF_REQUIRE_EQUAL(next.size(), 1u);
  CAF_CHECK_EQUAL(checkpoint_of(next[0]), "half");
  auto again = attempt_over(records_to_keep(one.take_records()));
  CAF_REQUIRE(again.status() == execution_status::running);
  auto calls = again.take_ready();
  CAF_REQUIRE_EQUAL(calls.size(), 1u);
  CAF_CHECK_EQUAL(checkpoint_of(calls[0]), "half");
  CAF_REQUIRE(again.complete(calls[0].position, said("whole"), 2));
  CAF_CHECK_EQUAL(again.outcome().text(), "whole");
}

CAF_TEST(checkpoints of a task are bounded together) {
  auto one = attempt_over({});
  auto many = limits::worker_checkpoints_bytes / limits::worker_checkpoint_bytes;
  for (size_t i = 0; i < many; ++i)
    CAF_REQUIRE(one.complete(one.take_ready().at(0).position,
                             marked(std::string(limits::worker_checkpoint_bytes, 'x')), 1));
  CAF_REQUIRE(one.complete(one.take_ready().at(0).position, marked("y"), 1));
  CAF_REQUIRE(one.status() == execution_status::done);
  CAF_CHECK_EQUAL(one.outcome().failure().code(), static_cast<uint32_t>(ec::invalid_argument));
}
