// Each journal of a store counts in a row of its own, and the highest of them is the store's.
#define CAF_SUITE persistence.journal_counters
#include <caf/test/unit_test.hpp>
#include <troupe/persistence/journal_counters.hpp>
#include <troupe/persistence/memory_store.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

CAF_TEST(a newborn store has counted nothing) {
  auto rows = open_memory(1);
  CAF_CHECK_EQUAL(read_journal_counters(*rows)->gsn, 0u);
  CAF_CHECK_EQUAL(read_journal_counters(*rows, "one")->gsn, 0u);
}

CAF_TEST(nodes count beside one another and the highest is the store s) {
  auto rows = open_memory(1);
  CAF_REQUIRE(!rows->write(
      {journal_counters(5, 700, "one"), journal_counters(8, 600, "two"), journal_counters(2, 100)}));
  CAF_CHECK_EQUAL(read_journal_counters(*rows, "one")->gsn, 5u);
  CAF_CHECK_EQUAL(read_journal_counters(*rows, "two")->gsn, 8u);
  CAF_CHECK_EQUAL(read_journal_counters(*rows, {})->gsn, 2u);
  CAF_CHECK_EQUAL(read_journal_counters(*rows)->gsn, 8u);
  CAF_CHECK_EQUAL(read_journal_counters(*rows)->time_us, 700);
}

CAF_TEST(a damaged row is named) {
  auto rows = open_memory(1);
  CAF_REQUIRE(!rows->write({{space::meta, store_key("journal/one"), "??"}}));
  CAF_CHECK_EQUAL(code_of(read_journal_counters(*rows, "one").error()), ec::corrupt);
  CAF_CHECK_EQUAL(code_of(read_journal_counters(*rows).error()), ec::corrupt);
  CAF_CHECK(read_journal_counters(*rows, "two"));
}
