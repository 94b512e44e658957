// ACCESS: token -> principal -> policy.
// Invariant: what is not named in the table is denied; no token ever appears in an error.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <troupe/net/api/access.hpp>
#include <troupe/runtime/descriptor.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <unistd.h>
#include <utility>

namespace troupe {
namespace {

constexpr std::pair<std::string_view, access_role> policy[] = {
    {"Status", access_role::viewer},
    {"Tree", access_role::viewer},
    {"Agents", access_role::viewer},
    {"Agent", access_role::viewer},
    {"Runs", access_role::viewer},
    {"Describe", access_role::viewer},
    {"RunHistory", access_role::viewer},
    {"DeadLetters", access_role::viewer},
    {"Metrics", access_role::viewer},
    {"Timers", access_role::viewer},
    {"Usage", access_role::viewer},
    {"Members", access_role::viewer},
    {"Shards", access_role::viewer},
    {"WhyNot", access_role::viewer},
    {"Workers", access_role::viewer},
    {"Work", access_role::worker}, // of the door for workers
    {"Start", access_role::operator_},
    {"Cancel", access_role::operator_},
    {"Answer", access_role::operator_},
    {"Resume", access_role::operator_},
    {"Requeue", access_role::operator_},
    {"Drop", access_role::operator_},
    {"RegisterNewAgent", access_role::admin},
    {"RetireAgent", access_role::admin},
    {"LogLevel", access_role::admin},
    {"Backups", access_role::admin},
    {"Backup", access_role::admin},
    {"CheckBackup", access_role::admin},
    {"BackupProgress", access_role::admin},
    {"Keys", access_role::admin},
    {"NewKeys", access_role::admin},
    {"Shred", access_role::admin},
    {"Drain", access_role::admin},
    {"Ledgers", access_role::viewer},
    {"Ledger", access_role::viewer},
    {"Charge", access_role::operator_},
    {"LimitLedger", access_role::admin},
    {"Confirm", access_role::admin},
    {"Tell", access_role::operator_},
    {"TellAll", access_role::operator_},
    {"Ask", access_role::viewer},
    {"Fork", access_role::operator_},
    {"Approvals", access_role::viewer},
    {"Decide", access_role::viewer}, // the run itself knows whom it has asked
    {"Delegate", access_role::viewer},
    {"Schedules", access_role::viewer},
    {"Schedule", access_role::viewer},
    {"NewSchedule", access_role::operator_},
    {"ChangeSchedule", access_role::operator_},
    {"HoldSchedule", access_role::operator_},
    {"ReleaseSchedule", access_role::operator_},
    {"FireSchedule", access_role::operator_},
    {"FillSchedule", access_role::operator_},
    {"DropSchedule", access_role::operator_},
    {"Workflows", access_role::viewer},
    {"Workflow", access_role::viewer},
    {"Revisions", access_role::viewer},
    {"Publish", access_role::operator_},
    {"Rollback", access_role::operator_},
    {"Deprecate", access_role::operator_},
    {"Archive", access_role::operator_},
    {"Upgrades", access_role::operator_},
    {"Why", access_role::viewer},
    {"RunStory", access_role::viewer},
    {"Replay", access_role::viewer},
    {"Services", access_role::viewer},
    {"OwnServices", access_role::viewer},
    {"Fleets", access_role::viewer},
    {"Results", access_role::viewer},
    {"Hire", access_role::admin},
    {"NewFleet", access_role::admin},
    {"ResizeFleet", access_role::admin},
    {"Pool", access_role::admin},
    {"Distribute", access_role::operator_},
    {"DropGoal", access_role::operator_},
};

constexpr std::string_view role_names[] = {"worker", "viewer", "operator", "admin"};

std::optional<access_role> parse_role(std::string_view name) {
  auto i = std::find(std::begin(role_names), std::end(role_names), name);
  if (i == std::end(role_names))
    return {};
  return static_cast<access_role>(i - std::begin(role_names));
}

bool same(std::string_view known, std::string_view offered) {
  auto difference = known.size() ^ offered.size();
  for (size_t i = 0; i < known.size(); ++i)
    difference |= static_cast<unsigned char>(known[i] ^ (i < offered.size() ? offered[i] : '\0'));
  return difference == 0;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  constexpr std::string_view blank = " \t\r";
  for (size_t begin = 0; (begin = line.find_first_not_of(blank, begin)) != std::string_view::npos;) {
    auto end = std::min(line.find_first_of(blank, begin), line.size());
    found.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return found;
}

caf::error create(const std::string& path) {
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return make_error(ec::unavailable, "the system gave no random bytes for a token");
  auto text = fmt::format("# principal role token\nadmin admin {:02x}\n", fmt::join(bytes, ""));
  auto fresh =
      fmt::format("{}.{}", path, ::getpid()); // whole or not at all: a crash leaves no empty token file
  ::unlink(fresh.c_str());
  descriptor file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  auto made =
      file >= 0 && write_all(file, text) && ::fsync(file) == 0 && ::link(fresh.c_str(), path.c_str()) == 0;
  auto why = errno;
  ::unlink(fresh.c_str());
  if (!made && why != EEXIST)
    return make_error(ec::unavailable, fmt::format("cannot create {}: {}", path, std::strerror(why)));
  return {};
}

} // namespace

std::string_view to_string(access_role standing) {
  return role_names[static_cast<size_t>(standing)];
}

caf::error make_private_directory(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  auto parent = fs::path{path}.lexically_normal().parent_path();
  if (!parent.empty())
    fs::create_directories(parent, failed);
  if (failed || (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST))
    return make_error(ec::unavailable, fmt::format("cannot create the directory {}: {}", path,
                                                   failed ? failed.message() : std::strerror(errno)));
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return make_error(ec::unavailable, fmt::format("cannot look at {}: {}", path, std::strerror(errno)));
  if (!S_ISDIR(found.st_mode) || found.st_uid != ::geteuid())
    return make_error(ec::permission_denied, path + " is no directory of this user; choose another one");
  if ((found.st_mode & 0077) != 0)
    return make_error(ec::permission_denied,
                      fmt::format("others may enter {}: it has mode {:04o}; chmod 700 {}", path,
                                  found.st_mode & 07777, path));
  return {};
}

caf::expected<token_list> token_list::read(const std::string& path) {
  descriptor file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
  if (file < 0)
    return make_error(errno == ENOENT ? ec::not_found : ec::permission_denied,
                      fmt::format("cannot read the token file {}: {}", path, std::strerror(errno)));
  struct stat found {};
  if (::fstat(file, &found) != 0 || !S_ISREG(found.st_mode) || found.st_uid != ::geteuid() ||
      (found.st_mode & 0077) != 0)
    return make_error(ec::permission_denied,
                      fmt::format("{} must be a file only this user can read; chmod 600 {}", path, path));
  auto content = read_all(file, limits::token_file_bytes + 1);
  if (!content || content->size() > limits::token_file_bytes)
    return make_error(ec::invalid_argument,
                      fmt::format("{} is longer than {} bytes", path, limits::token_file_bytes));
  std::string_view text = *content;
  token_list list;
  size_t number = 0;
  for (size_t begin = 0; begin < text.size(); ++number) {
    auto end = std::min(text.find('\n', begin), text.size());
    auto line = text.substr(begin, end - begin);
    begin = end + 1;
    auto parts = words(line.substr(0, line.find('#')));
    if (parts.empty())
      continue;
    auto standing = parts.size() == 3 ? parse_role(parts[1]) : std::nullopt;
    if (!standing || parts[0].size() > limits::name_bytes || parts[2].size() < limits::token_characters)
      return make_error(ec::invalid_argument, fmt::format("{}:{}: write `principal role token`; roles are "
                                                          "worker, viewer, operator, admin; a token has at "
                                                          "least {} characters",
                                                          path, number + 1, limits::token_characters));
    list.entries_.push_back({{std::string{parts[0]}, *standing}, secret{std::string{parts[2]}}});
  }
  if (list.entries_.empty())
    return make_error(ec::invalid_argument,
                      path + " holds no token; remove it and start the node to get one");
  return list;
}

caf::expected<token_list> token_list::open(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 && errno == ENOENT)
    if (auto failed = create(path))
      return failed;
  return read(path);
}

caf::expected<identity> token_list::identify(std::string_view token) const {
  const entry* match = nullptr;
  for (auto& known : entries_)
    if (same(known.token.reveal(), token))
      match = &known;
  if (!match)
    return make_error(ec::unauthenticated, token.empty()
                                               ? "no token: send the metadata `authorization: Bearer TOKEN`"
                                               : "nobody has this token");
  return match->who;
}

std::optional<access_role> needed_role(std::string_view method) {
  for (auto& [name, least] : policy)
    if (name == method)
      return least;
  return {};
}

caf::error permit(const identity& who, std::string_view method) {
  auto least = needed_role(method);
  if (!least)
    return make_error(ec::permission_denied,
                      fmt::format("no policy names the method {}, so nobody may call it", method));
  auto may = *least == access_role::worker ? who.standing != access_role::viewer : who.standing >= *least;
  if (!may)
    return make_error(ec::permission_denied, fmt::format("{} is {} and {} needs {}", who.principal,
                                                         to_string(who.standing), method, to_string(*least)));
  return {};
}

} // namespace troupe
