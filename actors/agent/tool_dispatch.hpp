// TOOL DISPATCH: how calls of tools, let through by their gates, get onto threads: alone or several at once.
#pragma once

#include <caf/all.hpp>
#include <memory>
#include <mutex>
#include <set>
#include <troupe/actors/agent/gathering.hpp>
#include <troupe/actors/spawn.hpp>

namespace troupe {

/// The calls of one agent. Gates let calls through on any thread, when the agent may be gone: so this is shared with them.
class tool_dispatch {
public:
  /// Weak: a tool that hangs must not keep an agent that sleeps, and with it the node, from ending.
  tool_dispatch(const std::shared_ptr<const agent_parts>& parts, const doors& outside,
                caf::weak_actor_ptr agent);

  /// Does a call on another thread; one of a tool that does several at once may wait for others, and the agent gets ToolGathers.
  void take(const tool& one, gathered_call call);
  /// Does the calls that have waited long enough; false if some still wait.
  bool do_due(const tool& one);
  /// The agent ends and looks no more: whatever waits is done now, and what is still let through does not wait.
  void close();

  int64_t now_ms() const {
    return time_->now_ms();
  }

private:
  void begin(const tool& one, std::vector<gathered_call> calls);
  void do_all(const tool& one);

  std::weak_ptr<const agent_parts> parts_;
  std::shared_ptr<workers> hands_;
  std::shared_ptr<const clock> time_;
  metric_family seconds_;
  caf::weak_actor_ptr agent_;
  std::mutex mutex_;
  bool closed_ = false;
  std::set<const tool*> gathered_; // tools whose calls may wait for this agent to look
};

} // namespace troupe
