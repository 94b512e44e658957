// Ledgers at the control service: by name or ref, listed in order, charged once per id.
#define CAF_SUITE net.api.ledger_methods
#include "tests/support/served.hpp"

using namespace troupe;

namespace {

struct ledger_desk : desk_house {
  LedgerState keep(const std::string& ref_text, int64_t most = 100, int64_t spent = 0) {
    LedgerState state;
    state.set_ledger(ref_text);
    state.set_unit("usd-micro");
    state.set_limit(most);
    state.set_spent(spent);
    add_name(*rows, ref_text);
    add_row(*rows, ref_text, index_table::ledgers, state);
    return state;
  }
  // A ledger that answers with what it was told.
  void play_ledger(const std::string& ref_text) {
    auto answer = [=](const auto& cmd, int64_t spent) {
      LedgerState state;
      state.set_ledger(ref_text);
      state.set_spent(spent);
      state.set_unit(cmd.context().principal() + " " + cmd.context().command_id());
      return state;
    };
    play(
        ref_text, [=](const GetLedger& cmd) { return answer(cmd, 1); },
        [=](const SetLedgerLimit& cmd) { return answer(cmd, cmd.amount()); },
        [=](const ChargeLedger& cmd) { return answer(cmd, cmd.amount()); },
        [=](const ConfirmLedger& cmd) { return answer(cmd, cmd.spent()); });
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(ledger_methods_tests, ledger_desk)

CAF_TEST(ledgers are listed by their refs and all are counted) {
  CAF_CHECK_EQUAL(answered(call<LedgerList>(ListLedgers{})).total(), 0u);
  for (int i = 0; i < 300; ++i)
    keep("t" + std::to_string(i % 7) + "/ledger/" + std::to_string(100 + (i * 37) % 300), 100, i);
  ListLedgers in;
  in.set_limit(5);
  auto list = answered(call<LedgerList>(in));
  CAF_CHECK_EQUAL(list.total(), 300u);
  CAF_REQUIRE_EQUAL(list.ledgers_size(), 5);
  CAF_CHECK_EQUAL(std::string{list.ledgers(0).ledger()}, "t0/ledger/100");
  for (int i = 1; i < 5; ++i)
    CAF_CHECK(list.ledgers(i - 1).ledger() < list.ledgers(i).ledger());
  CAF_CHECK_EQUAL(answered(call<LedgerList>(ListLedgers{})).ledgers_size(),
                  static_cast<int>(limits::list_rows));
}

CAF_TEST(a ledger is asked by its name or by its ref) {
  keep("default/ledger/purse");
  keep("acme/ledger/purse");
  play_ledger("default/ledger/purse");
  play_ledger("acme/ledger/purse");
  GetLedger in;
  in.set_ledger("purse");
  CAF_CHECK_EQUAL(std::string{answered(call<LedgerState>(in)).ledger()}, "default/ledger/purse");
  in.set_ledger("acme/ledger/purse");
  CAF_CHECK_EQUAL(std::string{answered(call<LedgerState>(in)).ledger()}, "acme/ledger/purse");
  in.set_ledger("nobody");
  CAF_CHECK_EQUAL(refused(call<LedgerState>(in)), ec::not_found);
  in.set_ledger("acme/task/purse");
  CAF_CHECK_EQUAL(refused(call<LedgerState>(in)), ec::not_found);
  in.set_ledger("a b");
  CAF_CHECK_EQUAL(refused(call<LedgerState>(in)), ec::invalid_argument);
}

CAF_TEST(a limit may name a ledger that nobody knows and nothing else) {
  play_ledger("default/ledger/fresh");
  SetLedgerLimit in;
  in.set_ledger("fresh");
  in.set_amount(7);
  CAF_CHECK_EQUAL(answered(call<LedgerState>(in)).spent(), 7);
  for (auto wrong : {"", "a b", "acme/task/purse", "acme/ledger"}) {
    in.set_ledger(wrong);
    CAF_CHECK_EQUAL(refused(call<LedgerState>(in)), ec::invalid_argument);
  }
}

CAF_TEST(a charge carries who asks and the id that makes a repeat harmless) {
  keep("default/ledger/purse");
  play_ledger("default/ledger/purse");
  ChargeLedger in;
  in.set_ledger("purse");
  in.set_amount(3);
  in.set_id("01HF7YAT00BBBBBBBBBBBBBBBB");
  auto state = answered(call<LedgerState>(in));
  CAF_CHECK_EQUAL(std::string{state.unit()}, "ada 01HF7YAT00BBBBBBBBBBBBBBBB");
  CAF_CHECK_EQUAL(state.spent(), 3);
  in.mutable_context()->set_principal("somebody else");
  CAF_CHECK_EQUAL(std::string{answered(call<LedgerState>(in)).unit()}, "ada 01HF7YAT00BBBBBBBBBBBBBBBB");
}

CAF_TEST(a confirmation reaches its ledger) {
  keep("default/ledger/purse");
  play_ledger("default/ledger/purse");
  ConfirmLedger in;
  in.set_ledger("purse");
  in.set_spent(41);
  CAF_CHECK_EQUAL(answered(call<LedgerState>(in)).spent(), 41);
}

CAF_TEST_FIXTURE_SCOPE_END()
