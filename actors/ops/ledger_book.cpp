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
  auto held = ledger.spent() + ledger.reserved();
  return {held, std::max(held, std::min(ledger.limit(), held + step))};
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
  if (auto wrong = check_text("purpose", cmd.purpose()))
    return wrong;
  if (auto refused = refusal(cmd.amount()))
    return refused;
  LedgerEvent decided;
  decided.mutable_charged()->set_amount(cmd.amount());
  decided.mutable_charged()->set_purpose(cmd.purpose());
  decided.mutable_charged()->set_principal(cmd.context().principal());
  decided.mutable_charged()->set_run(cmd.run());
  decided.mutable_charged()->set_trace(cmd.run().empty() ? std::string{} : cmd.context().trace());
  return std::vector{std::move(decided)};
}

// Why this much is not to be had now; nothing if it is.
caf::error ledger_book::refusal(int64_t amount) const {
  if (!has_begun(ledger))
    return not_begun(ledger);
  if (auto wrong = check_amount(amount, 1))
    return wrong;
  if (!ledger.exhausted().empty())
    return make_error(ec::budget_exceeded,
                      fmt::format("{} is exhausted: {}; when you know what it has spent, say so with `troupe "
                                  "ledger confirm {} --spent N`",
                                  ledger.ledger(), ledger.exhausted(), ledger.ledger()));
  if (amount > ledger.limit() - ledger.spent() - ledger.reserved())
    return make_error(ec::budget_exceeded,
                      fmt::format("{} may spend {} {}, has spent {}{}, and was asked for {}", ledger.ledger(),
                                  ledger.limit(), ledger.unit(), ledger.spent(),
                                  ledger.reserved() == 0 ? std::string{}
                                                         : fmt::format(" and promised {}", ledger.reserved()),
                                  amount));
  return {};
}

bool ledger_book::is_settled(const promised_to& whose) const {
  return std::find(settled.begin(), settled.end(), whose) != settled.end();
}

ledger_book::decision ledger_book::decide(const ReserveFunds& cmd) const {
  promised_to whose{cmd.grant().run(), cmd.grant().number()};
  if (open.contains(whose) || is_settled(whose) || open.size() >= limits::ledger_open ||
      refusal(cmd.grant().amount()))
    return std::vector<LedgerEvent>{};
  LedgerEvent decided;
  *decided.mutable_reserved() = cmd.grant();
  return std::vector{std::move(decided)};
}

ledger_book::decision ledger_book::decide(const SettleFunds& cmd) const {
  auto found = open.find({cmd.run(), cmd.number()});
  if (found == open.end())
    return std::vector<LedgerEvent>{};
  LedgerEvent decided;
  *decided.mutable_settled()->mutable_grant() = found->second;
  decided.mutable_settled()->set_spent(std::clamp<int64_t>(cmd.spent(), 0, found->second.amount()));
  return std::vector{std::move(decided)};
}

void ledger_book::acknowledge(const ReserveFunds& cmd, effects& out) const {
  promised_to whose{cmd.grant().run(), cmd.grant().number()};
  FundsReserved answer;
  if (!open.contains(whose)) {
    auto refused = refusal(cmd.grant().amount());
    if (!refused || is_settled(whose))
      return;
    *answer.mutable_failure() = to_failure(refused);
  }
  answer.set_number(cmd.grant().number());
  answer.set_unit(ledger.unit());
  answer.set_ledger(ledger.ledger());
  out.tell(cmd.grant().run(), std::move(answer));
}

void ledger_book::acknowledge(const SettleFunds& cmd, effects& out) const {
  FundsSettled answer;
  answer.set_number(cmd.number());
  out.tell(cmd.run(), std::move(answer));
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
  case LedgerEvent::kReserved: {
    auto& grant = happened.reserved();
    ledger.set_reserved(ledger.reserved() + grant.amount());
    open[{grant.run(), grant.number()}] = grant;
    break;
  }
  case LedgerEvent::kSettled: {
    auto& grant = happened.settled().grant();
    ledger.set_reserved(ledger.reserved() - grant.amount());
    ledger.set_spent(ledger.spent() + happened.settled().spent());
    ledger.set_charges(ledger.charges() + (happened.settled().spent() > 0 ? 1 : 0));
    open.erase({grant.run(), grant.number()});
    settled.emplace_back(grant.run(), grant.number());
    if (settled.size() > limits::ledger_settled)
      settled.pop_front();
    break;
  }
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
  auto described = ledger;
  for (auto& [whose, grant] : open) {
    if (static_cast<size_t>(described.open_size()) == limits::list_rows)
      break;
    *described.add_open() = grant;
  }
  return described;
}

LedgerState ledger_book::save() const {
  auto saved = ledger;
  for (auto& [whose, grant] : open)
    *saved.add_open() = grant;
  for (auto& [run, number] : settled) {
    auto* one = saved.add_settled();
    one->set_run(run);
    one->set_number(number);
  }
  return saved;
}

bool ledger_book::load(const LedgerState& saved) {
  ledger = saved;
  ledger.clear_open();
  ledger.clear_settled();
  open.clear();
  settled.clear();
  for (auto& grant : saved.open())
    open[{grant.run(), grant.number()}] = grant;
  for (auto& one : saved.settled())
    settled.emplace_back(one.run(), one.number());
  return true;
}

} // namespace troupe
