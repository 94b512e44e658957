// HEARTBEATS: which agents at work are there. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troupe {

/// Who is asked, and who has not answered for too long. Cost: O(log n); of sweep(), all who are watched: once per heartbeat.
class heartbeats {
public:
  /// An agent that leaves `missed` questions in a row unanswered is silent.
  explicit heartbeats(uint32_t missed) : most_missed_{missed} {}

  /// From now on it is watched.
  void watch(const std::string& agent);
  /// It has nothing any more: it is watched only as long as it is silent.
  void rest(const std::string& agent);
  /// It is gone for good.
  void forget(const std::string& agent);
  /// It has said something; true if it was silent.
  bool heard(const std::string& agent);

  struct round {
    std::vector<std::string> ask;    ///< who is to be asked now
    std::vector<std::string> silent; ///< who has become silent
  };
  /// One heartbeat has passed.
  round sweep();
  bool watches_nobody() const {
    return agents_.empty();
  }

private:
  struct pulse {
    uint32_t open = 0; // questions since it was heard
    bool silent = false;
    bool resting = false;
  };
  uint32_t most_missed_;
  std::map<std::string, pulse> agents_;
};

} // namespace troupe
