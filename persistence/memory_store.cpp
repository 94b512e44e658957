// MEMORY STORE: rows in ordered maps.
// Invariant: spaces_ is what a disk would hold after a power cut; a batch is in it wholly or not at all.

#include <sodium.h>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/memory_store.hpp>
#include <troupe/runtime/id.hpp>

namespace troupe {
namespace {

store_self newborn(uint64_t seed) {
  id_source source{seed};
  std::string naming_key;
  while (naming_key.size() < 32) {
    auto bits = source.random();
    for (unsigned shift = 0; shift < 64; shift += 8)
      naming_key += static_cast<char>(static_cast<uint8_t>(bits >> shift));
  }
  return {naming_key, source.next(0)};
}

size_t index(space where) {
  return static_cast<size_t>(where);
}

template <class Rows>
std::map<std::string, std::string> own_rows(const Rows& meta) {
  return {meta.lower_bound(store_key("")), meta.lower_bound(store_end())};
}

// Counts a scan as open, also when its `row` throws.
struct scan_guard {
  explicit scan_guard(unsigned& scans) : scans_{scans} {
    ++scans_;
  }
  ~scan_guard() {
    --scans_;
  }
  unsigned& scans_;
};

} // namespace

memory_store::memory_store(uint64_t seed) : self_{newborn(seed)} {
  apply(self_.birth());
}

memory_store::memory_store(const spaces& content)
    : spaces_{content}, self_{*store_self::read(own_rows(content[index(space::meta)]))} {}

caf::error memory_store::write(const write_batch& batch, const std::vector<fence>& fences) {
  std::lock_guard lock{mutex_};
  ensure(scans_ == 0, "no write from within a scan");
  if (failed_)
    return make_error(ec::outcome_unknown, "a write has failed: reopen the store");
  auto raised = self_.admit(fences);
  if (!raised)
    return raised.error();
  if (batch.empty() && raised->empty())
    return caf::none;
  ++writes_;
  if (fail_next_) {
    if (*fail_next_) {
      pending_ = batch;
      pending_.insert(pending_.end(), raised->begin(), raised->end());
    }
    fail_next_.reset();
    failed_ = true;
    return make_error(ec::outcome_unknown, "the write failed on demand");
  }
  apply(batch);
  apply(*raised);
  self_.admitted(fences);
  return caf::none;
}

caf::expected<uint64_t> memory_store::raise_epoch(uint8_t shard) {
  std::lock_guard lock{mutex_};
  auto epoch = self_.epoch(shard) + 1;
  auto failed = write({}, {fence{shard, epoch}});
  return failed ? caf::expected<uint64_t>{std::move(failed)} : epoch;
}

caf::expected<std::optional<std::string>> memory_store::get(space where, std::string_view key) const {
  std::lock_guard lock{mutex_};
  auto& found = spaces_[index(where)];
  auto row = found.find(key);
  return row == found.end() ? std::nullopt : std::optional{row->second};
}

caf::error memory_store::scan(space where, std::string_view from, std::string_view to,
                              const std::function<bool(std::string_view, std::string_view)>& row) const {
  std::lock_guard lock{mutex_};
  scan_guard guard{scans_};
  auto& found = spaces_[index(where)];
  for (auto at = found.lower_bound(from); at != found.end() && at->first < to; ++at)
    if (!row(at->first, at->second))
      break;
  return caf::none;
}

caf::error memory_store::scan_back(space where, std::string_view from, std::string_view to,
                                   const std::function<bool(std::string_view, std::string_view)>& row) const {
  std::lock_guard lock{mutex_};
  scan_guard guard{scans_};
  auto& found = spaces_[index(where)];
  for (auto at = found.lower_bound(to); at != found.begin();) {
    --at;
    if (at->first < from || !row(at->first, at->second))
      break;
  }
  return caf::none;
}

caf::error memory_store::reopen() {
  std::lock_guard lock{mutex_};
  ensure(scans_ == 0, "no reopen from within a scan");
  apply(pending_);
  start();
  return caf::none;
}

void memory_store::crash() {
  std::lock_guard lock{mutex_};
  fail_next_.reset();
  start();
}

const std::string& memory_store::naming_key() const {
  return self_.naming_key();
}

const std::string& memory_store::id() const {
  return self_.id();
}

void memory_store::fail_next_write(bool applied) {
  std::lock_guard lock{mutex_};
  fail_next_ = applied;
}

uint64_t memory_store::writes() const {
  std::lock_guard lock{mutex_};
  return writes_;
}

std::string memory_store::digest() const {
  std::lock_guard lock{mutex_};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, crypto_generichash_BYTES);
  auto add = [&](std::string_view text) {
    auto prefixed =
        std::to_string(text.size()) + ":"; // so that no two contents run together to the same bytes
    prefixed.append(text);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(prefixed.data()),
                              prefixed.size());
  };
  for (size_t i = 0; i < space_count; ++i)
    for (auto& [key, value] : spaces_[i]) {
      add(to_string(static_cast<space>(i)));
      add(key);
      add(value);
    }
  std::array<unsigned char, crypto_generichash_BYTES> hash;
  crypto_generichash_final(&state, hash.data(), hash.size());
  std::string text(2 * hash.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  text.pop_back();
  return text;
}

std::shared_ptr<memory_store> memory_store::clone() const {
  std::lock_guard lock{mutex_};
  return std::shared_ptr<memory_store>{new memory_store{spaces_}};
}

void memory_store::apply(const write_batch& batch) {
  for (auto& [where, key, value, tenant] : batch)
    if (value)
      spaces_[index(where)].insert_or_assign(key, *value);
    else
      spaces_[index(where)].erase(key);
}

// Comes up from spaces_, as after opening.
void memory_store::start() {
  auto failure = self_.reread(own_rows(spaces_[index(space::meta)]));
  ensure(!failure, "a store in memory that knows itself");
  pending_.clear();
  failed_ = false;
}

std::shared_ptr<memory_store> open_memory(uint64_t seed) {
  return std::make_shared<memory_store>(seed);
}

} // namespace troupe
