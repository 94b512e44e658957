// RESIDENTS: the entities that a shard host has awake.
#pragma once

#include <caf/all.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <troupe/persistence/event_sourced.hpp>
#include <unordered_map>
#include <vector>

namespace troupe {

/// A kind of entities, and how many of it are awake.
struct hosted_kind : entity_kind {
  metric awake, wakes;
};

/// One entity.
struct resident {
  std::shared_ptr<entity_seat> seat;
  caf::actor actor;
  int64_t since_ms = 0;
  const hosted_kind* kind = nullptr;
  bool asked_to_sleep = false;
  bool ended = false; ///< its shard leaves, and it had its time
};

/// All of them; used by their host. Counts who is awake.
class resident_list {
public:
  /// Null if it is not awake.
  resident* find(const std::string& ref) {
    auto i = all_.find(ref);
    return i == all_.end() ? nullptr : &i->second;
  }

  bool is_empty() const {
    return all_.empty();
  }

  /// One has come to life.
  void add(const std::string& ref, resident one);

  /// Takes one out, by its ref or its address; nothing if there is none.
  std::optional<std::pair<std::string, resident>> take(const std::string& ref);
  std::optional<std::pair<std::string, resident>> take(const caf::actor_addr& address);

  /// Those who are to be put to sleep: idle for as long as their kind says, or too many of it, the longest idle first.
  std::vector<std::string> tired(int64_t now_ms) const;

  /// Puts those of these shards in.
  void note(std::map<uint8_t, std::set<std::string>>& by_shard) const;

  /// All of them, by ref.
  const std::unordered_map<std::string, resident>& all() const {
    return all_;
  }

private:
  std::unordered_map<std::string, resident> all_;
  std::unordered_map<caf::actor_addr, const std::string*> by_address_; // keys of all_
};

} // namespace troupe
