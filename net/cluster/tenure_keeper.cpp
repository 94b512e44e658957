// TENURE KEEPER: between the tenure of a node and those who do what it says.
// Invariant: a shard is shut for the journal before anybody hears that it is lost, and open for the journal before anybody wakes there.

#include <fmt/format.h>
#include <troupe/net/cluster/tenure_keeper.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/interface/journal.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/ops.pb.h>
#include <troupe/runtime/proto/tenure.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {
namespace {

struct tenure_state {
  static inline const char* name = "tenure";

  explicit tenure_state(tenure_actor::pointer keeper) : self{keeper} {}

  void begin(doors_ptr doors, tenure_parts with) {
    outside = std::move(doors);
    parts = std::move(with);
    machine.emplace(parts.whose->self());
    for (unsigned shard = 0; shard < limits::shards; ++shard)
      shut(static_cast<uint8_t>(shard));
    parts.inbox->tell([me = caf::actor_cast<caf::actor_addr>(self->address())] {
      if (auto keeper = caf::actor_cast<caf::actor>(me))
        caf::anon_send(keeper, Tick{});
    });
    look_again();
  }

  tenure_time time() const {
    using std::chrono::milliseconds;
    auto now = std::chrono::duration_cast<milliseconds>(self->clock().now().time_since_epoch());
    return {now.count(), parts.leases->sure_until_ms()};
  }

  // A tick of its own; a poke does not put it off.
  void look_again() {
    Tick tick;
    tick.set_epoch(++ticks);
    tell_in(self, limits::tenure_tick, tenure_actor{self}, std::move(tick));
  }

  void work() {
    auto at = time();
    auto news = parts.inbox->take();
    if (news.view)
      see(*news.view, at);
    for (auto& [shard, epoch] : news.raised) {
      if (!epoch)
        outside->log.warning("a shard could not be taken over",
                             {{"shard", std::to_string(shard)}, {"reason", describe(epoch.error())}});
      machine->raised(shard, epoch);
    }
    for (auto shard : news.deposed)
      machine->deposed(shard);
    auto orders = machine->due(at);
    if (was_sure != machine->is_sure() || !machine->is_sure())
      say_how_it_stands();
    obey(orders);
    if (redeliver_ms != 0 && at.now_ms >= redeliver_ms) {
      redeliver_ms = 0;
      outside->names->tell(std::string{services::timers}, Redeliver{});
    }
  }

  void see(const cluster_view& now, tenure_time at) {
    auto before = machine->view().holders;
    machine->saw(now, at);
    auto& holders = machine->view().holders;
    bool others_have = false;
    for (size_t shard = 0; shard < limits::shards; ++shard)
      others_have |=
          holders[shard] != before[shard] && !holders[shard].empty() && holders[shard] != parts.whose->self();
    if (others_have &&
        redeliver_ms == 0) // what was refused meanwhile is due when they have opened, not in minutes
      redeliver_ms = at.now_ms + limits::tenure_retry.count();
    parts.whose->saw(machine->view(), machine->wanted());
  }

  void say_how_it_stands() {
    auto sure = machine->is_sure();
    if (was_sure != sure)
      sure ? outside->log.info("the lease is sure")
           : outside->log.warning("the lease is not sure any more: all shards are given up");
    was_sure = sure;
    if (sure)
      return parts.whose->doubt({});
    auto trouble = parts.leases->trouble();
    parts.whose->doubt(make_error(ec::unavailable, fmt::format("node {} has no sure lease{}{}",
                                                               parts.whose->self(), trouble ? ": " : "",
                                                               trouble ? text_of(trouble) : std::string{})));
  }

  void shut(uint8_t shard) {
    parts.whose->open(shard, 0);
    parts.epochs->set(shard, 0);
  }

  void obey(const tenure_orders& orders) {
    ShardsChanged changed;
    for (auto shard : orders.shut) {
      shut(shard);
      changed.add_lost(shard);
    }
    for (auto shard : orders.close)
      parts.whose->open(shard, 0); // who is awake still writes
    close(orders.close, false);
    close(orders.end, true);
    for (auto& one : orders.open) {
      parts.epochs->set(one.shard, one.epoch);
      parts.whose->open(one.shard, one.epoch);
      changed.add_gained(one.shard);
    }
    if (changed.gained_size() + changed.lost_size() > 0) {
      outside->log.info("shards have changed", {{"gained", std::to_string(changed.gained_size())},
                                                {"lost", std::to_string(changed.lost_size())}});
      outside->names->tell(std::string{services::timers}, std::move(changed));
    }
    if (!orders.claim.empty())
      parts.leases->claim(orders.claim);
    if (!orders.release.empty())
      parts.leases->release(orders.release);
    if (!orders.raise.empty())
      outside->hands->submit([rows = outside->rows, inbox = parts.inbox, shards = orders.raise] {
        for (auto shard : shards)
          inbox->raised(shard, rows->raise_epoch(shard));
      });
  }

  // Only the answer to the last question about a shard counts: an earlier one may be of an earlier time.
  void close(const std::vector<uint8_t>& shards, bool at_once) {
    if (shards.empty())
      return;
    CloseShards wanted;
    wanted.set_at_once(at_once);
    auto question = ++questions;
    for (auto shard : shards) {
      wanted.add_shards(shard);
      asked[shard] = question;
    }
    auto each = [=, this](void (tenure::*what)(uint8_t)) {
      for (auto shard : shards)
        if (asked[shard] == question)
          ((*machine).*what)(shard);
      work();
    };
    troupe::ask<Done>(self, *outside->names, std::string{services::shard_host}, limits::shard_host_patience,
                      std::move(wanted))
        .then([=](const Done&) { each(&tenure::closed); },
              [=](const caf::error&) { each(&tenure::not_closed); });
  }

  tenure_actor::pointer self;
  doors_ptr outside;
  tenure_parts parts;
  std::optional<tenure> machine;
  uint64_t ticks = 0;
  uint64_t questions = 0;
  std::array<uint64_t, limits::shards> asked{}; // last question about each shard
  int64_t redeliver_ms = 0;                     // 0 = nothing is due
  bool was_sure = false;
};

tenure_actor::behavior_type tenure_keeper(tenure_actor::stateful_pointer<tenure_state> self,
                                          doors_ptr outside, tenure_parts parts) {
  house_rules(self);
  self->state.begin(std::move(outside), std::move(parts));
  return {
      [self](const Tick& tick) {
        self->state.work();
        if (tick.epoch() == self->state.ticks)
          self->state.look_again();
      },
      [](const Ping&) { return Done{}; },
  };
}

} // namespace

template <class Put>
void tenure_inbox::put(Put what) {
  std::function<void()> poke;
  {
    std::lock_guard lock{mutex_};
    what(news_);
    poke = poke_;
  }
  if (poke)
    poke();
}

void tenure_inbox::saw(const cluster_view& now) {
  put([&](news& all) { all.view = newest_ = now; });
}

void tenure_inbox::raised(uint8_t shard, caf::expected<uint64_t> epoch) {
  put([&](news& all) { all.raised.emplace_back(shard, std::move(epoch)); });
}

void tenure_inbox::deposed(uint8_t shard) {
  put([&](news& all) { all.deposed.push_back(shard); });
}

tenure_inbox::news tenure_inbox::take() {
  std::lock_guard lock{mutex_};
  return std::exchange(news_, {});
}

void tenure_inbox::tell(std::function<void()> poke) {
  std::lock_guard lock{mutex_};
  poke_ = std::move(poke);
  news_.view = newest_;
}

tenure_actor spawn_tenure(caf::scheduled_actor* parent, doors_ptr outside, tenure_parts parts) {
  auto* board = outside->board;
  return spawn_observed(parent, board, tenure_keeper, std::move(outside), std::move(parts));
}

} // namespace troupe
