// Random trees, random crashes: nobody runs twice, the order holds, restarts stay within the intensity,
// nobody is left.
#define CAF_SUITE actors.agent.supervision
#include "tests/actors/agent/supervised.hpp"
#include <random>

using namespace troupe;
using namespace troupe::tests;

namespace {

/// Grows a tree of random shape and rules; its workers check the invariants whenever they start.
struct forest : supervised_house {
  std::mt19937_64 random;
  std::map<std::pair<uint64_t, std::string>, std::vector<instant>>
      starts_of; // by supervisor actor and worker
  std::map<std::string, unsigned> throws_left;
  std::vector<std::string> broken;

  uint64_t below(uint64_t n) {
    return random() % n;
  }

  void check(bool holds, const std::string& what) {
    if (!holds)
      broken.push_back(what);
  }

  child_spec grow_worker(const std::string& id, const std::vector<std::string>& later,
                         const restart_rules& rules) {
    auto spec = child(id, static_cast<restart>(below(3)));
    spec.start = [this, id, later, rules, inner = spec.start](caf::scheduled_actor* parent) {
      if (rules.how == strategy::one_for_all || rules.how == strategy::rest_for_one)
        for (auto& other : later)
          check(workers[other].alive == 0, id + " starts while " + other + " lives");
      check(workers[id].alive == 0, id + " starts twice");
      auto now = sched.clock().now();
      auto& times = starts_of[{parent->id(), id}];
      times.push_back(now);
      auto recent =
          std::count_if(times.begin() + 1, times.end(), [&](auto t) { return now <= t + rules.period; });
      check(recent <= static_cast<ptrdiff_t>(rules.intensity), id + " restarts too often");
      if (throws_left[id] > 0 && throws_left[id]-- > 0)
        throw std::runtime_error("no room");
      return inner(parent);
    };
    return spec;
  }

  std::vector<child_spec> grow(const std::string& path, unsigned depth, const restart_rules& rules) {
    std::vector<child_spec> children;
    std::vector<std::string> ids;
    auto count = 1 + below(3);
    for (uint64_t i = 0; i < count; ++i)
      ids.push_back(path + "/" + std::to_string(i));
    for (uint64_t i = 0; i < count; ++i) {
      std::vector<std::string> later{ids.begin() + static_cast<ptrdiff_t>(i) + 1, ids.end()};
      if (depth > 1 && below(2) == 0) {
        auto opts = random_options(ids[i]);
        auto below_it = grow(ids[i], depth - 1, opts.rules);
        children.push_back(supervisor_child(opts, std::move(below_it)));
      } else {
        children.push_back(grow_worker(ids[i], later, rules));
      }
    }
    return children;
  }

  supervisor_options random_options(const std::string& path) {
    auto opts = options(static_cast<strategy>(below(4)), path);
    opts.seed = random();
    opts.rules.intensity = static_cast<unsigned>(below(4));
    opts.rules.period = std::chrono::milliseconds{below(1000)};
    opts.rules.pause = {0ms, 0ms, 0, 0ms}; // so that a restart happens when it is granted
    return opts;
  }

  void live_through(uint64_t seed) {
    random.seed(seed);
    auto opts = random_options("root");
    opts.rules.intensity = 1000; // the forest itself stays
    auto children = grow("root", 4, opts.rules);
    start(opts, std::move(children));
    for (int i = 0; i < 60; ++i) {
      std::vector<std::string> living;
      for (auto& [id, w] : workers)
        if (w.alive > 0)
          living.push_back(id);
      if (!living.empty()) {
        auto& id = living[below(living.size())];
        throws_left[id] = below(6) == 0 ? static_cast<unsigned>(below(5)) : 0;
        tell_worker(id, below(3) == 0 ? leave : crash);
      }
      pass(std::chrono::milliseconds{below(40)});
    }
    auto stopped = answer<Done>(root, StopTree{}, 1s);
    check(static_cast<bool>(stopped), "StopTree was not answered");
    root = nullptr;
    for (auto& [id, w] : workers) {
      check(w.alive == 0, id + " was left behind");
      check(w.most_alive <= 1, id + " ran twice");
    }
    check(sys.registry().running() == running_before, "an actor was left behind");
    for (auto& what : broken)
      CAF_ERROR("seed " << seed << ": " << what);
    CAF_CHECK(broken.empty());
    broken.clear();
    workers.clear();
    starts_of.clear();
    throws_left.clear();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(supervision_tests, forest)

CAF_TEST(random trees survive random crashes in order) {
  for (uint64_t seed = 1; seed <= 60; ++seed)
    live_through(seed);
}

CAF_TEST(every event tells path and restarts and actor) {
  std::vector<ChildEvent> events;
  auto opts = options(strategy::one_for_one, "root/core");
  opts.on_event = [&](const ChildEvent& e) { events.push_back(e); };
  start(opts, {child("a")});
  tell_worker("a", crash);
  pass(100ms);
  CAF_CHECK(answer<Done>(root, StopTree{}));
  CAF_REQUIRE_EQUAL(events.size(), 7u);
  CAF_CHECK_EQUAL(events[2].what(), "failed");
  CAF_CHECK_EQUAL(events[2].path(), "root/core/a");
  CAF_CHECK_EQUAL(events[2].text(), "internal: boom");
  CAF_CHECK_EQUAL(events[4].what(), "running");
  CAF_CHECK_EQUAL(events[4].restarts(), 1u);
  CAF_CHECK_NOT_EQUAL(events[4].actor_id(), events[1].actor_id());
}

CAF_TEST(a failure text of any bytes stays readable and bounded) {
  start(options(strategy::one_for_one), {child("a")});
  tell_worker("a", crash, "x\xc3");
  auto seen = tree();
  CAF_CHECK_EQUAL(seen.children(0).last_failure(), "internal: x\xef\xbf\xbd");
  pass(100ms);
  tell_worker("a", crash, std::string(5000, 'x'));
  CAF_CHECK_EQUAL(tree().children(0).last_failure().size(), limits::failure_text_bytes);
}

CAF_TEST(whoever waits for the start of a tree that is stopped instead hears so) {
  workers["a"].never_answers = true;
  start(options(strategy::one_for_one), {child("a")});
  auto waiting = self->request(root, caf::infinite, AwaitStart{});
  sched.run();
  CAF_CHECK(answer<Done>(root, StopTree{}));
  waiting.receive([](const Done&) { CAF_FAIL("it never started"); },
                  [](const caf::error& e) { CAF_CHECK_EQUAL(code_of(e), ec::unavailable); });
}

CAF_TEST(the same seed gives the same jitter) {
  auto opts = options(strategy::one_for_one);
  opts.rules.pause.jitter = 1;
  auto first_wait = [&](uint64_t seed) {
    workers["a"].starts = 0;
    opts.seed = seed;
    start(opts, {child("a")});
    tell_worker("a", crash);
    auto wait = 0ms;
    for (; workers["a"].starts < 2; wait += 1ms)
      pass(1ms);
    answer<Done>(root, StopTree{});
    return wait.count();
  };
  auto one = first_wait(1);
  CAF_CHECK_EQUAL(first_wait(1), one);
  CAF_CHECK_NOT_EQUAL(first_wait(2), one);
}

CAF_TEST_FIXTURE_SCOPE_END()
