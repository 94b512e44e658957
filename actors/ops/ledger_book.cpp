// LEDGER BOOK: limit, charge, proof, confirmation.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/ops/ledger_book.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

bool has_begun(const LedgerState& ledger) {
  return !ledger.unit().empty();
}

caf::error not_begun(const LedgerState& ledger) {
  return make_error(
      ec::not_found,
      fmt::format("there is no ledger {}; begin it with `troupe ledger limit {} AMOUNT --unit UNIT`",
                  ledger.ledger(), ledger.ledger()));
}

caf::error check_amount(int64_t amount, int64_t least) {
  if (amount >= least && amount <= limits::ledger_amount)
    return {};
  return make_error(ec::invalid_argument,
                    fmt::format("{} is no amount: write {} to {}", amount, least, limits::ledger_amount));
}

caf::error check_text(std::string_view what, const std::string& text) {
  if (!text.empty() && text.size() <= limits::ledger_text_bytes)
    return {};
  return make_error(ec::invalid_argument, fmt::format("a {} has 1 to {} bytes, and this has {}", what,
                                                      limits::ledger_text_bytes, text.size()));
}

LedgerEvent restored(int64_t spent) {
  LedgerEvent event;
  event.mutable_restored()->set_spent(spent);
  return event;
}

LedgerEvent exhausted(const std::string& why) {
  LedgerEvent event;
  event.mutable_exhausted()->set_reason(why);
  return event;
}

} // namespace

spending spending_of(const LedgerState& ledger) {
  auto step = std::max<int64_t>(1, ledger.limit() / limits::ledger_steps);
  return {ledger.spent(), std::max(ledger.spent(), std::min(ledger.limit(), ledger.spent() + step))};
}

std::optional<LedgerEvent> proof(const LedgerState& ledger, std::optional<int64_t> mark,
                                 const std::string& why) {
  if (mark && *mark != spent_marks::unknown && *mark >= ledger.spent())
    return *mark == ledger.spent() ? std::nullopt : std::optional{restored(*mark)};
  if (!ledger.exhausted().empty())
    return {};
  return exhausted(!mark ? why
                   : *mark == spent_marks::unknown
                       ? "nobody has confirmed yet what it had spent before a restore"
                       : fmt::format("its mark says {}, and that is less than it has spent", *mark));
}

ledger_book::decision ledger_book::decide(const SetLedgerLimit& cmd) const {
  if (auto wrong = check_amount(cmd.amount(), 0))
    return wrong;
  if (auto wrong = check_text("unit", has_begun(ledger) && cmd.unit().empty() ? ledger.unit() : cmd.unit()))
    return wrong;
  if (has_begun(ledger) && !cmd.unit().empty() && cmd.unit() != ledger.unit())
    return make_error(ec::conflict, fmt::format("{} counts in {} for ever", ledger.ledger(), ledger.unit()));
  std::vector<LedgerEvent> events;
  if (!has_begun(ledger) || cmd.amount() != ledger.limit()) {
    auto* set = events.emplace_back().mutable_limit_set();
    set->set_amount(cmd.amount());
    set->set_unit(cmd.unit().empty() ? ledger.unit() : cmd.unit());
  }
  if (!has_begun(ledger) && spent_before > 0)
    if (auto learned = proof(ledger, spent_before, {}))
      events.push_back(std::move(*learned));
  return events;
}

ledger_book::decision ledger_book::decide(const ChargeLedger& cmd) const {
  if (!has_begun(ledger))
    return not_begun(ledger);
  if (auto wrong = check_amount(cmd.amount(), 1))
    return wrong;
  if (auto wrong = check_text("purpose", cmd.purpose()))
    return wrong;
  if (!ledger.exhausted().empty())
    return make_error(ec::budget_exceeded,
                      fmt::format("{} is exhausted: {}; when you know what it has spent, say so with `troupe "
                                  "ledger confirm {} --spent N`",
                                  ledger.ledger(), ledger.exhausted(), ledger.ledger()));
  if (cmd.amount() > ledger.limit() - ledger.spent())
    return make_error(ec::budget_exceeded,
                      fmt::format("{} may spend {} {}, has spent {}, and was asked for {}", ledger.ledger(),
                                  ledger.limit(), ledger.unit(), ledger.spent(), cmd.amount()));
  LedgerEvent decided;
  decided.mutable_charged()->set_amount(cmd.amount());
  decided.mutable_charged()->set_purpose(cmd.purpose());
  decided.mutable_charged()->set_principal(cmd.context().principal());
  return std::vector{std::move(decided)};
}

ledger_book::decision ledger_book::decide(const ConfirmLedger& cmd) const {
  if (!has_begun(ledger))
    return not_begun(ledger);
  if (auto wrong = check_amount(cmd.spent(), 0))
    return wrong;
  if (ledger.exhausted().empty())
    return make_error(ec::conflict,
                      fmt::format("{} is not exhausted: it has spent {} of {} {}", ledger.ledger(),
                                  ledger.spent(), ledger.limit(), ledger.unit()));
  if (cmd.spent() < ledger.spent())
    return make_error(ec::invalid_argument, fmt::format("{} has spent {} that it knows of, and {} is less",
                                                        ledger.ledger(), ledger.spent(), cmd.spent()));
  LedgerEvent decided;
  decided.mutable_confirmed()->set_spent(cmd.spent());
  decided.mutable_confirmed()->set_principal(cmd.context().principal());
  return std::vector{std::move(decided)};
}

void ledger_book::apply(const LedgerEvent& happened) {
  switch (happened.kind_case()) {
  case LedgerEvent::kLimitSet:
    ledger.set_limit(happened.limit_set().amount());
    ledger.set_unit(happened.limit_set().unit());
    break;
  case LedgerEvent::kCharged:
    ledger.set_spent(ledger.spent() + happened.charged().amount());
    ledger.set_charges(ledger.charges() + 1);
    break;
  case LedgerEvent::kRestored:
    ledger.set_spent(std::max(ledger.spent(), happened.restored().spent()));
    break;
  case LedgerEvent::kExhausted:
    ledger.set_exhausted(happened.exhausted().reason());
    break;
  case LedgerEvent::kConfirmed:
    ledger.set_spent(std::max(ledger.spent(), happened.confirmed().spent()));
    ledger.clear_exhausted();
    break;
  default:
    break;
  }
}

void ledger_book::bring_about(const LedgerEvent& happened, effects& out) const {
  out.put(index_table::ledgers, "ledger", ledger);
  auto spent = spending_of(ledger);
  spent.proven = happened.has_confirmed();
  out.spend(spent);
}

caf::expected<LedgerState> ledger_book::describe() const {
  if (!has_begun(ledger))
    return not_begun(ledger);
  return ledger;
}

} // namespace troupe
