// The handles of those who keep the node alive.
#pragma once

#include <caf/typed_actor.hpp>
#include <troupe/runtime/words.hpp>

namespace troupe {

class AwaitStart;
class BackupList;
class BackupStatus;
class BackupWork;
class Done;
class GetBackupStatus;
class GetBackupWork;
class GetStuck;
class GetTree;
class ListBackups;
class Ping;
class StartChild;
class StopChild;
class StopTree;
class StuckList;
class TakeBackup;
class TreeNode;
class VerifyBackup;

/// SUPERVISOR: starts, watches, restarts and stops its children.
using supervisor_actor = caf::typed_actor<
    // The whole subtree, within wait_ms; a child supervisor that does not answer in time is shown without its
    // children.
    rpc<GetTree, TreeNode>,
    // Stops everything in reverse order, then ends; ec::timeout names children that do not end.
    rpc<StopTree, Done>,
    // Adds a child by the supervisor's `make_child`.
    rpc<StartChild, Done>,
    // Stops a child and forgets it.
    rpc<StopChild, Done>,
    // Answers when no child is on its way up.
    rpc<AwaitStart, Done>,
    // Answers at once.
    rpc<Ping, Done>>;

/// WATCHDOG: names actors that make no progress.
using watchdog_actor = caf::typed_actor<
    // Who is stuck now.
    rpc<GetStuck, StuckList>,
    // Answers at once.
    rpc<Ping, Done>>;

/// BACKUPS: takes backups by the clock, and when asked.
using backups_actor = caf::typed_actor<
    // What there is, read from the disk now.
    rpc<ListBackups, BackupList>,
    // Begins one, or joins the one under way.
    rpc<TakeBackup, BackupWork>,
    // Begins to check one.
    rpc<VerifyBackup, BackupWork>,
    // How begun work stands.
    rpc<GetBackupWork, BackupWork>,
    // How the schedule is kept.
    rpc<GetBackupStatus, BackupStatus>>;

} // namespace troupe
