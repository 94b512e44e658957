// INDEX ROWS: read and compared.

#include <limits>
#include <troupe/persistence/index_rows.hpp>
#include <troupe/persistence/keys.hpp>

namespace troupe {

caf::expected<index_rows> stored_index_rows(const store& rows, uint8_t shard) {
  index_rows found;
  auto keep = [&](std::string_view key, std::string_view value) {
    found.emplace(key, value);
    return true;
  };
  for (auto table : index_tables)
    if (auto failed = rows.scan(space::index, index_begin(shard, table), index_end(shard, table), keep))
      return failed;
  if (auto failed = rows.scan(space::index, timer_begin(shard),
                              timer_end(shard, std::numeric_limits<int64_t>::max()), keep))
    return failed;
  return found;
}

write_batch difference(const index_rows& stored, const index_rows& wanted) {
  write_batch changes;
  for (auto& [key, value] : stored)
    if (wanted.count(key) == 0)
      changes.push_back({space::index, key, std::nullopt});
  for (auto& [key, value] : wanted)
    if (auto row = stored.find(key); row == stored.end() || row->second != value)
      changes.push_back({space::index, key, value});
  return changes;
}

} // namespace troupe
