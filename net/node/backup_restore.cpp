// BACKUP RESTORE: tables, then the cut, then what follows from the events that stay.
// Invariant: the store gets its name when all of this has succeeded.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <troupe/net/api/json.hpp>
#include <troupe/net/node/backup_restore.hpp>
#include <troupe/net/node/storage.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/persistence/rocksdb/backup.hpp>

namespace troupe {
namespace {

std::optional<int64_t> parse_time_us(std::string_view text) {
  // Milliseconds are parsed by JSON's reader; what stands behind them is ours.
  auto dot = text.find('.');
  if (dot == std::string_view::npos || text.back() != 'Z') {
    auto ms = parse_iso_time(text);
    return ms ? std::optional{*ms * 1000} : std::nullopt;
  }
  std::string fraction{text.substr(dot + 1, text.size() - dot - 2)};
  auto ms = parse_iso_time(std::string{text.substr(0, dot)} + "Z");
  if (!ms || fraction.empty() || fraction.size() > 6 ||
      fraction.find_first_not_of("0123456789") != std::string::npos)
    return {};
  fraction.resize(6, '0');
  return *ms * 1000 + std::stoll(fraction);
}

// Listings, timers and the counts of objects, in the shards the cut has changed.
caf::error rebuild(const storage& there, const cut_result& cut) {
  auto kinds = known_kinds();
  for (auto shard : cut.shards) {
    auto changes = rebuild_rows(*there.rows, kinds, shard, there.objects.get());
    if (!changes)
      return std::move(changes.error());
    auto counts = recount_objects(*there.rows, shard);
    if (counts)
      changes->insert(changes->end(), counts->begin(), counts->end());
    else if (code_of(counts.error()) !=
             ec::shredded) // what nobody can read, nobody can count: its objects stay
      return std::move(counts.error());
    if (auto failed = there.rows->write(*changes))
      return failed;
  }
  return {};
}

} // namespace

caf::expected<cut_point> parse_point(std::string_view text) {
  cut_point point;
  if (text.empty())
    return point;
  auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), point.gsn);
  if (wrong == std::errc{} && end == text.data() + text.size())
    return point;
  auto time_us = parse_time_us(text);
  if (!time_us)
    return make_error(
        ec::invalid_argument,
        fmt::format("'{}' is no point in time: write the number of an event, or a time in UTC like "
                    "2026-11-29T15:04:05.250Z",
                    text));
  return cut_point{.time_us = *time_us};
}

caf::expected<RestoreReport> restore_store(const config& settings, uint32_t id, const cut_point& point,
                                           const clock& time) {
  RestoreReport report;
  auto finish = [&](const std::filesystem::path& directory) -> caf::error {
    auto here = settings;
    here.node.data_directory = directory.string();
    auto there = open_stopped_storage(here, {}, true);
    if (!there)
      return std::move(there.error());
    if (point != cut_point{}) {
      auto cut = cut_store(*there->plain, point, there->rows.get());
      if (!cut)
        return std::move(cut.error());
      if (auto failed = rebuild(*there, *cut))
        return failed;
      report.set_dropped(cut->dropped);
      report.set_moved(cut->moved);
    }
    auto counters = read_journal_counters(*there->plain);
    if (!counters)
      return std::move(counters.error());
    report.set_gsn(counters->gsn);
    report.set_time_us(counters->time_us);
    return {};
  };
  auto mark = restore_backup(settings.backup.directory, id, settings.node.data_directory, time, finish);
  if (!mark)
    return std::move(mark.error());
  *report.mutable_backup() = std::move(*mark);
  report.set_directory(settings.node.data_directory);
  return report;
}

} // namespace troupe
