// Which row is fired when, though only some are in memory: borders, cancels, clocks, credit, failing stores.
#define CAF_SUITE actors.agent.timer_window
#include <algorithm>
#include <caf/test/unit_test.hpp>
#include <fmt/format.h>
#include <troupe/actors/agent/timer_window.hpp>
#include <troupe/persistence/effects.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/memory_store.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr int64_t hour = 3'600'000;
constexpr std::chrono::milliseconds jump = 3h;
constexpr auto ahead = limits::timers_ahead;

// Counts what is read, and fails when told to.
class watched_store final : public store {
public:
  explicit watched_store(std::shared_ptr<memory_store> rows) : rows_{std::move(rows)} {}
  caf::error write(const write_batch& batch, const std::vector<fence>& fences) override {
    return rows_->write(batch, fences);
  }
  caf::expected<std::optional<std::string>> get(space where, std::string_view key) const override {
    return fails ? make_error(get_fails_with, "as told") : rows_->get(where, key);
  }
  using row_of = std::function<bool(std::string_view, std::string_view)>;
  caf::error scan(space where, std::string_view from, std::string_view to, const row_of& row) const override {
    ++scans;
    auto left = fail_after;
    auto failed = rows_->scan(where, from, to, [&](std::string_view key, std::string_view value) {
      return !fails && left-- > 0 && (++read, row(key, value));
    });
    return fails || left < 0 ? make_error(ec::unavailable, "as told") : failed;
  }
  caf::error scan_back(space where, std::string_view from, std::string_view to,
                       const row_of& row) const override {
    return rows_->scan_back(where, from, to, row);
  }
  caf::error reopen() override {
    return rows_->reopen();
  }
  const std::string& naming_key() const override {
    return rows_->naming_key();
  }
  const std::string& id() const override {
    return rows_->id();
  }
  bool fails = false;
  ec get_fails_with = ec::unavailable;
  int64_t fail_after = 1'000'000'000; // rows of a scan
  mutable size_t scans = 0;
  mutable size_t read = 0;

private:
  std::shared_ptr<memory_store> rows_;
};

struct shelf {
  std::shared_ptr<memory_store> rows = open_memory(1);
  std::shared_ptr<watched_store> seen = std::make_shared<watched_store>(rows);
  timer_window::now at{1'700'000'000'000, 777'000};
  std::optional<timer_window> window;
  std::vector<std::string> rung; // id; with a + if it was fired before
  std::vector<int64_t> dues, times;
  bool acknowledges = false;

  // An owner in shard 0, so that one lane holds what is kept.
  std::string owner = owner_in(0);

  static std::string owner_in(uint8_t shard, int nth = 0) {
    for (int i = 0;; ++i)
      if (auto name = fmt::format("t/ear/{}", i); shard_of(name) == shard && nth-- == 0)
        return name;
  }
  TimerRow row(const std::string& id, int64_t due_ms, int64_t set_ms = 0) const {
    return row_of(owner, id, due_ms, set_ms);
  }
  static TimerRow row_of(const std::string& ref, const std::string& id, int64_t due_ms, int64_t set_ms = 0) {
    TimerRow made;
    made.set_ref(ref);
    made.set_timer(id);
    made.set_due_ms(due_ms);
    made.set_set_ms(set_ms);
    return made;
  }
  std::string key(const TimerRow& one) const {
    return timer_key(identify(one.ref(), rows->naming_key()), one.due_ms(), one.timer(), rows->naming_key());
  }
  void keep(const TimerRow& one) {
    CAF_REQUIRE(!rows->write({{space::index, key(one), one.SerializeAsString()}}));
  }
  void erase(const TimerRow& one) {
    CAF_REQUIRE(!rows->write({{space::index, key(one), std::nullopt}}));
  }
  // As an entity does: first the store, then a word.
  void set(const TimerRow& one) {
    keep(one);
    tell_set(one);
  }
  void cancel(const TimerRow& one) {
    erase(one);
    tell_cancelled(one);
  }
  void tell_set(const TimerRow& one) {
    TimersChanged changed;
    changed.set_ref(one.ref());
    *changed.add_set() = one;
    window->change(changed, at);
  }
  void tell_cancelled(const TimerRow& one) {
    TimersChanged changed;
    changed.set_ref(one.ref());
    *changed.add_cancelled() = one;
    window->change(changed, at);
  }
  void start() {
    window.emplace(seen);
    CAF_REQUIRE(!window->start(at));
  }
  void start_with(uint8_t shard) {
    window.emplace(seen);
    CAF_REQUIRE(!window->start(at, [=](uint8_t one) { return one == shard; }));
  }
  caf::error fire() {
    return window->fire(at, [this](const TimerRow& one, bool again) {
      rung.push_back(one.timer() + (again ? "+" : ""));
      dues.push_back(one.due_ms());
      times.push_back(at.wall_ms);
      if (acknowledges)
        acknowledged.push_back(one);
    });
  }
  // Both clocks run.
  void pass(std::chrono::milliseconds span) {
    for (auto end = at.steady_ms + span.count(); at.steady_ms < end;) {
      auto step = std::min(window->rest(at).count(), end - at.steady_ms);
      at.steady_ms += step;
      at.wall_ms += step;
      CAF_REQUIRE(!fire());
      for (auto& one : std::exchange(acknowledged, {}))
        cancel(one);
    }
  }
  std::vector<std::string> sorted() const {
    auto all = rung;
    std::sort(all.begin(), all.end());
    return all;
  }
  size_t different() const {
    auto all = sorted();
    return static_cast<size_t>(std::unique(all.begin(), all.end()) - all.begin());
  }
  using words = std::vector<std::string>;
  std::vector<TimerRow> acknowledged;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(timer_window_tests, shelf)

CAF_TEST(rows of many owners are fired once each in the order of their times and never early) {
  acknowledges = true;
  for (int i = 0; i < 3000; ++i)
    keep(row_of(fmt::format("t/ear/{}", i % 700), fmt::format("x{}", i), at.wall_ms + i * 7919 % 60'000));
  start();
  pass(70s);
  CAF_REQUIRE_EQUAL(rung.size(), 3000u);
  CAF_CHECK_EQUAL(different(), 3000u);
  CAF_CHECK(std::is_sorted(dues.begin(), dues.end()));
  for (size_t i = 0; i < rung.size(); ++i)
    CAF_CHECK(times[i] >= dues[i] && times[i] <= dues[i] + 2 * limits::timer_pause.count());
  CAF_CHECK_EQUAL(window->size(), 0u);
}

CAF_TEST(a hundred thousand rows are read once each and few are in memory) {
  acknowledges = true;
  constexpr size_t count = 100'000;
  write_batch batch;
  for (size_t i = 0; i < count; ++i) {
    auto one = row_of(fmt::format("t/ear/{}", i / 10), fmt::format("x{}", i % 10),
                      at.wall_ms - 12'500 + static_cast<int64_t>(i / 4));
    batch.push_back({space::index, key(one), one.SerializeAsString()});
  }
  CAF_REQUIRE(!rows->write(batch));
  start();
  CAF_CHECK(seen->read <= limits::shards * (ahead + 1));
  size_t most = 0;
  while (rung.size() < count && seen->read < 2 * count) {
    pass(limits::timer_pause);
    most = std::max(most, window->size());
  }
  CAF_CHECK_EQUAL(rung.size(), count);
  CAF_CHECK(std::is_sorted(dues.begin(), dues.end()));
  CAF_CHECK(most <= limits::shards * (ahead + 1) + limits::timers_per_tick);
  CAF_CHECK(seen->read <= count + count / ahead + limits::shards * (ahead + 1));
  pass(1h);
  CAF_CHECK_EQUAL(rung.size(), count);
}

CAF_TEST(rows on either side of the border are fired once whether announced or not ) {
  acknowledges = true;
  for (size_t i = 0; i < 3 * ahead; ++i)
    keep(row(fmt::format("old {:03}", i), at.wall_ms + 1000 + 10 * static_cast<int64_t>(i)));
  start();
  CAF_CHECK_EQUAL(window->size(), ahead);
  auto border = at.wall_ms + 1000 + 10 * static_cast<int64_t>(ahead);
  auto known = window->size();
  for (auto due : {at.wall_ms + 500, border - 11, border - 1}) {
    set(row(fmt::format("before {}", due), due));
    CAF_CHECK_EQUAL(window->size(), ++known);
  }
  for (auto due : {border + 1, border + 10, border + 5000}) {
    set(row(fmt::format("behind {}", due), due));
    CAF_CHECK_EQUAL(window->size(), known);
  }
  tell_set(row(fmt::format("old {:03}", ahead), border)); // the row at the border, heard of late
  tell_set(row("old 000", at.wall_ms + 1000));            // one that is known
  CAF_CHECK_EQUAL(window->size(), known);
  keep(row("unannounced", border + 7));
  pass(20s);
  CAF_CHECK_EQUAL(rung.size(), 3 * ahead + 7);
  CAF_CHECK_EQUAL(different(), 3 * ahead + 7);
  CAF_CHECK(std::is_sorted(dues.begin(), dues.end()));
}

CAF_TEST(rows of one moment are told apart at the border) {
  acknowledges = true;
  for (size_t i = 0; i < 5 * ahead + 3; ++i)
    keep(row(fmt::format("x{}", i), at.wall_ms + 1000));
  start();
  pass(2s);
  CAF_CHECK_EQUAL(rung.size(), 5 * ahead + 3);
  CAF_CHECK_EQUAL(different(), 5 * ahead + 3);
}

CAF_TEST(more announced rows than there is room for are left to the store) {
  acknowledges = true;
  start();
  for (int i = 1000; i-- > 0;) // the soonest come last
    set(row(fmt::format("x{}", i), at.wall_ms + 1000 + i));
  for (int i = 1000; i < 2000; ++i)
    set(row(fmt::format("x{}", i), at.wall_ms + 1000 + i));
  CAF_CHECK(window->size() <= 2 * ahead);
  pass(10s);
  CAF_CHECK_EQUAL(rung.size(), 2000u);
  CAF_CHECK_EQUAL(different(), 2000u);
  CAF_CHECK(std::is_sorted(dues.begin(), dues.end()));
}

CAF_TEST(an outbox that is full of waiting rows does not hold timers up) {
  start();
  for (size_t i = 0; i < 10 * ahead; ++i)
    set(row(fmt::format("out {}", i), effects::already_sent));
  set(row("timer", at.wall_ms + 1000));
  pass(2s);
  CAF_CHECK(rung == words{"timer"});
  pass(20min);
  CAF_CHECK(different() >= 10 * ahead + 1); // each was sent again
}

CAF_TEST(an outbox row is sent again however many others come and go) {
  start();
  for (size_t i = 0; i < 5 * ahead; ++i)
    set(row(fmt::format("out {}", i), effects::already_sent));
  std::vector<TimerRow> passing;
  for (int second = 0; second < 1000; ++second) {
    for (auto& one : std::exchange(passing, {}))
      cancel(one);
    for (size_t i = 0; i < 10; ++i)
      set(passing.emplace_back(row(fmt::format("passing {} {}", second, i), effects::already_sent)));
    pass(1s);
  }
  std::set<std::string> sent;
  for (auto& id : rung)
    if (id.starts_with("out"))
      sent.insert(id.substr(0, id.find('+')));
  CAF_CHECK_EQUAL(sent.size(), 5 * ahead);
}

CAF_TEST(a cancelled row is silent wherever it is) {
  for (size_t i = 0; i < 2 * ahead; ++i)
    keep(row(fmt::format("x{}", i), at.wall_ms + 1000));
  auto soon = row("soon", at.wall_ms + 100), behind = row("behind", at.wall_ms + 60'000);
  keep(soon);
  keep(behind);
  start();
  cancel(soon);
  cancel(behind);
  tell_cancelled(row("never set", 1));
  pass(2s);
  CAF_CHECK_EQUAL(rung.size(), 2 * ahead);
  for (size_t i = 0; i < 2 * ahead; ++i)
    cancel(row(fmt::format("x{}", i), at.wall_ms - 1000));
  CAF_CHECK_EQUAL(window->size(), 0u);
  pass(1h);
  CAF_CHECK_EQUAL(rung.size(), 2 * ahead);
}

CAF_TEST(of two timers with one name only the cancelled one is silent) {
  start();
  set(row("x", at.wall_ms + 1000));
  set(row("x", at.wall_ms + 2000));
  cancel(row("x", at.wall_ms + 1000));
  pass(3s);
  CAF_CHECK(rung == words{"x"});
  CAF_CHECK_EQUAL(times.front(), dues.front());
}

CAF_TEST(a row that went without a word is fired once at most) {
  auto gone = row("gone", at.wall_ms + 1000), fired = row("fired", at.wall_ms + 1000);
  keep(gone);
  keep(fired);
  start();
  erase(gone); // its owner fell before it could tell
  pass(2s);
  CAF_CHECK(sorted() == (words{"fired", "gone"}));
  pass(1min);
  CAF_CHECK(sorted() == (words{"fired", "fired+", "gone"}));
  CAF_CHECK_EQUAL(window->size(), 1u);
}

CAF_TEST(a clock set forward makes due what it passes) {
  acknowledges = true;
  for (size_t i = 0; i < 4 * ahead; ++i)
    keep(row(fmt::format("x{}", i), at.wall_ms + hour + static_cast<int64_t>(i)));
  auto length = row("length", at.wall_ms + 2 * hour, at.wall_ms);
  keep(length);
  start();
  pass(1min);
  CAF_CHECK(rung.empty());
  at.wall_ms += hour + 1000;
  pass(20ms);
  CAF_CHECK_EQUAL(rung.size(), 4 * ahead);
  CAF_CHECK_EQUAL(different(), 4 * ahead);
  at.wall_ms -= hour + 1000; // and back: what lasts takes its time, not less
  pass(2h - 2min);
  CAF_CHECK_EQUAL(rung.size(), 4 * ahead);
  pass(2min);
  CAF_CHECK_EQUAL(rung.back(), "length");
}

CAF_TEST(a clock set back neither delays what lasts nor fires a date early nor stops what is sent again) {
  start();
  auto now = at.wall_ms;
  set(row("fired", now));
  set(row("length", now + 10'000, now));
  set(row("date", now + 10'000));
  set(row("out", effects::already_sent));
  pass(1s);
  CAF_CHECK(rung == words{"fired"});
  at.wall_ms -= jump.count();
  pass(8s);
  CAF_CHECK(rung == words{"fired"});
  pass(2s);
  CAF_CHECK(rung == (words{"fired", "length"}));
  pass(20s);
  CAF_CHECK(rung == (words{"fired", "length", "out", "fired+"}));
  cancel(row("fired", now));
  cancel(row("length", now + 10'000));
  cancel(row("out", effects::already_sent));
  pass(jump - 40s);
  CAF_CHECK_EQUAL(rung.size(), 4u);
  pass(40s);
  CAF_CHECK_EQUAL(rung.back(), "date");
}

CAF_TEST(what lasts is found behind the border when the clock is set back) {
  acknowledges = true;
  auto now = at.wall_ms;
  for (size_t i = 0; i < 2 * ahead; ++i)
    keep(row(fmt::format("date {}", i), now + 7'200'000));
  start();
  pass(1s);
  for (int i = 0; i < 10; ++i)
    set(row(fmt::format("length {}", i), now + 7'300'000 + i, now + 500)); // behind them all
  auto known = window->size();
  at.wall_ms -= jump.count();
  pass(2s);
  CAF_CHECK_EQUAL(window->size(), known + 10);
  pass(2h);
  CAF_CHECK(rung.empty());
  pass(2min);
  CAF_CHECK_EQUAL(rung.size(), 10u); // within their own length from the jump
  pass(jump);
  CAF_CHECK_EQUAL(rung.size(), 10 + 2 * ahead);
  CAF_CHECK_EQUAL(different(), 10 + 2 * ahead);
}

CAF_TEST(a clock that was set back while nothing ran is known by the newest event) {
  auto now = at.wall_ms;
  for (size_t i = 0; i < 2 * ahead; ++i)
    keep(row(fmt::format("date {}", i), now + 3600));
  keep(row("length", now + 10'000, now));
  CAF_REQUIRE(!rows->write({journal_counters(1, now * 1000)}));
  at.wall_ms -= jump.count();
  start();
  pass(9s);
  CAF_CHECK(rung.empty());
  pass(2s);
  CAF_CHECK(rung == words{"length"});
}

CAF_TEST(a steady clock that is faster than the other fires nothing early) {
  start();
  auto due = at.wall_ms + 60'000;
  set(row("x", due));
  for (int i = 0; i < 7000 && rung.empty(); ++i) {
    at.steady_ms += 10;
    at.wall_ms += i % 1000 == 0 ? 0 : 9;
    CAF_REQUIRE(!fire());
  }
  CAF_REQUIRE_EQUAL(rung.size(), 1u);
  CAF_CHECK(times[0] >= due && times[0] <= due + 20);
}

CAF_TEST(no more are in flight than may be and who does not answer is not waited for) {
  for (size_t i = 0; i < limits::timers_in_flight + 500; ++i)
    keep(row_of(fmt::format("t/ear/{}", i), fmt::format("{}", i), at.wall_ms - 1));
  start();
  pass(1s);
  CAF_CHECK_EQUAL(rung.size(), limits::timers_in_flight);
  CAF_CHECK(window->rest(at) >= 100ms); // it does not spin
  for (size_t i = 0; i < 200; ++i)
    cancel(row_of("t/ear/" + rung[i], rung[i], dues[i]));
  pass(50ms);
  CAF_CHECK_EQUAL(rung.size(), limits::timers_in_flight + 200);
  pass(limits::timer_answer + 1s);
  CAF_CHECK_EQUAL(rung.size(), limits::timers_in_flight + 500);
  CAF_CHECK_EQUAL(different(), rung.size());
}

CAF_TEST(of those nobody acknowledges a bounded number is remembered and all are fired again) {
  constexpr size_t count = limits::timers_unanswered + 5000;
  write_batch batch;
  for (size_t i = 0; i < count; ++i) {
    auto one = row_of(fmt::format("t/ear/{}", i), "x" + std::to_string(i), at.wall_ms - 1);
    batch.push_back({space::index, key(one), one.SerializeAsString()});
  }
  CAF_REQUIRE(!rows->write(batch));
  start();
  for (int i = 0; i < 50; ++i) {
    pass(1s);
    CAF_CHECK(window->size() <= limits::timers_unanswered + limits::shards * (ahead + 1));
  }
  CAF_CHECK(different() >= count);
  rung.clear();
  pass(limits::redelivery_longest + 2min);
  std::set<std::string> again;
  for (auto& id : rung)
    again.insert(id.substr(0, id.find('+')));
  CAF_CHECK_EQUAL(again.size(), count);
}

CAF_TEST(an owner that lost what it was sent gets it anew and others are left alone) {
  auto other = owner_in(1);
  keep(row("x", at.wall_ms));
  keep(row_of(other, "other", at.wall_ms));
  start();
  pass(1s);
  CAF_CHECK(sorted() == (words{"other", "x"}));
  keep(row("unannounced", at.wall_ms));
  keep(row_of(other, "unannounced too", at.wall_ms));
  window->redeliver(owner, at);
  window->redeliver(owner, at, 30s); // who asks for later does not delay it
  pass(10ms);
  CAF_CHECK(sorted() == (words{"other", "unannounced", "x", "x"}));
  window->redeliver(owner, at, 30s);
  pass(10s);
  CAF_CHECK_EQUAL(rung.size(), 4u);
  window->redeliver("", at);
  pass(10ms);
  CAF_CHECK_EQUAL(rung.size(), 8u);
}

CAF_TEST(a window is idle when there is nothing to wait for and not before) {
  start();
  CAF_CHECK(window->is_idle());
  auto now = at.wall_ms;
  set(row("x", now + 1000));
  CAF_CHECK(!window->is_idle());
  pass(2s);
  CAF_CHECK(!window->is_idle()); // it may have to be fired again
  cancel(row("x", now + 1000));
  CAF_CHECK(window->is_idle());
  window->redeliver(owner, at, 10s);
  CAF_CHECK(!window->is_idle());
  pass(11s);
  CAF_CHECK(window->is_idle());
  keep(row("unannounced", at.wall_ms));
  window->redeliver("", at);
  pass(20ms);
  CAF_CHECK(rung == (words{"x", "unannounced"}));
}

CAF_TEST(however many ask a shard is read anew once in a while) {
  for (size_t i = 0; i < 10; ++i)
    keep(row(fmt::format("x{}", i), at.wall_ms + hour));
  start();
  auto before = seen->scans;
  for (int i = 0; i < 1000; ++i) {
    window->redeliver(owner, at);
    pass(10ms);
  }
  CAF_CHECK(seen->scans - before >= 10);
  CAF_CHECK(seen->scans - before <= 2 * 11);
}

CAF_TEST(reading anew amid firing loses nothing and does not wake what was cancelled) {
  std::vector<TimerRow> all;
  for (size_t i = 0; i < 2000; ++i)
    keep(all.emplace_back(row(fmt::format("x{}", i), at.wall_ms - 2000 + static_cast<int64_t>(i))));
  start();
  pass(limits::timer_pause);
  CAF_CHECK_EQUAL(rung.size(), limits::timers_per_tick);
  for (size_t i = 0; i < 300; ++i)
    cancel(all[i]);
  window->redeliver(owner, at);
  rung.clear();
  pass(1s);
  CAF_CHECK_EQUAL(rung.size(), 1700u);
  CAF_CHECK_EQUAL(different(), 1700u);
}

CAF_TEST(a store that cannot be read now is read later and nothing is lost) {
  acknowledges = true;
  for (size_t i = 0; i < 4 * ahead; ++i)
    keep(row(fmt::format("x{:03}", i), at.wall_ms + static_cast<int64_t>(i)));
  seen->fails = true;
  window.emplace(seen);
  CAF_CHECK(code_of(window->start(at)) == ec::unavailable);
  seen->fails = false;
  start();
  at.steady_ms += 5000;
  at.wall_ms += 5000;
  for (int i = 0; i < 20; ++i) {
    seen->fail_after = i; // amid a lane
    CAF_CHECK(code_of(fire()) == ec::unavailable);
    CAF_CHECK_EQUAL(rung.size(), ahead);
  }
  seen->fail_after = 1'000'000;
  pass(1s);
  CAF_CHECK_EQUAL(rung.size(), 4 * ahead);
  CAF_CHECK_EQUAL(different(), 4 * ahead);
}

CAF_TEST(a row that cannot be looked up is kept) {
  keep(row("x", at.wall_ms));
  start();
  pass(29s);
  seen->fails = true;
  at.steady_ms += 2000;
  CAF_CHECK(code_of(fire()) == ec::unavailable);
  seen->fails = false;
  CAF_CHECK(!fire());
  CAF_CHECK(rung == (words{"x", "x+"}));
  CAF_CHECK_EQUAL(window->fired(row("x", at.wall_ms - 29'000)), 2u);
  CAF_CHECK_EQUAL(window->fired(row("y", at.wall_ms)), 0u);
}

CAF_TEST(a row of a shredded tenant is not fired again and stops nobody) {
  keep(row("x", at.wall_ms));
  start();
  pass(29s);
  seen->fails = true;
  seen->get_fails_with = ec::shredded;
  at.steady_ms += 2000;
  CAF_CHECK(!fire());
  CAF_CHECK(rung == (words{"x"}));
  CAF_CHECK_EQUAL(window->size(), 0u);
}

CAF_TEST(rows of a shard that is not open are neither read nor known) {
  auto foreign = row_of(owner_in(1), "foreign", at.wall_ms - 5);
  keep(foreign);
  start_with(0);
  CAF_CHECK_EQUAL(seen->scans, 3u); // two lanes, and the counters
  set(row_of(owner_in(1), "later", at.wall_ms + 10));
  tell_cancelled(foreign);
  window->redeliver({}, at);
  window->redeliver(owner_in(1), at);
  pass(10s);
  CAF_CHECK(rung.empty());
  CAF_CHECK_EQUAL(window->size(), 0u);
  CAF_CHECK(window->has(0) && !window->has(1));
}

CAF_TEST(a shard that comes is read and what is due is fired) {
  keep(row_of(owner_in(1), "due", at.wall_ms - 5));
  keep(row_of(owner_in(1), "sent", effects::already_sent));
  keep(row_of(owner_in(1), "later", at.wall_ms + 5000));
  start_with(0);
  pass(1s);
  auto before = seen->scans;
  window->gain(1, at);
  CAF_CHECK(!window->is_idle());
  CAF_REQUIRE(!fire());
  CAF_CHECK_EQUAL(seen->scans - before, 3u); // two lanes, and the counters
  CAF_CHECK(sorted() == (words{"due", "sent"}));
  acknowledges = true;
  pass(4500ms);
  CAF_CHECK(std::find(rung.begin(), rung.end(), "later") != rung.end());
}

CAF_TEST(a shard that leaves is forgotten whatever was known of it) {
  keep(row("fired", at.wall_ms - 5));
  keep(row("later", at.wall_ms + 5000));
  keep(row_of(owner_in(1), "other", at.wall_ms + 6000));
  start();
  CAF_REQUIRE(!fire());
  CAF_CHECK(rung == words{"fired"});
  window->redeliver(owner, at, 1s);
  window->lose(0);
  window->lose(0);
  CAF_CHECK_EQUAL(window->size(), 1u);
  pass(2min);
  CAF_CHECK(std::count(rung.begin(), rung.end(), "later") == 0);
  CAF_CHECK(std::count(rung.begin(), rung.end(), "fired+") == 0);
  CAF_CHECK(std::count(rung.begin(), rung.end(), "other") == 1);
  rung.clear();
  window->gain(0, at);
  CAF_REQUIRE(!fire());
  CAF_CHECK(rung == (words{"fired", "later"})); // as if they never had been
}

CAF_TEST(credit for what was fired in a shard that has left is given back) {
  acknowledges = false;
  for (size_t i = 0; i < limits::timers_in_flight; ++i)
    keep(row(fmt::format("x{}", i), at.wall_ms - 5));
  keep(row_of(owner_in(1), "other", at.wall_ms));
  start();
  for (int i = 0; i < 100 && rung.size() < limits::timers_in_flight; ++i)
    CAF_REQUIRE(!fire());
  window->lose(0);
  CAF_REQUIRE(!fire());
  CAF_CHECK_EQUAL(rung.back(), "other");
}

CAF_TEST(a shard that was another node s with a clock ahead is looked at behind its border) {
  for (int64_t i = 0; i < static_cast<int64_t>(ahead); ++i)
    keep(row(fmt::format("far{}", i), at.wall_ms + 10 * hour + i));
  auto lasts = row("lasts", at.wall_ms + 11 * hour,
                   at.wall_ms + 11 * hour - 1000); // a second, by the clock that set it
  keep(lasts);
  CAF_REQUIRE(!rows->write({journal_counters(1, (at.wall_ms + 11 * hour) * 1000, "other")}));
  start_with(1);
  window->gain(0, at);
  pass(3s);
  CAF_REQUIRE(!rung.empty());
  CAF_CHECK_EQUAL(rung.front(), "lasts");
}

CAF_TEST(a store that fails when a shard comes is asked again) {
  keep(row("due", at.wall_ms - 5));
  start_with(1);
  window->gain(0, at);
  seen->fails = true;
  CAF_CHECK_EQUAL(code_of(fire()), ec::unavailable);
  seen->fails = false;
  CAF_REQUIRE(!fire());
  CAF_CHECK(rung == words{"due"});
}

CAF_TEST_FIXTURE_SCOPE_END()
