// SHADOW: what every entity must be, by a replay of its own: each durable event is applied once, as it reaches the disk.
#pragma once

#include <map>
#include <string>
#include <tests/simulator/account.hpp>
#include <troupe/actors/workflow/run/course.hpp>
#include <vector>

namespace troupe {

/// A question to a person that is open.
struct open_question {
  std::string ref;
  std::string step;
  std::string position;
};

/// One entity, after each of its events.
class shadow {
public:
  explicit shadow(std::string ref);

  /// The next event, as stored. False if it is none of this kind's.
  bool follow(const std::string& event);
  /// A power cut took the last events back.
  void forget(size_t events);

  const std::string& ref() const {
    return ref_;
  }
  const std::string& kind() const {
    return kind_;
  }
  uint64_t events() const {
    return stored_.size();
  }
  /// All events, as stored.
  const std::vector<std::string>& stored() const {
    return stored_;
  }
  /// The durable state, of the kind there is.
  const AccountState& account() const {
    return account_;
  }
  const TaskState& task() const {
    return task_;
  }
  const RunState& run() const {
    return run_;
  }

  /// Total of an account after so many events; 0 events = 0. `events` <= events().
  int64_t total_after(uint64_t events) const {
    return events == 0 ? 0 : totals_[events - 1];
  }
  /// Was, or is, this the state after some event?
  bool has_been(const google::protobuf::Message& state) const;
  /// Is it the state now?
  bool is_now(const google::protobuf::Message& state) const;
  /// It has come to its end: completed, failed or cancelled. Accounts never do.
  bool has_ended() const;
  /// When it did, Unix time; 0 = it has not.
  int64_t ended_ms() const;
  /// It, or a step of it, waits for somebody to resume or drop it.
  bool is_dead_letter() const;
  /// Why a task or run failed; 0 = it did not.
  uint32_t failure() const;
  /// Questions to people that nobody has answered.
  std::vector<open_question> questions() const;

private:
  void apply(const std::string& event);

  std::string ref_;
  std::string kind_;
  std::vector<std::string> stored_;
  std::vector<int64_t> totals_;
  std::vector<size_t> states_; // hash after each event
  AccountState account_;
  TaskState task_;
  run_course course_;
  RunState run_; // its state, as a snapshot holds it
};

} // namespace troupe
