// SHARD HOST: activation, passivation, and the fate of entities that crash.
// Invariant: of an entity at most one incarnation is awake; whoever writes to it is answered, held, sent on to another node, or
// told why not.

#include <algorithm>
#include <optional>
#include <set>
#include <troupe/actors/agent/crash_records.hpp>
#include <troupe/actors/agent/host_notices.hpp>
#include <troupe/actors/agent/porter.hpp>
#include <troupe/actors/agent/shard_closing.hpp>
#include <troupe/actors/agent/shard_limits.hpp>
#include <troupe/actors/agent/wake_queue.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/runtime/proto/tenure.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {
namespace {

struct shard_host_state {
  static inline const char* name = "shard_host";

  doors_ptr doors;
  hosted_kinds kinds;
  resident_list residents;
  std::optional<wake_queue> waking;
  crash_records crashes;
  shard_closing closing;
  std::set<std::string> released; // from quarantine, not yet awake
  bool sweeping = false;          // a Tick is on its way
  bool closes_later = false;      // one for shards that are being closed
  std::optional<caf::error> stopping;
  std::vector<std::string> to_stop; // of the residents, last first

  shard_host_actor::pointer self = nullptr;

  void count(const metric_family& what, const std::string& ref) const {
    if (auto parts = parse_ref(ref))
      what.with({parts->kind}).add();
  }

  void wake(const std::string& ref, bool without_snapshot) {
    auto id = identify(ref, doors->rows->naming_key());
    waking->add({ref, id, self->ctrl(), without_snapshot});
  }

  void activate(const std::string& ref) {
    if (auto refused = stopping ? being_stopped(ref) : doors->names->refusal(ref))
      return turn_away(ref, std::move(refused));
    if (waking->has(ref) || put_off(ref) || residents.find(ref))
      return;
    auto i = crashes.find(ref);
    if (i == crashes.end())
      wake(ref, false);
    else if (i->second.is_quarantined()) {
      tell_of_loss(*doors, kinds, ref, true);
      doors->names->erase(ref, {},
                          make_error(ec::quarantined, ref + " crashed " + std::to_string(i->second.in_a_row) +
                                                          " times in a row, last: " + i->second.last));
    } else if (!i->second.parked)
      wake(ref, false);
  }

  void replayed(const Replayed& answer) {
    auto& ref = answer.ref();
    auto woken = waking->take(answer);
    if (!woken && !answer.has_failure()) // nobody will ever write under this incarnation
      doors->disk->submit(close_order{identify(ref, doors->rows->naming_key()), answer.incarnation()});
    if (!woken || stopping)
      return;
    if (answer.has_failure()) {
      turn_away(ref, error_of(answer.failure()));
      return;
    }
    auto seat = std::make_shared<entity_seat>();
    seat->ref = ref;
    seat->id = *woken;
    seat->incarnation = answer.incarnation();
    seat->host = caf::actor_cast<caf::actor>(self->ctrl());
    seat->last_active_ms = doors->time->now_ms();
    auto parts = parse_ref(ref);
    auto kind = parts ? kinds.find(parts->kind) : kinds.end();
    if (kind == kinds.end()) {
      doors->names->erase(
          ref, {}, parts ? make_error(ec::not_found, "no entities of kind " + parts->kind) : parts.error());
      return;
    }
    bool snapshot_unusable = false;
    try {
      auto actor = kind->second.wake(self, seat, doors, answer, snapshot_unusable);
      if (snapshot_unusable)
        return wake(ref, true);
      if (!actor) {
        doors->names->erase(ref, {}, actor.error());
        return;
      }
      watch(self, *actor);
      auto since_ms = seat->last_active_ms.load(std::memory_order_relaxed);
      residents.add(ref, {std::move(seat), *actor, since_ms, &kind->second});
      sweep_later();
      doors->names->put(ref, *actor, self->context()); // begins where its state was built
      if (released.erase(ref) > 0)
        put_to_sleep(ref); // with its first message it begins, and tells who counts on it that it is back
    } catch (const std::exception& e) {
      crashed(ref, e.what());
    }
  }

  void down(const caf::down_msg& message) {
    auto gone = residents.take(message.source);
    if (!gone)
      return;
    auto& [ref, one] = *gone;
    if (stopping)
      return stop_more();
    auto shard = one.seat->id.shard;
    if (closing.has(shard)) { // nobody's crash: it goes on elsewhere
      crashes.erase(ref);
      return closed(shard, ref);
    }
    auto lived_ms = doors->time->now_ms() - one.since_ms;
    if (lived_ms > limits::park_longest.count())
      crashes.erase(ref);
    auto code = code_of(message.reason);
    if (code == ec::outcome_unknown || code == ec::unavailable || code == ec::disk_full ||
        code == ec::read_only) { // the store's failure or our own stop, nobody's crash
      if (one.asked_to_sleep)    // what came since is held, and nobody else will see to it
        leave(ref);
      else
        doors->names->erase(ref, one.actor, message.reason);
      tell_of_loss(*doors, kinds, ref);
      ask_for_timers(*doors, ref);
    } else {
      crashed(ref, describe(message.reason));
    }
  }

  void crashed(const std::string& ref, std::string why) {
    auto& record = crashes[ref];
    ++record.in_a_row;
    record.last = std::move(why);
    count(doors->meters.entity_crashes, ref);
    record.since_ms = doors->time->now_ms();
    doors->names->hold(ref);
    if (record.is_quarantined()) {
      count(doors->meters.entity_quarantines, ref);
      activate(ref); // refuses what is held
      return;
    }
    record.parked = true;
    tell_of_loss(*doors, kinds, ref);
    ask_for_timers(*doors, ref, limits::redelivery_first); // not at once: they may be what it crashed of
    auto wait = std::min(limits::park_longest, limits::park_first * (1u << (record.in_a_row - 1)));
    Activate again;
    again.set_ref(ref);
    again.set_after_park(true);
    tell_in(self, wait, shard_host_actor{self}, std::move(again));
  }

  void passivated(const Passivated& answer) {
    auto* one = residents.find(answer.ref());
    if (!one || stopping)
      return;
    auto shard = one->seat->id.shard;
    if (!answer.asleep()) {
      one->asked_to_sleep = false;
      if (!closing.has(shard)) // else it is asked again, and what comes meanwhile is not for it
        doors->names->put(answer.ref(), one->actor);
      return;
    }
    self->demonitor(one->actor->address());
    crashes.erase(answer.ref()); // it was idle, so it was well
    residents.take(answer.ref());
    if (closing.has(shard))
      closed(shard, answer.ref());
    else
      leave(answer.ref());
  }

  // It is no more; whatever came since it was asked to sleep wakes the next incarnation, here or where its shard is now.
  void leave(const std::string& ref) {
    if (waking->has(ref) || residents.find(ref) || doors->names->release(ref))
      return;
    if (auto refused = doors->names->refusal(ref))
      turn_away(ref, std::move(refused));
    else if (!put_off(ref))
      wake(ref, false);
  }

  // Nobody wakes in a shard that is being closed.
  bool put_off(const std::string& ref) {
    if (closing.is_idle() || !closing.has(shard_of(ref)))
      return false;
    closing.put_off(shard_of(ref), ref);
    return true;
  }

  // What is held for it goes to the node that has it, or is refused.
  void turn_away(const std::string& ref, caf::error why) {
    if (!stopping && doors->names->is_elsewhere(ref))
      send_on(self, doors->names, ref);
    else
      doors->names->erase(ref, {}, std::move(why));
  }

  int64_t steady_ms() const {
    using std::chrono::milliseconds;
    return std::chrono::duration_cast<milliseconds>(self->clock().now().time_since_epoch()).count();
  }

  static caf::error has_left(const std::string& ref) {
    return make_error(ec::unavailable,
                      ref + ": shard " + std::to_string(shard_of(ref)) + " leaves this node");
  }

  void close(const CloseShards& which, std::function<void()> done) {
    std::map<uint8_t, std::set<std::string>> leaving;
    for (auto shard : which.shards())
      if (shard < limits::shards)
        leaving[static_cast<uint8_t>(shard)];
    auto leaves = [&](const std::string& ref) { return leaving.count(shard_of(ref)) > 0; };
    for (auto& ref : waking->drop([&](const entity_id& id) { return leaving.count(id.shard) > 0; }))
      turn_away(ref, has_left(ref));
    std::erase_if(released, leaves);
    for (auto& [ref, record] : crashes)
      if (record.parked && leaves(ref))
        turn_away(ref, has_left(ref));
    std::erase_if(crashes, [&](auto& one) { return leaves(one.first); });
    residents.note(leaving);
    auto patience = which.at_once() ? 0 : limits::close_patience.count();
    closing.begin(leaving, steady_ms() + patience, std::move(done));
    for (auto& [shard, refs] : leaving)
      for (auto& ref : refs)
        which.at_once() ? end(ref) : ask_to_leave(ref);
    go_on_closing();
  }

  void ask_to_leave(const std::string& ref) {
    if (auto* one = residents.find(ref); one && !one->asked_to_sleep && !one->ended)
      put_to_sleep(ref);
  }

  void end(const std::string& ref) {
    auto* one = residents.find(ref);
    if (!one || std::exchange(one->ended, true))
      return;
    turn_away(ref, has_left(ref));
    self->send_exit(one->actor, has_left(ref));
  }

  // This one was the last of its shard, maybe.
  void closed(uint8_t shard, const std::string& ref) {
    for (auto& wanted : closing.gone(shard, ref))
      leave(wanted);
    leave(ref);
  }

  void go_on_closing() {
    if (closing.is_idle() || stopping || std::exchange(closes_later, true))
      return;
    Tick tick;
    tick.set_epoch(1);
    tell_in(self, limits::close_again, shard_host_actor{self}, std::move(tick));
  }

  void look_at_closing() {
    closes_later = false;
    for (auto& ref : closing.late(steady_ms()))
      end(ref);
    for (auto& ref : closing.left())
      ask_to_leave(ref);
    go_on_closing();
  }

  void stop(caf::error reason) {
    if (stopping)
      return;
    stopping = std::move(reason);
    closing.stop();
    for (auto& ref : waking->drop([](auto&) { return true; }))
      doors->names->erase(ref, {}, being_stopped(ref));
    for (auto& [ref, one] : residents.all()) {
      doors->names->erase(ref, one.actor, being_stopped(ref));
      to_stop.push_back(ref);
    }
    std::sort(to_stop.begin(), to_stop.end(), std::greater<>{});
    for (auto n = std::clamp(to_stop.size(), size_t{1}, limits::entities_opening); n > 0; --n)
      stop_more();
  }

  // Some at a time, as with opening; one that is down makes room for the next.
  void stop_more() {
    while (!to_stop.empty() && !residents.find(to_stop.back()))
      to_stop.pop_back(); // went by itself
    if (!to_stop.empty()) {
      self->send_exit(residents.find(to_stop.back())->actor, *stopping);
      to_stop.pop_back();
    } else if (residents.is_empty()) {
      self->quit(*stopping);
    }
  }

  void put_to_sleep(const std::string& ref) {
    auto* one = residents.find(ref);
    one->asked_to_sleep = true;
    doors->names->hold(ref);
    caf::anon_send(one->actor, Passivate{});
  }

  void put_idle_to_sleep() {
    for (auto& ref : residents.tired(doors->time->now_ms()))
      put_to_sleep(ref);
  }

  // Looks for idle ones as long as there is anybody: a node with nobody awake does nothing.
  void sweep_later() {
    if (stopping || residents.is_empty() || std::exchange(sweeping, true))
      return;
    auto shortest = limits::entity_idle;
    for (auto& [kind_name, kind] : kinds)
      shortest = std::min(shortest, kind.idle);
    tell_in(self, std::max(limits::idle_sweep, shortest / 4), shard_host_actor{self}, Tick{});
  }

  caf::result<Done> end_quarantine(const std::string& ref) {
    auto i = crashes.find(ref);
    if (i == crashes.end() || !i->second.is_quarantined())
      return make_error(ec::not_found, ref + " is not in quarantine");
    crashes.erase(i);
    released.insert(ref);
    activate(ref);
    ask_for_timers(*doors, ref); // what it was sent meanwhile was refused
    return Done{};
  }
};

shard_host_actor::behavior_type shard_host(shard_host_actor::stateful_pointer<shard_host_state> self,
                                           doors_ptr doors, std::vector<entity_kind> kinds) {
  house_rules(self);
  self->state.self = self;
  self->state.doors = doors;
  self->state.waking.emplace(doors->disk);
  auto me = caf::actor_cast<caf::actor_addr>(self->address());
  self->state.kinds = host_kinds(*doors, std::move(kinds), [me](const std::string& ref) {
    if (auto host = caf::actor_cast<caf::actor>(me)) {
      Activate message;
      message.set_ref(ref);
      caf::anon_send(host, std::move(message));
    }
  });
  end_orphans(self, *doors, self->state.kinds);
  tell_of_losses(*doors, self->state.kinds);
  self->set_down_handler([self](caf::down_msg& message) { self->state.down(message); });
  self->set_exit_handler([self](caf::exit_msg& message) { self->state.stop(message.reason); });
  return {
      [self](const Activate& message) {
        if (message.after_park()) {
          auto record = self->state.crashes.find(message.ref());
          if (record == self->state.crashes.end() || !std::exchange(record->second.parked, false))
            return; // its shard has left meanwhile
          if (self->state.doors->names->release(message.ref()))
            return; // nobody waits for it
        }
        self->state.activate(message.ref());
      },
      [self](const Replayed& answer) { self->state.replayed(answer); },
      [self](const Passivated& answer) { self->state.passivated(answer); },
      [self](const Tick& tick) {
        if (tick.epoch() != 0)
          return self->state.look_at_closing();
        self->state.sweeping = false;
        if (!self->state.stopping)
          self->state.put_idle_to_sleep();
        self->state.sweep_later();
      },
      [self](const ListQuarantined&) { return quarantined_of(self->state.crashes); },
      [self](const EndQuarantine& command) { return self->state.end_quarantine(command.ref()); },
      [self](const CloseShards& which) -> caf::result<Done> {
        if (self->state.stopping)
          return make_error(ec::unavailable, "the shard host is being stopped");
        auto answer = self->make_response_promise<Done>();
        self->state.close(which, [answer]() mutable { answer.deliver(Done{}); });
        return answer;
      },
  };
}

} // namespace

shard_host_actor spawn_shard_host(caf::scheduled_actor* parent, doors_ptr doors,
                                  std::vector<entity_kind> kinds) {
  return spawn_observed(parent, doors->board, shard_host, doors, std::move(kinds));
}

} // namespace troupe
