// BACKUP CHOICE: by what the marks say.

#include <fmt/format.h>
#include <troupe/persistence/backup_choice.hpp>

namespace troupe {
namespace {

// Does the backup hold everything up to the point?
bool reaches(const BackupMark& mark, const cut_point& point) {
  constexpr cut_point everything;
  return (point.gsn == everything.gsn || mark.gsn() >= point.gsn) &&
         (point.time_us == everything.time_us || mark.time_us() >= point.time_us);
}

caf::error too_late(const BackupMark& mark) {
  return make_error(ec::not_found,
                    fmt::format("backup {} ends at event {}, before that point: restore it without `--at`, "
                                "or a later one of `troupe backup list`",
                                mark.id(), mark.gsn()));
}

caf::expected<BackupMark> named(const BackupList& list, const cut_point& point, uint32_t id) {
  for (auto& entry : list.backups()) {
    if (entry.mark().id() != id)
      continue;
    if (!entry.trouble().empty())
      return make_error(ec::corrupt,
                        fmt::format("backup {} is no good: {}; choose another one of `troupe backup list`",
                                    id, entry.trouble()));
    if (!reaches(entry.mark(), point))
      return too_late(entry.mark());
    return entry.mark();
  }
  return make_error(ec::not_found, fmt::format("there is no backup {} in {}; see `troupe backup list`", id,
                                               list.directory()));
}

} // namespace

caf::expected<BackupMark> choose_backup(const BackupList& list, const cut_point& point, uint32_t id) {
  if (id != 0)
    return named(list, point, id);
  const BackupMark *newest = nullptr, *chosen = nullptr;
  for (auto& entry : list.backups()) { // newest first
    if (!entry.trouble().empty())
      continue;
    if (!newest)
      newest = chosen = &entry.mark();
    else if (point != cut_point{} && entry.mark().history() == newest->history() &&
             reaches(entry.mark(), point))
      chosen = &entry.mark();
  }
  if (!newest)
    return make_error(ec::not_found, fmt::format("no good backup is in {}; look with `troupe backup list`",
                                                 list.directory()));
  if (!reaches(*newest, point))
    return too_late(*newest);
  return *chosen;
}

} // namespace troupe
