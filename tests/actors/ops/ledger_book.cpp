// A ledger decides within its limit, whatever the numbers, and learns from its mark.
#define CAF_SUITE actors.ops.ledger_book
#include <caf/test/unit_test.hpp>
#include <troupe/actors/ops/ledger_book.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

const std::string ref_text = "acme/ledger/privacy";

SetLedgerLimit limit(int64_t amount, const std::string& unit = {}) {
  SetLedgerLimit cmd;
  cmd.set_amount(amount);
  cmd.set_unit(unit);
  return cmd;
}
ChargeLedger charge(int64_t amount, const std::string& purpose = "a round") {
  ChargeLedger cmd;
  cmd.set_amount(amount);
  cmd.set_purpose(purpose);
  cmd.mutable_context()->set_principal("ada");
  return cmd;
}
ConfirmLedger confirm(int64_t spent) {
  ConfirmLedger cmd;
  cmd.set_spent(spent);
  cmd.mutable_context()->set_principal("ada");
  return cmd;
}

struct owner {
  ledger_book book;
  owner() {
    book.born(ref_text);
  }

  template <class Command>
  std::string refusal(const Command& cmd) const {
    auto decision = book.decide(cmd);
    return decision ? "decided" : describe(decision.error());
  }
  template <class Command>
  size_t act(const Command& cmd) {
    auto decision = book.decide(cmd);
    if (!decision)
      CAF_FAIL(describe(decision.error()));
    for (auto& event : *decision)
      book.apply(event);
    return decision->size();
  }
  void exhaust(const std::string& why) {
    LedgerEvent event;
    event.mutable_exhausted()->set_reason(why);
    book.apply(event);
  }
  bool refuses(ec code, const std::string& words, const std::string& said) const {
    auto good = said.substr(0, to_string(code).size()) == to_string(code) && said.find(words) != said.npos;
    if (!good)
      CAF_MESSAGE("instead of " << to_string(code) << " with '" << words << "': " << said);
    return good;
  }
};

LedgerState standing(int64_t most, int64_t spent) {
  LedgerState state;
  state.set_ledger(ref_text);
  state.set_unit("usd-micro");
  state.set_limit(most);
  state.set_spent(spent);
  return state;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(ledger_book_tests, owner)

CAF_TEST(charges add up to the limit and not beyond) {
  act(limit(100, "usd-micro"));
  act(charge(60));
  CAF_CHECK(refuses(ec::budget_exceeded, "may spend 100 usd-micro, has spent 60, and was asked for 41",
                    refusal(charge(41))));
  act(charge(40));
  CAF_CHECK_EQUAL(book.ledger.spent(), 100);
  CAF_CHECK_EQUAL(book.ledger.charges(), 2u);
  CAF_CHECK(refuses(ec::budget_exceeded, "was asked for 1", refusal(charge(1))));
}

CAF_TEST(no number wraps around) {
  act(limit(limits::ledger_amount, "unit"));
  act(charge(limits::ledger_amount - 1));
  CAF_CHECK(refuses(ec::budget_exceeded, "was asked for", refusal(charge(2))));
  CAF_CHECK(refuses(ec::budget_exceeded, "was asked for", refusal(charge(limits::ledger_amount))));
  for (auto amount : {std::numeric_limits<int64_t>::max(), limits::ledger_amount + 1, int64_t{0}, int64_t{-1},
                      std::numeric_limits<int64_t>::min()})
    CAF_CHECK(refuses(ec::invalid_argument, "is no amount", refusal(charge(amount))));
  CAF_CHECK(refuses(ec::invalid_argument, "is no amount", refusal(limit(-1))));
  CAF_CHECK(refuses(ec::invalid_argument, "is no amount", refusal(limit(limits::ledger_amount + 1))));
  act(charge(1));
  CAF_CHECK_EQUAL(book.ledger.spent(), limits::ledger_amount);
}

CAF_TEST(a limit begins a ledger and a unit stays) {
  CAF_CHECK(refuses(ec::not_found, "`troupe ledger limit", refusal(charge(1))));
  CAF_CHECK(refuses(ec::not_found, "`troupe ledger limit", refusal(confirm(1))));
  CAF_CHECK(book.describe().error() == ec::not_found);
  CAF_CHECK(refuses(ec::invalid_argument, "a unit has 1 to", refusal(limit(10))));
  CAF_CHECK_EQUAL(act(limit(10, "usd-micro")), 1u);
  CAF_CHECK_EQUAL(act(limit(10)), 0u);
  CAF_CHECK(refuses(ec::conflict, "counts in usd-micro for ever", refusal(limit(10, "epsilon-micro"))));
  act(charge(10));
  act(limit(5));
  CAF_CHECK_EQUAL(book.describe()->spent(), 10);
  CAF_CHECK(refuses(ec::budget_exceeded, "may spend 5", refusal(charge(1))));
  act(limit(11));
  act(charge(1));
}

CAF_TEST(a purpose is told and not too long) {
  act(limit(10, "usd-micro"));
  CAF_CHECK(refuses(ec::invalid_argument, "a purpose has 1 to 200 bytes", refusal(charge(1, ""))));
  CAF_CHECK(refuses(ec::invalid_argument, "and this has 201",
                    refusal(charge(1, std::string(limits::ledger_text_bytes + 1, 'x')))));
  auto decision = book.decide(charge(3, "round 7"));
  CAF_REQUIRE(decision);
  auto& charged = decision->front().charged();
  CAF_CHECK_EQUAL(charged.purpose() + " " + charged.principal() + " " + std::to_string(charged.amount()),
                  "round 7 ada 3");
}

CAF_TEST(an exhausted ledger opens when somebody vouches for what is spent) {
  act(limit(100, "usd-micro"));
  act(charge(30));
  CAF_CHECK(refuses(ec::conflict, "is not exhausted", refusal(confirm(50))));
  exhaust("the marks are missing");
  CAF_CHECK(refuses(ec::budget_exceeded, "the marks are missing", refusal(charge(1))));
  CAF_CHECK(refuses(ec::budget_exceeded, "`troupe ledger confirm acme/ledger/privacy --spent N`",
                    refusal(charge(1))));
  CAF_CHECK(
      refuses(ec::invalid_argument, "has spent 30 that it knows of, and 29 is less", refusal(confirm(29))));
  CAF_CHECK(refuses(ec::invalid_argument, "is no amount", refusal(confirm(limits::ledger_amount + 1))));
  act(confirm(70));
  CAF_CHECK_EQUAL(book.ledger.spent(), 70);
  CAF_CHECK(refuses(ec::budget_exceeded, "was asked for 31", refusal(charge(31))));
  act(charge(30));
}

CAF_TEST(a mark goes ahead by a part of the limit and not beyond it) {
  auto ahead = [](int64_t most, int64_t spent) { return spending_of(standing(most, spent)).ahead; };
  CAF_CHECK_EQUAL(ahead(6400, 0), 100);
  CAF_CHECK_EQUAL(ahead(6400, 250), 350);
  CAF_CHECK_EQUAL(ahead(6400, 6390), 6400);
  CAF_CHECK_EQUAL(ahead(6400, 7000), 7000);
  CAF_CHECK_EQUAL(ahead(3, 1), 2);
  CAF_CHECK_EQUAL(ahead(0, 0), 0);
  CAF_CHECK_EQUAL(ahead(limits::ledger_amount, limits::ledger_amount), limits::ledger_amount);
  CAF_CHECK_EQUAL(spending_of(standing(6400, 250)).spent, 250);
}

CAF_TEST(a ledger is raised to its mark or exhausted or left as it is) {
  auto raised = proof(standing(100, 30), 40, "");
  CAF_REQUIRE(raised && raised->has_restored());
  CAF_CHECK_EQUAL(raised->restored().spent(), 40);
  CAF_CHECK(!proof(standing(100, 30), 30, ""));
  auto why = [](std::optional<int64_t> mark) {
    auto learned = proof(standing(100, 30), mark, "it is gone");
    return learned ? learned->exhausted().reason() : "";
  };
  CAF_CHECK_EQUAL(why({}), "it is gone");
  CAF_CHECK_EQUAL(why(29), "its mark says 29, and that is less than it has spent");
  CAF_CHECK(why(spent_marks::unknown).find("nobody has confirmed") == 0);
  auto exhausted = standing(100, 30);
  exhausted.set_exhausted("it was gone");
  CAF_CHECK(!proof(exhausted, {}, "it is gone"));
  CAF_CHECK(!proof(exhausted, spent_marks::unknown, ""));
  CAF_CHECK(proof(exhausted, 40, "")->has_restored());
}

CAF_TEST(a ledger takes over what one of its name had spent) {
  book.inherit(70);
  CAF_CHECK_EQUAL(act(limit(100, "usd-micro")), 2u);
  CAF_CHECK_EQUAL(book.ledger.spent(), 70);
  CAF_CHECK_EQUAL(act(limit(200)), 1u);
  owner other;
  other.book.inherit(spent_marks::unknown);
  other.act(limit(100, "usd-micro"));
  CAF_CHECK(!other.book.ledger.exhausted().empty());
  CAF_CHECK_EQUAL(other.book.ledger.spent(), 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
