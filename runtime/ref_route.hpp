// REF ROUTE: the way to refs that other nodes answer. The directory asks it about refs it does not know.
#pragma once

#include <caf/mailbox_element.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Whether entities of a kind belong to the owner of their shard. Those that do not, agents, are of the node that made them.
bool is_sharded(std::string_view kind);

/// The kind in a ref, `tenant/kind/key`; empty if it is none.
std::string_view kind_of(std::string_view name);

/// Which refs belong to other nodes, and the way there. Thread-safe.
class ref_route {
public:
  virtual ~ref_route() = default;

  /// The node that a ref belongs to, if that is another one; empty = this one.
  virtual std::string node_of(const std::string& name) const = 0;

  /// The node that owns a shard, if that is another one; empty = this one.
  virtual std::string node_of(uint8_t shard) const = 0;

  /// Whether this node has the rows of a shard to itself now, to wait for its timers. Always, unless nodes share a store.
  virtual bool is_open(uint8_t) const {
    return true;
  }

  /// Takes a message to a ref of another node: sends it there or refuses it. False: the ref is one of this node.
  virtual bool take(const std::string& name, caf::mailbox_element_ptr& message) = 0;

  /// Why this node does not bring an entity to life; no error if it does. Error: ec::unavailable.
  virtual caf::error refusal(const std::string& name) const = 0;

  /// The other nodes, by name.
  virtual std::vector<std::string> others() const = 0;
};

} // namespace troupe
