// LEDGER BOOK: what a ledger decides, without the actor.
#pragma once

#include <caf/expected.hpp>
#include <deque>
#include <map>
#include <optional>
#include <troupe/persistence/effects.hpp>
#include <troupe/runtime/proto/ledger.pb.h>
#include <vector>

namespace troupe {

/// Where the mark of a ledger like this goes when it is raised: limits::ledger_steps of its limit, so that most charges
/// need no other mark. Above the limit only if more is spent.
spending spending_of(const LedgerState& ledger);

/// What a ledger has to learn of its mark in a store that is no longer the one its marks are of; nothing if both say the
/// same. `mark`: nothing if there is none; `why` is then told to whoever has to confirm.
std::optional<LedgerEvent> proof(const LedgerState& ledger, std::optional<int64_t> mark,
                                 const std::string& why);

/// The state of a ledger; see event_sourced.hpp. Invariants: a charge or a promise is decided only if spent + reserved + amount <= limit;
/// spent never falls; a promise is settled once, at no more than its amount.
struct ledger_book {
  using event = LedgerEvent;
  using decision = caf::expected<std::vector<LedgerEvent>>;
  static inline const char* name = "ledger";
  static constexpr uint16_t version = 1;

  /// Errors of all: ec::not_found without a limit, ec::invalid_argument outside of 0 to limits::ledger_amount.
  /// Also ec::conflict (it counts in another unit).
  decision decide(const SetLedgerLimit& cmd) const;
  /// Also ec::budget_exceeded.
  decision decide(const ChargeLedger& cmd) const;
  /// Also ec::conflict (it is not exhausted).
  decision decide(const ConfirmLedger& cmd) const;
  /// Decides nothing when it is refused: the answer says why.
  decision decide(const ReserveFunds& cmd) const;
  decision decide(const SettleFunds& cmd) const;

  /// Answers FundsReserved, or nothing to a question that came late or has to be asked again.
  void acknowledge(const ReserveFunds& cmd, effects& out) const;
  /// Answers FundsSettled.
  void acknowledge(const SettleFunds& cmd, effects& out) const;

  /// As event_sourced.hpp says.
  void apply(const LedgerEvent& happened);
  /// Its row in listings, and its mark.
  void bring_about(const LedgerEvent& happened, effects& out) const;
  /// Its own name.
  void born(const std::string& ref) {
    ledger.set_ledger(ref);
  }
  /// See spent_before.
  void inherit(int64_t spent) {
    spent_before = spent;
  }
  /// How it stands, whatever was asked.
  template <class Command>
  LedgerState reply(const Command&) const {
    return ledger;
  }
  /// As event_sourced.hpp says.
  LedgerState save() const;
  /// As event_sourced.hpp says.
  bool load(const LedgerState& saved);
  /// With some of its promises. Error: ec::not_found.
  caf::expected<LedgerState> describe() const;

  /// Whose promise it is: a run, and which one of the run's.
  using promised_to = std::pair<std::string, uint32_t>;

  LedgerState ledger; ///< without a unit it has not begun; without its lists
  std::map<promised_to, LedgerGrant> open;
  std::deque<promised_to> settled; ///< the last ones, oldest first
  int64_t spent_before = 0; ///< by one of its name that a restore has cut away; told before its first event

private:
  caf::error refusal(int64_t amount) const;
  bool is_settled(const promised_to& whose) const;
};

} // namespace troupe
