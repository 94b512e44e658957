// A child that does not start says why, and its names come and go with it.
#define CAF_SUITE actors.agent.child
#include "tests/actors/agent/supervised.hpp"

using namespace troupe;
using namespace troupe::tests;

CAF_TEST_FIXTURE_SCOPE(child_tests, supervised_house)

CAF_TEST(a start function that throws or returns nothing is an error with text) {
  child_spec spec;
  auto text = [&] {
    std::string result;
    sys.spawn([&](caf::event_based_actor* parent) { result = describe(start_child(spec, parent).error()); });
    sched.run();
    return result;
  };
  spec.start = [](caf::scheduled_actor*) -> caf::actor { throw std::runtime_error("disk full"); };
  CAF_CHECK_EQUAL(text(), "internal: start failed: disk full");
  spec.start = [](caf::scheduled_actor*) -> caf::actor { throw 7; };
  CAF_CHECK_EQUAL(text(), "internal: start failed: something that is no std::exception was thrown");
  spec.start = [](caf::scheduled_actor*) { return caf::actor{}; };
  CAF_CHECK_EQUAL(text(), "internal: start failed: no actor was returned");
}

CAF_TEST(only normal and shutdown are no failures) {
  CAF_CHECK_EQUAL(failure_of({}), "");
  CAF_CHECK_EQUAL(failure_of(caf::exit_reason::normal), "");
  CAF_CHECK_EQUAL(failure_of(caf::exit_reason::user_shutdown), "");
  CAF_CHECK_EQUAL(failure_of(caf::exit_reason::kill), "exit_reason(kill)");
  CAF_CHECK_EQUAL(failure_of(make_error(ec::corrupt, "block 7")), "corrupt: block 7");
}

CAF_TEST(a late goodbye of an old child does not take the name of the new one) {
  child_spec spec;
  spec.ref = "system/service/a";
  auto idle = [](caf::event_based_actor*) -> caf::behavior { return {[](const Ping&) { return Done{}; }}; };
  auto first = sys.spawn(idle), second = sys.spawn(idle);
  child_places places{&names, &board};
  places.enter("root/a", spec, first);
  CAF_CHECK(!names.find(spec.ref)); // it has not answered yet
  places.open(spec, first);
  CAF_CHECK(names.find(spec.ref) == first);
  places.open(spec, second);
  places.leave(spec, first);
  CAF_CHECK(names.find(spec.ref) == second);
  places.leave(spec, second);
  CAF_CHECK(!names.find(spec.ref));
  sched.run();
  caf::anon_send_exit(first, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(second, caf::exit_reason::user_shutdown);
}

CAF_TEST_FIXTURE_SCOPE_END()
