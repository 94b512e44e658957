// LIBRARY: ready-made wrappers. Each takes a behavior and gives a behavior with the same manifest; each is a
// pure composition of actions, so whatever it decides is journaled like everything else.
//
//     with_retry(with_timeout(make<summarizer>(), 30s), {.attempts = 3, .backoff_ms = 200})
#pragma once

#include <chrono>
#include <troupe/behaviors/behavior.hpp>

namespace troupe {

/// When and how often to repeat.
struct retry_options {
  /// In all, >= 1. Three get over a hiccup; more belong to the task's own retry policy.
  uint32_t attempts = 3;
  /// Before the second attempt, >= 0: longer than a dropped connection takes to come back.
  int64_t backoff_ms = 200;
  /// Of each further wait, >= 1. Two halves the pressure with each attempt.
  double multiplier = 2;
  /// 0 to 1: each wait is drawn evenly from (1 ± jitter) of itself, so that a crowd spreads out.
  double jitter = 0.2;
  /// No wait is longer: a person may be watching.
  int64_t longest_ms = 30'000;
};

/// False for failures that stay as they are however often one asks, e.g. ec::budget_exceeded.
bool worth_repeating(ec code);

/// The wait before attempt `next` (2 = the second), in ms. `bits` are 64 random bits.
/// Source: Brooker: Exponential Backoff And Jitter, AWS Architecture Blog, 2015, with a bounded share of
/// jitter.
int64_t backoff_ms(const retry_options& options, uint32_t next, uint64_t bits);

/// Runs `inner` again when it fails with something worth_repeating(), after a durable sleep.
/// Fails as the last attempt did.
std::unique_ptr<behavior> with_retry(std::unique_ptr<behavior> inner, retry_options options = {});

/// Ends with ec::timeout when `inner` has not ended in time; whatever it waits for then is abandoned.
/// A restart does not begin the time anew.
std::unique_ptr<behavior> with_timeout(std::unique_ptr<behavior> inner, std::chrono::milliseconds limit);

/// Runs the behaviors one after another until one succeeds; fails as the last one did.
/// The manifest is the first one's. At least one is needed.
std::unique_ptr<behavior> with_fallback(std::vector<std::unique_ptr<behavior>> choices);

template <class... Others>
std::unique_ptr<behavior> with_fallback(std::unique_ptr<behavior> first, Others... others) {
  std::vector<std::unique_ptr<behavior>> choices;
  choices.push_back(std::move(first));
  (choices.push_back(std::move(others)), ...);
  return with_fallback(std::move(choices));
}

/// What may go in and come out. Each check is pure and answers with an error, whose text says what was wrong,
/// or none. A check left out lets everything pass.
struct guardrail {
  std::function<caf::error(const Task&)> check_input = nullptr;
  std::function<caf::error(const Result&)> check_output = nullptr;
};

/// Ends with ec::guardrail when a check objects: before `inner` does anything, or instead of its result.
std::unique_ptr<behavior> with_guardrail(std::unique_ptr<behavior> inner, guardrail checks);

} // namespace troupe
