// A backup of a store, full and incremental, its check, its restore and a cut, beside RocksDB's own engine on its own database
// with the same bytes, both synced and neither held back. TROUPE_BENCH_MB says how many megabytes; 1000 if it does not.
// The last line is row R4: from a destroyed directory to an open store, as an operator gets it.

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/utilities/backup_engine.h>
#include <tests/bench/bench.hpp>
#include <troupe/persistence/backup_cut.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/rocksdb/backup.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe::bench {
namespace {

namespace fs = std::filesystem;

constexpr size_t event_bytes = 1000;
constexpr size_t batch_events = 1000;
constexpr size_t entities = 50'000;
constexpr size_t increment_mb = 20;

size_t megabytes() {
  auto* said = std::getenv("TROUPE_BENCH_MB");
  return said ? std::max(1l, std::strtol(said, nullptr, 10)) : 1000;
}

double took(const std::function<void()>& act) {
  auto began = now_s();
  act();
  return now_s() - began;
}

void must(bool good, std::string_view what) {
  if (!good)
    throw std::runtime_error{std::string{what}};
}

// Bytes that do not compress, other ones for each event.
class events {
public:
  std::string next() {
    auto at = 8 * (count_ * 104'729 % (pool_.size() / 8 - event_bytes / 8));
    auto value = pool_.substr(at, event_bytes);
    ++count_;
    return value.replace(0, 8, std::string{reinterpret_cast<const char*>(&count_), 8});
  }
  size_t count() const {
    return count_;
  }

private:
  std::string pool_ = noise(8 << 20);
  uint64_t count_ = 0;
};

// As many events as told, over all entities in turn, each a decision of its own.
void fill(store& rows, events& source, size_t mb) {
  for (size_t left = mb * 1'000'000 / event_bytes; left > 0;) {
    write_batch batch;
    for (size_t n = std::min(left, batch_events); n > 0; --n, --left) {
      auto bytes = source.next();
      auto gsn = source.count(), turn = gsn - 1;
      entity_id who{static_cast<uint8_t>(turn % entities % 256), {}};
      auto number = static_cast<uint32_t>(turn % entities * 2'654'435'761u);
      std::memcpy(who.hash.data(), &number, sizeof number);
      envelope header;
      header.flags = last_of_append;
      header.gsn = gsn;
      header.time_us = 1'700'000'000'000'000 + static_cast<int64_t>(gsn);
      batch.push_back({space::journal, journal_key(who, 1 + turn / entities), wrap(header, bytes)});
    }
    batch.push_back(
        journal_counters(source.count(), 1'700'000'000'000'000 + static_cast<int64_t>(source.count())));
    must(!rows.write(batch), "the store is written");
  }
}

void fill(rocksdb::DB& db, events& source, size_t mb) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  for (size_t left = mb * 1'000'000 / event_bytes; left > 0;) {
    rocksdb::WriteBatch batch;
    for (size_t n = std::min(left, batch_events); n > 0; --n, --left) {
      auto bytes = source.next();
      batch.Put(fmt::format("{:010}{:016}", source.count() % entities * 2'654'435'761u % 4'294'967'296u,
                            source.count() / entities),
                bytes);
    }
    must(db.Write(synced, &batch).ok(), "the database is written");
  }
}

struct figures {
  double full_s = 0, increment_s = 0, verify_s = 0, restore_s = 0;
};

figures bare(const fs::path& home, size_t mb) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kLZ4Compression;
  auto name = (home / "bare").string();
  rocksdb::DB* opened = nullptr;
  must(rocksdb::DB::Open(options, name, &opened).ok(), "a database opens");
  std::unique_ptr<rocksdb::DB> db{opened};
  events source;
  fill(*db, source, mb);
  rocksdb::BackupEngine* made = nullptr;
  must(rocksdb::BackupEngine::Open(rocksdb::BackupEngineOptions{(home / "bare-backups").string()},
                                   rocksdb::Env::Default(), &made)
           .ok(),
       "an engine opens");
  std::unique_ptr<rocksdb::BackupEngine> engine{made};
  rocksdb::CreateBackupOptions how;
  how.flush_before_backup = true;
  figures seen;
  seen.full_s = took([&] { must(engine->CreateNewBackup(how, db.get()).ok(), "a backup"); });
  fill(*db, source, increment_mb);
  seen.increment_s = took([&] { must(engine->CreateNewBackup(how, db.get()).ok(), "a backup"); });
  seen.verify_s = took([&] { must(engine->VerifyBackup(2, true).ok(), "a check"); });
  auto back = (home / "bare-back").string();
  seen.restore_s = took([&] {
    must(engine->RestoreDBFromBackup(2, back, back).ok(), "a restore");
    rocksdb::DB* restored = nullptr;
    must(rocksdb::DB::Open(options, back, &restored).ok(), "it opens");
    delete restored;
  });
  return seen;
}

void run() {
  auto mb = megabytes();
  std::string pattern = (fs::temp_directory_path() / "troupe-bench-XXXXXX").string();
  must(::mkdtemp(pattern.data()) != nullptr, "a directory");
  fs::path home{pattern};
  auto theirs = bare(home, mb);
  fs::remove_all(home / "bare");
  fs::remove_all(home / "bare-backups");
  fs::remove_all(home / "bare-back");
  system_clock time;
  backup_place where{home / "data", home / "backups"};
  events source;
  figures ours;
  {
    auto rows = open_rocksdb(where.data.string());
    must(rows.operator bool(), "a store opens");
    fill(**rows, source, mb);
    ours.full_s =
        took([&] { must(create_backup(**rows, where, time, "bench").operator bool(), "a backup"); });
    fill(**rows, source, increment_mb);
    ours.increment_s =
        took([&] { must(create_backup(**rows, where, time, "bench").operator bool(), "a backup"); });
  }
  ours.verify_s = took([&] { must(verify_backup(where.backups, 0).operator bool(), "a check"); });
  fs::remove_all(where.data);
  ours.restore_s = took([&] {
    must(restore_backup(where.backups, 0, where.data, time).operator bool(), "a restore");
    must(open_rocksdb(where.data.string()).operator bool(), "it opens");
  });
  cut_result cut;
  auto middle = source.count() * 7 / 10;
  auto restore_at_s = took([&] {
    auto finish = [&](const fs::path& directory) -> caf::error {
      auto rows = open_rocksdb(directory.string());
      auto done = cut_store(**rows, {.gsn = middle});
      cut = *done;
      return {};
    };
    must(restore_backup(where.backups, 0, home / "then", time, finish).operator bool(), "a restore");
  });
  must(cut.gsn == middle && cut.kept == middle, "exactly the events up to the cut");
  fs::remove_all(home);

  remark(fmt::format("{} MB in {} entities, and {} MB more; ours at most {} MB/s", mb, entities, increment_mb,
                     limits::backup_bytes_per_s >> 20));
  auto both = [](std::string_view what, double mine, double bare_s) {
    metric(fmt::format("backup.{}", what), mine, "s");
    metric(fmt::format("backup.{}.bare", what), bare_s, "s");
    metric(fmt::format("backup.{}.ratio", what), mine / bare_s, "x");
  };
  both("full", ours.full_s, theirs.full_s);
  both("incremental", ours.increment_s, theirs.increment_s);
  both("verify", ours.verify_s, theirs.verify_s);
  both("restore", ours.restore_s, theirs.restore_s);
  metric("backup.restore_at", restore_at_s, "s");
  metric("backup.lost_before_cut", static_cast<double>(middle - cut.kept), "events");
  metric("backup.restore_per_gb", ours.restore_s * 1000 / static_cast<double>(mb + increment_mb), "s");
  target("backup.restore_per_gb", ours.restore_s * 1000 / static_cast<double>(mb + increment_mb), "<=", 60);
}

const benchmark measured{
    "backup", "full, incremental, verify, restore and cut of TROUPE_BENCH_MB (1000) megabytes", run};

} // namespace
} // namespace troupe::bench
