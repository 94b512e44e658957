// CELL: commands that are durable before they are answered, and closed loops of clients.
// Invariant: a client has one command open per slot.

#include <tests/bench/bench.hpp>
#include <tests/bench/cell.hpp>
#include <troupe/runtime/actor.hpp>

namespace troupe::bench {
namespace {

using cell_actor = caf::typed_actor<note<BenchKeep>, rpc<BenchStore, BenchKept>, rpc<BenchLook, BenchKept>>;

struct cell_state {
  static inline const char* name = "cell";
  using event = BenchEvent;
  static constexpr uint16_t version = 1;
  uint64_t bytes = 0;

  template <class Command>
  caf::expected<event> decide(const Command& cmd) const {
    event kept;
    kept.set_data(cmd.data());
    return kept;
  }
  void apply(const event& kept) {
    bytes += kept.data().size();
  }
  BenchKept reply(const BenchStore&) const {
    return {};
  }
  void acknowledge(const BenchKeep& cmd, effects& out) const {
    BenchKept kept;
    kept.set_number(cmd.number());
    out.tell(cmd.reply_to(), std::move(kept));
  }
};

cell_actor::behavior_type cell(cell_actor::stateful_pointer<cell_state>, entity_log<cell_state> log) {
  return {
      [=](const BenchKeep& cmd) mutable { log.act(cmd); },
      [=](const BenchStore& cmd) mutable { return log.handle(cmd); },
      [=](const BenchLook&) mutable { return log.template answer<BenchKept>(BenchKept{}); },
  };
}

struct hub_state {
  static inline const char* name = "hub";
  std::vector<double> sent_s;
  size_t open = 0;
};

const std::string hub_ref = "bench/hub/1";

} // namespace

entity_kind cell_kind() {
  return make_kind<cell_state>("cell", cell);
}

size_t row_bytes(size_t data_bytes, bool with_command_id) {
  BenchEvent event;
  event.set_data(noise(data_bytes));
  JournalRecord record;
  record.set_event(event.SerializeAsString());
  if (with_command_id) {
    record.mutable_reply()->set_command_id(std::string(26, '0'));
    record.mutable_reply()->set_reply(BenchKept{}.SerializeAsString());
  }
  return wrap(envelope{}, record.SerializeAsString()).size();
}

void start_hub(node& over, std::shared_ptr<tally> seen, std::vector<std::string> refs, size_t data_bytes) {
  BenchKeep blank;
  blank.set_data(noise(data_bytes));
  auto hub = over.system().spawn(
      [=, outside = over.shared_doors()](caf::stateful_actor<hub_state>* self) -> caf::behavior {
        house_rules(self);
        auto send = [=](uint32_t slot) {
          auto cmd = blank;
          cmd.set_number(slot);
          cmd.set_reply_to(hub_ref);
          self->state.sent_s[slot] = now_s();
          outside->names->tell(refs[slot], std::move(cmd));
        };
        return {
            [=](const BenchBegin&) {
              self->state.sent_s.resize(refs.size());
              self->state.open = refs.size();
              for (uint32_t slot = 0; slot < refs.size(); ++slot)
                send(slot);
            },
            [=](const BenchKept& kept) {
              seen->kept.fetch_add(1, std::memory_order_relaxed);
              seen->latencies_s.push_back(now_s() - self->state.sent_s[kept.number()]);
              if (!seen->stop)
                return send(kept.number());
              if (--self->state.open == 0) {
                seen->done.set_value();
                self->quit();
              }
            },
        };
      });
  put(over.outside(), hub_ref, hub);
  caf::anon_send(hub, BenchBegin{});
}

} // namespace troupe::bench
