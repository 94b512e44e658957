// The decision about a death, as a table: who is stopped, who is started, when, and when it is too much.
#define CAF_SUITE actors.agent.restart
#include <caf/test/unit_test.hpp>
#include <troupe/actors/agent/restart.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

using indices = std::vector<size_t>;
constexpr auto P = restart::permanent;
constexpr auto T = restart::transient;
constexpr auto N = restart::temporary;

struct row {
  strategy how;
  std::vector<child_view> children;
  size_t dead;
  bool normal;
  indices stop;
  indices start;
};

instant at(std::chrono::nanoseconds time) {
  return instant{} + time;
}

restart_plan decide_row(const row& r, unsigned intensity = 1) {
  restart_rules rules{r.how, intensity, 5s, {}};
  restart_window window{rules.intensity, rules.period};
  return decide(rules, window, r.children, r.dead, r.normal, at(0s), 0);
}

} // namespace

CAF_TEST(each strategy and kind stops and starts whom OTP stops and starts) {
  std::vector<child_view> permanents{{P, true, 0}, {P, false, 1}, {P, true, 0}, {P, true, 0}};
  std::vector<child_view> mixed{{T, true, 0}, {P, false, 1}, {N, true, 0}, {T, false, 0}};
  std::vector<child_view> transient{{P, true, 0}, {T, false, 1}, {P, true, 0}};
  std::vector<child_view> temporary{{P, true, 0}, {N, false, 1}, {P, true, 0}};
  const row table[] = {
      {strategy::one_for_one, permanents, 1, false, {}, {1}},
      {strategy::one_for_one, permanents, 1, true, {}, {1}},
      {strategy::simple_one_for_one, permanents, 1, false, {}, {1}},
      {strategy::one_for_all, permanents, 1, false, {3, 2, 0}, {0, 1, 2, 3}},
      {strategy::one_for_all, permanents, 1, true, {3, 2, 0}, {0, 1, 2, 3}},
      {strategy::rest_for_one, permanents, 1, false, {3, 2}, {1, 2, 3}},
      {strategy::one_for_all, mixed, 1, false, {2, 0}, {0, 1, 3}}, // a temporary sibling goes for good
      {strategy::rest_for_one, mixed, 1, false, {2}, {1, 3}},
      {strategy::one_for_one, transient, 1, false, {}, {1}},
      {strategy::one_for_one, transient, 1, true, {}, {}},
      {strategy::one_for_all, transient, 1, false, {2, 0}, {0, 1, 2}},
      {strategy::one_for_all, transient, 1, true, {}, {}},
      {strategy::rest_for_one, transient, 1, true, {}, {}},
      {strategy::one_for_one, temporary, 1, false, {}, {}},
      {strategy::one_for_all, temporary, 1, false, {}, {}},
      {strategy::rest_for_one, temporary, 1, true, {}, {}},
  };
  for (auto& r : table) {
    CAF_MESSAGE(std::string{to_string(r.how)} + ", kind " + std::to_string(int(r.children[r.dead].kind)) +
                ", normal " + std::to_string(r.normal));
    auto v = decide_row(r);
    CAF_CHECK_EQUAL(v.stop, r.stop);
    CAF_CHECK_EQUAL(v.start, r.start);
    CAF_CHECK(!v.escalate);
  }
}

CAF_TEST(an intensity of zero escalates at the first failure but not at an end that needs no restart) {
  CAF_CHECK(decide_row({strategy::one_for_one, {{P, false, 1}}, 0, false, {}, {}}, 0).escalate);
  CAF_CHECK(!decide_row({strategy::one_for_one, {{T, false, 1}}, 0, true, {}, {}}, 0).escalate);
  CAF_CHECK(!decide_row({strategy::one_for_one, {{N, false, 1}}, 0, false, {}, {}}, 0).escalate);
}

CAF_TEST(a group restart counts as one restart) {
  restart_rules rules{strategy::one_for_all, 1, 5s, {}};
  restart_window window{rules.intensity, rules.period};
  std::vector<child_view> children{{P, false, 1}, {P, true, 0}, {P, true, 0}};
  CAF_CHECK(!decide(rules, window, children, 0, false, at(0s), 0).escalate);
  auto v = decide(rules, window, children, 0, false, at(1s), 0);
  CAF_CHECK(v.escalate);
  CAF_CHECK(v.stop.empty() && v.start.empty());
}

CAF_TEST(intensity many restarts are granted within the period and one more is not ) {
  restart_window window{3, 5s};
  CAF_CHECK(window.admit(at(0s)));
  CAF_CHECK(window.admit(at(0s)));
  CAF_CHECK(window.admit(at(1s)));
  CAF_CHECK(!window.admit(at(1s)));
}

CAF_TEST(the window slides and its far end belongs to it) {
  restart_window window{2, 5s};
  CAF_CHECK(window.admit(at(0s)));
  CAF_CHECK(window.admit(at(3s)));
  CAF_CHECK(!window.admit(at(5s)));      // exactly the period: still counted
  CAF_CHECK(window.admit(at(5s + 1ns))); // one beyond: the first has left
  CAF_CHECK(!window.admit(at(8s)));      // 3 s and 5 s are inside
  CAF_CHECK(window.admit(at(8s + 1ns)));
}

CAF_TEST(the wait doubles up to its bound) {
  backoff pause{100ms, 1s, 0, 60s};
  CAF_CHECK_EQUAL(pause.wait(1, 0).count(), std::chrono::nanoseconds{100ms}.count());
  CAF_CHECK_EQUAL(pause.wait(2, 0).count(), std::chrono::nanoseconds{200ms}.count());
  CAF_CHECK_EQUAL(pause.wait(4, 0).count(), std::chrono::nanoseconds{800ms}.count());
  CAF_CHECK_EQUAL(pause.wait(5, 0).count(), std::chrono::nanoseconds{1s}.count());
  CAF_CHECK_EQUAL(pause.wait(4'000'000'000, 0).count(), std::chrono::nanoseconds{1s}.count());
}

CAF_TEST(jitter shortens the wait by at most its part and repeats for the same bits) {
  backoff pause{100ms, 1s, 0.5, 60s};
  CAF_CHECK_EQUAL(pause.wait(1, 0).count(), 100'000'000);
  CAF_CHECK_EQUAL(pause.wait(1, uint64_t{1} << 63).count(), 75'000'000);
  CAF_CHECK(pause.wait(1, ~uint64_t{0}) >= 50ms);
  CAF_CHECK(pause.wait(1, ~uint64_t{0}) < 51ms);
}

CAF_TEST(the restart_plan waits as long as the failures of the dead child demand) {
  restart_rules rules{strategy::one_for_all, 9, 5s, {100ms, 1s, 0, 60s}};
  restart_window window{rules.intensity, rules.period};
  std::vector<child_view> children{{P, true, 7}, {P, false, 3}};
  CAF_CHECK_EQUAL(decide(rules, window, children, 1, false, at(0s), 0).wait.count(), 400'000'000);
}
