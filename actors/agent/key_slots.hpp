// KEY SLOTS: of a tenant's tasks with equal concurrency keys one is with an agent at a time. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <troupe/actors/agent/fair_queue.hpp>
#include <vector>

namespace troupe {

/// Who holds which key, and who waits for it. A copy of what the agents have: it is learned again from them, see open().
///
/// A task holds its key from the moment it is given to an agent until the agent lets go of it. What waits for a key that is free
/// has been handed out by release(), pass() or open(), one at a time, and competes for agents like any task; should another
/// one with its key be faster, it waits again. Cost of each operation: O(log n).
class key_slots {
public:
  /// Tenant and key of a task as one name; nothing if it has no key.
  static std::optional<std::string> key_of(const RunTask& task);

  /// Whether the task may be given to an agent: it has no key, or the key is free or its own.
  bool is_free_for(const RunTask& task) const;
  /// Owner and step of another task that has its key; nothing if there is none, or it is not known yet.
  std::optional<std::pair<std::string, std::string>> holder(const RunTask& task) const;
  /// The task is with an agent. It must be free for it, or it is with an agent already and is learned of only now.
  void hold(const RunTask& task);
  /// Puts a task in the line of its key.
  void wait(RunTask task);
  /// An agent has let go of the task. Who is next for its key, if somebody waits.
  std::optional<RunTask> release(const RunTask& task, int64_t now_ms);
  /// The task was handed out, and needs no agent after all. Who is next for its key, if it is free and somebody waits.
  std::optional<RunTask> pass(const RunTask& task, int64_t now_ms);

  /// Until open() it is not known who holds which key: none is free.
  void close() {
    closed_ = true;
  }
  /// Who holds a key is known now. The first of each key that is free, in the order of the keys.
  std::vector<RunTask> open(int64_t now_ms);

private:
  struct slot {
    std::set<std::pair<std::string, std::string>> holders; // owner, step; more than one only if learned so
    priority_line waiting;
  };
  std::optional<RunTask> next(const std::string& key, int64_t now_ms);

  std::map<std::string, slot> slots_; // each is held or waited for
  bool closed_ = false;
};

} // namespace troupe
