// HIGH-WATER MARK: two places in one small file, written in turn, so that a torn write leaves the other one.

#include <array>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <troupe/persistence/high_water.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/limits.hpp>
#include <unistd.h>

namespace troupe {
namespace {

namespace fs = std::filesystem;

// 8 bytes name and version, u64 sequence (big-endian), 32 bytes store id (zeros behind it), 8 bytes SipHash-2-4 of all
// before under a key of zeros.
constexpr std::string_view magic = "TROUPEH1";
constexpr size_t id_bytes = 32, checksum_bytes = crypto_shorthash_BYTES;
constexpr size_t slot_bytes = magic.size() + sizeof(uint64_t) + id_bytes + checksum_bytes;
constexpr size_t slots = 2, slot_distance = 512; // no two in one sector

using slot = std::array<unsigned char, slot_bytes>;

std::array<unsigned char, checksum_bytes> checksum(const slot& bytes) {
  constexpr std::array<unsigned char, crypto_shorthash_KEYBYTES> no_key{};
  std::array<unsigned char, checksum_bytes> sum;
  crypto_shorthash(sum.data(), bytes.data(), slot_bytes - checksum_bytes, no_key.data());
  return sum;
}

slot encode(const high_water::point& at) {
  slot bytes{};
  auto* to = std::copy(magic.begin(), magic.end(), bytes.begin());
  for (int shift = 56; shift >= 0; shift -= 8)
    *to++ = static_cast<unsigned char>(at.sequence >> shift);
  std::copy(at.store.begin(), at.store.end(), to);
  auto sum = checksum(bytes);
  std::copy(sum.begin(), sum.end(), bytes.end() - checksum_bytes);
  return bytes;
}

std::optional<high_water::point> decode(const slot& bytes) {
  auto sum = checksum(bytes);
  if (!std::equal(magic.begin(), magic.end(), bytes.begin()) ||
      !std::equal(sum.begin(), sum.end(), bytes.end() - checksum_bytes))
    return {};
  high_water::point at;
  auto* from = bytes.begin() + magic.size();
  for (size_t i = 0; i < sizeof(uint64_t); ++i)
    at.sequence = (at.sequence << 8) | *from++;
  at.store.assign(from, std::find(from, from + id_bytes, 0));
  return at;
}

caf::error cannot_reach(std::string_view what, const fs::path& file) {
  return make_error(ec::unavailable, fmt::format("cannot {} {}: {}", what, file.native(), last_failure()));
}

} // namespace

caf::expected<std::optional<high_water::point>> high_water::read(const fs::path& directory) {
  auto path = directory / file_name;
  descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file < 0 && errno == ENOENT)
    return std::optional<point>{};
  if (file < 0)
    return cannot_reach("read", path);
  std::optional<point> best;
  for (size_t n = 0; n < slots; ++n) {
    slot bytes{};
    if (::pread(file, bytes.data(), bytes.size(), static_cast<off_t>(n * slot_distance)) ==
        static_cast<ssize_t>(bytes.size()))
      if (auto at = decode(bytes); at && (!best || at->sequence > best->sequence))
        best = std::move(at);
  }
  if (!best)
    return make_error(ec::corrupt, fmt::format("{} is damaged", path.native()));
  return best;
}

caf::expected<std::unique_ptr<high_water>> high_water::set(const fs::path& directory, point at) {
  ensure(at.store.size() <= id_bytes, "the id of a store, at most 32 bytes");
  auto path = directory / file_name;
  descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (file < 0)
    return cannot_reach("make", path);
  std::unique_ptr<high_water> mark{new high_water{std::move(file), std::move(at)}};
  for (size_t n = 0; n < slots; ++n) // the places may hold what another store said
    if (auto failed = mark->write())
      return failed;
  if (auto failed = mark->sync())
    return failed;
  if (sync_directory(directory))
    return cannot_reach("sync", directory);
  return mark;
}

high_water::~high_water() {
  ::fdatasync(file_); // a mark that is too low is harmless
}

caf::error high_water::raise(uint64_t sequence, int64_t now_ms) {
  if (sequence <= at_.sequence)
    return {};
  at_.sequence = sequence;
  if (auto failed = write())
    return failed;
  if (now_ms - synced_ms_ < limits::high_water_sync.count() && now_ms >= synced_ms_)
    return {};
  synced_ms_ = now_ms;
  return sync();
}

caf::error high_water::write() {
  auto bytes = encode(at_);
  if (::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(writes_++ % slots * slot_distance)) !=
      static_cast<ssize_t>(bytes.size()))
    return cannot_reach("write", fs::path{file_name});
  return {};
}

caf::error high_water::sync() {
  if (::fdatasync(file_) != 0)
    return cannot_reach("sync", fs::path{file_name});
  return {};
}

} // namespace troupe
