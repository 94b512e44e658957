// ID: ULIDs (github.com/ulid/spec). Invariant: ids of one source grow strictly.

#include <troupe/runtime/id.hpp>

namespace troupe {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// The first ten characters.
void put_time(std::string& id, int64_t ms) {
  auto time = static_cast<uint64_t>(ms);
  for (int i = 9; i >= 0; --i, time >>= 5)
    id[static_cast<size_t>(i)] = alphabet[time & 31];
}

} // namespace

id_source::id_source(uint64_t seed) : engine_{seed} {}

uint64_t id_source::random() {
  std::lock_guard lock{mutex_};
  return engine_();
}

std::string id_source::next(int64_t now_ms) {
  std::lock_guard lock{mutex_};
  if (now_ms > last_ms_) {
    last_ms_ = now_ms;
    auto bits = engine_();
    high_ = static_cast<uint16_t>(bits >> 49); // upper half stays free for increments
    low_ = engine_();
  } else if (++low_ == 0) { // same or earlier millisecond: count on, as the specification says
    ++high_;
  }
  std::string id(26, '0');
  put_time(id, last_ms_);
  auto high = static_cast<uint64_t>(high_);
  auto low = low_;
  for (int i = 25; i >= 10; --i) {
    id[static_cast<size_t>(i)] = alphabet[low & 31];
    low = (low >> 5) | (high << 59);
    high >>= 5;
  }
  return id;
}

std::optional<int64_t> time_of_id(std::string_view id) {
  if (id.size() != 26)
    return {};
  uint64_t time = 0;
  for (size_t i = 0; i < id.size(); ++i) {
    auto digit = alphabet.find(id[i]);
    if (digit == std::string_view::npos)
      return {};
    if (i < 10)
      time = (time << 5) | digit;
  }
  return static_cast<int64_t>(time);
}

std::string last_id_of(int64_t ms) {
  std::string id(26, alphabet.back());
  put_time(id, ms);
  return id;
}

uint64_t random_seed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

} // namespace troupe
