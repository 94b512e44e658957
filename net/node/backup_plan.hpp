// BACKUP PLAN: the backups of a node as its configuration says.
#pragma once

#include <troupe/actors/ops/backups.hpp>
#include <troupe/net/node/storage.hpp>
#include <troupe/runtime/config.hpp>

namespace troupe {

/// How the backups of this node are taken; nothing if [backup] names no directory.
std::optional<backup_plan> plan_backups(const config& settings, const storage& kept,
                                        std::shared_ptr<const clock> time);

} // namespace troupe
