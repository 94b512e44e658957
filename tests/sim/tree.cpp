// The judge of the tree counts what was granted, and nothing else.
#define CAF_SUITE sim.tree
#include <caf/test/unit_test.hpp>
#include <tests/simulator/tree_judge.hpp>

using namespace troupe;

namespace {

struct subject {
  std::vector<std::string> laws;
  tree_judge judge{[this](auto law, auto) { laws.push_back(law); }};
  int64_t now_us = 0;

  subject() {
    judge.know("root", {}, {"drill"});
    know(strategy::one_for_one);
  }

  void know(strategy how) {
    restart_rules rules;
    rules.how = how; // at most 3 within 5 s, as everywhere
    judge.know("root/drill", rules, {"a", "b"});
    report("drill", "starting");
    for (auto id : {"drill/a", "drill/b"})
      report(id, "starting");
  }

  void report(std::string id, std::string what) {
    ChildEvent event;
    event.set_path("root/" + id);
    event.set_what(what);
    judge.reported(event, now_us);
  }

  // Each a second after the one before.
  void restart(int times) {
    for (; times > 0; --times) {
      now_us += 1'000'000;
      report("drill/a", "failed");
      report("drill/a", "starting");
    }
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tree_judge_tests, subject)

CAF_TEST(one restart more than the rules allow breaks the law) {
  restart(3);
  CAF_CHECK(laws.empty());
  restart(1);
  CAF_CHECK(laws == std::vector<std::string>{"intensity"});
}

CAF_TEST(restarts that are long ago do not count) {
  restart(3);
  now_us += 5'000'000;
  restart(3);
  CAF_CHECK(laws.empty());
}

CAF_TEST(who dies after his supervisor has given up is not restarted) {
  restart(3);
  report("drill/a", "failed");
  report("drill/a", "escalated");
  report("drill/b", "failed"); // by itself, before it was its turn to be stopped
  report("drill/b", "stopping");
  CAF_CHECK(laws.empty());
}

CAF_TEST(who dies while his supervisor is told to end is not restarted) {
  restart(3);
  report("drill", "stopping");
  report("drill/a", "failed");
  report("drill/b", "stopping");
  CAF_CHECK(laws.empty());
}

CAF_TEST(a supervisor that has given up starts nobody) {
  report("drill/a", "failed");
  report("drill/a", "escalated");
  report("drill/a", "starting");
  CAF_CHECK(laws == std::vector<std::string>{"intensity"});
}

CAF_TEST(a supervisor that starts anew has no past) {
  restart(3);
  report("drill/a", "failed");
  report("drill/a", "escalated");
  report("drill", "failed");
  report("drill", "starting");
  report("drill/a", "starting");
  restart(3);
  CAF_CHECK(laws.empty());
}

CAF_TEST(in a group nobody starts before all later ones are down) {
  know(strategy::rest_for_one);
  report("drill/a", "failed");
  report("drill/b", "stopping");
  report("drill/b", "ended");
  report("drill/a", "starting");
  report("drill/b", "starting");
  CAF_CHECK(laws.empty());
  report("drill/a", "failed");
  report("drill/a", "starting");
  CAF_CHECK(laws == std::vector<std::string>{"group"});
}

CAF_TEST_FIXTURE_SCOPE_END()
