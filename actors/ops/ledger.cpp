// LEDGER: what may be spent once, such as privacy and money.
// Invariant: 0 <= spent, and what was answered for stays spent: after every restart, and after every restore.

#include <troupe/actors/ops/ledger_book.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/runtime/interface/ledger.hpp>

namespace troupe {
namespace {

ledger_actor::behavior_type ledger(ledger_actor::stateful_pointer<ledger_book> self,
                                   entity_log<ledger_book> log) {
  return {
      [=](const SetLedgerLimit& cmd) mutable { return log.handle(cmd); },
      [=](const ChargeLedger& cmd) mutable { return log.handle(cmd); },
      [=](const ConfirmLedger& cmd) mutable { return log.handle(cmd); },
      [=](const ReserveFunds& cmd) mutable { log.act(cmd); },
      [=](const SettleFunds& cmd) mutable { log.act(cmd); },
      [=](const GetLedger&) mutable { return log.answer(self->state.describe()); },
  };
}

} // namespace

entity_kind ledger_kind() {
  return make_kind<ledger_book>("ledger", ledger);
}

} // namespace troupe
