// The store in PostgreSQL keeps the contract of every store, and knows what it does not know.
#define CAF_SUITE persistence.postgres.store
#include "tests/support/postgres_rows.hpp"
#include "tests/support/tcp_relay.hpp"

namespace {

using subject = troupe::test::postgres_rows;
using troupe::test::held_inserts;
using troupe::test::written_soon;

} // namespace

#include "tests/persistence/store_contract.hpp"

CAF_TEST_FIXTURE_SCOPE(postgres_store_tests, subject)

using namespace troupe;
using namespace troupe::contract;

CAF_TEST(a write whose session was ended has an unknown outcome until the store is reopened) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{1, 5}}));
  held_inserts held{server};
  auto lost = written_soon(rows, {put("slow", "1")}, {fence{1, 5}});
  held.await(lost);
  held.run("select pg_terminate_backend(pid) from pg_locks where not granted");
  CAF_CHECK_EQUAL(code_of(lost.get()), ec::outcome_unknown);
  CAF_CHECK_EQUAL(code_of(rows->write({put("b", "1")})), ec::outcome_unknown);
  CAF_CHECK_EQUAL(code_of(rows->write({})), ec::outcome_unknown);
  CAF_CHECK_EQUAL(read_failure(*rows, "a"), ec::unavailable);
  CAF_CHECK_EQUAL(code_of(rows->scan(space::journal, "a", "z", [](auto, auto) { return true; })),
                  ec::unavailable);
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(keys(scanned(*rows, "", "\xff")), "a");
  CAF_CHECK(!rows->write({put("b", "2")}, {fence{1, 5}}));
  CAF_CHECK_EQUAL(value_of(*rows, "b"), "2");
}

CAF_TEST(reopening ends what the lost session had been told) {
  tcp_relay cable{server.port()};
  auto far = share(cable.port());
  CAF_CHECK(!far->write({put("a", "1")}));
  held_inserts held{server};
  auto lost = written_soon(far, {put("slow", "1")});
  held.await(lost);
  cable.cut();
  CAF_CHECK_EQUAL(code_of(lost.get()), ec::outcome_unknown);
  CAF_CHECK(!far->reopen());
  CAF_CHECK_EQUAL(value_of(*far, "slow"), "(none)");
  held.open();
  CAF_CHECK(!far->write({put("b", "1")}));
  CAF_CHECK_EQUAL(keys(scanned(*far, "", "\xff")), "ab"); // it did not come later either
}

CAF_TEST(what was acknowledged is there after the server was killed in the middle of a write) {
  for (int i = 0; i < 20; ++i)
    CAF_REQUIRE(
        !rows->write({put("k" + std::to_string(i), "1"), put("last", std::to_string(i))}, {fence{1, 5}}));
  {
    held_inserts held{server};
    auto lost = written_soon(rows, {put("slow", "1"), put("last", "20")}, {fence{1, 5}});
    held.await(lost);
    server.kill();
    CAF_CHECK_EQUAL(code_of(lost.get()), ec::outcome_unknown);
    CAF_CHECK_EQUAL(code_of(rows->reopen()), ec::unavailable);
    CAF_CHECK_EQUAL(read_failure(*rows, "last"), ec::unavailable);
    server.start();
  }
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(scanned(*rows, "k", "l").size(), 20u);
  CAF_CHECK_EQUAL(value_of(*rows, "last"), "19");
  CAF_CHECK_EQUAL(value_of(*rows, "slow"), "(none)");
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "1")}, {fence{1, 4}})), ec::stale);
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{1, 5}}));
}

CAF_TEST_FIXTURE_SCOPE_END()
