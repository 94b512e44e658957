// SIMULATED OBJECTS: whole or not there.

#include <tests/support/simulated_objects.hpp>

namespace troupe {

caf::expected<object_name> simulated_objects::put(const object_scope& whose, std::string_view bytes) {
  auto name = name_object(whose, bytes, naming_key_);
  if (kept_.count(name.id) > 0)
    return name;
  auto fault = disk_->take_fault();
  if (!fault || *fault)
    kept_[name.id] = bytes;
  if (fault)
    return make_error(ec::disk_full, "an object could not be kept");
  disk_->acknowledge(); // this sync came after that of the last batch
  return name;
}

caf::expected<std::string> simulated_objects::get(const object_scope& whose, const object_name& name) const {
  if (disk_->take_bad_read())
    return make_error(ec::unavailable, "the read failed: input/output error");
  auto found = kept_.find(name.id);
  if (found == kept_.end())
    return damaged_object(name.id, "is missing");
  if (name_object(whose, found->second, naming_key_) != name)
    return damaged_object(name.id, "is not what it was");
  return found->second;
}

caf::error simulated_objects::list(uint8_t shard,
                                   const std::function<bool(const object_id&, uint64_t)>& each) const {
  std::vector<std::pair<object_id, uint64_t>> found; // a copy: `each` may erase
  for (auto at = kept_.lower_bound({shard}); at != kept_.end() && at->first[0] == shard; ++at)
    found.emplace_back(at->first, at->second.size());
  for (auto& [id, bytes] : found)
    if (!each(id, bytes))
      break;
  return {};
}

caf::error simulated_objects::remove(const object_id& id) {
  if (std::exchange(synced_, disk_->syncs()) != disk_->syncs())
    erased_.clear();
  if (auto gone = kept_.extract(id)) {
    disk_->acknowledge(); // it leaves after the batch that dropped it
    if (on_erase)
      on_erase(id);
    erased_.insert(std::move(gone));
  }
  return {};
}

void simulated_objects::crash(bool keep_tail) {
  if (!keep_tail && synced_ == disk_->syncs())
    kept_.merge(erased_);
  erased_.clear();
}

} // namespace troupe
