// One child of a supervisor: how it is made, where its name stands, how it is told to end.
#pragma once

#include <functional>
#include <string>
#include <troupe/actors/agent/restart.hpp>
#include <troupe/runtime/activity.hpp>
#include <troupe/runtime/directory.hpp>

namespace troupe {

/// What a supervisor knows of a child before it exists.
struct child_spec {
  std::string id; ///< unique among its siblings
  /// Spawns the child from `parent`. Throwing, or returning null, is a failure of the child.
  std::function<caf::actor(caf::scheduled_actor* parent)> start;
  restart kind = restart::permanent;
  /// How long it may take to end by itself before it is killed; 0 = kill at once.
  std::chrono::milliseconds shutdown = limits::shutdown_timeout;
  std::chrono::milliseconds start_timeout = limits::start_timeout; ///< for the answer to its first Ping
  std::string ref; ///< its name in the directory while it runs; empty = none
  bool supervisor =
      false; ///< it understands supervisor_actor; has no start_timeout, it bounds its children's
};

/// Runs the start function. Errors: ec::internal with the text of what it threw.
caf::expected<caf::actor> start_child(const child_spec& spec, caf::scheduled_actor* parent);

/// Tells a child to end, ahead of its other messages.
void end_child(caf::scheduled_actor* self, const caf::actor& child, caf::exit_reason reason);

/// The failure in a reason to end; empty after a normal end (normal, user_shutdown).
std::string failure_of(const caf::error& reason);

/// Where living children are known: the directory by ref, the activity board by path. Either may be null.
struct child_places {
  directory* names = nullptr;
  activity_board* board = nullptr;

  /// It lives: the watchdog sees it.
  void enter(const std::string& path, const child_spec& spec, const caf::actor& child) const;
  /// It runs: its ref means it.
  void open(const child_spec& spec, const caf::actor& child) const;
  /// It is gone: questions to its ref get ec::unavailable.
  void leave(const child_spec& spec, const caf::actor& child) const;
};

} // namespace troupe
