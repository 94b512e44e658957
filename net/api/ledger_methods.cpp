// LEDGER METHODS: what ledgers may spend and have spent.
// Invariant: a look wakes nobody but the ledger looked at; only a limit begins one.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/records.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/trace.hpp>

namespace troupe {
namespace {

template <class Question>
void ask_ledger(const control_call& call, const Question& question, const reply_to<LedgerState>& reply) {
  auto name = find_entity(*call.desk->outside, question.ledger(), {"ledger"});
  if (!name)
    return reply(std::move(name.error()));
  ask_for<LedgerState>(call, to_string(*name), question, reply);
}

// One record of a ledger; nothing if it is damaged.
std::optional<LedgerEntry> entry_of(const journal_entry& record) {
  LedgerEvent event;
  if (!event.ParseFromString(record.event))
    return {};
  LedgerEntry entry;
  entry.set_seq(record.seq);
  entry.set_time_ms(record.time_us / 1000);
  auto whose = [&](const LedgerGrant& grant) {
    entry.set_run(grant.run());
    entry.set_step(grant.step());
    entry.set_trace(trace_id(grant.trace()));
    entry.set_principal(grant.principal());
    entry.set_purpose(fmt::format("round {}", grant.round()));
  };
  switch (event.kind_case()) {
  case LedgerEvent::kLimitSet:
    entry.set_what("limit");
    entry.set_amount(event.limit_set().amount());
    break;
  case LedgerEvent::kCharged:
    entry.set_what("charge");
    entry.set_amount(event.charged().amount());
    entry.set_purpose(event.charged().purpose());
    entry.set_principal(event.charged().principal());
    entry.set_run(event.charged().run());
    entry.set_trace(trace_id(event.charged().trace()));
    break;
  case LedgerEvent::kRestored:
    entry.set_what("restore");
    entry.set_amount(event.restored().spent());
    break;
  case LedgerEvent::kExhausted:
    entry.set_what("exhaust");
    entry.set_purpose(event.exhausted().reason());
    break;
  case LedgerEvent::kConfirmed:
    entry.set_what("confirm");
    entry.set_amount(event.confirmed().spent());
    entry.set_principal(event.confirmed().principal());
    break;
  case LedgerEvent::kReserved:
    entry.set_what("reserve");
    entry.set_amount(event.reserved().amount());
    whose(event.reserved());
    break;
  case LedgerEvent::kSettled:
    entry.set_what("settle");
    entry.set_amount(event.settled().spent());
    whose(event.settled().grant());
    break;
  case LedgerEvent::KIND_NOT_SET:
    return {};
  }
  return entry;
}

// The ledger spends under the run's trace; then the run keeps that it did, and only then there is an answer.
void charge_for(const control_call& call, const ChargeLedger& in, const std::string& run,
                const reply_to<LedgerState>& reply) {
  reply_to<RunDescription> known = [=](caf::expected<RunDescription> description) {
    if (!description)
      return reply(std::move(description.error()));
    auto& trace = description->state().trace();
    auto of_run = call;
    of_run.context.set_trace(trace.empty() ? trace_of(run) : trace);
    auto charge = in;
    charge.set_run(run);
    ask_ledger(of_run, charge, [=](caf::expected<LedgerState> state) {
      if (!state)
        return reply(std::move(state));
      NoteCharge note;
      note.set_ledger(state->ledger());
      note.set_amount(in.amount());
      note.set_unit(state->unit());
      note.set_purpose(in.purpose());
      ask_for<Done>(of_run, run, std::move(note), reply, [state = *state](const Done&) { return state; });
    });
  };
  ask_for(call, run, GetRun{}, std::move(known));
}

} // namespace

void serve(const control_call& call, const ListLedgers& in, reply_to<LedgerList> reply) {
  auto most = in.limit() == 0 ? limits::list_rows : std::min<size_t>(in.limit(), limits::list_rows_most);
  auto first = std::make_shared<std::map<std::string, LedgerState>>(); // by ref
  auto total = std::make_shared<uint64_t>(0);
  auto add = [=](index_table, std::string_view row) {
    LedgerState ledger;
    if (!ledger.ParseFromArray(row.data(), static_cast<int>(row.size())))
      return;
    ++*total;
    auto name = ledger.ledger();
    first->insert_or_assign(std::move(name), std::move(ledger));
    if (first->size() > most)
      first->erase(std::prev(first->end()));
  };
  walk_index(call.self, call.desk->outside, {index_table::ledgers}, add, [=](caf::error failed) {
    if (failed)
      return reply(std::move(failed));
    LedgerList list;
    list.set_total(*total);
    for (auto& [name, ledger] : *first)
      *list.add_ledgers() = std::move(ledger);
    reply(std::move(list));
  });
}

void serve(const control_call& call, const GetLedger& in, reply_to<LedgerState> reply) {
  ask_ledger(call, in, [=](caf::expected<LedgerState> state) {
    if (!state)
      return reply(std::move(state));
    auto records = last_records(*call.desk->outside, state->ledger(), limits::ledger_entries);
    if (!records)
      return reply(std::move(records.error()));
    for (auto& record : *records)
      if (auto entry = entry_of(record))
        *state->add_entries() = std::move(*entry);
    reply(std::move(state));
  });
}

void serve(const control_call& call, const SetLedgerLimit& in, reply_to<LedgerState> reply) {
  auto is_ref = in.ledger().find('/') != std::string::npos;
  auto name = parse_ref(is_ref ? in.ledger() : fmt::format("{}/ledger/{}", default_tenant, in.ledger()));
  if (!name || name->kind != "ledger")
    return reply(
        make_error(ec::invalid_argument,
                   fmt::format("'{}' is no ledger: write NAME or TENANT/ledger/NAME, each 1 to {} of "
                               "A-Z a-z 0-9 _ . -",
                               in.ledger(), limits::name_bytes)));
  ask_for<LedgerState>(call, to_string(*name), in, reply);
}

void serve(const control_call& call, const ChargeLedger& in, reply_to<LedgerState> reply) {
  auto known = call;
  if (!in.id().empty())
    known.context.set_command_id(in.id());
  if (in.run().empty())
    return ask_ledger(known, in, reply);
  auto run = find_entity(*call.desk->outside, in.run(), {"run"});
  if (!run)
    return reply(std::move(run.error()));
  charge_for(known, in, to_string(*run), reply);
}

void serve(const control_call& call, const ConfirmLedger& in, reply_to<LedgerState> reply) {
  ask_ledger(call, in, reply);
}

} // namespace troupe
