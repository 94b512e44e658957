// The object store's simulated twin: objects lie on the simulated disk and fail with it.
#pragma once

#include <tests/support/simulated_disk.hpp>
#include <troupe/persistence/objects.hpp>

namespace troupe {

/// What put() has answered survives every crash. An erasure is not synced: a crash may bring back what left after the last
/// sync. Not thread-safe.
class simulated_objects final : public object_store {
public:
  simulated_objects(std::shared_ptr<simulated_disk> disk, std::string naming_key)
      : disk_{std::move(disk)}, naming_key_{std::move(naming_key)} {}

  /// Fails as the disk does; what a failed sync has left behind may be there.
  caf::expected<object_name> put(const object_scope& whose, std::string_view bytes) override;
  caf::expected<std::string> get(const object_scope& whose, const object_name& name) const override;
  caf::error list(uint8_t shard,
                  const std::function<bool(const object_id& id, uint64_t kept_bytes)>& each) const override;

  /// Power cut. `keep_tail`: everything that was done has reached the disk.
  void crash(bool keep_tail);

  /// For whoever looks on: all objects, their bytes, and each that leaves.
  const std::map<object_id, std::string>& kept() const {
    return kept_;
  }
  std::function<void(const object_id& id)> on_erase;

protected:
  caf::error remove(const object_id& id) override;

private:
  std::shared_ptr<simulated_disk> disk_;
  const std::string naming_key_;
  std::map<object_id, std::string> kept_;
  std::map<object_id, std::string> erased_; // since the last sync that is known of
  uint64_t synced_ = 0;                     // syncs of the disk when these left
};

} // namespace troupe
