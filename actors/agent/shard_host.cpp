// SHARD HOST: activation, passivation, and the fate of entities that crash.
// Invariant: of an entity at most one incarnation is awake; whoever writes to it is answered, held, or told why not.

#include <algorithm>
#include <optional>
#include <set>
#include <troupe/actors/spawn.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/runtime/proto/tenure.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>
#include <unordered_map>

namespace troupe {
namespace {

struct shard_host_state {
  static inline const char* name = "shard_host";

  struct known_kind : entity_kind {
    metric awake, wakes;
  };
  struct resident {
    std::shared_ptr<entity_seat> seat;
    caf::actor actor;
    int64_t since_ms = 0;
    const known_kind* kind = nullptr;
    bool asked_to_sleep = false;
  };
  struct crash_record {
    unsigned in_a_row = 0;
    bool parked = false; // waits for its backoff
    std::string last;
    int64_t since_ms = 0;

    bool is_quarantined() const {
      return in_a_row >= limits::quarantine_after;
    }
  };

  doors_ptr doors;
  std::map<std::string, known_kind> kinds;
  std::unordered_map<std::string, resident> residents;
  std::unordered_map<caf::actor_addr, const std::string*> by_address; // keys of residents
  std::unordered_map<std::string, entity_id> waking;
  std::map<entity_id, open_order> to_open; // of those waking: not yet asked for
  entity_id opened_last{};
  size_t opening = 0; // asked for, not yet replayed
  std::map<std::string, crash_record> crashes;
  std::set<std::string> released; // from quarantine, not yet awake
  bool sweeping = false;          // a Tick is on its way
  std::optional<caf::error> stopping;
  std::vector<std::string> to_stop; // of the residents, last first

  shard_host_actor::pointer self = nullptr;

  void count(const metric_family& what, const std::string& ref) const {
    if (auto parts = parse_ref(ref))
      what.with({parts->kind}).add();
  }

  void wake(const std::string& ref, bool without_snapshot) {
    auto id = identify(ref, doors->rows->naming_key());
    waking[ref] = id;
    to_open[id] = {ref, id, self->ctrl(), without_snapshot};
    open_more();
  }

  // Some at a time: what is replayed and not yet begun takes memory, and CAF searches long queues of runnable actors.
  // In the order of the rows, round and round, and in bundles: neighbours are read for the price of one.
  void open_more() {
    if (opening > limits::entities_opening / 2)
      return;
    for (; opening < limits::entities_opening && !to_open.empty(); ++opening) {
      auto next = to_open.upper_bound(opened_last);
      auto taken = to_open.extract(next == to_open.end() ? to_open.begin() : next);
      opened_last = taken.key();
      doors->disk->submit(std::move(taken.mapped()));
    }
  }

  void activate(const std::string& ref) {
    if (auto refused = stopping ? being_stopped(ref) : doors->names->refusal(ref))
      return doors->names->erase(ref, {}, std::move(refused));
    if (waking.count(ref) > 0 || residents.count(ref) > 0)
      return;
    auto i = crashes.find(ref);
    if (i == crashes.end())
      wake(ref, false);
    else if (i->second.is_quarantined()) {
      tell_of_loss(ref, true);
      doors->names->erase(ref, {},
                          make_error(ec::quarantined, ref + " crashed " + std::to_string(i->second.in_a_row) +
                                                          " times in a row, last: " + i->second.last));
    } else if (!i->second.parked)
      wake(ref, false);
  }

  void replayed(const Replayed& answer) {
    --opening;
    open_more();
    auto& ref = answer.ref();
    auto woken = waking.extract(ref);
    if (!woken || stopping)
      return;
    if (answer.has_failure()) {
      doors->names->erase(ref, {}, error_of(answer.failure()));
      return;
    }
    auto seat = std::make_shared<entity_seat>();
    seat->ref = ref;
    seat->id = woken.mapped();
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
      auto i =
          residents.insert_or_assign(ref, resident{std::move(seat), *actor, since_ms, &kind->second}).first;
      by_address[actor->address()] = &i->first;
      sweep_later();
      kind->second.awake.add();
      kind->second.wakes.add();
      doors->names->put(ref, *actor, self->context()); // begins where its state was built
      if (released.erase(ref) > 0)
        put_to_sleep(ref); // with its first message it begins, and tells who counts on it that it is back
    } catch (const std::exception& e) {
      crashed(ref, e.what());
    }
  }

  void down(const caf::down_msg& message) {
    auto i = by_address.find(message.source);
    if (i == by_address.end())
      return;
    auto gone = residents.extract(*i->second);
    by_address.erase(i);
    auto& ref = gone.key();
    gone.mapped().kind->awake.add(-1);
    if (stopping)
      return stop_more();
    auto lived_ms = doors->time->now_ms() - gone.mapped().since_ms;
    if (lived_ms > limits::park_longest.count())
      crashes.erase(ref);
    auto code = code_of(message.reason);
    if (code == ec::outcome_unknown || code == ec::unavailable || code == ec::disk_full ||
        code == ec::read_only) {        // the store's failure or our own stop, nobody's crash
      if (gone.mapped().asked_to_sleep) // what came since is held, and nobody else will see to it
        leave(ref);
      else
        doors->names->erase(ref, gone.mapped().actor, message.reason);
      tell_of_loss(ref);
      ask_for_timers(ref);
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
    tell_of_loss(ref);
    ask_for_timers(ref, limits::redelivery_first); // not at once: they may be what it crashed of
    auto wait = std::min(limits::park_longest, limits::park_first * (1u << (record.in_a_row - 1)));
    Activate again;
    again.set_ref(ref);
    again.set_after_park(true);
    tell_in(self, wait, shard_host_actor{self}, std::move(again));
  }

  // Its last rows may be there unannounced, and what it was fired for may be lost with it.
  void ask_for_timers(const std::string& ref, std::chrono::milliseconds after = {}) const {
    Redeliver again;
    again.set_ref(ref);
    again.set_after_ms(after.count());
    doors->names->tell(std::string{services::timers}, std::move(again));
  }

  void tell_of_loss(const std::string& ref, bool quarantined = false) {
    auto parts = parse_ref(ref);
    auto kind = parts ? kinds.find(parts->kind) : kinds.end();
    if (kind == kinds.end() || kind->second.tell_crash_to.empty())
      return;
    EntityCrashed crash;
    crash.set_ref(ref);
    crash.set_quarantined(quarantined);
    doors->names->tell(std::string{kind->second.tell_crash_to}, std::move(crash));
  }

  void passivated(const Passivated& answer) {
    auto i = residents.find(answer.ref());
    if (i == residents.end() || stopping)
      return;
    if (!answer.asleep()) {
      i->second.asked_to_sleep = false;
      doors->names->put(answer.ref(), i->second.actor);
      return;
    }
    self->demonitor(i->second.actor->address());
    by_address.erase(i->second.actor->address());
    crashes.erase(answer.ref()); // it was idle, so it was well
    i->second.kind->awake.add(-1);
    residents.erase(i);
    leave(answer.ref());
  }

  // It is no more; whatever came since it was asked to sleep wakes the next incarnation.
  void leave(const std::string& ref) {
    if (!doors->names->release(ref))
      wake(ref, false);
  }

  // What a host that did not come to stop them has left awake would have no host for ever.
  void end_orphans() {
    for (auto& ref : doors->names->awake())
      if (auto parts = parse_ref(ref); parts && kinds.count(parts->kind) > 0)
        if (auto orphan = doors->names->find(ref)) {
          doors->names->erase(ref, orphan, being_stopped(ref));
          self->send_exit(orphan, caf::exit_reason::kill);
        }
  }

  // Whoever was awake under an earlier host is gone, or about to find out.
  void tell_of_losses() {
    for (auto& [kind_name, kind] : kinds)
      if (std::string listener{kind.tell_crash_to}; !listener.empty() && doors->names->find(listener))
        doors->names->tell(listener, EntityCrashed{});
  }

  static caf::error being_stopped(const std::string& ref) {
    return make_error(ec::unavailable, ref + " is being stopped");
  }

  void stop(caf::error reason) {
    if (stopping)
      return;
    stopping = std::move(reason);
    to_open.clear(); // nobody waits for them any more
    for (auto& [ref, id] : waking)
      doors->names->erase(ref, {}, being_stopped(ref));
    for (auto& [ref, one] : residents) {
      doors->names->erase(ref, one.actor, being_stopped(ref));
      to_stop.push_back(ref);
    }
    std::sort(to_stop.begin(), to_stop.end(), std::greater<>{});
    for (auto n = std::clamp(to_stop.size(), size_t{1}, limits::entities_opening); n > 0; --n)
      stop_more();
  }
  // Some at a time, as with opening; one that is down makes room for the next.
  void stop_more() {
    while (!to_stop.empty() && residents.count(to_stop.back()) == 0)
      to_stop.pop_back(); // went by itself
    if (!to_stop.empty()) {
      self->send_exit(residents.at(to_stop.back()).actor, *stopping);
      to_stop.pop_back();
    } else if (residents.empty()) {
      self->quit(*stopping);
    }
  }

  void put_to_sleep(const std::string& ref) {
    auto& one = residents[ref];
    one.asked_to_sleep = true;
    doors->names->hold(ref);
    caf::anon_send(one.actor, Passivate{});
  }

  void put_idle_to_sleep() {
    auto now = doors->time->now_ms();
    std::map<std::string_view, std::vector<std::pair<int64_t, std::string>>> by_kind;
    for (auto& [ref, one] : residents)
      if (!one.asked_to_sleep)
        by_kind[one.kind->name].emplace_back(one.seat->last_active_ms.load(std::memory_order_relaxed), ref);
    for (auto& [kind_name, by_activity] : by_kind) {
      auto& kind = kinds.find(std::string{kind_name})->second;
      std::sort(by_activity.begin(), by_activity.end());
      auto surplus = by_activity.size() > kind.most_awake ? by_activity.size() - kind.most_awake : 0;
      for (auto& [last_active, ref] : by_activity) {
        if (last_active + kind.idle.count() > now && surplus == 0)
          break;
        surplus -= surplus > 0 ? 1 : 0;
        put_to_sleep(ref);
      }
    }
  }

  // Looks for idle ones as long as there is anybody: a node with nobody awake does nothing.
  void sweep_later() {
    if (stopping || residents.empty() || std::exchange(sweeping, true))
      return;
    auto shortest = limits::entity_idle;
    for (auto& [kind_name, kind] : kinds)
      shortest = std::min(shortest, kind.idle);
    tell_in(self, std::max(limits::idle_sweep, shortest / 4), shard_host_actor{self}, Tick{});
  }

  QuarantineList quarantined() const {
    QuarantineList list;
    for (auto& [ref, record] : crashes)
      if (record.is_quarantined()) {
        auto* one = list.add_entities();
        one->set_ref(ref);
        one->set_crashes(record.in_a_row);
        one->set_last(record.last);
        one->set_since_ms(record.since_ms);
      }
    return list;
  }

  caf::result<Done> end_quarantine(const std::string& ref) {
    auto i = crashes.find(ref);
    if (i == crashes.end() || !i->second.is_quarantined())
      return make_error(ec::not_found, ref + " is not in quarantine");
    crashes.erase(i);
    released.insert(ref);
    activate(ref);
    ask_for_timers(ref); // what it was sent meanwhile was refused
    return Done{};
  }
};

shard_host_actor::behavior_type shard_host(shard_host_actor::stateful_pointer<shard_host_state> self,
                                           doors_ptr doors, std::vector<entity_kind> kinds) {
  house_rules(self);
  self->state.self = self;
  self->state.doors = doors;
  auto me = caf::actor_cast<caf::actor_addr>(self->address());
  for (auto& kind : kinds) {
    auto kind_name = kind.name;
    doors->names->set_waker(kind_name, [me](const std::string& ref) {
      if (auto host = caf::actor_cast<caf::actor>(me)) {
        Activate message;
        message.set_ref(ref);
        caf::anon_send(host, std::move(message));
      }
    });
    auto& meters = doors->meters;
    shard_host_state::known_kind known{std::move(kind), meters.entities_awake.with({kind_name}),
                                       meters.entity_wakes.with({kind_name})};
    known.awake.record(0); // another host may have counted before
    self->state.kinds.emplace(std::move(kind_name), std::move(known));
  }
  self->state.end_orphans();
  self->state.tell_of_losses();
  self->set_down_handler([self](caf::down_msg& message) { self->state.down(message); });
  self->set_exit_handler([self](caf::exit_msg& message) { self->state.stop(message.reason); });
  return {
      [self](const Activate& message) {
        if (message.after_park()) {
          self->state.crashes[message.ref()].parked = false;
          if (self->state.doors->names->release(message.ref()))
            return; // nobody waits for it
        }
        self->state.activate(message.ref());
      },
      [self](const Replayed& answer) { self->state.replayed(answer); },
      [self](const Passivated& answer) { self->state.passivated(answer); },
      [self](const Tick&) {
        self->state.sweeping = false;
        if (!self->state.stopping)
          self->state.put_idle_to_sleep();
        self->state.sweep_later();
      },
      [self](const ListQuarantined&) { return self->state.quarantined(); },
      [self](const EndQuarantine& command) { return self->state.end_quarantine(command.ref()); },
      [](const CloseShards&) { return Done{}; },
  };
}

} // namespace

shard_host_actor spawn_shard_host(caf::scheduled_actor* parent, doors_ptr doors,
                                  std::vector<entity_kind> kinds) {
  return spawn_observed(parent, doors->board, shard_host, doors, std::move(kinds));
}

} // namespace troupe
