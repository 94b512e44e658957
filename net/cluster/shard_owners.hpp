// SHARD OWNERS: whose a shard is. What the route and the greetings of links need to know of it, however it came about.
#pragma once

#include <caf/error.hpp>
#include <cstdint>
#include <string>

namespace troupe {

class Hello;

/// Which node answers for which shard, as far as this one knows. Thread-safe.
class shard_owners {
public:
  virtual ~shard_owners() = default;

  /// Name of this node.
  virtual const std::string& self() const = 0;

  /// Whoever is to be asked about a shard; empty = this node.
  virtual std::string owner(uint8_t shard) const = 0;

  /// Why a node has nothing to say for its shards, this one too; no error if it has. Error: ec::unavailable.
  virtual caf::error trouble(const std::string& node) const = 0;

  /// See ref_route::is_open().
  virtual bool is_open(uint8_t shard) const = 0;

  /// Why this node wakes nobody in a shard whose owner it is; no error if it does. Error: ec::unavailable.
  virtual caf::error refusal(uint8_t shard) const = 0;

  /// What this node says to a member when it greets it.
  virtual void address(const std::string& peer, Hello& ours) const = 0;

  /// What a member has said. True if what is known of it has changed.
  virtual bool met(const Hello& theirs) = 0;
};

} // namespace troupe
