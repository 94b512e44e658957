// A supervisor starts in order, restarts what OTP restarts, stops in reverse, fails upward, and leaves nobody
// behind.
#define CAF_SUITE actors.agent.supervisor
#include "tests/actors/agent/supervised.hpp"

using namespace troupe;
using namespace troupe::tests;

CAF_TEST_FIXTURE_SCOPE(supervisor_tests, supervised_house)

CAF_TEST(children start in order and each waits until the one before answers) {
  workers["b"].never_answers = true;
  start(options(strategy::one_for_one), {child("a"), child("b"), child("c")});
  CAF_CHECK_EQUAL(told(), (lines{"starting a", "running a", "starting b"}));
  workers["b"].never_answers = false;
  pass(limits::start_timeout);
  CAF_CHECK_EQUAL(told(), (lines{"failed b: no answer to Ping within 30000 ms after its start"}));
  pass(100ms);
  CAF_CHECK_EQUAL(told(), (lines{"starting b", "running b", "starting c", "running c"}));
}

CAF_TEST(children stop in reverse order and the supervisor ends normally) {
  start(options(strategy::one_for_one), {child("a"), child("b"), child("c")});
  told();
  self->monitor(root);
  CAF_CHECK(answer<Done>(root, StopTree{}));
  CAF_CHECK_EQUAL(told(), (lines{"stopping c", "ended c", "stopping b", "ended b", "stopping a", "ended a"}));
  bool down = false;
  self->receive([&](const caf::down_msg& m) {
    down = true;
    CAF_CHECK(m.reason == caf::exit_reason::normal);
  });
  CAF_CHECK(down);
}

CAF_TEST(an exit message stops the tree in order and becomes the reason) {
  start(options(strategy::one_for_one), {child("a"), child("b")});
  told();
  self->monitor(root);
  self->send_exit(root, caf::exit_reason::user_shutdown);
  sched.run();
  CAF_CHECK_EQUAL(told("stopping"), (lines{"stopping b", "stopping a"}));
  self->receive([&](const caf::down_msg& m) { CAF_CHECK(m.reason == caf::exit_reason::user_shutdown); });
}

CAF_TEST(a killed supervisor takes its children along) {
  start(options(strategy::one_for_one),
        {child("a"), supervisor_child(options(strategy::one_for_one, "root/sub"), {child("sub/b")})});
  CAF_CHECK_EQUAL(workers["a"].alive + workers["sub/b"].alive, 2);
  caf::anon_send_exit(root, caf::exit_reason::kill);
  sched.run();
  CAF_CHECK_EQUAL(workers["a"].alive + workers["sub/b"].alive, 0);
}

CAF_TEST(one for one restarts the dead child after its backoff and nobody else) {
  start(options(strategy::one_for_one), {child("a"), child("b"), child("c")});
  tell_worker("b", crash);
  pass(99ms);
  CAF_CHECK_EQUAL(starts({"a", "b", "c"}), (counts{1, 1, 1}));
  pass(1ms);
  CAF_CHECK_EQUAL(starts({"a", "b", "c"}), (counts{1, 2, 1}));
}

CAF_TEST(one for all stops the others in reverse and starts all in order) {
  start(options(strategy::one_for_all), {child("a"), child("b"), child("c")});
  told();
  tell_worker("b", crash);
  pass(100ms);
  CAF_CHECK_EQUAL(told(),
                  (lines{"failed b: internal: boom", "stopping c", "ended c", "stopping a", "ended a",
                         "starting a", "running a", "starting b", "running b", "starting c", "running c"}));
}

CAF_TEST(rest for one takes along those after it) {
  start(options(strategy::rest_for_one), {child("a"), child("b"), child("c"), child("d")});
  told();
  tell_worker("b", crash);
  pass(100ms);
  CAF_CHECK_EQUAL(told(),
                  (lines{"failed b: internal: boom", "stopping d", "ended d", "stopping c", "ended c",
                         "starting b", "running b", "starting c", "running c", "starting d", "running d"}));
}

CAF_TEST(a death during the backoff of a later one widens the restart) {
  start(options(strategy::rest_for_one), {child("a"), child("b"), child("c")});
  tell_worker("c", crash);
  pass(50ms);
  tell_worker("a", crash);
  told();
  pass(100ms);
  CAF_CHECK_EQUAL(told("starting"), (lines{"starting a", "starting b", "starting c"}));
  CAF_CHECK_EQUAL(starts({"a", "b", "c"}), (counts{2, 2, 2}));
}

CAF_TEST(kinds decide who comes back after which end) {
  start(options(strategy::one_for_one),
        {child("p1"), child("p2"), child("t1", restart::transient), child("t2", restart::transient),
         child("n1", restart::temporary), child("n2", restart::temporary)});
  tell_worker("p1", leave);
  tell_worker("p2", crash);
  tell_worker("t1", leave);
  tell_worker("t2", crash);
  tell_worker("n1", leave);
  tell_worker("n2", crash);
  pass(1s);
  CAF_CHECK_EQUAL(starts({"p1", "p2", "t1", "t2", "n1", "n2"}), (counts{2, 2, 1, 2, 1, 1}));
}

CAF_TEST(one restart beyond the intensity ends the supervisor with child and failure in the reason) {
  auto opts = options(strategy::one_for_one);
  opts.rules.pause.longest = 100ms;
  start(opts, {child("a"), child("b")});
  self->monitor(root);
  for (int i = 0; i < 3; ++i) {
    tell_worker("b", crash);
    pass(100ms);
  }
  CAF_CHECK_EQUAL(workers["b"].starts, 4u);
  told();
  tell_worker("b", crash, "the last straw");
  CAF_CHECK_EQUAL(told("stopping"), (lines{"stopping a"}));
  self->receive([&](const caf::down_msg& m) {
    auto text = describe(m.reason);
    CAF_CHECK_EQUAL(code_of(m.reason), ec::internal);
    CAF_CHECK(text.find("'b'") != std::string::npos);
    CAF_CHECK(text.find("the last straw") != std::string::npos);
  });
}

CAF_TEST(restarts spread over more than the period never escalate) {
  auto opts = options(strategy::one_for_one);
  opts.rules.pause = {100ms, 100ms, 0, 60s};
  start(opts, {child("a")});
  for (int i = 0; i < 9; ++i) {
    tell_worker("a", crash);
    pass(1700ms); // three in five seconds, never four
  }
  CAF_CHECK_EQUAL(workers["a"].starts, 10u);
}

CAF_TEST(the backoff grows and a quiet period resets it) {
  auto opts = options(strategy::one_for_one);
  opts.rules.pause.quiet = 10s;
  start(opts, {child("a")});
  tell_worker("a", crash);
  pass(100ms);
  tell_worker("a", crash);
  pass(199ms);
  CAF_CHECK_EQUAL(workers["a"].starts, 2u);
  pass(1ms);
  CAF_CHECK_EQUAL(workers["a"].starts, 3u);
  pass(10s); // quiet
  tell_worker("a", crash);
  pass(100ms);
  CAF_CHECK_EQUAL(workers["a"].starts, 4u);
  pass(9999ms); // one millisecond too short
  tell_worker("a", crash);
  pass(100ms);
  CAF_CHECK_EQUAL(workers["a"].starts, 4u);
  pass(100ms);
  CAF_CHECK_EQUAL(workers["a"].starts, 5u);
}

CAF_TEST(who does not end in time is killed and only then the next one stops) {
  auto slow = child("b");
  slow.shutdown = 700ms;
  start(options(strategy::one_for_one), {child("a"), slow});
  tell_worker("b", refuse_to_end);
  told();
  auto open = self->request(root, caf::infinite, StopTree{});
  pass(699ms);
  CAF_CHECK_EQUAL(told(), (lines{"stopping b"}));
  pass(1ms);
  CAF_CHECK_EQUAL(told(), (lines{"killed b", "failed b: exit_reason(kill)", "stopping a", "ended a"}));
  open.receive([](const Done&) { CAF_MESSAGE("answered"); },
               [](const caf::error& e) { CAF_FAIL(describe(e)); });
}

CAF_TEST(a start function that throws is a failure of that child and bounded by the intensity) {
  workers["b"].start_throws = true;
  start(options(strategy::one_for_one), {child("a"), child("b"), child("c")});
  self->monitor(root);
  CAF_CHECK_EQUAL(told(),
                  (lines{"starting a", "running a", "starting b", "failed b: start failed: no room"}));
  auto seen = tree();
  CAF_CHECK_EQUAL(seen.children(1).state(), "restarting");
  CAF_CHECK_EQUAL(seen.children(1).last_failure(), "start failed: no room");
  pass(2s);
  CAF_CHECK_EQUAL(starts({"a", "b", "c"}), (counts{1, 4, 0}));
  self->receive(
      [&](const caf::down_msg& m) { CAF_CHECK(describe(m.reason).find("no room") != std::string::npos); });
}

CAF_TEST(a child that throws while it initializes has not started) {
  workers["a"].init_throws = true;
  start(options(strategy::one_for_one), {child("a"), child("b")});
  CAF_CHECK_EQUAL(told(), (lines{"starting a", "failed a: internal: init failed"}));
  workers["a"].init_throws = false;
  pass(100ms);
  CAF_CHECK_EQUAL(told(), (lines{"starting a", "running a", "starting b", "running b"}));
}

CAF_TEST(failures climb two levels and each level acts by its own strategy) {
  auto low = options(strategy::one_for_one, "root/mid/low");
  auto mid = options(strategy::rest_for_one, "root/mid");
  low.rules.intensity = mid.rules.intensity = 0;
  start(options(strategy::one_for_one),
        {child("x"), supervisor_child(mid, {child("mid/y"), supervisor_child(low, {child("low/z")})})});
  CAF_CHECK_EQUAL(starts({"x", "mid/y", "low/z"}), (counts{1, 1, 1}));
  told();
  tell_worker("low/z", crash, "deep");
  auto failures = told("failed");
  CAF_REQUIRE_EQUAL(failures.size(), 3u);
  CAF_CHECK_EQUAL(failures[0], "failed z: internal: deep");
  CAF_CHECK(failures[2].rfind("failed mid: ", 0) == 0);
  for (auto part : {"'low'", "'z'", "deep"})
    CAF_CHECK(failures[2].find(part) != std::string::npos);
  pass(100ms);
  CAF_CHECK_EQUAL(starts({"x", "mid/y", "low/z"}), (counts{1, 2, 2}));
  auto seen = tree();
  CAF_CHECK_EQUAL(states(seen), (lines{"x running 0", "mid running 1"}));
  CAF_CHECK(seen.children(1).last_failure().find("deep") != std::string::npos);
}

CAF_TEST(in a tree of depth four a leaf restarts what it must and nothing else) {
  auto leaves = supervisor_child(options(strategy::rest_for_one, "root/a/b/c"),
                                 {child("c/1"), child("c/2"), child("c/3")});
  auto b = supervisor_child(options(strategy::one_for_all, "root/a/b"), {child("b/1"), leaves, child("b/2")});
  auto a = supervisor_child(options(strategy::one_for_one, "root/a"), {child("a/1"), b, child("a/2")});
  start(options(strategy::rest_for_one), {child("r/1"), a, child("r/2")});
  CAF_CHECK_EQUAL(told("running"),
                  (lines{"running 1", "running 1", "running 1", "running 1", "running 2", "running 3",
                         "running c", "running 2", "running b", "running 2", "running a", "running 2"}));
  tell_worker("c/2", crash);
  pass(1s);
  CAF_CHECK_EQUAL(starts({"c/1", "c/2", "c/3", "b/1", "b/2", "a/1", "a/2", "r/1", "r/2"}),
                  (counts{1, 2, 2, 1, 1, 1, 1, 1, 1}));
  auto c = tree().children(1).children(1).children(1);
  CAF_CHECK_EQUAL(c.strategy(), "rest_for_one");
  CAF_CHECK_EQUAL(states(c), (lines{"1 running 0", "2 running 1", "3 running 1"}));
}

CAF_TEST(a ref is unavailable while its actor is down and means the new one afterwards) {
  auto named = child("a");
  named.ref = "system/service/a";
  start(options(strategy::one_for_one), {named});
  auto first = names.find(named.ref);
  CAF_REQUIRE(first);
  auto asker = sys.spawn(
      [this](caf::event_based_actor* me, std::string name) -> caf::behavior {
        return {[=, this](const Ping&) {
          ask<StuckList>(me, names, name, 1s, GetStuck{})
              .then([=, this](const StuckList&) { log.push_back("answer"); },
                    [=, this](caf::error& e) { log.push_back(to_string(code_of(e))); });
        }};
      },
      named.ref);
  auto ask_now = [&] {
    told();
    caf::anon_send(asker, Ping{});
    sched.run();
    return told();
  };
  CAF_CHECK_EQUAL(ask_now(), lines{"answer"});
  tell_worker("a", crash);
  CAF_CHECK(!names.find(named.ref));
  CAF_CHECK_EQUAL(ask_now(), lines{"unavailable"});
  pass(100ms);
  CAF_CHECK(names.find(named.ref));
  CAF_CHECK(names.find(named.ref) != first);
  CAF_CHECK_EQUAL(ask_now(), lines{"answer"});
  caf::anon_send_exit(asker, caf::exit_reason::user_shutdown);
}

CAF_TEST(a simple supervisor starts children at run time and forgets those that end) {
  auto opts = options(strategy::simple_one_for_one);
  opts.make_child = [this](const StartChild& c) -> caf::expected<child_spec> {
    if (c.argument() == "bad")
      return make_error(ec::invalid_argument, "bad argument");
    return child(c.id(), restart::transient);
  };
  start(opts, {});
  auto add = [&](const std::string& id, const std::string& argument = {}) {
    StartChild c;
    c.set_id(id);
    c.set_argument(argument);
    return answer<Done>(root, c);
  };
  auto stop = [&](const std::string& id) {
    StopChild c;
    c.set_id(id);
    return answer<Done>(root, c);
  };
  CAF_CHECK(add("a"));
  CAF_CHECK(add("b"));
  CAF_CHECK_EQUAL(code_of(add("a").error()), ec::already_exists);
  CAF_CHECK_EQUAL(code_of(add("c", "bad").error()), ec::invalid_argument);
  workers["d"].start_throws = true;
  CAF_CHECK_EQUAL(code_of(add("d").error()), ec::unavailable);
  tell_worker("a", crash);
  pass(100ms);
  CAF_CHECK_EQUAL(states(tree()), (lines{"a running 1", "b running 0"}));
  tell_worker("a", leave);
  CAF_CHECK(stop("b"));
  CAF_CHECK_EQUAL(workers["b"].alive, 0);
  CAF_CHECK_EQUAL(code_of(stop("b").error()), ec::not_found);
  CAF_CHECK_EQUAL(tree().children_size(), 0);
  CAF_CHECK(add("b"));
}

CAF_TEST(a supervisor of fixed children refuses new ones) {
  start(options(strategy::one_for_one), {child("a")});
  StartChild c;
  c.set_id("b");
  CAF_CHECK_EQUAL(code_of(answer<Done>(root, c).error()), ec::invalid_argument);
}

CAF_TEST(a handler that never returns does not hold up the others and is named) {
  auto hung = child("b");
  hung.shutdown = 1s;
  start(options(strategy::one_for_one), {child("a"), hung, child("c")});
  told();
  workers["b"].while_hanging = [&] {
    auto open = self->request(root, caf::infinite, StopTree{});
    pass(1s + limits::kill_timeout);
    CAF_CHECK_EQUAL(told(), (lines{"stopping c", "ended c", "stopping b", "killed b",
                                   "stuck b: even kill does not end it", "stopping a", "ended a"}));
    open.receive(
        [](const Done&) { CAF_FAIL("b still runs"); },
        [](const caf::error& e) { CAF_CHECK_EQUAL(describe(e), "timeout: even kill does not end root/b"); });
  };
  tell_worker("b", hang);
}

CAF_TEST(a hanging child is not started a second time before the first is gone) {
  auto hung = child("b");
  hung.shutdown = 1s;
  start(options(strategy::one_for_all), {child("a"), hung});
  workers["b"].while_hanging = [&] {
    tell_worker("a", crash);
    pass(20s);
    CAF_CHECK_EQUAL(starts({"a", "b"}), (counts{1, 1}));
    CAF_CHECK_EQUAL(states(tree()), (lines{"a restarting 0", "b stuck 0"}));
  };
  tell_worker("b", hang);
  pass(1s);
  CAF_CHECK_EQUAL(starts({"a", "b"}), (counts{2, 2}));
}

CAF_TEST_FIXTURE_SCOPE_END()
