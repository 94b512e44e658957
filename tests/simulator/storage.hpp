// STORAGE: what lies between the node and the simulated disk: its seal, its objects, and eyes that see through both.
#pragma once

#include <tests/simulator/workload.hpp>
#include <tests/support/life.hpp>
#include <tests/support/seeded_random.hpp>
#include <tests/support/simulated_disk.hpp>
#include <tests/support/simulated_keeper.hpp>
#include <tests/support/simulated_key_file.hpp>
#include <tests/support/simulated_objects.hpp>
#include <troupe/persistence/object_refs.hpp>

namespace troupe {

/// The storage of one seed over all its lives. Laws it checks:
///   sealed   whatever is on disk is sealed, under a key that is in force, and opens under the ring
///   objects  an object that a record refers to is there, and readable
class simulated_storage {
public:
  /// `object` takes what is wrong: the law, then the case. Sealed, and with objects, as the workload says.
  simulated_storage(uint64_t seed, const workload& story, std::shared_ptr<simulated_disk> disk,
                    std::shared_ptr<virtual_clock> time,
                    std::function<void(std::string law, std::string text)> object);

  /// A life begins: what the disk has is opened, as a node does.
  void open();
  /// The node works: so does the keeper of its keys.
  void begin(caf::actor_system& system, std::shared_ptr<journal> disk);
  /// The life ends.
  void end();
  /// The power is gone, and the disk has crashed already.
  void crash(bool keep_tail);

  /// What the node gets.
  const std::shared_ptr<store>& rows() const {
    return rows_;
  }
  /// Null = all payloads stay in their rows.
  const std::shared_ptr<simulated_objects>& objects() const {
    return objects_;
  }
  /// Null = the store is plain, or nobody is alive.
  simulated_keeper* keeper() {
    return keeper_ ? &*keeper_ : nullptr;
  }
  key_ring& ring() const {
    return sealed_->ring();
  }
  bool is_sealed() const {
    return sealed_ != nullptr;
  }
  bool is_shredded(std::string_view tenant) const {
    return sealed_ && ring().keys()->is_shredded(tenant);
  }
  /// New data keys and, now and then, a new master key: work for the keeper.
  caf::error rotate(key_ring& ring, bool new_master);

  /// The rows as they are meant: opened, with their objects in them. Those of shredded tenants are not there.
  const store& meant() const {
    return *meant_;
  }
  /// A batch on the disk as it is meant.
  write_batch meant(const write_batch& batch) const;

  /// This is on disk, and this was taken back: counts what refers to objects.
  void written(const write_batch& batch);
  void undone();
  /// Looks at every row and object there is. `at_rest`: no key is old, nothing is left of who was shredded, and no object is
  /// there that nobody refers to.
  void check(bool at_rest) const;

private:
  class meaning;
  enum class fate { opened, shredded, broken };
  fate open_row(std::string& out, space where, std::string_view key, std::string_view stored) const;
  bool resolve(std::string& row) const;
  void refer(space where, const std::string& key, const std::optional<object_id>& to);

  seeded_random chance_;
  const workload& story_;
  std::shared_ptr<simulated_disk> disk_;
  std::shared_ptr<virtual_clock> time_;
  std::function<void(std::string, std::string)> object_;
  std::shared_ptr<simulated_key_file> file_;
  std::vector<sealing_key> masters_; // the last ones may be in force
  std::shared_ptr<store> rows_;
  std::shared_ptr<sealed_store> sealed_;
  std::shared_ptr<simulated_objects> objects_;
  std::unique_ptr<simulated_keeper> keeper_;
  std::shared_ptr<const store> meant_;
  using row_place = std::pair<space, std::string>;
  std::map<row_place, object_id> held_;                                // which row refers to which object
  std::map<object_id, uint64_t> counts_;                               // by how many
  std::vector<std::pair<row_place, std::optional<object_id>>> before_; // of the last batch
};

} // namespace troupe
