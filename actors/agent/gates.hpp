// GATES: the policies of a node's tools: circuit breaker, rate limit, bulkhead. One gate per tool, shared by all agents.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <troupe/behaviors/bulkhead.hpp>
#include <troupe/behaviors/circuit_breaker.hpp>
#include <troupe/behaviors/rate_limit.hpp>

namespace troupe {

/// What stands between agents and a tool; what is not set does not apply.
struct gate_options {
  std::optional<circuit_breaker_options> breaker;
  std::optional<rate_limit_options> rate;
  std::optional<bulkhead_options> bulkhead;
};

/// The policies of one tool, applied in the order bulkhead, rate limit, circuit breaker. Thread-safe.
/// A refusal is the action's result, so it is journaled like one and never asked again on replay.
class gate {
public:
  gate(const std::string& target, const gate_options& options);

  /// Calls `go` with a ticket, now or when the bulkhead has a place, or `refuse` now. Neither may block.
  void enter(int64_t now_ms, std::function<void(uint64_t ticket)> go,
             const std::function<void(const caf::error&)>& refuse);

  /// A call that was let go has ended; `failure` is none if it succeeded. Lets the next one in.
  void leave(uint64_t ticket, const caf::error& failure, int64_t now_ms);

  /// How its circuit breaker stands; nothing if it has none.
  std::optional<circuit_breaker::state> circuit() const;

private:
  caf::error admit(int64_t now_ms, uint64_t& ticket);

  mutable std::mutex mutex_;
  std::optional<circuit_breaker> breaker_;
  std::optional<rate_limit> rate_;
  std::optional<bulkhead> bulkhead_;
  struct waiting {
    std::function<void(uint64_t)> go;
    std::function<void(const caf::error&)> refuse;
  };
  std::deque<waiting> line_;
};

} // namespace troupe
