// A whole node over a real store, journal thread included; what an embedding program would build.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <tests/support/scratch.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/persistence/doors.hpp>
#include <troupe/runtime/workers.hpp>

namespace troupe {
void add_bench_messages(caf::actor_system_config& config);
}

namespace troupe::bench {

/// Scheduler settings of all benchmarks.
struct config : caf::actor_system_config {
  explicit config(size_t threads = 2);
};

/// Opens a store, starts the journal, spawns what `wire` spawns.
class node {
public:
  using wiring = std::function<void(caf::scheduled_actor* root, doors_ptr outside)>;
  /// What is in the directory `kept_in` stays; empty = one of its own, gone with the node.
  /// With `sealed`, the store is, under a new master key.
  explicit node(wiring wire, const std::string& kept_in = {}, bool sealed = false);
  /// Over a store that is open, with so many threads for its actors.
  node(wiring wire, std::shared_ptr<store> rows, size_t threads);
  ~node();

  const doors& outside() const {
    return *doors_;
  }
  doors_ptr shared_doors() const {
    return doors_;
  }
  caf::actor_system& system() {
    return *system_;
  }

private:
  void begin(wiring wire, std::shared_ptr<store> rows);

  test::scratch place_;
  config config_;
  activity_board board_;
  std::optional<caf::actor_system> system_;
  doors_ptr doors_;
  caf::actor root_;
};

/// Registers a handle under a ref.
template <class Handle>
void put(const doors& outside, const std::string& ref, const Handle& handle) {
  outside.names->put(ref, caf::actor_cast<caf::actor>(handle));
}

} // namespace troupe::bench
