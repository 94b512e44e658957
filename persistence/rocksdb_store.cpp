// ROCKSDB STORE: rows on the local disk; the only file that sees RocksDB.
// Invariant: a write that returned no error is synced; after one that failed, nothing is written until the
// database has been closed and opened again, since what the failed one left behind is known only then.

#include <array>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <future>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/persistence/store_self.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/id.hpp>

namespace troupe {
namespace {

namespace fs = std::filesystem;

// -- errors -------------------------------------------------------------------

caf::error open_failure(const fs::path& directory, const rocksdb::Status& status) {
  auto cause = status.ToString();
  if (status.IsCorruption())
    return make_error(ec::corrupt, fmt::format("the store in {} is damaged: {}; restore a backup",
                                               directory.native(), cause));
  if (status.IsNotSupported() || cause.find("Column families not opened") != std::string::npos)
    return make_error(ec::from_future,
                      fmt::format("the store in {} was written by a newer version: {}; use that version",
                                  directory.native(), cause));
  return cannot_open(directory, cause);
}

caf::error cannot_read(const fs::path& directory, space where, const rocksdb::Status& status) {
  auto text = fmt::format("cannot read {} of the store in {}: {}", to_string(where), directory.native(),
                          status.ToString());
  return make_error(status.IsCorruption() ? ec::corrupt : ec::unavailable, std::move(text));
}

caf::error strange_rows(const fs::path& directory, const caf::error& failure) {
  return make_error(code_of(failure),
                    fmt::format("the store in {}: {}", directory.native(), text_of(failure)));
}

// -- options ------------------------------------------------------------------

// Damage policy: how much of a damaged log a start accepts. A torn tail is normal after a power cut and is
// cut off; but records after damage in the middle are dropped as well, without a word.
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

// WAL recycling, manual WAL flush and unsynced writes stay off: each loses what was acknowledged.
rocksdb::DBOptions database_options(const notice& warn) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true; // a missing table is an error at once, not an empty scan later
  options.track_and_verify_wals_in_manifest = true; // a missing log in the middle, too
  options.wal_recovery_mode = accepted_damage;
  options.max_total_wal_size = limits::store_log_bytes;
  options.max_background_jobs = limits::store_background_jobs;
  options.bytes_per_sync = limits::store_bytes_per_sync;
  options.rate_limiter.reset(rocksdb::NewGenericRateLimiter(limits::store_background_bytes_per_s));
  options.info_log = std::make_shared<warnings>(warn);
  options.stats_dump_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions space_options(space where, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Meta is read row by row: 10 bits a key answer 99 % of the questions for rows that are not there.
  if (where == space::meta)
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = limits::store_memtable_bytes;
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

// -- database -----------------------------------------------------------------

// An open RocksDB. Whoever reads holds it; the last one to let go closes it.
struct database {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*>
      handles; // of the spaces in their order, then RocksDB's own default
  std::promise<void> closed;

  ~database() {
    for (auto handle : handles)
      db->DestroyColumnFamilyHandle(handle);
    db.reset();
    closed.set_value();
  }

  rocksdb::ColumnFamilyHandle* handle(space where) const {
    return handles[static_cast<size_t>(where)];
  }

  rocksdb::Status scan(space where, std::string_view from, std::string_view to, bool backward,
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
};

using open_database = std::shared_ptr<database>;

// RocksDB would make a new database where CURRENT is missing, and remove the tables of the old one.
bool may_be_born(const fs::path& directory) {
  std::error_code failure;
  for (fs::directory_iterator at{directory, failure}, end; !failure && at != end; at.increment(failure))
    if (at->path().extension() == ".sst" || at->path().extension() == ".log")
      return false;
  return !failure;
}

caf::expected<open_database> open(const fs::path& directory, bool may_create, const notice& warn) {
  std::error_code failure;
  auto exists = fs::exists(directory / "CURRENT", failure);
  if (failure)
    return cannot_open(directory, failure.message());
  if (!exists && !(may_create && may_be_born(directory)))
    return open_failure(directory, rocksdb::Status::Corruption("the file CURRENT is missing"));
  auto cache = rocksdb::NewLRUCache(limits::store_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t i = 0; i < space_count; ++i)
    families.emplace_back(std::string{to_string(space(i))}, space_options(space(i), cache));
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions{});
  auto opened = std::make_shared<database>();
  rocksdb::DB* db = nullptr;
  auto status =
      rocksdb::DB::Open(database_options(warn), directory.native(), families, &opened->handles, &db);
  opened->db.reset(db);
  if (!status.ok())
    return open_failure(directory, status);
  return opened;
}

// The rows store_self is made of.
caf::expected<std::map<std::string, std::string>> own_rows(const fs::path& directory,
                                                           const database& opened) {
  std::map<std::string, std::string> rows;
  auto status = opened.scan(space::meta, store_key(""), store_end(), false, [&](auto key, auto value) {
    rows.emplace(key, value);
    return true;
  });
  if (!status.ok())
    return cannot_read(directory, space::meta, status);
  return rows;
}

bool is_empty(const database& opened) {
  for (auto handle : opened.handles) {
    std::unique_ptr<rocksdb::Iterator> at{opened.db->NewIterator({}, handle)};
    at->SeekToFirst();
    if (at->Valid() || !at->status().ok())
      return false;
  }
  return true;
}

rocksdb::Status write_synced(const database& opened, const write_batch& batch, const write_batch& more = {}) {
  rocksdb::WriteBatch changes;
  for (auto part : {&batch, &more})
    for (auto& [where, key, value] : *part) {
      auto added =
          value ? changes.Put(opened.handle(where), key, *value) : changes.Delete(opened.handle(where), key);
      ensure(added.ok(), "keys and values below 4 GiB");
    }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return opened.db->Write(synced, &changes);
}

// Reads what the store knows of itself, or gives birth to a store in an empty database.
caf::expected<store_self> know_self(const fs::path& directory, const database& opened) {
  auto rows = own_rows(directory, opened);
  if (!rows)
    return rows.error();
  if (!rows->empty() || !is_empty(opened)) {
    auto self = store_self::read(*rows);
    return self ? self : strange_rows(directory, self.error());
  }
  store_self self{make_naming_key(), id_source{random_seed()}.next(system_clock{}.now_ms())};
  if (auto status = write_synced(opened, self.birth()); !status.ok())
    return open_failure(directory, status);
  return self;
}

// -- store --------------------------------------------------------------------

class rocksdb_store final : public store {
public:
  rocksdb_store(fs::path directory, open_database opened, store_self self, notice warn)
      : directory_{std::move(directory)}, open_{std::move(opened)}, self_{std::move(self)}, warn_{std::move(
                                                                                                warn)} {}

  // Without the flush the next start would read the whole log again. If it fails, that is all that is lost.
  ~rocksdb_store() override {
    if (!failed_)
      open_->db->Flush(rocksdb::FlushOptions{}, open_->handles).PermitUncheckedError();
  }

  caf::error write(const write_batch& batch, const std::vector<fence>& fences) override {
    std::lock_guard lock{write_mutex_};
    if (failed_)
      return make_error(ec::outcome_unknown,
                        fmt::format("a write to {} has failed: reopen the store", directory_.native()));
    auto raised = self_.admit(fences);
    if (!raised)
      return raised.error();
    if (batch.empty() && raised->empty())
      return caf::none;
    if (auto status = write_synced(*open_, batch, *raised); !status.ok()) {
      failed_ = true;
      auto cause = status.ToString();
      return make_error(ec::outcome_unknown, fmt::format("cannot write to the store in {}: {}; {}",
                                                         directory_.native(), cause, next_step(cause)));
    }
    self_.admitted(fences);
    return caf::none;
  }

  caf::expected<std::optional<std::string>> get(space where, std::string_view key) const override {
    auto opened = current();
    if (!opened)
      return closed_now();
    std::string value;
    auto status = opened->db->Get({}, opened->handle(where), key, &value);
    if (status.IsNotFound())
      return std::optional<std::string>{};
    if (!status.ok())
      return cannot_read(directory_, where, status);
    return std::optional{std::move(value)};
  }

  caf::error scan(space where, std::string_view from, std::string_view to,
                  const std::function<bool(std::string_view, std::string_view)>& row) const override {
    return scan(where, from, to, false, row);
  }

  caf::error scan_back(space where, std::string_view from, std::string_view to,
                       const std::function<bool(std::string_view, std::string_view)>& row) const override {
    return scan(where, from, to, true, row);
  }

  // Opening writes what it finds in the log to a synced table, so that what is read afterwards survives.
  caf::error reopen() override {
    std::lock_guard lock{write_mutex_};
    failed_ = true;
    if (auto old = exchange(nullptr)) {
      auto closed = old->closed.get_future();
      old.reset();
      closed.wait(); // for readers: they hold the database, not a lock, so that they may read within a scan
    }
    auto opened = open(directory_, false, warn_);
    if (!opened)
      return opened.error();
    auto rows = own_rows(directory_, **opened);
    if (!rows)
      return rows.error();
    if (auto failure = self_.reread(*rows))
      return strange_rows(directory_, failure);
    exchange(std::move(*opened));
    failed_ = false;
    return caf::none;
  }

  const std::string& naming_key() const override {
    return self_.naming_key();
  }

  const std::string& id() const override {
    return self_.id();
  }

private:
  caf::error scan(space where, std::string_view from, std::string_view to, bool backward,
                  const std::function<bool(std::string_view, std::string_view)>& row) const {
    auto opened = current();
    if (!opened)
      return closed_now();
    auto status = opened->scan(where, from, to, backward, row);
    return status.ok() ? caf::error{} : cannot_read(directory_, where, status);
  }

  caf::error closed_now() const {
    return make_error(ec::unavailable,
                      fmt::format("the store in {} is not open: reopen it", directory_.native()));
  }

  open_database current() const {
    std::lock_guard lock{open_mutex_};
    return open_;
  }

  open_database exchange(open_database other) {
    std::lock_guard lock{open_mutex_};
    return std::exchange(open_, std::move(other));
  }

  const fs::path directory_;
  mutable std::mutex open_mutex_; // guards open_, the pointer
  open_database open_;            // nothing while it is being reopened
  std::mutex write_mutex_;        // guards self_ (its epochs) and failed_; taken before open_mutex_
  store_self self_;
  bool failed_ = false;
  const notice warn_;
};

} // namespace

caf::expected<std::shared_ptr<store>> open_rocksdb(const std::string& directory, notice warn) {
  std::error_code failure;
  auto path = fs::absolute(directory, failure).lexically_normal();
  if (!path.has_filename()) // ends with a slash
    path = path.parent_path();
  if (auto cause = make_directory(path, 0700))
    return cannot_open(path, *cause);
  auto opened = open(path, true, warn);
  if (!opened)
    return opened.error();
  auto self = know_self(path, **opened);
  if (!self)
    return self.error();
  return std::make_shared<rocksdb_store>(path, std::move(*opened), std::move(*self), std::move(warn));
}

} // namespace troupe
