// HEARTBEATS: counts questions without an answer.
// Invariant: who rests is silent, else he is not watched.

#include <troupe/actors/agent/heartbeats.hpp>

namespace troupe {

void heartbeats::watch(const std::string& agent) {
  agents_[agent].resting = false;
}

void heartbeats::rest(const std::string& agent) {
  auto i = agents_.find(agent);
  if (i == agents_.end())
    return;
  i->second.resting = true;
  if (!i->second.silent)
    agents_.erase(i);
}

void heartbeats::forget(const std::string& agent) {
  agents_.erase(agent);
}

bool heartbeats::heard(const std::string& agent) {
  auto i = agents_.find(agent);
  if (i == agents_.end())
    return false;
  auto was_silent = i->second.silent;
  i->second.open = 0;
  i->second.silent = false;
  if (i->second.resting)
    agents_.erase(i);
  return was_silent;
}

heartbeats::round heartbeats::sweep() {
  round result;
  for (auto& [agent, one] : agents_) {
    if (one.open >= most_missed_ && !one.silent) {
      one.silent = true;
      result.silent.push_back(agent);
    }
    ++one.open;
    result.ask.push_back(agent);
  }
  return result;
}

} // namespace troupe
