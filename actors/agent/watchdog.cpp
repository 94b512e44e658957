// WATCHDOG: names every actor that makes no progress.
// Invariant: at most one open Ping per actor; an actor is reported once per time it gets stuck.

#include <algorithm>
#include <map>
#include <troupe/actors/agent/watchdog.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {
namespace {

using private_watchdog = watchdog_actor::extend<note<Sweep>>;
using instant = std::chrono::steady_clock::time_point;

int64_t in_ms(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

StuckActor describe(const activity& doing, const char* why, std::chrono::nanoseconds time) {
  StuckActor result;
  result.set_path(doing.path);
  result.set_ref(doing.ref);
  result.set_actor_id(doing.actor_id);
  result.set_why(why);
  result.set_for_ms(in_ms(time));
  result.set_message(doing.message);
  result.set_handling(doing.handling);
  result.set_mailbox(doing.mailbox);
  return result;
}

class watchdog_state {
public:
  static inline const char* name = "watchdog";

  explicit watchdog_state(private_watchdog::pointer self) : self_{self} {}

  void begin(watchdog_options options) {
    options_ = std::move(options);
    sweep();
  }

  void sweep() {
    auto now = self_->clock().now();
    for (auto& slow : options_.board->take_slow())
      if (slow.actor_id != self_->id())
        report(describe(slow, "slow", slow.held));
    std::map<uint64_t, StuckActor> found;
    for (auto& doing : options_.board->holding(now, options_.hold))
      found.emplace(doing.actor_id, describe(doing, "holds_thread", now - doing.since));
    ping_everybody(now, found);
    compare(std::move(found));
    tell_in(self_, options_.every, self_, Sweep{});
  }

  StuckList list() const {
    StuckList result;
    for (auto& [id, actor] : stuck_)
      *result.add_actors() = actor;
    return result;
  }

private:
  void ping_everybody(instant now, std::map<uint64_t, StuckActor>& found) {
    for (auto& watched : options_.board->all_watched()) {
      auto id = watched.actor.id();
      auto open = open_.find(id);
      if (open == open_.end()) {
        if (auto actor = caf::actor_cast<caf::actor>(watched.actor))
          ping(actor, now);
      } else if (now - open->second >= options_.answer) {
        auto doing = options_.board->look(id);
        if (doing)
          found.emplace(id, describe(*doing, "silent", now - open->second));
      }
    }
  }

  /// No timeout: the next sweeps see how old the question is, and an actor that ends answers by ending.
  void ping(const caf::actor& actor, instant now) {
    auto id = actor.id();
    open_[id] = now;
    self_->request<caf::message_priority::high>(actor, caf::infinite, Ping{})
        .then([=, this](const Done&) { open_.erase(id); }, [=, this](const caf::error&) { open_.erase(id); });
  }

  void compare(std::map<uint64_t, StuckActor> found) {
    for (auto& [id, actor] : found) {
      if (stuck_.count(id) == 0) {
        options_.board->mark(id, true);
        report(actor);
      }
    }
    for (auto& [id, actor] : stuck_) {
      if (found.count(id) == 0) {
        options_.board->mark(id, false);
        actor.set_why("recovered");
        report(actor);
      }
    }
    stuck_ = std::move(found);
  }

  void report(const StuckActor& actor) const {
    if (options_.report)
      options_.report(actor);
  }

  private_watchdog::pointer self_;
  watchdog_options options_;
  std::map<uint64_t, instant> open_; // since when the Ping waits
  std::map<uint64_t, StuckActor> stuck_;
};

private_watchdog::behavior_type watchdog(private_watchdog::stateful_pointer<watchdog_state> self,
                                         watchdog_options options) {
  house_rules(self);
  self->state.begin(std::move(options));
  return {
      [=](const GetStuck&) { return self->state.list(); },
      [=](const Ping&) { return Done{}; },
      [=](const Sweep&) { self->state.sweep(); },
  };
}

} // namespace

caf::actor spawn_watchdog(caf::scheduled_actor* parent, watchdog_options options) {
  return caf::actor_cast<caf::actor>(parent->spawn(watchdog, std::move(options)));
}

} // namespace troupe
