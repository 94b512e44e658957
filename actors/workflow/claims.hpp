// CLAIMS: which agent works on which task of an owner. In memory only: after a crash the agents claim again.
#pragma once

#include <map>
#include <string>
#include <troupe/persistence/effects.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

/// At most one claim per task; the newest counts. What comes under an older one is answered TaskGone.
class claims {
public:
  /// Is this the newest claim? An unknown task is taken over: its owner has forgotten, the agent has not.
  bool hold(const std::string& step, const std::string& claim, const std::string& agent) const {
    auto i = held_.find(step);
    return i == held_.end() || (i->second.claim == claim && i->second.agent == agent);
  }
  /// Is it older than the newest claim? Claims sort in the order they were made: an agent that was thought dead does not
  /// take a task back from whoever has it now.
  bool is_old(const std::string& step, const std::string& claim) const {
    auto i = held_.find(step);
    return i != held_.end() && claim < i->second.claim;
  }
  /// From now on this claim is the newest.
  void take(const std::string& step, const std::string& claim, const std::string& agent) {
    held_[step] = {claim, agent};
  }
  /// Nobody works on the task any more.
  void drop(const std::string& step) {
    held_.erase(step);
  }
  /// Tells the agent that holds the task, if one does, that it is gone.
  void dismiss(const std::string& owner, const std::string& step, const std::string& reason,
               effects& out) const {
    auto i = held_.find(step);
    if (i != held_.end())
      out.tell(i->second.agent, gone(owner, step, i->second.claim, reason));
  }
  /// What an agent is told whose claim is over; `reason` is for its log.
  static TaskGone gone(const std::string& owner, const std::string& step, const std::string& claim,
                       const std::string& reason) {
    TaskGone message;
    message.set_owner(owner);
    message.set_step(step);
    message.set_claim(claim);
    message.set_reason(reason);
    return message;
  }

private:
  struct claim_of {
    std::string claim;
    std::string agent;
  };
  std::map<std::string, claim_of> held_;
};

} // namespace troupe
