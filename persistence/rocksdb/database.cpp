// DATABASE: how a store's RocksDB is opened, written and read.
// Invariant: a write that returned ok is synced.

#include <array>
#include <cstdarg>
#include <cstdio>
#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/rocksdb/damage.hpp>
#include <troupe/persistence/rocksdb/database.hpp>
#include <troupe/persistence/rocksdb/laboratory.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

namespace fs = std::filesystem;

// -- options ------------------------------------------------------------------

// A torn tail is normal after a power cut and is cut off. Records after damage in the middle would be dropped as well,
// without a word: damage.hpp looks before.
constexpr auto accepted_damage = rocksdb::WALRecoveryMode::kPointInTimeRecovery;

// Passes RocksDB's warnings on. Its own text file is not used: on a full disk, RocksDB 7.8 built with
// assertions aborts the process when it writes to that file a second time.
class warnings final : public rocksdb::Logger {
public:
  explicit warnings(notice warn) : Logger{rocksdb::WARN_LEVEL}, warn_{std::move(warn)} {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list values) override {
    std::array<char, limits::store_notice_bytes> text{};
    std::vsnprintf(text.data(), text.size(), format, values);
    if (warn_)
      warn_(text.data());
  }

private:
  notice warn_;
};

rocksdb::ColumnFamilyOptions space_options(space where, const std::shared_ptr<rocksdb::Cache>& cache,
                                           size_t memtable_bytes) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Meta is read row by row: 10 bits a key answer 99 % of the questions for rows that are not there.
  if (where == space::meta)
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = memtable_bytes;
  options.compression = rocksdb::kLZ4Compression;
  if (where == space::timeseries) {
    options.compaction_style = rocksdb::kCompactionStyleFIFO;
    options.ttl = std::chrono::seconds{limits::timeseries_age}.count();
    options.compaction_options_fifo.max_table_files_size = limits::timeseries_bytes;
    return options;
  }
  options.bottommost_compression = rocksdb::kZSTD;
  // Events of one entity are neighbours and come in order: the place of the last one is where the next belongs. Remembering it
  // costs 250 bytes an entity and spares a search through the whole memtable per event, most of what a write costs.
  if (where == space::journal)
    options.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(entity_begin({}).size()));
  // Timers and old events are deleted from the front: a table with a run of 1024 keys half of which are
  // deletions is compacted soon, so that a scan need not wade through them.
  options.table_properties_collector_factories.push_back(
      rocksdb::NewCompactOnDeletionCollectorFactory(1024, 512));
  return options;
}

// RocksDB would make a new database where CURRENT is missing, and remove the tables of the old one.
bool may_be_born(const fs::path& directory) {
  std::error_code failure;
  for (fs::directory_iterator at{directory, failure}, end; !failure && at != end; at.increment(failure))
    if (at->path().extension() == ".sst" || at->path().extension() == ".log" ||
        at->path().filename() == high_water::file_name)
      return false;
  return !failure;
}

// Looks at a database before it is opened, and says what will be missing.
caf::error allow(const fs::path& directory, const store_options& wanted,
                 const std::optional<high_water::point>& mark) {
  auto found = examine(directory);
  if (!found && code_of(found.error()) == ec::corrupt)
    return damaged_store(directory, text_of(found.error()));
  if (!found)
    return std::move(found.error());
  auto lost = loss(*found, mark);
  if (!lost.empty() && !wanted.accept_loss)
    return damaged_store(directory, lost);
  if (!lost.empty() && wanted.warn)
    wanted.warn(fmt::format("the store in {} was opened in spite of a loss: {}", directory.native(), lost));
  else if (!found->log_ends.empty() && wanted.warn)
    wanted.warn(fmt::format(
        "the log of the store in {} had a torn end, which was cut off: {}; it goes on after number {}{}",
        directory.native(), found->log_ends, found->kept,
        mark ? ", and nothing acknowledged is missing" : ""));
  return {};
}

} // namespace

caf::error damaged_store(const fs::path& directory, std::string_view found) {
  return make_error(ec::corrupt,
                    fmt::format("the store in {} is damaged: {}; nothing was changed; look with `troupe "
                                "doctor --data {}`, or restore a backup",
                                directory.native(), found, directory.native()));
}

bool is_damage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.ToString().find("No such file") != std::string::npos;
}

caf::error open_failure(const fs::path& directory, const rocksdb::Status& status) {
  auto cause = status.ToString();
  if (is_damage(status))
    return damaged_store(directory, cause);
  if (status.IsNotSupported() || cause.find("Column families not opened") != std::string::npos)
    return make_error(ec::from_future,
                      fmt::format("the store in {} was written by a newer version: {}; use that version",
                                  directory.native(), cause));
  return cannot_open(directory, cause);
}

// WAL recycling, manual WAL flush and unsynced writes stay off: each loses what was acknowledged.
rocksdb::DBOptions database_options(const store_options& wanted) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true; // a missing table is an error at once, not an empty scan later
  options.track_and_verify_wals_in_manifest = true; // a missing log in the middle, too
  options.wal_recovery_mode = accepted_damage;
  options.max_total_wal_size = limits::store_log_bytes;
  options.max_background_jobs = limits::store_background_jobs;
  // Tables are opened by so many threads, made anew for each space: RocksDB's own 16 take longer than the tables.
  options.max_file_opening_threads = limits::store_background_jobs;
  options.bytes_per_sync = limits::store_bytes_per_sync;
  options.rate_limiter.reset(rocksdb::NewGenericRateLimiter(limits::store_background_bytes_per_s));
  options.info_log = std::make_shared<warnings>(wanted.warn);
  options.stats_dump_period_sec = 0;
  if (wanted.laboratory && wanted.laboratory->disk)
    options.env = wanted.laboratory->disk.get();
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> database_families(const store_options& wanted) {
  auto memtable_bytes = wanted.laboratory ? wanted.laboratory->memtable_bytes : limits::store_memtable_bytes;
  auto cache = rocksdb::NewLRUCache(limits::store_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t i = 0; i < space_count; ++i)
    families.emplace_back(std::string{to_string(space(i))}, space_options(space(i), cache, memtable_bytes));
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions{});
  return families;
}

rocksdb_database::~rocksdb_database() {
  for (auto handle : handles)
    db->DestroyColumnFamilyHandle(handle);
  db.reset();
  closed.set_value();
}

rocksdb::Status
rocksdb_database::scan(space where, std::string_view from, std::string_view to, bool backward,
                       const std::function<bool(std::string_view, std::string_view)>& row) const {
  rocksdb::Slice lower{from}, upper{to};
  rocksdb::ReadOptions options;
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  std::unique_ptr<rocksdb::Iterator> at{db->NewIterator(options, handle(where))};
  backward ? at->SeekToLast() : at->SeekToFirst();
  while (at->Valid() && row(at->key().ToStringView(), at->value().ToStringView()))
    backward ? at->Prev() : at->Next();
  return at->status(); // damage ends an iteration as if it were the end
}

std::unique_ptr<rocksdb::Iterator> rocksdb_database::iterator(space where,
                                                              const rocksdb::Slice& upper) const {
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  return std::unique_ptr<rocksdb::Iterator>{db->NewIterator(options, handle(where))};
}

uint64_t rocksdb_database::unflushed_bytes() const {
  uint64_t bytes = 0;
  db->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes);
  return bytes;
}

rocksdb::Status rocksdb_database::write_synced(const write_batch& batch, const write_batch& more) const {
  rocksdb::WriteBatch changes;
  for (auto part : {&batch, &more})
    for (auto& [where, key, value, tenant] : *part) {
      auto added = value ? changes.Put(handle(where), key, *value) : changes.Delete(handle(where), key);
      ensure(added.ok(), "keys and values below 4 GiB");
    }
  rocksdb::WriteOptions how;
  how.sync = synced;
  return db->Write(how, &changes);
}

caf::expected<open_database> open_database_in(const fs::path& directory, bool may_create,
                                              const store_options& wanted,
                                              const std::optional<high_water::point>& mark) {
  std::error_code failure;
  auto exists = fs::exists(directory / "CURRENT", failure);
  if (failure)
    return cannot_open(directory, failure.message());
  if (!exists && !(may_create && may_be_born(directory)))
    return damaged_store(directory, "the file CURRENT is missing");
  if (exists)
    if (auto refused = allow(directory, wanted, mark))
      return refused;
  auto opened = std::make_shared<rocksdb_database>();
  rocksdb::DB* db = nullptr;
  auto status = rocksdb::DB::Open(database_options(wanted), directory.native(), database_families(wanted),
                                  &opened->handles, &db);
  opened->db.reset(db);
  opened->synced = !wanted.laboratory || wanted.laboratory->synced;
  if (!status.ok())
    return open_failure(directory, status);
  return opened;
}

} // namespace troupe
