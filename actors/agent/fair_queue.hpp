// FAIR QUEUE: tasks that wait, and whose turn it is. Pure.
#pragma once

#include <array>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

/// The tenant of a task: that of its owner; empty if the owner's ref names none.
std::string tenant_of(const RunTask& task);

/// Tasks of which each could go next, by priority. The oldest of the highest effective priority goes first: waiting for
/// limits::priority_aging is worth one level. Equals go in the order of their creation, then of their arrival. Cost of each
/// operation: O(log n).
class priority_line {
public:
  /// Adds a task; created_ms and priority of it decide when it goes.
  void push(RunTask task);
  bool empty() const {
    return size_ == 0;
  }
  size_t size() const {
    return size_;
  }
  /// How much its first task matters at `now_ms`: level and aged levels; -1 if there is none.
  double rank(int64_t now_ms) const;
  /// The task that is first at `now_ms`, Unix time; there must be one.
  const RunTask& front(int64_t now_ms) const;
  /// Takes it out.
  RunTask pop(int64_t now_ms);

private:
  using level = std::map<std::pair<int64_t, uint64_t>, RunTask>; // by creation, then arrival
  double rank_of(const level& tasks, size_t height, int64_t now_ms) const;
  size_t best(int64_t now_ms) const;
  std::array<level, 4> levels_;
  uint64_t arrivals_ = 0;
  size_t size_ = 0;
};

/// Tasks of many tenants that need different things, and servers that can do some of them.
///
/// A *line* is what a task needs, a *server* whoever can do it; both are names given from outside. Each server gives its turns to
/// the tenants that wait for it in a circle, one task a turn: deficit round robin (Shreedhar and Varghese, SIGCOMM 1995) with
/// tasks of equal cost, so that the deficit is always 0 or 1. Hence a tenant whose task waits for a server of n tenants sees at
/// most n - 1 tasks of others begin there before its own, whatever they wait with and whatever priorities they claim; which of
/// its own tasks goes, says priority_line.
///
/// Cost of push: O(log n), and the servers of a line when it was empty. Cost of pop: O(log n), and the lines of the tenant.
class fair_queue {
public:
  using server = uint64_t;

  /// Adds a task to a line. `servers` can do what the line needs; looked at when nobody waits in it yet.
  void push(const std::string& line, RunTask task, const std::vector<server>& servers);
  /// A server that came later can do what this line needs; nothing happens if nobody waits in it.
  void serve(server one, const std::string& line);
  /// The server is no more.
  void close(server one);
  /// The next task for a server; nothing if there is none that it can do and that `fits` takes (null = any).
  std::optional<RunTask> pop(server one, int64_t now_ms,
                             const std::function<bool(const AgentQuery&)>& fits = {});
  /// How many tasks wait in a line, and of how many tenants.
  std::pair<size_t, size_t> size_of(const std::string& line) const;
  /// Lines in which somebody waits, with what they need.
  void each_line(const std::function<void(const std::string& line, const AgentQuery& query)>& visit) const;

private:
  struct tenant_turn {
    std::list<std::string>::iterator at;
    size_t lines = 0; // in which it waits for this server
  };
  struct server_state {
    std::list<std::string> turns; // the tenants that wait, first the next
    std::map<std::string, tenant_turn> tenants;
    std::set<std::string> lines;
  };
  struct line_state {
    AgentQuery query;
    std::set<server> servers;
    std::set<std::string> tenants;
  };
  void join(server_state& at, const std::string& tenant);
  void leave(server_state& at, const std::string& tenant);
  void left(const std::string& line, const std::string& tenant);

  std::map<std::string, std::map<std::string, priority_line>> waiting_; // by tenant, line; none is empty
  std::map<std::string, line_state> lines_;                             // somebody waits in each
  std::map<server, server_state> servers_;                              // somebody waits for each
};

} // namespace troupe
