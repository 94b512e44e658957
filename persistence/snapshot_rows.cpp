// SNAPSHOT ROWS: which of an entity's snapshots leave.
// Invariant: the newest snapshot before the new one stays, should the new one be damaged some day.

#include <map>
#include <troupe/persistence/snapshot_rows.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

void thin_snapshots(const store& rows, std::string_view ref, const entity_id& entity, write_batch& batch,
                    object_accounts& accounts) {
  auto first = entity_begin(entity), end = entity_end(entity);
  std::map<std::string, std::string>
      present; // newest first, as the keys are; what they refer to, not what they hold
  auto add = [&](std::string_view key, std::string_view stored) {
    present[std::string{key}] = reference_in(stored) ? std::string{stored} : std::string{};
    return true;
  };
  if (rows.scan(space::snapshot, first, end, add))
    return;
  for (auto& [where, key, value, tenant] : batch)
    if (where == space::snapshot && key >= first && key < end) {
      if (value)
        add(key, *value);
      else
        present.erase(key);
    }
  size_t seen = 1; // the new one
  for (auto& [key, stored] : present)
    if (++seen > limits::snapshots_kept) {
      accounts.drop(tenant_of(ref), stored);
      batch.push_back({space::snapshot, key, std::nullopt});
    }
}

} // namespace troupe
