// BACKUP PLAN: configuration -> what the backups actor calls.

#include <troupe/net/node/backup_plan.hpp>
#include <troupe/persistence/rocksdb/backup.hpp>
#include <troupe/runtime/version.hpp>

namespace troupe {

std::optional<backup_plan> plan_backups(const config& settings, const storage& kept,
                                        std::shared_ptr<const clock> time) {
  auto& wanted = settings.backup;
  if (wanted.directory.empty())
    return {};
  backup_place where{settings.node.data_directory, wanted.directory};
  backup_plan plan;
  plan.take = [where, rows = kept.plain, objects = kept.objects, time,
               keep = static_cast<size_t>(wanted.keep)](
                  const backup_plan::progress& progress) -> caf::expected<BackupMark> {
    // Before as well: where old ones cannot be removed, no new ones pile up.
    if (auto failed = purge_backups(where.backups, keep))
      return failed;
    auto held = objects->hold(); // none may leave before it is copied, though its last record does
    auto mark = create_backup(*rows, where, *time, program_version, progress);
    if (mark)
      if (auto failed = purge_backups(where.backups, keep))
        return failed;
    return mark;
  };
  plan.verify = [where](uint32_t id) { return verify_backup(where.backups, id); };
  plan.list = [where] { return list_backups(where.backups); };
  plan.hands = start_workers(1);
  plan.every = std::chrono::minutes{wanted.every_minutes};
  plan.alert_after = std::chrono::minutes{wanted.alert_after_minutes};
  return plan;
}

} // namespace troupe
