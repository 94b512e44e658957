// PROBE: a counter with every part an entity can have.
#pragma once

#include <stdexcept>
#include <troupe/persistence/event_sourced.hpp>
#include <troupe/tests/support/probe.pb.h>

namespace troupe {

using probe_actor =
    caf::typed_actor<rpc<ProbeAdd, ProbeTotal>, rpc<ProbeAsk, ProbeTotal>, note<ProbeNudge>, note<TimerDue>>;

struct probe_state {
  static inline const char* name = "probe";
  using event = ProbeEvent;
  static constexpr uint16_t version = 1;
  int64_t total = 0;

  caf::expected<event> decide(const ProbeAdd& cmd) const {
    if (cmd.amount() == 0)
      return make_error(ec::invalid_argument, "amount must not be 0");
    if (cmd.amount() == 13)
      throw std::runtime_error("thirteen");
    event added;
    added.set_amount(cmd.amount());
    return added;
  }
  caf::expected<std::vector<event>> decide(const ProbeNudge& cmd) const {
    event added;
    added.set_amount(cmd.amount());
    return std::vector<event>(cmd.amount() == 0 ? 0 : 1, added);
  }
  caf::expected<std::vector<event>> decide(const TimerDue& due) const {
    event added;
    added.set_amount(due.timer() == "later" ? 1000 : 0);
    return std::vector<event>(1, added);
  }
  void apply(const event& added) {
    total += added.amount();
  }
  ProbeTotal reply(const ProbeAdd&) const {
    ProbeTotal answer;
    answer.set_total(total);
    return answer;
  }
  void bring_about(const event& added, effects& out) const {
    if (added.amount() == 77)
      out.timer("later", 1'700'000'060'000);
    if (added.amount() == 1000)
      out.cancel("later", 1'700'000'060'000);
  }
  ProbeState save() const {
    ProbeState state;
    state.set_total(total);
    return state;
  }
  bool load(const ProbeState& state) {
    total = state.total();
    return true;
  }
};

inline probe_actor::behavior_type probe(probe_actor::stateful_pointer<probe_state>,
                                        entity_log<probe_state> log) {
  return {
      [=](const ProbeAdd& cmd) mutable { return log.handle(cmd); },
      [=](const ProbeAsk&) mutable {
        ProbeTotal total;
        total.set_total(log.state().total);
        return log.answer<ProbeTotal>(total);
      },
      [=](const ProbeNudge& cmd) mutable { log.act(cmd); },
      [=](const TimerDue& due) mutable { log.act(due); },
  };
}

} // namespace troupe
