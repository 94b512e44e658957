// STAFFED NODE: a node with agents, and what its clients do.
#pragma once

#include <tests/bench/clients.hpp>
#include <troupe/behaviors/library.hpp>

namespace troupe::bench {

/// A node with registry, scheduler and timers, and the entities of tasks and runs.
class staffed_node : public node {
public:
  explicit staffed_node(std::shared_ptr<const agent_parts> parts, const std::string& kept_in = {});

  /// Registers an agent that can do one thing.
  void hire(const std::string& id, const std::string& behavior, const std::string& capability,
            uint32_t slots);
};

/// Parts with one behavior, made by default.
template <class Behavior>
std::shared_ptr<agent_parts> parts_with() {
  auto parts = std::make_shared<agent_parts>();
  ensure(!parts->behaviors.add(Behavior{}.describe(), [] { return std::make_unique<Behavior>(); }),
         "a behavior");
  return parts;
}

/// A turn: creates a task with an input `text` of so many bytes, and waits for its end.
turn complete_task(doors_ptr outside, std::string capability, size_t payload_bytes);

} // namespace troupe::bench
