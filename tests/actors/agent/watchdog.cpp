// The watchdog names who makes no progress: the handler that holds its thread, the actor that never answers.
#define CAF_SUITE actors.agent.watchdog
#include "tests/actors/agent/supervised.hpp"
#include <troupe/actors/agent/watchdog.hpp>

using namespace troupe;
using namespace troupe::tests;

namespace {

struct guarded_house : supervised_house {
  std::vector<StuckActor> reports;

  child_spec watchdog() {
    child_spec spec;
    spec.id = "watchdog";
    spec.start = [this](caf::scheduled_actor* parent) {
      watchdog_options opts;
      opts.board = &board;
      opts.report = [this](const StuckActor& a) { reports.push_back(a); };
      return spawn_watchdog(parent, opts);
    };
    return spec;
  }

  lines seen() {
    lines result;
    for (auto& r : std::exchange(reports, {}))
      result.push_back(r.path() + " " + r.why() + " " + r.message() + " " + std::to_string(r.for_ms()));
    return result;
  }

  std::vector<StuckActor> stuck_now() {
    auto dog = caf::actor_cast<watchdog_actor>(board_find("root/watchdog"));
    auto list = answer<StuckList>(dog, GetStuck{});
    return {list->actors().begin(), list->actors().end()};
  }

  caf::actor board_find(const std::string& path) {
    for (auto& w : board.all_watched())
      if (w.path == path)
        return caf::actor_cast<caf::actor>(w.actor);
    return {};
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(watchdog_tests, guarded_house)

CAF_TEST(a handler that holds its thread is named with its message while it runs) {
  auto named = child("hog");
  named.ref = "system/service/hog";
  start(options(strategy::one_for_one), {watchdog(), child("good"), named});
  workers["hog"].while_hanging = [&] {
    pass(limits::watchdog_every);
    CAF_CHECK_EQUAL(seen(), (lines{"root/hog holds_thread troupe::Failure 1000"}));
    auto list = stuck_now();
    CAF_REQUIRE_EQUAL(list.size(), 1u);
    CAF_CHECK_EQUAL(list[0].ref(), "system/service/hog");
    CAF_CHECK(list[0].handling());
    auto picture = tree();
    CAF_CHECK_EQUAL(states(picture), (lines{"watchdog running 0", "good running 0", "hog stuck 0"}));
    pass(10s);
    CAF_CHECK(seen().empty()); // told once
  };
  tell_worker("hog", hang);
  pass(limits::watchdog_every);
  auto after = seen();
  CAF_REQUIRE_EQUAL(after.size(), 2u);
  CAF_CHECK_EQUAL(after[0], "root/hog slow troupe::Failure 11000");
  CAF_CHECK(after[1].rfind("root/hog recovered", 0) == 0);
  CAF_CHECK(stuck_now().empty());
  auto picture = tree();
  CAF_CHECK_EQUAL(states(picture), (lines{"watchdog running 0", "good running 0", "hog running 0"}));
}

CAF_TEST(a slow handler is named although it ended between two looks) {
  start(options(strategy::one_for_one), {watchdog(), child("slow"), child("quick")});
  workers["slow"].while_hanging = [&] { sched.advance_time(101ms); };
  workers["quick"].while_hanging = [&] { sched.advance_time(100ms); };
  tell_worker("slow", hang);
  tell_worker("quick", hang);
  pass(limits::watchdog_every);
  CAF_CHECK_EQUAL(seen(), (lines{"root/slow slow troupe::Failure 101"}));
}

CAF_TEST(an actor that does not answer is silent and named after the limit) {
  workers["a"].never_answers = true;
  auto mute = child("a");
  mute.start_timeout = 1h;
  start(options(strategy::one_for_one), {watchdog(), mute});
  pass(limits::watchdog_answer + limits::watchdog_every - 1ms);
  CAF_CHECK(seen().empty());
  pass(1ms);
  CAF_CHECK_EQUAL(seen(), (lines{"root/a silent troupe::Ping 5000"}));
  auto list = stuck_now();
  CAF_REQUIRE_EQUAL(list.size(), 1u);
  CAF_CHECK(!list[0].handling());
  caf::anon_send_exit(board_find("root/a"), caf::exit_reason::kill);
  workers["a"].never_answers = false;
  pass(2 * limits::watchdog_every);
  CAF_CHECK_EQUAL(seen().size(), 1u); // recovered
  CAF_CHECK(stuck_now().empty());
}

CAF_TEST(those who answer are never reported) {
  start(options(strategy::one_for_one),
        {watchdog(), child("a"),
         supervisor_child(options(strategy::one_for_one, "root/sub"), {child("sub/b")})});
  tell_worker("a", crash);
  pass(20s);
  CAF_CHECK(seen().empty());
  CAF_CHECK_EQUAL(board.all_watched().size(), 4u);
}

CAF_TEST_FIXTURE_SCOPE_END()
