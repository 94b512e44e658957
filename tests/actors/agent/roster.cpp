// Whatever happens in whatever order: nobody runs twice, the order holds, and restarts stay within the
// intensity.
#define CAF_SUITE actors.agent.roster
#include <caf/test/unit_test.hpp>
#include <random>
#include <set>
#include <troupe/actors/agent/roster.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

/// A roster whose supervisor does at once what it is told; ends and first answers come when the test says so.
struct world {
  roster children;
  instant now{};
  lines log;

  world(restart_rules rules, const std::vector<std::pair<std::string, restart>>& specs) : children{rules} {
    for (auto& [id, kind] : specs)
      children.add(id, kind, false, now);
  }

  size_t at(const std::string& id) {
    return *children.find(id);
  }

  roster_step step() {
    auto next = children.next(now);
    if (next.what == roster_step::start)
      log.push_back("start " + children.children()[next.child].id);
    if (next.what == roster_step::stop)
      log.push_back("stop " + children.children()[next.child].id);
    return next;
  }

  /// Steps, and answers every start, until there is nothing more to do.
  roster_step settle() {
    for (;;) {
      auto next = step();
      if (next.what == roster_step::start)
        children.started(next.child, now);
      else if (next.what != roster_step::stop)
        return next;
    }
  }

  bool down(const std::string& id, const std::string& failure = "boom") {
    return children.down(at(id), failure, now, 0);
  }

  lines told() {
    return std::exchange(log, {});
  }
};

restart_rules rules(strategy how, unsigned intensity = 9) {
  return {how, intensity, 5s, {100ms, 30s, 0, 60s}};
}

constexpr auto P = restart::permanent;

} // namespace

CAF_TEST(a first start waits for the answer of the one before) {
  world w{rules(strategy::one_for_one), {{"a", P}, {"b", P}}};
  CAF_CHECK_EQUAL(w.step().what, roster_step::start);
  CAF_CHECK_EQUAL(w.step().what, roster_step::rest);
  w.children.started(w.at("a"), w.now);
  CAF_CHECK_EQUAL(w.step().what, roster_step::start);
  CAF_CHECK_EQUAL(w.told(), (lines{"start a", "start b"}));
}

CAF_TEST(in one for one a restart waits for nobody) {
  world w{rules(strategy::one_for_one), {{"a", P}, {"b", P}}};
  w.settle();
  w.down("a");
  w.down("b");
  w.now += 100ms;
  w.told();
  CAF_CHECK_EQUAL(w.step().what, roster_step::start); // a, not answered
  CAF_CHECK_EQUAL(w.step().what, roster_step::start);
  CAF_CHECK_EQUAL(w.told(), (lines{"start a", "start b"}));
}

CAF_TEST(in a group nobody starts while somebody is being stopped) {
  world w{rules(strategy::one_for_all), {{"a", P}, {"b", P}, {"c", P}}};
  w.settle();
  w.down("a");
  w.told();
  w.now += 1s;
  CAF_CHECK_EQUAL(w.settle().what, roster_step::rest);
  CAF_CHECK_EQUAL(w.told(), (lines{"stop c"}));
  w.down("c", "");
  w.settle();
  CAF_CHECK_EQUAL(w.told(), (lines{"stop b"}));
  w.down("b", "");
  w.settle();
  CAF_CHECK_EQUAL(w.told(), (lines{"start a", "start b", "start c"}));
}

CAF_TEST(a sibling that crashes while it is told to stop counts as stopped) {
  world w{rules(strategy::one_for_all, 1), {{"a", P}, {"b", P}, {"c", P}}};
  w.settle();
  w.down("a");
  w.settle();
  CAF_CHECK(w.down("b")); // doomed, not told yet
  CAF_CHECK(w.down("c")); // told
  w.now += 100ms;
  w.told();
  w.settle();
  CAF_CHECK_EQUAL(w.told(), (lines{"start a", "start b", "start c"}));
}

CAF_TEST(the moment of the next start is told) {
  world w{rules(strategy::one_for_one), {{"a", P}, {"b", P}}};
  w.settle();
  w.down("a");
  w.now += 30ms;
  w.down("b");
  auto next = w.settle();
  CAF_CHECK_EQUAL(next.what, roster_step::wake);
  CAF_CHECK(next.at == instant{} + 100ms);
}

CAF_TEST(a closed roster stops in reverse and is finished when all are down) {
  world w{rules(strategy::one_for_one), {{"a", P}, {"b", P}}};
  w.settle();
  w.told();
  w.children.close();
  CAF_CHECK_EQUAL(w.settle().what, roster_step::rest);
  w.down("b", "");
  w.settle();
  CAF_CHECK_EQUAL(w.told(), (lines{"stop b", "stop a"}));
  w.down("a", "");
  CAF_CHECK_EQUAL(w.step().what, roster_step::finished);
}

CAF_TEST(a simple roster stops all at once) {
  world w{rules(strategy::simple_one_for_one), {{"a", P}, {"b", P}}};
  w.settle();
  w.told();
  w.children.close();
  w.settle();
  CAF_CHECK_EQUAL(w.told(), (lines{"stop b", "stop a"}));
}

CAF_TEST(closing forgets a planned restart) {
  world w{rules(strategy::one_for_one), {{"a", P}}};
  w.settle();
  w.down("a");
  w.children.close();
  w.now += 1s;
  CAF_CHECK_EQUAL(w.step().what, roster_step::finished);
}

CAF_TEST(an abandoned child holds up its group but not the end) {
  world w{rules(strategy::one_for_all), {{"a", P}, {"b", P}}};
  w.settle();
  w.down("a");
  w.settle();
  w.children.abandon(w.at("b"));
  w.now += 1s;
  w.told();
  CAF_CHECK_EQUAL(w.settle().what, roster_step::rest);
  CAF_CHECK(w.told().empty());
  w.children.close();
  CAF_CHECK_EQUAL(w.settle().what, roster_step::finished);
}

CAF_TEST(a removed child is forgotten once it is down and not started by its siblings) {
  world w{rules(strategy::one_for_all), {{"a", P}, {"b", P}}};
  w.settle();
  w.children.remove(w.at("b"));
  w.settle();
  w.down("a");
  CAF_CHECK(w.children.find("b"));
  w.down("b", "");
  CAF_CHECK(!w.children.find("b"));
  w.now += 100ms;
  w.told();
  w.settle();
  CAF_CHECK_EQUAL(w.told(), (lines{"start a"}));
}

CAF_TEST(a child added at run time is forgotten when it ends for good) {
  world w{rules(strategy::simple_one_for_one), {}};
  w.children.add("a", restart::transient, true, w.now);
  w.settle();
  w.down("a");
  CAF_CHECK(w.children.find("a"));
  w.now += 100ms;
  w.settle();
  w.down("a", "");
  CAF_CHECK(!w.children.find("a"));
}

CAF_TEST(escalation names child and failure and closes) {
  world w{rules(strategy::one_for_one, 0), {{"a", P}, {"b", P}}};
  w.settle();
  CAF_CHECK(!w.down("b", "disk full"));
  CAF_CHECK(w.children.closed());
  CAF_CHECK_EQUAL(w.children.escalation(),
                  "child 'b' ended more than 0 times within 5000 ms; last: disk full");
}

CAF_TEST(random deaths never break an invariant) {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    std::mt19937_64 random{seed};
    auto below = [&](uint64_t n) { return random() % n; };
    auto how = static_cast<strategy>(below(4));
    auto intensity = static_cast<unsigned>(below(6));
    auto window = std::chrono::milliseconds{1 + below(3000)};
    roster children{{how, intensity, window, {10ms, 500ms, 0.5, 2s}}};
    instant now{};
    auto count = 1 + below(7);
    for (uint64_t i = 0; i < count; ++i)
      children.add(std::to_string(i), static_cast<restart>(below(3)), false, now);
    std::set<std::string> alive;   // what really runs
    std::vector<instant> restarts; // granted
    auto grouped = how == strategy::one_for_all || how == strategy::rest_for_one;
    bool broken = false;
    auto check = [&](bool holds, const char* what) {
      if (!holds && !broken)
        CAF_ERROR("seed " << seed << ": " << what);
      broken |= !holds;
    };
    auto perform = [&] {
      for (;;) {
        auto step = children.next(now);
        if (step.what != roster_step::start && step.what != roster_step::stop) {
          check(step.what != roster_step::finished || alive.empty(), "finished while somebody lives");
          return;
        }
        auto& row = children.children()[step.child];
        if (step.what == roster_step::start) {
          check(!children.closed(), "a start after the end");
          check(alive.insert(row.id).second, "a child runs twice");
          for (size_t i = 0; grouped && i < children.children().size(); ++i) {
            auto& other = children.children()[i];
            check(other.now != phase::stopping && !other.doomed, "a start in a group while somebody stops");
            check(i >= step.child || (other.now != phase::starting && other.now != phase::waiting),
                  "start order");
          }
        } else {
          check(alive.count(row.id) == 1, "a dead child is stopped");
          for (size_t i = step.child + 1; i < children.children().size(); ++i)
            check(how == strategy::simple_one_for_one || !children.children()[i].doomed, "stop order");
        }
      }
    };
    perform();
    for (int i = 0; i < 300; ++i) {
      now += std::chrono::milliseconds{below(4) == 0 ? below(300) : below(5)};
      if (!alive.empty()) {
        auto id = *std::next(alive.begin(), static_cast<ptrdiff_t>(below(alive.size())));
        auto index = *children.find(id);
        auto& row = children.children()[index];
        auto told = row.doomed || row.now == phase::stopping;
        if (row.now == phase::starting && below(4) != 0) {
          children.started(index, now);
        } else if (told || below(3) == 0) { // ends by itself or as told
          alive.erase(id);
          auto normal = below(3) == 0;
          auto again = row.kind == restart::permanent || (row.kind == restart::transient && !normal);
          auto went_on = children.down(index, normal ? "" : "boom", now, random());
          if (!told && again && went_on)
            restarts.push_back(now);
          std::erase_if(restarts, [&](auto t) { return now > t + window; });
          check(restarts.size() <= intensity, "more restarts than the intensity");
          check(went_on || restarts.size() == intensity, "escalated too early");
        }
      }
      if (below(200) == 0)
        children.close();
      perform();
    }
    now += 10s; // and in the end everything that is not done for good comes up, or down
    for (int i = 0; i < 100; ++i) {
      perform();
      for (auto& id : std::set<std::string>{alive}) {
        auto index = *children.find(id);
        auto& row = children.children()[index];
        if (row.now == phase::stopping) {
          alive.erase(id);
          children.down(index, "", now, 0);
        } else {
          children.started(index, now);
        }
      }
    }
    check(children.settled(), "somebody never came up");
    check(!children.closed() || alive.empty(), "somebody never came down");
    CAF_CHECK(!broken);
  }
}
