// What may be spent once, as somebody sees it who types `troupe ledger ...`.
#define CAF_SUITE net.node.ledger_commands
#include "tests/support/typed.hpp"

using namespace troupe;

namespace {

LedgerState state_of(const std::string& ref_text, int64_t most, int64_t spent, const std::string& why = {}) {
  LedgerState state;
  state.set_ledger(ref_text);
  state.set_unit("usd-micro");
  state.set_limit(most);
  state.set_spent(spent);
  state.set_charges(2);
  state.set_exhausted(why);
  return state;
}

void keep(const control_node& node, const LedgerState& state) {
  add_name(*node.rows, state.ledger());
  add_row(*node.rows, state.ledger(), index_table::ledgers, state);
}

// One that spends what it is told and refuses above a hundred.
void play_purse(control_node& node) {
  keep(node, state_of("default/ledger/purse", 100, 0));
  node.play(
      "default/ledger/purse", [](const GetLedger&) { return state_of("default/ledger/purse", 100, 30); },
      [](const SetLedgerLimit& cmd) { return state_of("default/ledger/purse", cmd.amount(), 30); },
      [](const ChargeLedger& cmd) -> caf::result<LedgerState> {
        if (cmd.amount() > 100)
          return make_error(ec::budget_exceeded,
                            "it is exhausted; say so with `troupe ledger confirm purse --spent N`");
        return state_of("default/ledger/purse", 100, cmd.amount(), cmd.purpose());
      },
      [](const ConfirmLedger& cmd) { return state_of("default/ledger/purse", 100, cmd.spent()); });
}

} // namespace

CAF_TEST(ledgers are shown with what is left) {
  control_node node;
  CAF_CHECK_EQUAL(type(node, {"ledger", "list"}).out, "no ledgers\n");
  keep(node, state_of("acme/ledger/purse", 1'000'000, 250'000));
  keep(node, state_of("acme/ledger/done", 100, 120));
  keep(node, state_of("beta/ledger/lost", 100, 5, "the marks are missing"));
  CAF_CHECK_EQUAL(type(node, {"ledger", "list"}).out,
                  "LEDGER             UNIT       LIMIT    SPENT   LEFT    CHARGES  STATUS\n"
                  "acme/ledger/done   usd-micro  100      120     0       2        spent\n"
                  "acme/ledger/purse  usd-micro  1000000  250000  750000  2        open\n"
                  "beta/ledger/lost   usd-micro  100      5       95      2        exhausted\n"
                  "3 in all\n");
  auto few = type(node, {"ledger", "list", "--limit", "1"}).out;
  CAF_CHECK(few.ends_with("\n1 of 3; more: --limit N, up to 1000\n"));
  auto json = type(node, {"ledger", "list", "--json"}).out;
  CAF_CHECK(json.find(R"("spent": "250000")") != std::string::npos);
}

CAF_TEST(one ledger is shown with all that is known of it) {
  control_node node;
  play_purse(node);
  auto said = type(node, {"ledger", "show", "purse"});
  CAF_CHECK_EQUAL(said.code, 0);
  for (auto* part : {"default/ledger/purse", "usd-micro", "left", "70", "open"})
    CAF_CHECK(said.out.find(part) != std::string::npos);
  CAF_CHECK(said.out.find("why") == std::string::npos);
  auto unknown = type(node, {"ledger", "show", "nobody"});
  CAF_CHECK_EQUAL(unknown.code, 3);
  CAF_CHECK(unknown.err.find("troupe ledger list") != std::string::npos);
}

CAF_TEST(what is typed reaches the ledger) {
  control_node node;
  play_purse(node);
  CAF_CHECK(type(node, {"ledger", "limit", "purse", "77", "--unit", "usd-micro"}).out.find("77") !=
            std::string::npos);
  auto charged = type(node, {"ledger", "charge", "purse", "12", "--for", "round 7"});
  CAF_CHECK(charged.out.find("12") != std::string::npos);
  CAF_CHECK(charged.out.find("round 7") != std::string::npos);
  CAF_CHECK(type(node, {"ledger", "confirm", "purse", "--spent", "41"}).out.find("41") != std::string::npos);
}

CAF_TEST(an overdraft ends with its own exit code and the next step) {
  control_node node;
  play_purse(node);
  auto said = type(node, {"ledger", "charge", "purse", "101", "--for", "too much"});
  CAF_CHECK_EQUAL(said.code, 5);
  CAF_CHECK(said.err.find("troupe ledger confirm purse --spent N") != std::string::npos);
}

CAF_TEST(an amount is a whole number) {
  control_node node;
  play_purse(node);
  for (auto* wrong : {"1.5", "x", "9223372036854775808", "", "1 000"}) {
    CAF_CHECK_EQUAL(type(node, {"ledger", "charge", "purse", wrong, "--for", "x"}).code, 2);
    CAF_CHECK_EQUAL(type(node, {"ledger", "limit", "purse", wrong}).code, 2);
    CAF_CHECK_EQUAL(type(node, {"ledger", "confirm", "purse", "--spent", wrong}).code, 2);
  }
  CAF_CHECK_EQUAL(type(node, {"ledger", "charge", "purse", "1"}).code, 2);
}

CAF_TEST(a viewer looks and an operator charges and an admin does the rest) {
  control_node node;
  play_purse(node);
  ChargeLedger spend;
  spend.set_ledger("purse");
  spend.set_amount(1);
  SetLedgerLimit most;
  most.set_ledger("purse");
  ConfirmLedger vouch;
  vouch.set_ledger("purse");
  auto viewer = node.client(control_node::view), operates = node.client(control_node::operate);
  CAF_CHECK(viewer.ledgers());
  CAF_CHECK_EQUAL(refused(viewer.charge(spend)), ec::permission_denied);
  CAF_CHECK(operates.charge(spend));
  CAF_CHECK_EQUAL(refused(operates.limit_ledger(most)), ec::permission_denied);
  CAF_CHECK_EQUAL(refused(operates.confirm(vouch)), ec::permission_denied);
  CAF_CHECK(node.client().confirm(vouch));
}
