// DESK: the workers of a node: who is connected, which attempts they do, and their agents' way to them.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <troupe/actors/spawn.hpp>
#include <troupe/net/worker/session.hpp>
#include <troupe/persistence/doors.hpp>
#include <troupe/runtime/interface/cluster.hpp>

namespace troupe {

/// What a desk needs to know of its node.
struct worker_office {
  caf::actor_system* system = nullptr; ///< outlives the desk's sessions
  doors_ptr outside;
  std::string node;                  ///< its name
  std::chrono::milliseconds lease{}; ///< leases are lost when nothing was heard for so long
};

/// Thread-safe. Before it is opened, and after it is stopped, nobody is there.
class worker_desk final : public worker_host, public std::enable_shared_from_this<worker_desk> {
public:
  /// Lets workers in from now on.
  void open(worker_office office);

  /// A stream has come up, of this principal and from this address: gives who speaks over it. Errors: ec::unavailable (the node stops),
  /// ec::overloaded.
  caf::expected<std::shared_ptr<worker_session>> greet(std::shared_ptr<worker_line> line,
                                                       std::string principal, std::string address);

  /// Does a worker of this name take tasks?
  bool is_present(const std::string& name) const;
  /// As tool::start.
  std::shared_ptr<void> begin(call_elsewhere call);
  /// Who is connected, by name.
  WorkerList list() const;
  /// Time has passed.
  void tick();
  /// Tells all that the node stops, and lets nobody in any more. May be repeated.
  void stop();

  int64_t now_ms() const override;
  const WorkerWelcome& welcome() const override {
    return welcome_;
  }
  caf::error take_name(const std::string& name, worker_session* who) override;
  void hire(AgentCreationRequest agent, const std::string& principal,
            std::function<void(caf::error refused)> then) override;
  void set_present(const std::string& name, bool present) override;
  void leave(worker_session* who, const std::string& name, const std::string& why) override;
  void remember(const std::string& lease, std::string why) override;
  std::string fate_of(const std::string& lease) const override;

private:
  std::vector<std::shared_ptr<worker_session>> everybody() const;

  worker_office office_; // as welcome_, written once, before anybody comes
  WorkerWelcome welcome_;
  mutable std::mutex mutex_;
  bool open_ = false;
  std::map<worker_session*, std::shared_ptr<worker_session>> sessions_;
  std::map<std::string, std::shared_ptr<worker_session>> names_;
  std::set<std::string> present_;
  std::map<std::string, std::string> fates_; // by lease
  std::deque<std::string> fates_in_order_;   // the oldest first
};

/// Makes a node's agents able to have their tasks done by the workers of a desk.
void add_worker_parts(agent_parts& parts, std::shared_ptr<worker_desk> desk);

/// Starts what lets time pass for a desk, every limits::worker_tick.
link_clock_actor spawn_worker_clock(caf::scheduled_actor* parent, std::shared_ptr<worker_desk> desk);

} // namespace troupe
