// DAMAGE: the open policy.
// Invariant: nothing here changes a file; a store that opens holds all it acknowledged, as far as log and mark can tell.

#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <rocksdb/sst_file_reader.h>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/rocksdb/child_process.hpp>
#include <troupe/persistence/rocksdb/damage.hpp>
#include <troupe/persistence/rocksdb/database.hpp>
#include <troupe/persistence/store_directory.hpp>
#include <troupe/runtime/descriptor.hpp>
#include <troupe/runtime/limits.hpp>
#include <unistd.h>

namespace troupe {
namespace {

namespace fs = std::filesystem;

// -- in the child ---------------------------------------------------------------

// What the child tells: a code (0 = none), numbers, and texts, each with its length before it.
class telegram {
public:
  telegram() = default;
  explicit telegram(std::string text) : text_{std::move(text)} {}
  telegram& add(std::string_view text) {
    text_ += fmt::format("{}:{}", text.size(), text);
    return *this;
  }
  telegram& add(uint64_t number) {
    return add(std::to_string(number));
  }
  std::string take() {
    auto colon = text_.find(':', at_);
    ensure(colon != std::string::npos, "a length before each text");
    auto bytes = std::stoul(text_.substr(at_, colon - at_));
    at_ = colon + 1 + bytes;
    return text_.substr(colon + 1, bytes);
  }
  uint64_t take_number() {
    return std::stoull(take());
  }
  bool at_end() const {
    return at_ >= text_.size();
  }
  const std::string& text() const {
    return text_;
  }

private:
  std::string text_;
  size_t at_ = 0;
};

std::string tell(const caf::error& failure) {
  return telegram{}.add(static_cast<uint64_t>(code_of(failure))).add(text_of(failure)).text();
}

// Of damage the cause alone: whoever asks adds what helps.
caf::error why_not(const fs::path& directory, const rocksdb::Status& status) {
  return is_damage(status) ? make_error(ec::corrupt, status.ToString()) : open_failure(directory, status);
}

// A process has the files open: this one's parent, or another one. Locks are not inherited.
std::optional<std::string> locked(const fs::path& directory) {
  descriptor file{::open((directory / "LOCK").c_str(), O_RDONLY | O_CLOEXEC)};
  if (file < 0)
    return {};
  struct flock wanted {};
  wanted.l_type = F_WRLCK;
  wanted.l_whence = SEEK_SET;
  if (::fcntl(file, F_GETLK, &wanted) != 0 || wanted.l_type == F_UNLCK)
    return {};
  return wanted.l_pid == ::getppid() ? "lock hold by current process"
                                     : fmt::format("While lock file: process {} holds it", wanted.l_pid);
}

uint32_t crc32c(uint32_t sum, char byte) {
  sum ^= static_cast<uint8_t>(byte);
  for (int bit = 0; bit < 8; ++bit)
    sum = (sum >> 1) ^ (sum & 1 ? 0x82f63b78 : 0);
  return sum;
}

// A record of the list of files that reaches behind the end of the file is passed over by RocksDB, with all behind it, as one
// that a power cut has torn. If its checksum fits some of the bytes that are there, its length is what is damaged. Records:
// masked CRC-32C of type and payload u32, length u16, both little-endian, type u8, payload; none goes over the end of a block.
bool has_wrong_length(const fs::path& list) {
  constexpr size_t block_bytes = 32 << 10, header_bytes = 7;
  std::error_code missing; // opening tells it
  auto bytes = fs::file_size(list, missing);
  descriptor file{::open(list.c_str(), O_RDONLY | O_CLOEXEC)};
  if (missing || bytes == 0 || file < 0)
    return false;
  ::lseek(file, static_cast<off_t>((bytes - 1) / block_bytes * block_bytes), SEEK_SET);
  auto block = read_all(file, block_bytes).value_or("");
  auto number = [&](size_t at, size_t size) {
    uint32_t value = 0;
    while (size-- > 0)
      value = (value << 8) | static_cast<uint8_t>(block[at + size]);
    return value;
  };
  for (size_t at = 0; at + header_bytes <= block.size(); at += header_bytes + number(at + 4, 2)) {
    auto payload = at + header_bytes;
    if (payload + number(at + 4, 2) <= block.size())
      continue;
    auto masked = number(at, 4) - 0xa282ead8;
    auto wanted = ~((masked >> 17) | (masked << 15));
    auto sum = crc32c(~uint32_t{0}, block[at + header_bytes - 1]);
    for (; sum != wanted && payload < block.size(); ++payload)
      sum = crc32c(sum, block[payload]);
    return sum == wanted;
  }
  return false;
}

rocksdb::DBOptions looking(rocksdb::WALRecoveryMode mode) {
  auto options = database_options({});
  options.create_if_missing = options.create_missing_column_families = false;
  options.avoid_flush_during_recovery = true;
  options.stats_persist_period_sec = 0; // its thread would be missing here
  options.max_file_opening_threads = 1; // this one
  options.wal_recovery_mode = mode;
  return options;
}

// A birth that was cut short has only some column families; RocksDB makes the others.
rocksdb::Status families_in(const fs::path& directory, std::vector<rocksdb::ColumnFamilyDescriptor>& found) {
  std::vector<std::string> names;
  auto status = rocksdb::DB::ListColumnFamilies(looking({}), directory.native(), &names);
  for (auto& family : database_families())
    if (std::find(names.begin(), names.end(), family.name) != names.end())
      found.push_back(std::move(family));
  if (status.ok() && names.size() > found.size())
    return rocksdb::Status::NotSupported("it has column families that are unknown here");
  return status;
}

rocksdb::Status open_to_look(const fs::path& directory, rocksdb::WALRecoveryMode mode,
                             rocksdb_database& opened,
                             std::vector<rocksdb::ColumnFamilyDescriptor>& families) {
  if (auto status = families_in(directory, families); !status.ok())
    return status;
  rocksdb::DB* db = nullptr;
  auto status =
      rocksdb::DB::OpenForReadOnly(looking(mode), directory.native(), families, &opened.handles, &db);
  opened.db.reset(db);
  return status;
}

struct probe_result {
  rocksdb::Status status;
  uint64_t sequence = 0;
  std::string store;
};

// What the child opens it never closes: closing asks for a lock that may belong to a thread which only the parent has.
rocksdb_database& for_ever() {
  return *new rocksdb_database;
}

probe_result look(const fs::path& directory, rocksdb::WALRecoveryMode mode) {
  auto& opened = for_ever();
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  probe_result found{open_to_look(directory, mode, opened, families), 0, {}};
  if (!found.status.ok())
    return found;
  found.sequence = opened.db->GetLatestSequenceNumber();
  for (size_t i = 0; i < families.size(); ++i)
    if (families[i].name == to_string(space::meta))
      found.status = opened.db->Get({}, opened.handles[i], store_key("id"), &found.store);
  if (found.status.IsNotFound())
    found.status = rocksdb::Status::OK();
  return found;
}

std::string examine_here(const fs::path& directory) {
  using rocksdb::WALRecoveryMode;
  auto cannot = [&](const rocksdb::Status& status) {
    if (auto holder = locked(directory)) // since we began; what was seen may have been half a change
      return tell(cannot_open(directory, *holder));
    return tell(why_not(directory, status));
  };
  if (auto holder = locked(directory))
    return tell(cannot_open(directory, *holder));
  std::string list; // of files
  std::getline(std::ifstream{directory / "CURRENT"}, list);
  if (has_wrong_length(directory / list))
    return cannot(rocksdb::Status::Corruption("the length of a record is damaged", list));
  auto found = look(directory, WALRecoveryMode::kAbsoluteConsistency);
  auto beyond = found.sequence;
  std::string log_ends;
  if (!found.status.ok()) {
    log_ends = found.status.ToString();
    found = look(directory, WALRecoveryMode::kPointInTimeRecovery);
    if (!found.status.ok())
      return cannot(found.status);
    auto any = look(directory, WALRecoveryMode::kSkipAnyCorruptedRecords);
    if (!any.status.ok())
      return cannot(any.status);
    beyond = any.sequence;
    if (auto holder = locked(directory))
      return tell(cannot_open(directory, *holder));
  }
  return telegram{}.add(0).add(found.store).add(found.sequence).add(beyond).add(log_ends).text();
}

std::string check_tables_here(const fs::path& directory) {
  auto& opened = for_ever();
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  auto status = open_to_look(directory, rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords, opened, families);
  if (!status.ok())
    return tell(why_not(directory, status));
  std::vector<rocksdb::LiveFileMetaData> tables;
  opened.db->GetLiveFilesMetaData(&tables);
  telegram told;
  told.add(0);
  for (auto& table : tables) {
    auto family = std::find_if(families.begin(), families.end(),
                               [&](auto& one) { return one.name == table.column_family_name; });
    rocksdb::SstFileReader reader{rocksdb::Options{looking({}), family->options}};
    auto name = table.relative_filename.empty() ? table.name : table.relative_filename;
    auto read = reader.Open((directory / fs::path{name}.relative_path()).native());
    if (read.ok())
      read = reader.VerifyChecksum();
    if (!read.ok())
      told.add(name).add(read.ToString());
  }
  return told.text();
}

// -- in the parent --------------------------------------------------------------

caf::expected<telegram> ask_child(const fs::path& directory, std::string (*look)(const fs::path&),
                                  std::chrono::seconds patience) {
  auto said = in_child([&] { return look(directory); }, patience);
  if (!said && code_of(said.error()) == ec::corrupt)
    return std::move(said.error());
  if (!said)
    return make_error(code_of(said.error()),
                      fmt::format("the store in {}: {}", directory.native(), text_of(said.error())));
  telegram told{std::move(*said)};
  if (auto code = told.take_number())
    return make_error(static_cast<ec>(code), told.take());
  return told;
}

} // namespace

caf::expected<examination> examine(const fs::path& directory) {
  auto told = ask_child(directory, examine_here, limits::store_probe);
  if (!told)
    return std::move(told.error());
  examination found;
  found.store = told->take();
  found.kept = told->take_number();
  found.beyond = told->take_number();
  found.log_ends = told->take();
  return found;
}

std::string loss(const examination& found, const std::optional<high_water::point>& mark) {
  if (found.beyond > found.kept)
    return fmt::format("{}; a start would keep the records up to number {} and lose valid ones up to {}",
                       found.log_ends, found.kept, found.beyond);
  if (mark && mark->store != found.store)
    return fmt::format("its mark is that of store {}, but these are the files of {}", mark->store,
                       found.store.empty() ? "one that was not yet born" : found.store);
  if (mark && found.kept < mark->sequence)
    return fmt::format(
        "it ends at number {}, but everything up to {} was acknowledged: a log or its last record is lost, "
        "or an older copy lies in its place",
        found.kept, mark->sequence);
  return {};
}

caf::expected<std::vector<damaged_file>> check_tables(const fs::path& directory) {
  uint64_t bytes = 0;
  std::error_code failure; // reading them tells it
  for (fs::directory_iterator at{directory, failure}, end; !failure && at != end; at.increment(failure))
    if (at->path().extension() == ".sst")
      bytes += at->file_size(failure);
  auto patience = limits::store_probe + std::chrono::seconds{bytes / limits::store_check_bytes_per_s};
  auto told = ask_child(directory, check_tables_here, patience);
  if (!told)
    return std::move(told.error());
  std::vector<damaged_file> found;
  while (!told->at_end()) {
    auto name = told->take();
    found.push_back({std::move(name), told->take()});
  }
  return found;
}

} // namespace troupe
