// People are asked once, answer once, and only those who are asked.
#define CAF_SUITE actors.workflow.run.approvals
#include "given.hpp"

using namespace troupe;

namespace {

std::string release(const std::string& more) {
  return R"(
name: release
steps:
  - id: ask
    approval: {message: 'Ship it?', approvers: [ann, bob, cid], )" +
         more + R"(}
  - {id: ship, needs: [ask], task: {required: [say]}, with: {text: '"shipped"'}}
)";
}

} // namespace

CAF_TEST(one of any is enough) {
  auto run = started(release("rule: {mode: any}"));
  run.pass(59min).crash(true);
  CAF_CHECK(!run.approve("ask", "bob", "looks good"));
  CAF_CHECK_EQUAL(run.result(), std::string{"shipped"});
  CAF_CHECK(run.result_of("ask").find(R"("by":"bob","reason":"looks good")") != std::string::npos);
  CAF_CHECK(run.timers().empty());
}

CAF_TEST(all have to approve and one rejection is enough to reject) {
  auto run = started(release("rule: {mode: all}"));
  CAF_CHECK(!run.approve("ask", "ann"));
  CAF_CHECK(!run.approve("ask", "bob"));
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  CAF_CHECK(!run.reject("ask", "cid", "it is Friday"));
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.failure(), std::string{"step ask: cid rejected it: it is Friday"});
  CAF_CHECK_EQUAL(run.times("say"), 0);
}

CAF_TEST(two of three decide although one rejects) {
  auto run = started(release("rule: {mode: n_of, count: 2}"));
  CAF_CHECK(!run.reject("ask", "ann"));
  CAF_CHECK(!run.approve("ask", "bob"));
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  CAF_CHECK(!run.approve("ask", "cid"));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
}

CAF_TEST(the same answer twice is one and another is refused) {
  auto run = started(release("rule: {mode: all}"));
  CAF_CHECK(!run.approve("ask", "ann"));
  auto events = run.journal().size();
  CAF_CHECK(!run.approve("ask", "ann"));
  CAF_CHECK_EQUAL(run.journal().size(), events);
  CAF_CHECK_EQUAL(code_of(run.reject("ask", "ann")), ec::conflict);
}

CAF_TEST(who is not asked may not answer) {
  auto run = started(release("rule: {mode: any}"));
  CAF_CHECK_EQUAL(describe(run.approve("ask", "eve")),
                  std::string{"permission_denied: 'eve' is not asked at step 'ask'"});
  CAF_CHECK_EQUAL(code_of(run.approve("ship", "ann")), ec::not_found);
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
}

CAF_TEST(an answer that comes late is refused) {
  auto run = started(release("rule: {mode: any}"));
  CAF_CHECK(!run.approve("ask", "ann"));
  CAF_CHECK(!run.approve("ask", "ann"));
  CAF_CHECK_EQUAL(code_of(run.approve("ask", "bob")), ec::conflict);
}

CAF_TEST(without an answer an approval is rejected after an hour) {
  auto run = started(release("rule: {mode: any}"));
  run.pass(1h - 1ms);
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  run.pass(1ms);
  CAF_CHECK_EQUAL(run.failure(), std::string{"step ask: nobody answered in time"});
}

CAF_TEST(a timeout may approve) {
  auto run = started(release("timeout: 10m, on_timeout: approve"));
  run.pass(10min);
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK(run.result_of("ask").find(R"("timed_out":true)") != std::string::npos);
}

CAF_TEST(a timeout may ask others for as long again) {
  auto run = started(release("rule: {mode: any}, timeout: 10m, on_timeout: escalate, escalate_to: [dan]"));
  CAF_CHECK_EQUAL(code_of(run.approve("ask", "dan")), ec::permission_denied);
  run.pass(10min).crash();
  CAF_CHECK(!run.approve("ask", "dan"));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  auto silent = started(release("timeout: 10m, on_timeout: escalate, escalate_to: [dan]"));
  silent.pass(20min);
  CAF_CHECK_EQUAL(silent.status(), RUN_FAILED);
}

CAF_TEST(a rejection may be a result) {
  auto run = started(release("rule: {mode: any}, may_reject: true"));
  for (auto who : {"ann", "bob", "cid"})
    CAF_CHECK(!run.reject("ask", who));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK(run.result_of("ask").find(R"("approved":false)") != std::string::npos);
}

CAF_TEST(who is asked may let somebody else answer) {
  auto run = started(release("rule: {mode: all}"));
  DelegateApproval delegate;
  delegate.set_step("ask");
  delegate.set_to("dan");
  CAF_CHECK_EQUAL(code_of(run.send(delegate, "eve")), ec::permission_denied);
  CAF_CHECK(!run.send(delegate, "ann"));
  CAF_CHECK_EQUAL(code_of(run.approve("ask", "ann")), ec::permission_denied);
  CAF_CHECK(!run.approve("ask", "dan"));
  delegate.set_to("bob");
  CAF_CHECK_EQUAL(code_of(run.send(delegate, "cid")), ec::invalid_argument);
}

CAF_TEST(a run waits for months and then goes on) {
  auto run = started(release("timeout: 365d, rule: {mode: any}"));
  run.pass(24h * 180).crash(true);
  CAF_CHECK(!run.approve("ask", "ann"));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
}
