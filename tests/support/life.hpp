// One life of a simulated node: from start to crash. Everything it knows afterwards is what its store kept.
#pragma once

#include <caf/scheduler/test_coordinator.hpp>
#include <map>
#include <tests/support/simulated_journal.hpp>
#include <tests/support/simulated_workers.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/persistence/doors.hpp>
#include <troupe/persistence/memory_store.hpp>

namespace troupe {

void add_probe_messages(caf::actor_system_config& config);

/// Virtual wall clock: 2023-11-14 22:13:20 UTC plus the scheduler's time, going on over lives.
class virtual_clock final : public clock {
public:
  int64_t now_us() const override {
    return 1'700'000'000'000'000 + elapsed_us() + skew_us;
  }
  /// Time that has passed in all lives; never jumps.
  int64_t elapsed_us() const {
    auto run = scheduler ? scheduler->clock().now().time_since_epoch() : std::chrono::nanoseconds{0};
    return earlier_us + std::chrono::duration_cast<std::chrono::microseconds>(run).count();
  }
  caf::scheduler::test_coordinator* scheduler = nullptr;
  int64_t earlier_us = 0;
  int64_t skew_us = 0; ///< what somebody has set the date forward by; negative = back
};

/// How the twins of a node's threads behave; by default everything takes no time.
struct twins {
  journal_watch journal;
  std::function<std::chrono::milliseconds()> job_takes; ///< asked for each job of a worker
  /// The life has ended, and these are still alive: nobody could end them, and nothing they wait for comes soon.
  std::function<void(const std::vector<std::string>& names)> left;
};

/// A node on CAF's test coordinator: no threads, no time but virtual time.
class life {
public:
  /// Spawns the actors of a node as children of `root`.
  using wiring = std::function<void(caf::scheduled_actor* root, doors_ptr outside)>;

  /// Objects outlive it as rows do; without a store for them, all payloads stay in their rows.
  life(std::shared_ptr<store> rows, std::shared_ptr<virtual_clock> time, uint64_t seed, wiring wire,
       twins threads = {}, std::shared_ptr<object_store> objects = {});
  ~life(); // a crash: links and store are cut before destructors run

  /// Runs the next job the seed picks; false if there is none. Without `pick`, in order.
  bool step(const std::function<size_t(size_t)>& pick = {});
  /// Runs until nothing is left to do now.
  void settle(size_t most_steps = 1'000'000);
  /// Lets time pass until something is due, at most so long.
  void advance_once(std::chrono::nanoseconds at_most);
  /// Lets time pass, firing what is due on the way.
  void advance(std::chrono::milliseconds by);

  doors_ptr outside() const {
    return doors_;
  }
  caf::actor_system& system() {
    return system_;
  }
  /// What its actors are doing.
  activity_board& board() {
    return board_;
  }
  /// Ends with the life; whoever links to it does too.
  const caf::actor& root() const {
    return root_;
  }

private:
  struct config : caf::actor_system_config {
    config();
  };
  void meet(caf::resumable& one);
  std::vector<caf::strong_actor_ptr> alive() const;
  std::string name_of(const caf::strong_actor_ptr& one) const;

  config config_;
  activity_board board_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  std::shared_ptr<store> rows_;
  std::shared_ptr<virtual_clock> clock_;
  std::shared_ptr<simulated_journal> journal_;
  std::shared_ptr<simulated_workers> workers_;
  doors_ptr doors_;
  std::function<void(const std::vector<std::string>&)> left_;
  std::map<caf::actor_id, caf::weak_actor_ptr> met_; // whoever has done something
  size_t met_before_ = 0;                            // when those who are no more were last struck off
  caf::actor root_;
};

} // namespace troupe
