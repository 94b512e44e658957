// What a behavior is given: the task at the start, and results of its actions later.
#pragma once

#include <caf/error.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <troupe/runtime/error.hpp>
#include <vector>

namespace troupe {

class Outcome;
class TaskSpec;

/// A named text, or JSON document as text.
struct argument {
  std::string name;
  std::string text;
  friend bool operator==(const argument&, const argument&) = default;
};

/// How an action ended. Cheap to copy; keeps its text alive, so continuations may capture it by value.
class Result {
public:
  explicit Result(std::shared_ptr<const Outcome> outcome);

  /// What the action answered; empty if it failed.
  const std::string& text() const&;
  std::string text() && {
    return static_cast<const Result&>(*this).text();
  }

  /// False if it failed; error() says why.
  bool ok() const;

  /// Why it failed; none if it did not.
  caf::error error() const;

  /// Results of the arguments of an all_of, in their order, failed ones included; empty for other actions.
  std::vector<Result> parts() const;

  /// One of parts(); `index` must be below their number.
  Result part(size_t index) const;

  /// The journaled form.
  const std::shared_ptr<const Outcome>& outcome() const {
    return outcome_;
  }

private:
  std::shared_ptr<const Outcome> outcome_;
};

/// The job, seen from inside. It lives as long as the attempt: continuations may capture it by reference.
class Task {
public:
  Task(TaskSpec spec, std::string id, uint32_t attempt);
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task();

  /// An input of the task; empty if there is none of that name.
  const std::string& input(std::string_view name) const;
  bool has_input(std::string_view name) const;
  /// All inputs, sorted by name.
  std::vector<argument> inputs() const;

  /// As in the TaskSpec; empty if not given.
  const std::string& type() const;
  const std::string& title() const;
  const std::string& id() const {
    return id_;
  }
  /// 1 = first.
  uint32_t attempt() const {
    return attempt_;
  }
  const TaskSpec& spec() const {
    return *spec_;
  }

  /// Unix time in ms, the same on replay: when the attempt started; from a branch's first result on, when the
  /// latest result it has consumed was recorded. An argument of all_of begins at the time of its parent.
  /// Never goes back.
  int64_t now() const;

  /// 64 random bits, the same on replay: a function of the attempt's seed, the branch's position and how
  /// often the branch has drawn. Source: SplitMix64, in Steele, Lea, Flood: Fast splittable pseudorandom
  /// number generators, OOPSLA 2014.
  uint64_t random() const;

  /// Time and random stream of the branch that runs now.
  struct moment {
    int64_t now_ms = 0;
    uint64_t stream = 0;
    uint64_t draws = 0;
  };

private:
  friend class branches;

  std::unique_ptr<const TaskSpec> spec_;
  std::string id_;
  uint32_t attempt_;
  moment* moment_ = nullptr; // of the branch that runs now; null outside of an execution
};

/// Where the random stream of a branch begins: the attempt's seed and the branch's position (by FNV-1a, 64
/// bits).
uint64_t random_stream(uint64_t seed, std::string_view position);

/// Draw `n` (from 0) of a random stream.
uint64_t random_at(uint64_t stream, uint64_t n);

} // namespace troupe
