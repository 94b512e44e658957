// The hands of a supervisor: they do what its roster says, and tell the roster what came of it.
#pragma once

#include <map>
#include <random>
#include <troupe/actors/agent/child.hpp>
#include <troupe/actors/agent/roster.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {

/// How a supervisor works.
struct supervisor_options {
  std::string path = "root"; ///< its place in the tree, `root/core`; the last part is its id
  restart_rules rules;
  uint64_t seed = 0;                               ///< of the jitter
  child_places places;                             ///< both outlive the actor system
  std::function<void(const ChildEvent&)> on_event; ///< told what happens; called inside the supervisor
  /// Makes the spec of a child added by StartChild; its id becomes the command's. Null = children are fixed.
  std::function<caf::expected<child_spec>(const StartChild&)> make_child;
};

/// A child and who waits for it.
struct supervised {
  child_spec spec;
  caf::actor actor;        ///< null while it is down
  std::string kill_reason; ///< why it is killed, to be told instead of "killed"
  promise<Done> on_start;
  std::vector<promise<Done>> on_stop;
};

/// Belongs to one actor, `self`, which passes on DOWN, RestartChild and KillChild, and which is ended when
/// all children are down after close(). When it is destroyed earlier, the children are killed.
class supervision {
public:
  explicit supervision(caf::scheduled_actor* self);
  supervision(const supervision&) = delete;
  supervision& operator=(const supervision&) = delete;
  ~supervision();

  /// Starts the children, in order.
  void begin(supervisor_options options, std::vector<child_spec> specs);
  void on_down(const caf::down_msg& message);
  void on_restart();
  void on_kill(const KillChild& message);

  /// Adds a child. `answer` gets Done when it runs; a child whose first start fails is not kept.
  void add(child_spec spec, promise<Done> answer);
  /// Stops and forgets a child, which exists. `answer` gets Done when it is down.
  void remove(const std::string& id, promise<Done> answer);
  /// Stops everything, then ends `self` with this reason.
  void close(caf::error reason);
  /// `answer` gets Done when all is down, or ec::timeout naming who does not end.
  void close(promise<Done> answer);
  /// `answer` gets Done when nobody is on the way up.
  void await_start(promise<Done> answer);

  const supervisor_options& options() const {
    return options_;
  }
  const roster& children() const {
    return children_;
  }
  /// What is alive of a child; the id must be in children().
  const supervised& child(const std::string& id) const {
    return live_.at(id);
  }

private:
  void drive();
  void start(const std::string& id);
  void greet(const supervised& child);
  void started(const std::string& id, uint64_t actor_id);
  void late(const std::string& id, uint64_t actor_id);
  void stop(const std::string& id);
  void kill(supervised& child);
  void down(const std::string& id, std::string failure);
  void prune(const std::string& id);
  void answer_starters();
  void finish();
  supervised* find(const std::string& id, uint64_t actor_id, phase expected);
  void report(const std::string& id, const char* what, const std::string& text = {}) const;
  std::string path_of(const std::string& id) const;
  instant now() const;
  template <class M>
  void remind(std::chrono::nanoseconds delay, M message);

  caf::scheduled_actor* self_;
  supervisor_options options_;
  roster children_{restart_rules{}};
  std::map<std::string, supervised> live_;
  std::mt19937_64 chance_;
  instant next_wake_{};
  caf::error exit_reason_;
  std::vector<promise<Done>> on_start_;
  std::vector<promise<Done>> on_stop_;
};

} // namespace troupe
