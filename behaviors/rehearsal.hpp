// REHEARSAL: a behavior without a house around it, for tests: give it results, look at what it asks for next.
#pragma once

#include <chrono>
#include <initializer_list>
#include <troupe/behaviors/execution.hpp>

namespace troupe {

/// What a rehearsed behavior asks for.
class asked {
public:
  explicit asked(open_action what) : what_{std::move(what)} {}
  std::string position() const {
    return what_.position;
  }
  ActionKind kind() const {
    return what_.request.kind();
  }
  /// Tool, model, capability, person.
  std::string name() const {
    return what_.request.name();
  }
  /// An argument by name; empty if there is none. A model's prompt is "prompt", a person's question is
  /// "question".
  std::string argument(std::string_view name) const;
  /// How long to sleep.
  std::chrono::milliseconds duration() const {
    return std::chrono::milliseconds{what_.request.duration_ms()};
  }

private:
  open_action what_;
};

/// Plays the host for one attempt: deterministic, no actor system, time passes only when told.
///
///     rehearsal play{make<summarizer>(), {{"text", "long"}}};
///     CAF_CHECK_EQUAL(play.next().name(), "fast");
///     play.answer("short");
///     CAF_CHECK_EQUAL(play.result().text(), "short");
class rehearsal {
public:
  /// Begins an attempt with these inputs and, as far as they go, these recorded results.
  explicit rehearsal(std::unique_ptr<behavior> who, std::vector<argument> inputs = {},
                     std::initializer_list<std::string> results = {}, uint64_t seed = 1);

  /// Everything asked for and not yet answered, in the order it was asked for.
  std::vector<asked> open() const;

  /// The first of open(). Fails the test (throws std::logic_error) if nothing is open.
  asked next() const;

  /// Answers next(), or the open action at a position. Throws std::logic_error if nothing is open there.
  rehearsal& answer(std::string text);
  rehearsal& answer_at(std::string_view position, std::string text);
  /// Lets next(), or the open action at a position, fail.
  rehearsal& refuse(ec code, std::string text = {});
  rehearsal& refuse_at(std::string_view position, ec code, std::string text = {});

  /// Lets time pass; sleeps that are due end, earliest first.
  rehearsal& pass(std::chrono::milliseconds time);

  /// Throws everything away but the records, and replays them through `who`: what a host does after a crash.
  rehearsal& restart(std::unique_ptr<behavior> who);

  execution_status status() const {
    return run_->status();
  }
  bool done() const {
    return status() == execution_status::done;
  }
  /// What it ended with. Throws std::logic_error while it runs.
  Result result() const;

  /// Everything that would be in the journal so far.
  const TaskState& journal() const {
    return state_;
  }
  /// Positions of leaves whose branch has lost.
  const std::vector<std::string>& abandoned() const {
    return abandoned_;
  }
  /// For what is not shown here.
  const execution& attempt() const {
    return *run_;
  }

private:
  void begin(std::unique_ptr<behavior> who);
  void settle(std::string_view position, Outcome outcome);
  void look();

  TaskState state_;
  int64_t now_ms_ = 1'000'000; // any time does; not 0, so that a forgotten time shows
  std::unique_ptr<execution> run_;
  std::vector<open_action> open_;
  std::vector<std::string> abandoned_;
};

} // namespace troupe
