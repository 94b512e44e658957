// BARE JOURNAL: one thread, one queue, one write batch, one sync. The only benchmark file that sees RocksDB.
// Invariant: an event is counted after the synced write that holds it has returned.

#include <condition_variable>
#include <mutex>
#include <rocksdb/db.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/write_batch.h>
#include <tests/bench/bare_journal.hpp>
#include <tests/bench/bench.hpp>
#include <tests/support/scratch.hpp>
#include <thread>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <vector>

namespace troupe::bench {
namespace {

struct event {
  uint64_t entity;
  uint64_t seq;
};

// A queue that is drained whole.
class queue {
public:
  void push(const event& one) {
    bool was_empty = false;
    {
      std::lock_guard lock{mutex_};
      was_empty = events_.empty();
      events_.push_back(one);
    }
    if (was_empty)
      filled_.notify_one();
  }
  void push(std::vector<event>&& many) {
    bool was_empty = false;
    {
      std::lock_guard lock{mutex_};
      was_empty = events_.empty();
      if (was_empty)
        events_.swap(many);
      else
        events_.insert(events_.end(), many.begin(), many.end());
    }
    if (was_empty)
      filled_.notify_one();
  }
  // False when stopped.
  bool drain(std::vector<event>& into) {
    into.clear();
    std::unique_lock lock{mutex_};
    filled_.wait(lock, [this] { return stopped_ || !events_.empty(); });
    into.swap(events_);
    return !stopped_;
  }
  void stop() {
    std::lock_guard lock{mutex_};
    stopped_ = true;
    filled_.notify_one();
  }

private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<event> events_;
  bool stopped_ = false;
};

std::string key_of(const event& one) {
  std::string key(26, '\1');
  for (size_t i = 0; i < 8; ++i) {
    key[2 + i] =
        static_cast<char>((one.entity * 0x9E3779B97F4A7C15u) >> (56 - 8 * i)); // spread as hashes are
    key[18 + i] = static_cast<char>(one.seq >> (56 - 8 * i));
  }
  return key;
}

} // namespace

class bare_journal::impl {
public:
  impl() {
    rocksdb::Options options; // as the store's
    options.create_if_missing = true;
    options.max_total_wal_size = limits::store_log_bytes;
    options.write_buffer_size = limits::store_memtable_bytes;
    options.max_background_jobs = limits::store_background_jobs;
    options.bytes_per_sync = limits::store_bytes_per_sync;
    options.rate_limiter.reset(rocksdb::NewGenericRateLimiter(limits::store_background_bytes_per_s));
    options.compression = rocksdb::kLZ4Compression;
    options.info_log_level = rocksdb::FATAL_LEVEL;
    rocksdb::DB* db = nullptr;
    ensure(rocksdb::DB::Open(options, (place_.path() / "bare").string(), &db).ok(), "RocksDB opens");
    db_.reset(db);
  }

  double run(mode how, size_t in_flight, size_t value_bytes, double seconds) {
    queue orders, done;
    auto value = noise(value_bytes);
    std::thread writer{[&] {
      std::vector<event> batch;
      rocksdb::WriteBatch rows;
      rocksdb::WriteOptions synced;
      synced.sync = true;
      while (orders.drain(batch)) {
        rows.Clear();
        for (auto& one : batch) {
          rows.Put(key_of(one), value);
          if (how == mode::sync_each) {
            ensure(db_->Write(synced, &rows).ok(), "RocksDB writes");
            rows.Clear();
            done.push(one);
          }
        }
        if (how == mode::sync_each)
          continue;
        ensure(db_->Write(synced, &rows).ok(), "RocksDB writes");
        done.push(std::move(batch));
      }
    }};
    auto base = run_++ * 1'000'000;
    for (size_t i = 0; i < in_flight; ++i)
      orders.push({base + i, 1});
    std::vector<event> finished;
    size_t count = 0;
    auto began = now_s();
    while (now_s() - began < seconds) {
      done.drain(finished);
      count += finished.size();
      for (auto& one : finished)
        ++one.seq;
      if (how == mode::bulk)
        orders.push(std::move(finished));
      else
        for (auto& one : finished)
          orders.push(one);
    }
    auto rate = static_cast<double>(count) / (now_s() - began);
    orders.stop();
    writer.join();
    return rate;
  }

  double write_rows(size_t count, size_t per_batch, size_t value_bytes) {
    auto value = noise(value_bytes);
    std::string key(34, '\4');
    rocksdb::WriteBatch rows;
    rocksdb::WriteOptions synced;
    synced.sync = true;
    auto began = now_s();
    for (size_t i = 0; i < count; ++i) {
      auto bits = ++run_ * 0x9E3779B97F4A7C15u; // spread as hashes are
      for (size_t n = 1; n < key.size(); ++n)
        key[n] = static_cast<char>(bits >> (8 * (n % 8)));
      rows.Put(key, value);
      if (rows.Count() == per_batch || i + 1 == count) {
        ensure(db_->Write(synced, &rows).ok(), "RocksDB writes");
        rows.Clear();
      }
    }
    return static_cast<double>(count) / (now_s() - began);
  }

private:
  test::scratch place_;
  std::unique_ptr<rocksdb::DB> db_;
  uint64_t run_ = 0;
};

bare_journal::bare_journal() : impl_{std::make_unique<impl>()} {}

bare_journal::~bare_journal() = default;

double bare_journal::run(mode how, size_t in_flight, size_t value_bytes, double seconds) {
  return impl_->run(how, in_flight, value_bytes, seconds);
}

double bare_journal::write_rows(size_t count, size_t per_batch, size_t value_bytes) {
  return impl_->write_rows(count, per_batch, value_bytes);
}

} // namespace troupe::bench
