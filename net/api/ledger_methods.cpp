// LEDGER METHODS: what ledgers may spend and have spent.
// Invariant: a look wakes nobody but the ledger looked at; only a limit begins one.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

template <class Question>
void ask_ledger(const control_call& call, const Question& question, const reply_to<LedgerState>& reply) {
  auto name = find_entity(*call.desk->outside, question.ledger(), {"ledger"});
  if (!name)
    return reply(std::move(name.error()));
  ask_for<LedgerState>(call, to_string(*name), question, reply);
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
  ask_ledger(call, in, reply);
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
  ask_ledger(known, in, reply);
}

void serve(const control_call& call, const ConfirmLedger& in, reply_to<LedgerState> reply) {
  ask_ledger(call, in, reply);
}

} // namespace troupe
