// A million timers: set by entities, kept over a restart, fired and acknowledged, beside RocksDB with the same bytes.
//
// add: client -> entity (one event, its timers' rows) -> journal -> RocksDB, synced -> entity -> client and timers.
// restart: open the store that a million wait in, start the journal and the timers, until the first one is fired.
// fire: all are due; timers -> entity (one event that deletes the row) -> journal -> RocksDB, synced -> timers. A timer
// counts when its owner's event is on disk.

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <fstream>
#include <future>
#include <set>
#include <tests/bench/bare_journal.hpp>
#include <tests/bench/bench.hpp>
#include <tests/bench/node.hpp>
#include <troupe/actors/agent/timer_window.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/tests/bench/bench.pb.h>

namespace troupe::bench {
namespace {

constexpr size_t owners = 10'000;
constexpr uint32_t timers_each = 100; // set by one decision
constexpr size_t in_flight = 64;      // decisions
constexpr size_t million = owners * timers_each;
const std::string hub_ref = "bench/hub/timers", timers_ref{services::timers};

using clock_actor = caf::typed_actor<note<BenchSetTimers>, note<TimerDue>>;

struct clock_state {
  static inline const char* name = "clock";
  using event = BenchTimerEvent;
  static constexpr uint16_t version = 1;
  std::set<std::string> open;

  static std::string id(uint32_t n) {
    return fmt::format("timer {}", n);
  }
  caf::expected<std::vector<event>> decide(const BenchSetTimers& cmd) const {
    std::vector<event> events(1);
    events[0].set_set(cmd.count());
    events[0].set_due_ms(cmd.due_ms());
    return events;
  }
  caf::expected<std::vector<event>> decide(const TimerDue& due) const {
    std::vector<event> events(open.count(due.timer()));
    for (auto& one : events) {
      one.set_due_ms(due.due_ms());
      one.set_ended(due.timer());
    }
    return events;
  }
  void apply(const event& happened) {
    for (uint32_t i = 0; i < happened.set(); ++i)
      open.insert(id(i));
    open.erase(happened.ended());
  }
  void bring_about(const event& happened, effects& out) const {
    for (uint32_t i = 0; i < happened.set(); ++i)
      out.timer(id(i), happened.due_ms());
    if (!happened.ended().empty()) {
      out.cancel(happened.ended(), happened.due_ms());
      BenchKept ended;
      out.tell(hub_ref, ended);
    }
  }
  BenchKept reply(const BenchSetTimers&) const {
    return {};
  }
  void acknowledge(const BenchSetTimers& cmd, effects& out) const {
    BenchKept kept;
    kept.set_number(cmd.number());
    out.tell(cmd.reply_to(), std::move(kept));
  }
  void acknowledge(const TimerDue&, effects&) const {}
};

clock_actor::behavior_type clock(clock_actor::stateful_pointer<clock_state>, entity_log<clock_state> log) {
  return {
      [=](const BenchSetTimers& cmd) mutable { log.act(cmd); },
      [=](const TimerDue& due) mutable { log.act(due); },
  };
}

node::wiring wiring_of(bool with_timers) {
  return [=](caf::scheduled_actor* root, doors_ptr outside) {
    put(*outside, std::string{services::shard_host},
        spawn_shard_host(root, outside, {make_kind<clock_state>("clock", clock)}));
    if (with_timers)
      put(*outside, timers_ref, spawn_timers(root, outside));
  };
}

std::string owner(size_t n) {
  return fmt::format("bench/clock/{}", n);
}

// Lets every owner set its timers, some at a time; returns seconds until the last is durable.
double set_all(node& over, int64_t due_ms) {
  auto done = std::make_shared<std::promise<void>>();
  auto hub =
      over.system().spawn([=, outside = over.shared_doors()](caf::event_based_actor* self) -> caf::behavior {
        house_rules(self);
        auto next = std::make_shared<size_t>(0);
        auto kept = std::make_shared<size_t>(0);
        auto send = [=] {
          if (*next == owners)
            return;
          BenchSetTimers cmd;
          cmd.set_reply_to(hub_ref);
          cmd.set_count(timers_each);
          cmd.set_due_ms(due_ms);
          outside->names->tell(owner((*next)++), std::move(cmd));
        };
        return {
            [=](const BenchBegin& begin) {
              for (uint32_t i = 0; i < begin.in_flight(); ++i)
                send();
            },
            [=](const BenchKept&) {
              send();
              if (++*kept == owners) {
                done->set_value();
                self->quit();
              }
            },
        };
      });
  put(over.outside(), hub_ref, hub);
  BenchBegin begin;
  begin.set_in_flight(in_flight);
  auto began = now_s();
  caf::anon_send(hub, begin);
  done->get_future().wait();
  return now_s() - began;
}

// Hears of firings that are on disk. `first` is set with the first one, `all` with as many as wanted.
struct ear {
  std::promise<void> first, all;
  std::atomic<uint64_t> heard{0};
};

void listen(const doors& outside, caf::actor_system& system, const std::shared_ptr<ear>& into,
            uint64_t wanted) {
  put(outside, hub_ref, system.spawn([=](caf::event_based_actor* self) -> caf::behavior {
    house_rules(self);
    return {[=](const BenchKept&) {
      auto heard = ++into->heard;
      if (heard == 1)
        into->first.set_value();
      if (heard == wanted)
        into->all.set_value();
    }};
  }));
}

double resident_mb() {
  std::ifstream file{"/proc/self/statm"};
  size_t pages = 0, resident = 0;
  file >> pages >> resident;
  return static_cast<double>(resident) * 4096 / (1 << 20);
}

// What a window over the store's rows costs. The first one fills the store's cache; several, since memory is counted in pages.
void measure_window(const doors& outside) {
  constexpr int copies = 8;
  timer_window::now at{outside.time->now_ms(), 0};
  std::vector<std::unique_ptr<timer_window>> windows;
  auto open = [&] {
    windows.push_back(std::make_unique<timer_window>(outside.rows));
    ensure(!windows.back()->start(at), "the window is read");
  };
  open();
  auto before = resident_mb(), began = now_s();
  for (int i = 0; i < copies; ++i)
    open();
  metric("timers.window.start", 1e3 * (now_s() - began) / copies, "ms");
  metric("timers.window.rows", static_cast<double>(windows.back()->size()), "rows");
  metric("timers.window.memory", (resident_mb() - before) / copies, "MB");
}

void run() {
  test::scratch place;
  auto directory = (place.path() / "store").string();
  auto due_ms = system_clock{}.now_ms() + 24 * 3'600'000;
  std::string example;
  {
    node over{wiring_of(true), directory};
    auto rate = million / set_all(over, due_ms);
    TimerRow row;
    row.set_ref(owner(owners / 2));
    row.set_timer(clock_state::id(timers_each / 2));
    row.set_due_ms(due_ms);
    bare_journal bare;
    auto bare_rate = bare.write_rows(million, in_flight * timers_each, row.SerializeAsString().size());
    metric("timers.add", rate, "rows_per_s");
    metric("timers.add.bare", bare_rate, "rows_per_s");
    metric("timers.add.ratio", rate / bare_rate, "x");
    target("timers.add", rate, ">=", 200'000);
    wait_until_idle();
    measure_window(over.outside());
  }
  { // one that is due soon, for the restart to find
    node over{wiring_of(false), directory};
    auto id = identify("bench/ear/1", over.outside().rows->naming_key());
    TimerRow row;
    row.set_ref("bench/ear/1");
    row.set_timer("first");
    row.set_due_ms(1);
    ensure(!over.outside().rows->write(
               {{space::index, timer_key(id, 1, "first", over.outside().rows->naming_key()),
                 row.SerializeAsString()}}),
           "a row is written");
  }
  auto began = now_s();
  {
    auto fired = std::make_shared<std::promise<void>>();
    node over{[&](caf::scheduled_actor* root, doors_ptr outside) {
                put(*outside, "bench/ear/1", root->spawn([=](caf::event_based_actor* self) -> caf::behavior {
                  house_rules(self);
                  return {[=](const TimerDue&) { fired->set_value(); }};
                }));
                put(*outside, timers_ref, spawn_timers(root, outside));
              },
              directory};
    fired->get_future().wait();
    auto took = now_s() - began;
    metric("timers.restart", took, "s");
    target("timers.restart", took, "<=", 3);
  }
}

void fire() {
  node over{wiring_of(true)};
  auto lead_ms = 60'000;
  auto due_ms = over.outside().time->now_ms() + lead_ms;
  set_all(over, due_ms);
  auto heard = std::make_shared<ear>();
  listen(over.outside(), over.system(), heard, million);
  heard->first.get_future().wait();
  auto began = now_s();
  heard->all.get_future().wait();
  metric("timers.fire", million / (now_s() - began), "rows_per_s");
}

const benchmark kept{"timers.add", "a million timers set by 10 000 entities, and a restart over them", run};
const benchmark fired{"timers.fire", "a million timers due at once, each acknowledged by its owner", fire};

} // namespace
} // namespace troupe::bench
