// The picture of a tree is complete, bounded in time, and honest about who does not answer.
#define CAF_SUITE actors.agent.tree
#include "tests/actors/agent/supervised.hpp"
#include <troupe/actors/agent/tree.hpp>

using namespace troupe;
using namespace troupe::tests;

CAF_TEST_FIXTURE_SCOPE(tree_tests, supervised_house)

CAF_TEST(every phase has its word) {
  roster_child row;
  auto state = [&](phase now, bool again) {
    row.now = now;
    row.again = again;
    return describe_child(row, nullptr, false, nullptr).state();
  };
  CAF_CHECK_EQUAL(state(phase::idle, false), "stopped");
  CAF_CHECK_EQUAL(state(phase::waiting, false), "restarting");
  CAF_CHECK_EQUAL(state(phase::starting, false), "restarting");
  CAF_CHECK_EQUAL(state(phase::running, false), "running");
  CAF_CHECK_EQUAL(state(phase::stopping, false), "stopping");
  CAF_CHECK_EQUAL(state(phase::stopping, true), "restarting");
  CAF_CHECK_EQUAL(state(phase::stuck, true), "stuck");
}

CAF_TEST(restarts and failures of every level are in the picture) {
  start(options(strategy::one_for_one),
        {child("a"),
         supervisor_child(options(strategy::one_for_all, "root/sub"), {child("sub/b"), child("sub/c")}),
         child("t", restart::temporary)});
  tell_worker("sub/b", crash);
  tell_worker("t", leave);
  pass(100ms);
  auto seen = tree();
  CAF_CHECK_EQUAL(seen.id(), "root");
  CAF_CHECK_EQUAL(seen.kind(), "supervisor");
  CAF_CHECK_EQUAL(seen.state(), "running");
  CAF_CHECK_EQUAL(states(seen), (lines{"a running 0", "sub running 0", "t stopped 0"}));
  CAF_CHECK_EQUAL(seen.children(0).kind(), "worker");
  CAF_CHECK_EQUAL(seen.children(1).kind(), "supervisor");
  CAF_CHECK_EQUAL(seen.children(1).strategy(), "one_for_all");
  CAF_CHECK_EQUAL(states(seen.children(1)), (lines{"b running 1", "c running 1"}));
  CAF_CHECK_EQUAL(seen.children(1).children(0).last_failure(), "internal: boom");
  CAF_CHECK_EQUAL(seen.children(1).children(1).last_failure(), "");
}

CAF_TEST(a child on its way up makes its supervisor restarting) {
  start(options(strategy::one_for_one), {child("a")});
  tell_worker("a", crash);
  CAF_CHECK_EQUAL(std::string{tree().state()}, "restarting");
  pass(100ms);
  CAF_CHECK_EQUAL(std::string{tree().state()}, "running");
}

CAF_TEST(a supervisor that does not answer is shown as stuck and the rest of the tree without delay) {
  auto deaf = child("deaf");
  deaf.supervisor = true;
  workers["deaf"].never_answers = true;
  start(options(strategy::simple_one_for_one), {child("a"), deaf});
  auto seen = answer<TreeNode>(root, GetTree{}, limits::tree_wait);
  CAF_REQUIRE(seen);
  CAF_CHECK_EQUAL(states(*seen), (lines{"a running 0", "deaf stuck 0"}));
}

CAF_TEST(a silent leaf costs its branch and not the levels above it) {
  auto deaf = child("deaf");
  deaf.supervisor = true;
  workers["deaf"].never_answers = true;
  auto low = options(strategy::simple_one_for_one, "root/mid/low");
  auto mid = options(strategy::simple_one_for_one, "root/mid");
  start(options(strategy::simple_one_for_one),
        {supervisor_child(mid, {child("x"), supervisor_child(low, {deaf})})});
  auto seen = answer<TreeNode>(root, GetTree{}, limits::tree_wait);
  CAF_REQUIRE(seen);
  CAF_CHECK_EQUAL(states(seen->children(0)), (lines{"x running 0", "low restarting 0"}));
  CAF_CHECK_EQUAL(states(seen->children(0).children(1)), (lines{"deaf stuck 0"}));
}

CAF_TEST(the mailbox of a child is in the picture) {
  start(options(strategy::one_for_one), {child("a")});
  workers["a"].while_hanging = [&] { CAF_CHECK_EQUAL(uint64_t{tree().children(0).mailbox()}, 2u); };
  Failure told;
  told.set_code(hang);
  auto a = caf::actor_cast<caf::actor>(workers["a"].last);
  caf::anon_send(a, told);
  caf::anon_send(a, Ping{});
  caf::anon_send(a, Ping{});
  a = nullptr;
  sched.run();
}

CAF_TEST_FIXTURE_SCOPE_END()
