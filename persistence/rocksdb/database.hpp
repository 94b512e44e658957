// DATABASE: an open RocksDB with the column families of a store. For this folder only.
#pragma once

#include <filesystem>
#include <future>
#include <rocksdb/db.h>
#include <troupe/persistence/high_water.hpp>
#include <troupe/persistence/store.hpp>

namespace troupe {

/// An open RocksDB. Whoever reads holds it; the last one to let go closes it.
struct rocksdb_database {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*>
      handles; ///< of the spaces in their order, then RocksDB's own default
  std::promise<void> closed;
  bool synced = true; ///< false only in a store_laboratory

  ~rocksdb_database();

  /// The column family of a space.
  rocksdb::ColumnFamilyHandle* handle(space where) const {
    return handles[static_cast<size_t>(where)];
  }

  /// As store::scan() and store::scan_back().
  rocksdb::Status scan(space where, std::string_view from, std::string_view to, bool backward,
                       const std::function<bool(std::string_view, std::string_view)>& row) const;

  /// As store::reader(), without what it is called in errors. `upper` has to live as long.
  std::unique_ptr<rocksdb::Iterator> iterator(space where, const rocksdb::Slice& upper) const;

  /// Bytes of rows that are in no table yet: what opening it again has to write first.
  uint64_t unflushed_bytes() const;

  /// Writes one batch, synced.
  rocksdb::Status write_synced(const write_batch& batch, const write_batch& more = {}) const;
};

/// Shared by all who read.
using open_database = std::shared_ptr<rocksdb_database>;

/// The database of a store that open_rocksdb() gave; null for any other store, and while it is being reopened.
open_database database_of(const store& rows);

/// The options of a store's database, and of each of its column families.
rocksdb::DBOptions database_options(const store_options& wanted);
std::vector<rocksdb::ColumnFamilyDescriptor> database_families(const store_options& wanted = {});

/// Opens the database in a directory, or creates it where there is none and `may_create`; an existing one only if damage.hpp
/// allows it. `mark` is what it acknowledged, if that is known. Errors: as open_rocksdb().
caf::expected<open_database> open_database_in(const std::filesystem::path& directory, bool may_create,
                                              const store_options& wanted,
                                              const std::optional<high_water::point>& mark);

/// The error for damage: what was found, and what to do next.
caf::error damaged_store(const std::filesystem::path& directory, std::string_view found);

/// Does this say that files are not as they were written?
bool is_damage(const rocksdb::Status& status);

/// The error for a database that does not open.
caf::error open_failure(const std::filesystem::path& directory, const rocksdb::Status& status);

} // namespace troupe
