// BACKUP COMMANDS: backups of a node that runs, by itself; of a stopped store, by this program; restores.

#include <condition_variable>
#include <filesystem>
#include <fmt/format.h>
#include <thread>
#include <troupe/net/node/backup_restore.hpp>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/storage.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/persistence/backup_choice.hpp>
#include <troupe/persistence/backup_files.hpp>
#include <troupe/persistence/rocksdb/backup.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/version.hpp>

namespace troupe {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto look_again = 100ms; // short against what a backup takes, long against what a look costs

// What a command line and its configuration say together.
caf::expected<config> settings_of(const cli_session& at) {
  auto settings = at.offline_config();
  if (settings && is_available(*settings))
    settings = own_store_of(*settings); // what stays with the node
  if (settings && is_shared(*settings))
    return make_error(ec::invalid_argument,
                      "the rows of this node are in PostgreSQL: back them up and restore them with its "
                      "own tools, pg_basebackup and its archive of the log");
  if (settings && !at.said().backups.empty())
    settings->backup.directory = at.said().backups;
  return settings;
}

caf::expected<fs::path> directory_of(const config& settings) {
  if (settings.backup.directory.empty())
    return make_error(
        ec::invalid_argument,
        fmt::format("no node runs on {}: say with `--backups DIR` or `--config FILE` where the backups are",
                    settings.node.data_directory));
  return fs::path{settings.backup.directory};
}

caf::expected<uint32_t> id_of(const std::string& word) {
  if (word.empty())
    return uint32_t{0};
  if (word.size() > 9 || word.find_first_not_of("0123456789") != std::string::npos || word == "0")
    return make_error(ec::invalid_argument,
                      fmt::format("'{}' is no backup's number; see `troupe backup list`", word));
  return static_cast<uint32_t>(std::stoul(word));
}

std::string so_far(std::string_view doing, uint64_t done, uint64_t all) {
  constexpr uint64_t megabyte = 1'000'000;
  return all == 0 ? fmt::format("{}: {} MB", doing, done / megabyte)
                  : fmt::format("{}: {} of {} MB", doing, done / megabyte, all / megabyte);
}

// Has the node do it. Nothing if none runs, or if the command line names the directory: then this program does it.
template <class Ask>
auto by_node(cli_session& at, const config& settings, Ask ask)
    -> std::optional<decltype(ask(std::declval<control_client&>()))> {
  if (!at.said().backups.empty())
    return {};
  auto node = at.node(settings.node.data_directory);
  if (!node) {
    if (code_of(node.error()) == ec::unavailable)
      return {};
    return std::move(node.error());
  }
  auto answer = ask(**node);
  if (!answer && code_of(answer.error()) == ec::unavailable)
    return {};
  return answer;
}

// Waits for the end of work the node has begun.
caf::expected<BackupMark> follow(cli_session& at, control_client& node, std::string_view doing,
                                 BackupWork work) {
  GetBackupWork in;
  in.set_ticket(work.ticket());
  while (!work.ended()) {
    std::this_thread::sleep_for(look_again);
    auto now = node.backup_work(in);
    if (!now)
      return std::move(now.error());
    work = std::move(*now);
    at.progress(so_far(doing, work.done_bytes(), work.all_bytes()));
  }
  at.progress("");
  if (work.has_failure())
    return error_of(work.failure());
  return work.mark();
}

caf::expected<BackupMark> create_here(cli_session& at, const config& settings) {
  auto backups = directory_of(settings);
  if (!backups)
    return std::move(backups.error());
  auto& data = settings.node.data_directory;
  std::error_code missing;
  if (!fs::exists(fs::path{data} / "CURRENT", missing))
    return make_error(ec::not_found,
                      fmt::format("there is no store in {}; name its directory with `--data DIR`", data));
  auto rows = open_rocksdb(data);
  if (!rows && code_of(rows.error()) == ec::locked)
    return make_error(ec::locked,
                      fmt::format("a node runs on {}: leave out --backups, and it takes a backup where its "
                                  "configuration says, with `troupe backup create`",
                                  data));
  if (!rows)
    return std::move(rows.error());
  auto mark = create_backup(**rows, {data, *backups}, system_clock{}, program_version,
                            [&](uint64_t done, uint64_t all) {
                              at.progress(so_far("taking a backup", done, all));
                              return true;
                            });
  at.progress("");
  return mark;
}

caf::expected<int> create(cli_session& at) {
  auto settings = settings_of(at);
  if (!settings)
    return std::move(settings.error());
  auto taken = by_node(at, *settings, [&](control_client& node) -> caf::expected<BackupMark> {
    auto work = node.take_backup();
    if (!work)
      return std::move(work.error());
    return follow(at, node, "taking a backup", std::move(*work));
  });
  auto mark = taken ? std::move(*taken) : create_here(at, *settings);
  if (!mark)
    return std::move(mark.error());
  return at.show(*mark, show(*mark, at.how()));
}

caf::expected<int> list(cli_session& at) {
  auto settings = settings_of(at);
  if (!settings)
    return std::move(settings.error());
  auto told = by_node(at, *settings, [](control_client& node) { return node.backups(); });
  if (!told) {
    auto backups = directory_of(*settings);
    if (!backups)
      return std::move(backups.error());
    told = list_backups(*backups);
  }
  if (!*told)
    return std::move(told->error());
  return at.show(**told, show(**told, at.how()));
}

caf::expected<int> verify(cli_session& at) {
  auto settings = settings_of(at);
  if (!settings)
    return std::move(settings.error());
  auto id = id_of(at.said().id);
  if (!id)
    return std::move(id.error());
  auto checked = by_node(at, *settings, [&](control_client& node) -> caf::expected<BackupMark> {
    VerifyBackup in;
    in.set_id(*id);
    auto work = node.verify_backup(in);
    if (!work)
      return std::move(work.error());
    return follow(at, node, "checking", std::move(*work));
  });
  if (!checked) {
    auto backups = directory_of(*settings);
    if (!backups)
      return std::move(backups.error());
    at.progress("checking");
    checked = verify_backup(*backups, *id);
    at.progress("");
  }
  if (!*checked)
    return std::move(checked->error());
  return at.show(**checked, fmt::format("backup {} is good: events up to {}, every file as it was written\n",
                                        (*checked)->id(), (*checked)->gsn()));
}

// Shows how far a restore is while it lives: by the bytes that are there.
class growth {
public:
  growth(cli_session& at, fs::path directory, uint64_t all) {
    if (at.hooks().terminal)
      thread_ = std::jthread{[this, &at, directory = std::move(directory), all](const std::stop_token& stop) {
        std::unique_lock lock{mutex_};
        while (!over_.wait_for(lock, stop, look_again, [&] { return stop.stop_requested(); }))
          at.progress(so_far("restoring", bytes_below(directory), all));
        at.progress("");
      }};
  }

private:
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread thread_; // last: ends before what it uses
};

caf::expected<int> restore(cli_session& at) {
  auto settings = settings_of(at);
  if (!settings)
    return std::move(settings.error());
  auto point = parse_point(at.said().at);
  if (!point)
    return std::move(point.error());
  auto id = id_of(at.said().id);
  if (!id)
    return std::move(id.error());
  if (settings->backup.directory.empty())
    return make_error(ec::invalid_argument,
                      "say with `--backups DIR` or `--config FILE` where the backups are");
  auto there = list_backups(settings->backup.directory);
  if (!there)
    return std::move(there.error());
  auto begin_with = choose_backup(*there, *point, *id);
  if (!begin_with)
    return std::move(begin_with.error());
  auto& target = settings->node.data_directory;
  caf::expected<RestoreReport> done = [&] {
    growth shown{at, target + ".restoring", begin_with->bytes()};
    return restore_store(*settings, begin_with->id(), *point, system_clock{});
  }();
  if (!done)
    return std::move(done.error());
  return at.show(*done, show(*done, at.how()));
}

} // namespace

std::vector<cli_command> backup_commands() {
  cli_option config{"--config", &cli_arguments::config,
                    "TOML file of the node, for [node], [backup] and [keys]"};
  cli_option where{"--backups", &cli_arguments::backups,
                   "Directory of the backups, used by this program and not by the node"};
  cli_option which{"ID", &cli_arguments::id, "Number of the backup [the newest]"};
  constexpr std::string_view next = "troupe backup list";
  return {
      {"backup create",
       "Take a backup: the node if one runs, else of a stopped store",
       {config, where},
       create,
       next},
      {"backup list", "The backups there are", {config, where}, list, "troupe backup create"},
      {"backup verify",
       "Check a backup: every file, and that it opens",
       {which, config, where},
       verify,
       next},
      {"backup restore",
       "Make a store of a backup, in a new directory",
       {{"ID", &cli_arguments::id, "Number of the backup [the newest, or the oldest that holds --at]"},
        {"--at", &cli_arguments::at,
         "Last moment that stays: an event's number, or a time in UTC like 2026-11-29T15:04:05.250Z"},
        config,
        where},
       restore,
       next},
  };
}

} // namespace troupe
