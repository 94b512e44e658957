// OBJECT REFS: records whose payload is an object, and how many refer to each.
#pragma once

#include <map>
#include <troupe/persistence/objects.hpp>
#include <troupe/persistence/store.hpp>

namespace troupe {

/// What stands in a row instead of a payload.
struct object_reference {
  object_name name;
  uint64_t bytes = 0; ///< of the payload
};

/// The reference in a stored record; nothing if its payload is in the row itself, or the row is damaged.
std::optional<object_reference> reference_in(std::string_view stored);

/// A stored record with its payload, from the row or from the object it refers to. Errors: ec::corrupt (no envelope, or an
/// object that is missing or altered; `ref` names whose it is), those of object_store::get().
struct stored_record {
  envelope header;
  std::string payload;
};
caf::expected<stored_record> read_record(std::string_view ref, std::string_view stored,
                                         const object_store* objects);

/// The references that one write batch adds and drops. The counts are rows of the same batch; an object that nothing
/// refers to any more is erased after the batch is durable, never before. Used by the journal, which alone writes: between
/// settle() and the write nobody else changes a count.
class object_accounts {
public:
  /// Without an object store, all payloads stay in their rows.
  object_accounts(const store& rows, object_store* objects) : rows_{rows}, objects_{objects} {}

  /// A record as it is to be stored: a payload above limits::record_bytes is put into the object store now. Errors: those
  /// of object_store::put().
  caf::expected<std::string> keep(std::string_view ref, envelope header, std::string_view payload);

  /// A stored record of this tenant leaves, or is replaced.
  void drop(std::string_view tenant, std::string_view stored);

  /// Counts what a batch of somebody else's does to records: its rows of journal and snapshot replace or delete what is
  /// stored. What can never be read again, its keys being destroyed, is passed over: the counts of such a tenant go with
  /// its rows. Errors: those of store::get().
  caf::error follow(const write_batch& batch);

  /// Adds the new counts to the batch; call last. A count that does not add up is left as it is, and so is its object:
  /// rather too much is kept than too little. Errors: those of store::get().
  caf::error settle(write_batch& batch);

  /// What the batch was to write to this shard has been refused: what it drops there is still referred to.
  void give_up(uint8_t shard);

  /// The batch is durable: erases what nothing refers to any more. What cannot be erased now is garbage, found by
  /// sweep_objects(). Returns how many objects have left.
  size_t erase_unreferenced();

  /// Objects kept so far, and bytes in them.
  size_t kept() const {
    return kept_;
  }
  uint64_t kept_bytes() const {
    return kept_bytes_;
  }

private:
  struct count_change {
    int64_t by = 0;
    std::string tenant;
  };
  void add(const object_reference& reference, std::string_view tenant, int64_t by);

  const store& rows_;
  object_store* objects_;
  std::map<std::string, count_change> changes_; // by key of the count
  std::vector<object_id> unreferenced_;
  size_t kept_ = 0;
  uint64_t kept_bytes_ = 0;
};

/// Erases the objects of a shard that nothing refers to: what crashes and failed writes leave behind. Only for whoever alone writes to the store, while no write is under way. Returns how many have left. Errors: those of
/// store and object store.
caf::expected<size_t> sweep_objects(const store& rows, object_store& objects, uint8_t shard);

/// The changes that make the counts of a shard those that its records add up to; none if they are. For a store that was
/// restored or cut. Holds the references of one shard in memory. Errors: those of store::scan().
caf::expected<write_batch> recount_objects(const store& rows, uint8_t shard);

} // namespace troupe
