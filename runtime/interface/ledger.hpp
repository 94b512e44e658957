// Who understands the messages of ledger.proto.
#pragma once

#include <caf/typed_actor.hpp>
#include <troupe/runtime/words.hpp>

namespace troupe {

class ChargeLedger;
class ConfirmLedger;
class GetLedger;
class LedgerState;
class ReserveFunds;
class SetLedgerLimit;
class SettleFunds;

/// LEDGER: what may be spent once. An entity of kind `ledger`; what it has answered for is spent, whatever is restored.
using ledger_actor = caf::typed_actor<
    // Begins it, or changes what it may spend.
    rpc<SetLedgerLimit, LedgerState>,
    // Spends, or refuses with ec::budget_exceeded.
    rpc<ChargeLedger, LedgerState>,
    // Ends an exhaustion.
    rpc<ConfirmLedger, LedgerState>,
    // As it stands.
    rpc<GetLedger, LedgerState>,
    // From runs, one-way: before a round of a loop, and after it. See ledger.proto for the answers.
    note<ReserveFunds>, note<SettleFunds>>;

} // namespace troupe
