// GATES: bulkhead, rate limit and circuit breaker of one tool.
// Invariant: who has entered is let go or refused, exactly once; callbacks run outside the lock.

#include <troupe/actors/agent/gates.hpp>

namespace troupe {

gate::gate(const std::string& target, const gate_options& options) {
  if (options.breaker)
    breaker_.emplace(target, *options.breaker);
  if (options.rate)
    rate_.emplace(target, *options.rate);
  if (options.bulkhead)
    bulkhead_.emplace(target, *options.bulkhead);
}

// Asks rate limit and breaker for a call that has its place in the bulkhead.
caf::error gate::admit(int64_t now_ms, uint64_t& ticket) {
  if (rate_)
    if (auto said = rate_->ask(now_ms); !said.go())
      return said.refusal;
  if (breaker_) {
    auto said = breaker_->ask(now_ms);
    if (!said.go()) {
      if (rate_)
        rate_->give_back(1);
      return said.refusal;
    }
    ticket = said.ticket;
  }
  return {};
}

void gate::enter(int64_t now_ms, std::function<void(uint64_t)> go,
                 const std::function<void(const caf::error&)>& refuse) {
  uint64_t ticket = 0;
  caf::error refusal;
  {
    std::lock_guard lock{mutex_};
    if (bulkhead_) {
      switch (bulkhead_->enter()) {
      case bulkhead::answer::wait:
        line_.push_back({std::move(go), refuse});
        return;
      case bulkhead::answer::refuse:
        refusal = bulkhead_->refusal().refusal;
        break;
      case bulkhead::answer::go:
        if ((refusal = admit(now_ms, ticket)))
          bulkhead_->leave(); // nobody can wait while a place is free
        break;
      }
    } else {
      refusal = admit(now_ms, ticket);
    }
  }
  if (refusal)
    refuse(refusal);
  else
    go(ticket);
}

std::optional<circuit_breaker::state> gate::circuit() const {
  std::lock_guard lock{mutex_};
  return breaker_ ? std::optional{breaker_->now()} : std::nullopt;
}

void gate::leave(uint64_t ticket, const caf::error& failure, int64_t now_ms) {
  {
    std::lock_guard lock{mutex_};
    if (breaker_)
      breaker_->tell(ticket, !failure || !blames_target(code_of(failure)), now_ms);
  }
  for (;;) { // a refused one gives its place to the next
    waiting next;
    uint64_t next_ticket = 0;
    caf::error refusal;
    {
      std::lock_guard lock{mutex_};
      if (!bulkhead_ || !bulkhead_->leave())
        return;
      next = std::move(line_.front());
      line_.pop_front();
      refusal = admit(now_ms, next_ticket);
    }
    if (!refusal) {
      next.go(next_ticket);
      return;
    }
    next.refuse(refusal);
  }
}

} // namespace troupe
