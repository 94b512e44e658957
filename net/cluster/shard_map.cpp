// SHARD MAP: made once, then only read.
// Invariant: no change of the program or of the list of members moves a shard.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/cluster/rendezvous.hpp>
#include <troupe/net/cluster/shard_map.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/link_limits.hpp>
#include <troupe/runtime/proto/shards.pb.h>

namespace troupe {
namespace {

const std::string map_row = store_key("cluster/map");

// An entity that another node would own; empty = there is none.
caf::expected<std::string> stranger(const store& rows, const shard_map& map, const std::string& self,
                                    const std::function<bool(std::string_view)>& travels) {
  std::string found;
  for (unsigned shard = 0; shard < limits::shards && found.empty(); ++shard) {
    auto at = static_cast<uint8_t>(shard);
    if (map.owner(at) == self)
      continue;
    auto failed = rows.scan(space::meta, names_begin(at), names_end(at), [&](auto, std::string_view name) {
      if (auto known = parse_ref(name); known && travels(known->kind))
        found = name;
      return found.empty();
    });
    if (failed)
      return failed;
  }
  return found;
}

} // namespace

shard_map shard_map::create(std::string cluster, std::vector<std::string> nodes) {
  ensure(!nodes.empty() && nodes.size() <= limits::link_members, "1 to limits::link_members owners");
  shard_map made;
  made.cluster_ = std::move(cluster);
  made.nodes_ = std::move(nodes);
  std::sort(made.nodes_.begin(), made.nodes_.end());
  made.nodes_.erase(std::unique(made.nodes_.begin(), made.nodes_.end()), made.nodes_.end());
  for (unsigned shard = 0; shard < limits::shards; ++shard) {
    auto weight = [&](const std::string& node) { return rendezvous_weight(node, shard + 1); };
    auto best = std::max_element(made.nodes_.begin(), made.nodes_.end(),
                                 [&](auto& a, auto& b) { return weight(a) < weight(b); });
    made.owners_[shard] = static_cast<uint8_t>(best - made.nodes_.begin());
  }
  return made;
}

caf::expected<shard_map> shard_map::read(const std::string& bytes) {
  ShardMap stored;
  shard_map map;
  auto damaged = make_error(ec::corrupt, "the shard map of the store is damaged: restore it from a backup");
  if (!stored.ParseFromString(bytes) || stored.owners().size() != map.owners_.size())
    return damaged;
  map.version_ = stored.version();
  map.cluster_ = stored.cluster();
  map.nodes_ = {stored.nodes().begin(), stored.nodes().end()};
  for (size_t shard = 0; shard < map.owners_.size(); ++shard) {
    map.owners_[shard] = static_cast<uint8_t>(stored.owners()[shard]);
    if (map.owners_[shard] >= map.nodes_.size())
      return damaged;
  }
  return map;
}

std::string shard_map::bytes() const {
  ShardMap stored;
  stored.set_version(version_);
  stored.set_cluster(cluster_);
  for (auto& node : nodes_)
    stored.add_nodes(node);
  stored.set_owners(std::string{owners_.begin(), owners_.end()});
  return stored.SerializeAsString();
}

std::string shard_map::hash() const {
  return fmt::format("{:016x}", name_hash(bytes()));
}

caf::expected<shard_map> open_shard_map(store& rows, const std::string& cluster, const std::string& self,
                                        std::vector<std::string> founders,
                                        const std::function<bool(std::string_view kind)>& travels) {
  auto stored = rows.get(space::meta, map_row);
  if (!stored)
    return std::move(stored.error());
  if (*stored) {
    auto map = shard_map::read(**stored);
    if (map && map->cluster() != cluster)
      return make_error(ec::conflict, fmt::format("the store is of cluster {}, and [cluster] id says {}",
                                                  map->cluster(), cluster));
    return map;
  }
  auto map = shard_map::create(cluster, std::move(founders));
  auto found = stranger(rows, map, self, travels);
  if (!found)
    return std::move(found.error());
  if (!found->empty())
    return make_error(
        ec::conflict,
        fmt::format("the store holds entities that other members of cluster {} would own, {} for one: a node "
                    "that has worked alone brings them in with [cluster] founders = \"{}\" on every member",
                    cluster, *found, self));
  if (auto failed = rows.write({{space::meta, map_row, map.bytes()}}))
    return failed;
  return map;
}

} // namespace troupe
