// The journal's simulated twin: the same core, driven by the test scheduler one step at a time.
#pragma once

#include <troupe/persistence/journal.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {

/// Whoever looks on while the journal works. All are optional; none may use the journal.
struct journal_watch {
  std::function<void(std::span<const journal_order>)> before; ///< it is about to work on these orders
  std::function<void()> after;                                ///< it has; nobody has been told yet
  std::function<std::chrono::milliseconds()> takes;           ///< how long that took, in virtual time
  std::function<void(const journal_delivery&)> telling;       ///< this is about to be delivered
  /// Asked for each append: is it held up on its way, as by a thread that has lost its core? It arrives held_up later.
  std::function<bool()> holds_up;
};

/// Each Tick is one step of the thread it stands for: write what is queued, then (a step later, or when a slow disk is
/// done) deliver. A crash may come between any two steps.
class simulated_journal final : public journal {
public:
  simulated_journal(caf::actor_system& system, std::shared_ptr<store> rows, std::shared_ptr<const clock> time,
                    const node_metrics& meters = {}, std::shared_ptr<object_store> objects = {},
                    journal_watch watch = {}, std::optional<journal_sharing> sharing = {})
      : core_{std::move(rows), std::move(time), meters, std::move(objects), {}, std::move(sharing)},
        watch_{std::move(watch)} {
    pump_ = system.spawn([this](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      return {[this](const Tick&) { step(); }, [this](const Activate&) { arrive(); },
              [this](const Ping&) { try_again(); }};
    });
  }

  ~simulated_journal() override {
    caf::anon_send_exit(pump_, caf::exit_reason::kill);
  }

  caf::error start() {
    return core_.start();
  }

  void submit(journal_order order) override {
    if (cut_)
      return;
    if (watch_.holds_up && std::holds_alternative<append_order>(order) && watch_.holds_up()) {
      late_.push_back(std::move(order));
      caf::delayed_anon_send(pump_, held_up, Activate{});
      return;
    }
    if (!late_.empty() &&
        std::holds_alternative<upkeep_order>(order)) // no order of one actor overtakes another of his
      return late_.push_back(std::move(order));
    queue_.push_back(std::move(order));
    tick();
  }

  size_t queued_bytes() const override {
    return 0;
  }

  uint64_t generation() const override {
    return core_.generation();
  }

  /// The power is gone: nothing is written or delivered any more.
  void cut() {
    cut_ = true;
    queue_.clear();
    late_.clear();
    deliveries_.clear();
  }

  /// How long an order that is held up is under way.
  static constexpr std::chrono::milliseconds held_up{300};

private:
  void tick(std::chrono::milliseconds wait = {}) {
    if (std::exchange(ticking_, true))
      return;
    if (wait.count() == 0)
      caf::anon_send(pump_, Tick{});
    else
      caf::delayed_anon_send(pump_, wait, Tick{});
  }

  void arrive() {
    std::move(late_.begin(), late_.end(), std::back_inserter(queue_));
    late_.clear();
    if (!queue_.empty())
      tick();
  }

  // The thread looks after a store that accepts no writes though nothing is queued.
  void try_again() {
    retrying_ = false;
    if (!cut_ && core_.trouble() && queue_.empty() && deliveries_.empty())
      core_.process({});
    retry_later();
  }

  void retry_later() {
    if (core_.trouble() && !std::exchange(retrying_, true))
      caf::delayed_anon_send(pump_, limits::store_retry, Ping{});
  }

  void step() {
    ticking_ = false;
    std::chrono::milliseconds wait{0};
    if (!deliveries_.empty()) {
      for (auto& delivery : std::exchange(deliveries_, {})) {
        if (watch_.telling)
          watch_.telling(delivery);
        delivery.to->enqueue(std::move(delivery.message), nullptr);
      }
    } else if (!queue_.empty()) {
      auto orders = std::exchange(queue_, {});
      if (watch_.before)
        watch_.before(orders);
      deliveries_ = core_.process(orders);
      if (watch_.after)
        watch_.after();
      if (watch_.takes)
        wait = watch_.takes();
      retry_later();
    }
    if (!deliveries_.empty() || !queue_.empty() ||
        wait.count() > 0) // slow for upkeep, too, which tells nobody
      tick(wait);
  }

  journal_core core_;
  journal_watch watch_;
  caf::actor pump_;
  std::vector<journal_order> queue_;
  std::vector<journal_order> late_;
  std::vector<journal_delivery> deliveries_;
  bool ticking_ = false;
  bool retrying_ = false;
  bool cut_ = false;
};

} // namespace troupe
