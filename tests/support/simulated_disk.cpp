// SIMULATED DISK: faults around rows in memory.
// Invariant: a batch is there wholly or not at all, and what somebody was told of stays.

#include <algorithm>
#include <tests/support/simulated_disk.hpp>

namespace troupe {

simulated_disk::simulated_disk(uint64_t seed) : rows_{open_memory(seed)} {}

caf::error simulated_disk::write(const write_batch& batch, const std::vector<fence>& fences) {
  if (failed_)
    return make_error(ec::outcome_unknown, "a write has failed: reopen the store");
  if (slow_writes_ > 0) {
    --slow_writes_;
    took_ += slow_each_;
  }
  if (!fail_next_ && !full_) {
    acknowledge(); // a later sync makes an earlier one known
    write_batch before;
    for (auto& [where, key, value, tenant] : batch)
      before.push_back({where, key, *rows_->get(where, key)});
    if (auto refused = rows_->write(batch, fences))
      return refused;
    ++syncs_;
    if (fences.empty()) { // an epoch is never taken back
      std::reverse(before.begin(), before.end());
      undo_ = std::move(before);
      tail_ = batch;
    }
    if (on_write)
      on_write(batch, false);
    return {};
  }
  if (batch.empty())
    return {};
  if (fail_next_.value_or(false))
    unknown_ = batch;
  auto why = full_ ? "no space left on device" : "the sync failed";
  fail_next_.reset();
  failed_ = true;
  if (on_failure)
    on_failure();
  return make_error(ec::outcome_unknown, why);
}

caf::error simulated_disk::refuse_read() const {
  if (!held_)
    const_cast<simulated_disk*>(this)->acknowledge(); // whoever reads it knows of it
  if (failed_)
    return make_error(ec::unavailable, "a write has failed: reopen the store");
  if (bad_reads_ == 0)
    return {};
  --bad_reads_;
  return make_error(ec::unavailable, "the read failed: input/output error");
}

caf::expected<std::optional<std::string>> simulated_disk::get(space where, std::string_view key) const {
  if (auto failed = refuse_read())
    return failed;
  if (!rotten_.empty() && rotten_.count({where, std::string{key}}) > 0)
    return make_error(ec::corrupt, "block checksum mismatch");
  return rows_->get(where, key);
}

caf::error simulated_disk::scan(space where, std::string_view from, std::string_view to,
                                const std::function<bool(std::string_view, std::string_view)>& row) const {
  if (auto failed = refuse_read())
    return failed;
  if (rotten_.empty())
    return rows_->scan(where, from, to, row);
  auto damaged = false;
  auto failed = rows_->scan(where, from, to, [&](std::string_view key, std::string_view value) {
    damaged = rotten_.count({where, std::string{key}}) > 0;
    return !damaged && row(key, value);
  });
  return damaged ? make_error(ec::corrupt, "block checksum mismatch") : failed;
}

caf::error
simulated_disk::scan_back(space where, std::string_view from, std::string_view to,
                          const std::function<bool(std::string_view, std::string_view)>& row) const {
  if (auto failed = refuse_read())
    return failed;
  auto damaged = false;
  auto failed = rows_->scan_back(where, from, to, [&](std::string_view key, std::string_view value) {
    damaged = rotten_.count({where, std::string{key}}) > 0;
    return !damaged && row(key, value);
  });
  return damaged ? make_error(ec::corrupt, "block checksum mismatch") : failed;
}

caf::error simulated_disk::reopen() {
  if (bad_reopens_ > 0) {
    --bad_reopens_;
    return make_error(ec::unavailable, "the store does not open: input/output error");
  }
  failed_ = false;
  if (unknown_)
    apply(*std::exchange(unknown_, std::nullopt));
  return rows_->reopen();
}

const std::string& simulated_disk::naming_key() const {
  return rows_->naming_key();
}

const std::string& simulated_disk::id() const {
  return rows_->id();
}

void simulated_disk::fail_next_write(bool applied) {
  fail_next_ = applied;
}

void simulated_disk::set_full(bool full) {
  full_ = full;
}

void simulated_disk::fail_reads(unsigned count) {
  bad_reads_ = count;
}

void simulated_disk::fail_reopens(unsigned count) {
  bad_reopens_ = count;
}

void simulated_disk::slow_down(std::chrono::milliseconds each, unsigned writes) {
  slow_each_ = each;
  slow_writes_ = writes;
}

void simulated_disk::rot(space where, const std::string& key) {
  rotten_.emplace(where, key);
}

void simulated_disk::heal() {
  fail_next_.reset();
  full_ = false;
  bad_reads_ = bad_reopens_ = slow_writes_ = 0;
}

std::chrono::milliseconds simulated_disk::take_time() {
  return std::exchange(took_, std::chrono::milliseconds{0});
}

void simulated_disk::take_hold() {
  held_ = true;
}

void simulated_disk::let_go() {
  held_ = false;
}

void simulated_disk::acknowledge() {
  tail_.clear();
  undo_.clear();
}

std::optional<bool> simulated_disk::take_fault() {
  return full_ ? std::optional{false} : std::exchange(fail_next_, std::nullopt);
}

bool simulated_disk::take_bad_read() {
  if (bad_reads_ == 0)
    return false;
  --bad_reads_;
  return true;
}

void simulated_disk::crash(bool keep_tail) {
  held_ = false;
  if (unknown_ && keep_tail)
    apply(*unknown_);
  unknown_.reset();
  if (!keep_tail && !tail_.empty()) {
    ensure(!rows_->write(undo_), "memory takes back what it took");
    if (on_undo)
      on_undo(tail_);
  }
  acknowledge();
  heal();
  failed_ = false;
  took_ = {};
  rows_ = rows_->clone(); // what comes up knows only what is in its rows
}

std::string simulated_disk::digest() const {
  return rows_->digest();
}

// What a failed write has left behind after all.
void simulated_disk::apply(const write_batch& batch) {
  acknowledge();
  ensure(!rows_->write(batch), "memory takes what the disk kept");
  if (on_write)
    on_write(batch, true);
}

} // namespace troupe
