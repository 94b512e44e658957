// What a node of the highly available mode has beside its own store: the one that all share, a lease, shards that come and go.
#pragma once

#include <tests/support/life.hpp>
#include <tests/support/simulated_coordinator.hpp>
#include <troupe/net/cluster/available.hpp>

namespace troupe {

/// What all nodes share, and what a test wants to know of them.
struct shared_world {
  explicit shared_world(uint64_t seed) : rows{open_memory(seed)}, service{seed} {}

  std::shared_ptr<memory_store> rows;
  simulated_coordinator service;
  uint64_t deposed = 0; ///< writes that the store has refused
};

/// One life of such a node. Ended before the life it belongs to.
struct available_node {
  /// Opens a journal on the shared rows, beside that of `own`, and gets ready to join.
  available_node(shared_world& world, const std::string& name, const std::shared_ptr<virtual_clock>& time,
                 caf::actor_system& system, const doors_ptr& own)
      : world_{world} {
    tenure.epochs = std::make_shared<shard_epochs>();
    tenure.inbox = std::make_shared<tenure_inbox>();
    tenure.leases = world.service.speak([time] {
      auto now =
          time->scheduler ? time->scheduler->clock().now().time_since_epoch() : std::chrono::nanoseconds{0};
      return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    });
    journal_sharing sharing{tenure.epochs, name, [&world, inbox = tenure.inbox](uint8_t shard) {
                              ++world.deposed;
                              inbox->deposed(shard);
                            }};
    disk_ = std::make_shared<simulated_journal>(system, world.rows, own->time, own->meters, nullptr,
                                                journal_watch{}, std::move(sharing));
    ensure(!disk_->start(), "the shared store opens");
    auto both = std::make_shared<doors>(*own);
    both->rows = world.rows;
    both->disk = disk_;
    both->own = own;
    outside = std::move(both);
  }
  ~available_node() {
    disk_->cut();
  }

  /// The power goes: nobody is told.
  void die(const std::string& name) {
    world_.service.crash(name);
    disk_->cut();
  }

  doors_ptr outside;
  tenure_parts tenure;
  available_links wired;

private:
  shared_world& world_;
  std::shared_ptr<simulated_journal> disk_;
};

} // namespace troupe
