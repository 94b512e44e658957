// LEDGER COMMANDS: what may be spent once, and what was.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

int64_t left(const LedgerState& ledger) {
  return std::max<int64_t>(0, ledger.limit() - ledger.spent() - ledger.reserved());
}

text_cell standing(const LedgerState& ledger) {
  if (!ledger.exhausted().empty())
    return {"exhausted", text_tone::bad};
  return left(ledger) == 0 ? text_cell{"spent", text_tone::warning} : text_cell{"open", text_tone::good};
}

// Whole numbers only: what is counted is counted in units.
caf::expected<int64_t> amount_of(const std::string& text) {
  int64_t amount = 0;
  auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (wrong != std::errc{} || end != text.data() + text.size())
    return make_error(ec::invalid_argument, fmt::format("'{}' is no whole number of units", printable(text)));
  return amount;
}

// What was entered last, and for which run under which trace.
std::string show_entries(const LedgerState& ledger, const text_look& how) {
  text_table rows{{"TIME", "ENTRY", "AMOUNT", "FOR", "BY", "RUN", "STEP", "TRACE"}};
  for (auto& entry : ledger.entries())
    rows.add({short_time(entry.time_ms(), how),
              entry.what(),
              entry.what() == "exhaust" ? "" : std::to_string(entry.amount()),
              printable(entry.purpose()),
              printable(entry.principal()),
              printable(entry.run()),
              printable(entry.step()),
              {entry.trace(), text_tone::faint}});
  return ledger.entries().empty() ? "" : "\n" + rows.show(how);
}

caf::expected<int> list(cli_session& at) {
  ListLedgers in;
  in.set_limit(at.said().limit);
  return ask_and_show(at, [&](control_client& node) { return node.ledgers(in); });
}

caf::expected<int> show_one(cli_session& at) {
  GetLedger in;
  in.set_ledger(at.said().id);
  return ask_and_show(at, [&](control_client& node) { return node.ledger(in); });
}

caf::expected<int> limit(cli_session& at) {
  auto amount = amount_of(at.said().amount);
  if (!amount)
    return std::move(amount.error());
  SetLedgerLimit in;
  in.set_ledger(at.said().id);
  in.set_amount(*amount);
  in.set_unit(at.said().unit);
  return ask_and_show(at, [&](control_client& node) { return node.limit_ledger(in); });
}

caf::expected<int> charge(cli_session& at) {
  auto amount = amount_of(at.said().amount);
  if (!amount)
    return std::move(amount.error());
  ChargeLedger in;
  in.set_ledger(at.said().id);
  in.set_amount(*amount);
  in.set_purpose(at.said().reason);
  in.set_id(at.said().command);
  in.set_run(at.said().run);
  return ask_and_show(at, [&](control_client& node) { return node.charge(in); });
}

caf::expected<int> confirm(cli_session& at) {
  auto amount = amount_of(at.said().amount);
  if (!amount)
    return std::move(amount.error());
  ConfirmLedger in;
  in.set_ledger(at.said().id);
  in.set_spent(*amount);
  return ask_and_show(at, [&](control_client& node) { return node.confirm(in); });
}

} // namespace

std::string show(const LedgerState& ledger, const text_look& how) {
  text_table facts{{}};
  facts.add_fact("ledger", printable(ledger.ledger()));
  facts.add_fact("unit", printable(ledger.unit()));
  facts.add_fact("limit", std::to_string(ledger.limit()));
  facts.add_fact("spent", std::to_string(ledger.spent()));
  facts.add_fact("reserved", ledger.reserved() == 0 ? "" : std::to_string(ledger.reserved()));
  facts.add_fact("left", std::to_string(left(ledger)));
  facts.add_fact("charges", std::to_string(ledger.charges()));
  facts.add_fact("status", standing(ledger));
  facts.add_fact("why", printable(ledger.exhausted()));
  return facts.show(how) + show_entries(ledger, how);
}

std::string show(const LedgerList& list, const text_look& how) {
  if (list.total() == 0)
    return "no ledgers\n";
  text_table rows{{"LEDGER", "UNIT", "LIMIT", "SPENT", "LEFT", "CHARGES", "STATUS"}};
  for (auto& one : list.ledgers())
    rows.add({printable(one.ledger()), printable(one.unit()), std::to_string(one.limit()),
              std::to_string(one.spent()), std::to_string(left(one)), std::to_string(one.charges()),
              standing(one)});
  auto shown = static_cast<uint64_t>(list.ledgers_size());
  return rows.show(how) + (shown == list.total() ? fmt::format("{} in all\n", list.total())
                                                 : fmt::format("{} of {}; more: --limit N, up to {}\n", shown,
                                                               list.total(), limits::list_rows_most));
}

std::vector<cli_command> ledger_commands() {
  const cli_option name{"NAME", &cli_arguments::id, "Name or ref of a ledger", true};
  const cli_option amount{"AMOUNT", &cli_arguments::amount, "Whole number of its units", true};
  return {
      {"ledger list",
       "What may be spent once, and what was",
       {{"--limit", &cli_arguments::limit, "At most this many [100]"}},
       list},
      {"ledger show", "One ledger, and what was entered in it last", {name}, show_one, "troupe ledger list"},
      {"ledger limit",
       "Set what a ledger may spend in all; begin it if there is none",
       {name, amount, {"--unit", &cli_arguments::unit, "What it counts, e.g. usd-micro; needed to begin it"}},
       limit,
       "troupe ledger list"},
      {"ledger charge",
       "Spend; exit 5 if that is more than is left",
       {name,
        amount,
        {"--for", &cli_arguments::reason, "The purpose, kept in its history", true},
        {"--run", &cli_arguments::run, "Id or ref of the run it is for; its story tells of it"},
        {"--id", &cli_arguments::command, "Command id that makes a repeat harmless [made by the node]"}},
       charge,
       "troupe ledger list"},
      {"ledger confirm",
       "Say what an exhausted ledger has spent, so that it opens",
       {name, {"--spent", &cli_arguments::amount, "In all; not less than it knows of", true}},
       confirm,
       "troupe ledger list"},
  };
}

} // namespace troupe
