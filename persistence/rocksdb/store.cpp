// ROCKSDB STORE: rows on the local disk.
// Invariant: a write that returned no error is synced; after one that failed, nothing is written until the
// database has been closed and opened again, since what the failed one left behind is known only then.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/rocksdb/database.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/persistence/store_self.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/id.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

namespace fs = std::filesystem;

caf::error cannot_read(const fs::path& directory, space where, const rocksdb::Status& status) {
  auto text = fmt::format("cannot read {} of the store in {}: {}", to_string(where), directory.native(),
                          status.ToString());
  return make_error(status.IsCorruption() ? ec::corrupt : ec::unavailable, std::move(text));
}

caf::error strange_rows(const fs::path& directory, const caf::error& failure) {
  return make_error(code_of(failure),
                    fmt::format("the store in {}: {}", directory.native(), text_of(failure)));
}

// The rows store_self is made of.
caf::expected<std::map<std::string, std::string>> own_rows(const fs::path& directory,
                                                           const rocksdb_database& opened) {
  std::map<std::string, std::string> rows;
  auto status = opened.scan(space::meta, store_key(""), store_end(), false, [&](auto key, auto value) {
    rows.emplace(key, value);
    return true;
  });
  if (!status.ok())
    return cannot_read(directory, space::meta, status);
  return rows;
}

bool is_empty(const rocksdb_database& opened) {
  for (auto handle : opened.handles) {
    std::unique_ptr<rocksdb::Iterator> at{opened.db->NewIterator({}, handle)};
    at->SeekToFirst();
    if (at->Valid() || !at->status().ok())
      return false;
  }
  return true;
}

// Reads what the store knows of itself, or gives birth to a store in an empty database.
caf::expected<store_self> know_self(const fs::path& directory, const rocksdb_database& opened) {
  auto rows = own_rows(directory, opened);
  if (!rows)
    return rows.error();
  if (!rows->empty() || !is_empty(opened)) {
    auto self = store_self::read(*rows);
    return self ? self : strange_rows(directory, self.error());
  }
  store_self self{make_naming_key(), id_source{random_seed()}.next(system_clock{}.now_ms())};
  if (auto status = opened.write_synced(self.birth()); !status.ok())
    return open_failure(directory, status);
  return self;
}

// Size and time of change of each file by its name.
using directory_state = std::map<fs::path, std::pair<uintmax_t, fs::file_time_type>>;

directory_state state_of(const fs::path& directory) {
  directory_state files;
  std::error_code failure; // opening tells it
  for (fs::directory_iterator at{directory, failure}, end; !failure && at != end; at.increment(failure))
    files[at->path()] = {at->file_size(failure), at->last_write_time(failure)};
  return files;
}

// -- store --------------------------------------------------------------------

class rocksdb_store final : public store {
public:
  rocksdb_store(fs::path directory, open_database opened, store_self self, store_options options)
      : directory_{std::move(directory)}, open_{std::move(opened)}, self_{std::move(self)},
        options_{std::move(options)} {
    acknowledged_.store = self_.id();
    if (!open_->synced) // of a laboratory: nothing it writes is known to be on disk
      return;
    acknowledged_.sequence = open_->db->GetLatestSequenceNumber();
    auto mark = high_water::set(directory_, acknowledged_);
    if (mark)
      mark_ = std::move(*mark);
    else
      warn(mark.error());
  }

  // Without the flush the next start would read the whole log again. If it fails, that is all that is lost.
  ~rocksdb_store() override {
    if (!failed_)
      open_->db->Flush(rocksdb::FlushOptions{}, open_->handles).PermitUncheckedError();
  }

  caf::error write(const write_batch& batch, const std::vector<fence>& fences) override {
    std::lock_guard lock{write_mutex_};
    return write_locked(batch, fences);
  }

  caf::expected<uint64_t> raise_epoch(uint8_t shard) override {
    std::lock_guard lock{write_mutex_};
    auto epoch = self_.epoch(shard) + 1;
    auto failed = write_locked({}, {fence{shard, epoch}});
    return failed ? caf::expected<uint64_t>{std::move(failed)} : epoch;
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

  // A scan that follows on the one before goes on where that has stopped: no search for its first row.
  std::unique_ptr<range_reader> reader(space where, std::string_view end) const override {
    struct of_iterator final : range_reader {
      of_iterator(const fs::path& directory, open_database opened, space where, std::string_view end)
          : directory_{directory}, open_{std::move(opened)}, where_{where}, end_{end}, upper_{end_},
            at_{open_->iterator(where, upper_)} {}
      caf::error scan(std::string_view from, std::string_view to,
                      const std::function<bool(std::string_view, std::string_view)>& row) override {
        auto follows_on = passed_ && *passed_ <= from && (!at_->Valid() || key() >= from);
        if (!follows_on)
          at_->Seek(from);
        passed_.reset();
        for (; at_->Valid() && key() < to; at_->Next())
          if (!row(key(), at_->value().ToStringView()))
            return {};
        if (!at_->status().ok())
          return cannot_read(directory_, where_, at_->status());
        passed_ = std::max(from, to);
        return {};
      }
      std::string_view key() const {
        return at_->key().ToStringView();
      }
      const fs::path& directory_;
      open_database open_;
      const space where_;
      const std::string end_;
      const rocksdb::Slice upper_;
      std::unique_ptr<rocksdb::Iterator> at_;
      std::optional<std::string> passed_; // all rows below
    };
    auto opened = current();
    return opened ? std::make_unique<of_iterator>(directory_, std::move(opened), where, end)
                  : store::reader(where, end);
  }

  // Opening writes what it finds in the log to a synced table, so that what is read afterwards survives. While there
  // is no room for that, the old database stays open: it shows what was synced, and nothing of the write that failed.
  // Each look at the files costs a process and reads the log: not while there is no room, and damaged files not twice.
  caf::error reopen() override {
    std::lock_guard lock{write_mutex_};
    failed_ = true;
    if (auto old = current())
      unflushed_bytes_ = old->unflushed_bytes();
    if (auto cause = no_room(directory_, unflushed_bytes_ + limits::store_reopen_bytes))
      if (auto code = trouble_of(*cause).code; code == ec::disk_full || code == ec::read_only)
        return cannot_open(directory_, *cause);
    if (auto old = exchange(nullptr)) {
      auto closed = old->closed.get_future();
      old.reset();
      closed.wait(); // for readers: they hold the database, not a lock, so that they may read within a scan
    }
    auto files = state_of(directory_);
    if (damaged_ && files == damaged_files_)
      return damaged_;
    auto opened = open_database_in(directory_, false, options_, acknowledged_);
    damaged_ = !opened && code_of(opened.error()) == ec::corrupt ? opened.error() : caf::error{};
    damaged_files_ = std::move(files);
    if (!opened)
      return opened.error();
    auto rows = own_rows(directory_, **opened);
    if (!rows)
      return rows.error();
    if (auto failure = self_.reread(*rows))
      return strange_rows(directory_, failure);
    exchange(std::move(*opened));
    failed_ = false;
    raise_mark();
    return caf::none;
  }

  // Rows of the time series leave by age; their tables are never rewritten.
  caf::error compact(std::atomic<bool>& stop) override {
    auto opened = current();
    if (!opened)
      return closed_now();
    auto status = opened->db->Flush(rocksdb::FlushOptions{}, opened->handles); // and the log before is gone
    rocksdb::CompactRangeOptions how;
    how.exclusive_manual_compaction = false;
    how.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    how.canceled = &stop;
    for (auto where : {space::journal, space::snapshot, space::index, space::meta})
      if (status.ok())
        status = opened->db->CompactRange(how, opened->handle(where), nullptr, nullptr);
    if (status.ok())
      return caf::none;
    auto text = fmt::format("cannot compact the store in {}: {}", directory_.native(), status.ToString());
    return make_error(stop                    ? ec::cancelled
                      : status.IsCorruption() ? ec::corrupt
                                              : ec::unavailable,
                      std::move(text));
  }

  const std::string& naming_key() const override {
    return self_.naming_key();
  }

  const std::string& id() const override {
    return self_.id();
  }

  open_database current() const {
    std::lock_guard lock{open_mutex_};
    return open_;
  }

private:
  caf::error write_locked(const write_batch& batch, const std::vector<fence>& fences) {
    if (failed_)
      return make_error(ec::outcome_unknown,
                        fmt::format("a write to {} has failed: reopen the store", directory_.native()));
    auto raised = self_.admit(fences);
    if (!raised)
      return raised.error();
    if (batch.empty() && raised->empty())
      return caf::none;
    if (auto status = open_->write_synced(batch, *raised); !status.ok()) {
      failed_ = true;
      auto cause = status.ToString();
      return make_error(ec::outcome_unknown, fmt::format("cannot write to the store in {}: {}; {}",
                                                         directory_.native(), cause, trouble_of(cause).step));
    }
    self_.admitted(fences);
    raise_mark();
    return caf::none;
  }

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

  open_database exchange(open_database other) {
    std::lock_guard lock{open_mutex_};
    return std::exchange(open_, std::move(other));
  }

  // What is in the database is synced. A mark that stays behind is harmless: it notices less.
  void raise_mark() {
    if (!open_->synced)
      return;
    acknowledged_.sequence = open_->db->GetLatestSequenceNumber();
    if (!mark_)
      return;
    if (auto failed = mark_->raise(acknowledged_.sequence, system_clock{}.now_ms())) {
      warn(failed);
      mark_.reset();
    }
  }

  void warn(const caf::error& failure) const {
    if (options_.warn)
      options_.warn(fmt::format("the high-water mark of the store in {} stays behind: {}",
                                directory_.native(), text_of(failure)));
  }

  const fs::path directory_;
  mutable std::mutex open_mutex_; // guards open_, the pointer
  open_database open_;            // nothing while it is being reopened
  std::mutex write_mutex_;        // guards self_ (its epochs) and what follows; taken before open_mutex_
  store_self self_;
  bool failed_ = false;
  uint64_t unflushed_bytes_ = 0; // of the database that was open last
  caf::error damaged_;           // what the last look found
  directory_state damaged_files_;
  const store_options options_;
  std::unique_ptr<high_water>
      mark_; // nothing if it could not be written; guarded by write_mutex_, as the next
  high_water::point acknowledged_;
};

// What a mark says that was left behind by an earlier start.
std::optional<high_water::point> known_mark(const fs::path& directory, const store_options& options) {
  std::error_code ignored; // opening tells it
  auto exists = fs::exists(directory / "CURRENT", ignored);
  auto mark = high_water::read(directory);
  if (mark && (*mark || !exists))
    return std::move(*mark);
  if (options.warn)
    options.warn(fmt::format(
        "the store in {} has no usable high-water mark ({}): whether records are missing at its end "
        "cannot be told; a new mark begins here",
        directory.native(), mark ? "the file is missing" : text_of(mark.error())));
  return {};
}

} // namespace

open_database database_of(const store& rows) {
  auto* ours = dynamic_cast<const rocksdb_store*>(&rows);
  return ours ? ours->current() : nullptr;
}

caf::expected<std::shared_ptr<store>> open_rocksdb(const std::string& directory, store_options options) {
  std::error_code failure;
  auto path = fs::absolute(directory, failure).lexically_normal();
  if (!path.has_filename()) // ends with a slash
    path = path.parent_path();
  if (auto cause = make_directory(path, 0700))
    return cannot_open(path, *cause);
  auto opened = open_database_in(path, true, options, known_mark(path, options));
  if (!opened)
    return opened.error();
  auto self = know_self(path, **opened);
  if (!self)
    return self.error();
  return std::make_shared<rocksdb_store>(path, std::move(*opened), std::move(*self), std::move(options));
}

} // namespace troupe
