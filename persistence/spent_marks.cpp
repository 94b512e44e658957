// SPENT MARKS: one small file, replaced when a mark is raised, and beside it how far the journal was.
// Invariant: what raise() returned for is on disk, and of() never says less than that.

#include <algorithm>
#include <fmt/format.h>
#include <sodium.h>
#include <troupe/persistence/high_water.hpp>
#include <troupe/persistence/key_file.hpp>
#include <troupe/persistence/spent_marks.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

namespace fs = std::filesystem;

// 8 bytes name and version; u8 length and bytes of the store's id, the same of its history; per mark, by entity: u8 shard,
// 16 bytes entity, u64 mark; 32 bytes BLAKE2b-256 of all before under the naming key. Integers are big-endian.
constexpr std::string_view magic = "TROUPEM1";
constexpr size_t sum_bytes = 32, mark_bytes = 1 + sizeof(entity_hash) + sizeof(uint64_t);
constexpr std::string_view file_name = "MARKS";

std::string checksum(std::string_view bytes, std::string_view naming_key) {
  std::string sum(sum_bytes, '\0');
  auto raw = [](auto& text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  crypto_generichash(reinterpret_cast<unsigned char*>(sum.data()), sum.size(), raw(bytes), bytes.size(),
                     raw(naming_key), naming_key.size());
  return sum;
}

void put_text(std::string& to, const std::string& text) {
  ensure(text.size() <= 255, "an id of at most 255 bytes");
  to += static_cast<char>(text.size());
  to += text;
}

std::optional<std::string> take_text(std::string_view& from) {
  if (from.empty() || from.size() <= static_cast<uint8_t>(from[0]))
    return {};
  std::string text{from.substr(1, static_cast<uint8_t>(from[0]))};
  from.remove_prefix(1 + text.size());
  return text;
}

class spent_files final : public spent_place {
public:
  spent_files(fs::path directory, std::string store)
      : directory_{std::move(directory)}, store_{std::move(store)}, file_{open_key_file(directory_ /
                                                                                        file_name)} {}

  caf::expected<std::optional<std::string>> read() const override {
    return file_->read();
  }

  caf::error replace(std::string_view content) override {
    if (auto cause = make_directory(directory_, 0700))
      return cannot("make", directory_, *cause);
    return file_->replace(content);
  }

  caf::expected<uint64_t> reached() const override {
    auto mark = high_water::read(directory_);
    if (!mark)
      return std::move(mark.error());
    if (!*mark)
      return uint64_t{0};
    if ((*mark)->store != store_)
      return make_error(ec::corrupt, fmt::format("{} is of another store", directory_.native()));
    return (*mark)->sequence;
  }

  caf::error reach(uint64_t gsn, int64_t now_ms) override {
    if (!water_)
      return restart(gsn);
    auto failed = water_->raise(gsn, now_ms);
    if (failed)
      water_.reset(); // the next one begins anew
    return failed;
  }

  caf::error restart(uint64_t gsn) override {
    auto water = high_water::set(directory_, {store_, gsn});
    if (!water)
      return std::move(water.error());
    water_ = std::move(*water);
    return {};
  }

  std::string name() const override {
    return directory_.native();
  }

private:
  const fs::path directory_;
  const std::string store_;
  const std::shared_ptr<key_file> file_;
  std::unique_ptr<high_water> water_; // nothing until it is written
};

} // namespace

std::shared_ptr<spent_place> open_spent_directory(const fs::path& directory, const std::string& store) {
  return std::make_shared<spent_files>(directory / store, store);
}

std::string encode(const spent_content& content, std::string_view naming_key) {
  std::string bytes{magic};
  put_text(bytes, content.store);
  put_text(bytes, content.history);
  for (auto& [entity, mark] : content.marks) {
    bytes += static_cast<char>(entity.shard);
    bytes.append(entity.hash.begin(), entity.hash.end());
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes += static_cast<char>(static_cast<uint64_t>(mark) >> shift);
  }
  return bytes + checksum(bytes, naming_key);
}

caf::expected<spent_content> decode_spent(std::string_view bytes, std::string_view naming_key) {
  auto damaged = make_error(ec::corrupt, "the marks are damaged, or those of another store");
  if (bytes.size() < magic.size() + sum_bytes || bytes.substr(0, magic.size()) != magic)
    return damaged;
  auto rest = bytes.substr(0, bytes.size() - sum_bytes);
  if (checksum(rest, naming_key) != bytes.substr(rest.size()))
    return damaged;
  rest.remove_prefix(magic.size());
  auto store = take_text(rest);
  auto history = take_text(rest);
  if (!store || !history || rest.size() % mark_bytes != 0)
    return damaged;
  spent_content content{std::move(*store), std::move(*history), {}};
  for (; !rest.empty(); rest.remove_prefix(mark_bytes)) {
    entity_id entity{static_cast<uint8_t>(rest[0]), {}};
    std::copy_n(rest.begin() + 1, entity.hash.size(), entity.hash.begin());
    uint64_t mark = 0;
    for (auto byte : rest.substr(1 + entity.hash.size(), sizeof mark))
      mark = (mark << 8) | static_cast<uint8_t>(byte);
    content.marks[entity] = static_cast<int64_t>(mark);
  }
  return content;
}

std::optional<int64_t> spent_marks::of(const entity_id& entity) const {
  auto mark = known_.marks.find(entity);
  return mark == known_.marks.end() ? std::nullopt : std::optional{mark->second};
}

caf::error spent_marks::raise(const std::map<entity_id, spending>& coming) {
  auto must_rise = [this](const auto& one) {
    auto mark = of(one.first);
    return !mark || *mark < one.second.spent || (one.second.proven && *mark == unknown);
  };
  if (std::none_of(coming.begin(), coming.end(), must_rise))
    return {};
  auto next = known_;
  for (auto& one : coming)
    if (must_rise(one))
      next.marks[one.first] = one.second.ahead;
  if (next.marks.size() > std::max(limits::ledgers, known_.marks.size()))
    return make_error(ec::overloaded,
                      fmt::format("there are {} ledgers, and more are not kept", limits::ledgers));
  if (auto failed = place_->replace(encode(next, naming_key_)))
    return failed;
  known_ = std::move(next);
  return {};
}

caf::error spent_marks::begin(spent_content content, uint64_t gsn) {
  if (auto failed = place_->replace(encode(content, naming_key_)))
    return failed;
  known_ = std::move(content);
  return place_->restart(gsn);
}

} // namespace troupe
