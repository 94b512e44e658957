// Where several nodes share a store, a deposed one cannot write, and whoever follows sees all that was written before.
#define CAF_SUITE persistence.postgres.writing
#include "tests/support/postgres_rows.hpp"

using namespace troupe;

namespace {

using test::held_inserts;
using test::is_over;
using test::written_soon;

row_change put(std::string key, std::string value) {
  return {space::journal, std::move(key), std::move(value)};
}

row_change drop(std::string key) {
  return {space::journal, std::move(key), std::nullopt};
}

std::string value_of(const store& rows, std::string_view key) {
  auto found = rows.get(space::journal, key);
  return !found ? describe(found.error()) : found->value_or("(none)");
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(postgres_writing_tests, test::postgres_rows)

CAF_TEST(whoever has been replaced is refused by the store itself) {
  auto old = share(), young = share();
  CAF_CHECK(!old->write({put("a", "1")}, {fence{3, 7}, fence{4, 7}}));
  CAF_CHECK(!young->write({put("b", "1")}, {fence{3, 8}}));
  CAF_CHECK_EQUAL(code_of(old->write({put("a", "2"), put("c", "2")}, {fence{3, 7}})), ec::stale);
  CAF_CHECK_EQUAL(code_of(old->write({put("a", "2")}, {fence{4, 7}, fence{3, 7}})), ec::stale);
  CAF_CHECK_EQUAL(value_of(*old, "a"), "1");
  CAF_CHECK_EQUAL(value_of(*old, "c"), "(none)");
  CAF_CHECK(!old->write({put("a", "3")}, {fence{4, 7}})); // of what it still owns
  CAF_CHECK_EQUAL(value_of(*young, "a"), "3");
}

CAF_TEST(whoever takes over waits for an append in flight and sees it) {
  auto old = share(), young = share();
  CAF_CHECK(!old->write({put("a", "1")}, {fence{3, 7}}));
  held_inserts held{server};
  auto append = written_soon(old, {put("slow", "1"), put("a", "2")}, {fence{3, 7}});
  held.await(append);
  auto takeover = written_soon(young, {drop("slow"), put("b", "1")}, {fence{3, 8}});
  held.await(takeover, "transactionid");
  CAF_CHECK(!is_over(takeover));
  held.open();
  CAF_CHECK(!append.get());
  CAF_CHECK(!takeover.get());
  CAF_CHECK_EQUAL(value_of(*young, "slow"), "(none)"); // its drop came after the append
  CAF_CHECK_EQUAL(value_of(*young, "a"), "2");
  CAF_CHECK_EQUAL(code_of(old->write({put("a", "3")}, {fence{3, 7}})), ec::stale);
}

CAF_TEST(an append that comes during a takeover is refused) {
  auto old = share(), young = share();
  CAF_CHECK(!old->write({put("a", "1")}, {fence{3, 7}}));
  held_inserts held{server};
  auto takeover = written_soon(young, {put("slow", "1")}, {fence{3, 8}});
  held.await(takeover);
  auto append = written_soon(old, {put("a", "2")}, {fence{3, 7}});
  held.await(append, "transactionid");
  held.open();
  CAF_CHECK(!takeover.get());
  CAF_CHECK_EQUAL(code_of(append.get()), ec::stale);
  CAF_CHECK_EQUAL(value_of(*young, "a"), "1");
}

CAF_TEST_FIXTURE_SCOPE_END()
