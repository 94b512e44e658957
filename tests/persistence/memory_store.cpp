// The store in memory keeps the contract of every store, and fails as it is told to.
#define CAF_SUITE persistence.memory_store
#include <caf/test/unit_test.hpp>
#include <troupe/persistence/memory_store.hpp>

namespace {

struct subject {
  std::shared_ptr<troupe::memory_store> memory = troupe::open_memory();
  std::shared_ptr<troupe::store> rows = memory;
  void restart() {
    memory = memory->clone();
    rows = memory;
  }
};

} // namespace

#include "tests/persistence/store_contract.hpp"

CAF_TEST_FIXTURE_SCOPE(memory_store_tests, subject)

using namespace troupe;
using namespace troupe::contract;

CAF_TEST(a seed decides id and naming key) {
  auto one = open_memory(7), same = open_memory(7), other = open_memory(8);
  CAF_CHECK_EQUAL(one->id(), same->id());
  CAF_CHECK_EQUAL(one->naming_key(), same->naming_key());
  CAF_CHECK_NOT_EQUAL(one->id(), other->id());
  CAF_CHECK_NOT_EQUAL(one->naming_key(), other->naming_key());
}

CAF_TEST(after a failed write nothing is written until the store is reopened) {
  memory->fail_next_write(false);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "1")})), ec::outcome_unknown);
  CAF_CHECK_EQUAL(code_of(rows->write({put("b", "2")})), ec::outcome_unknown);
  CAF_CHECK_EQUAL(code_of(rows->write({})), ec::outcome_unknown);
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "(none)");
  CAF_CHECK_EQUAL(value_of(*rows, "b"), "(none)");
  CAF_CHECK(!rows->write({put("b", "3")}));
  CAF_CHECK_EQUAL(value_of(*rows, "b"), "3");
}

CAF_TEST(a failed write may turn out to be there with its fence) {
  memory->fail_next_write(true);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "1"), put("b", "2")}, {fence{1, 5}})), ec::outcome_unknown);
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "(none)");
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  CAF_CHECK_EQUAL(value_of(*rows, "b"), "2");
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")}, {fence{1, 4}})), ec::stale);
}

CAF_TEST(a refused or empty write does not use up the failure) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{1, 5}}));
  memory->fail_next_write(false);
  CAF_CHECK(!rows->write({}));
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")}, {fence{1, 4}})), ec::stale);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "3")}, {fence{1, 5}})), ec::outcome_unknown);
}

CAF_TEST(a crash drops a pending write and keeps what was synced) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{1, 5}}));
  memory->fail_next_write(true);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")}, {fence{1, 6}})), ec::outcome_unknown);
  memory->crash();
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  CAF_CHECK(!rows->write({put("a", "3")}, {fence{1, 5}}));
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "3");
}

CAF_TEST(a crash ends a failure that was ordered) {
  memory->fail_next_write(false);
  memory->crash();
  CAF_CHECK(!rows->write({put("a", "1")}));
}

CAF_TEST(a clone is what a power cut leaves and shares nothing) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{1, 5}}));
  memory->fail_next_write(true);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")})), ec::outcome_unknown);
  auto copy = memory->clone();
  CAF_CHECK_EQUAL(copy->digest(), memory->digest());
  CAF_CHECK_EQUAL(copy->id(), rows->id());
  CAF_CHECK_EQUAL(value_of(*copy, "a"), "1");
  CAF_CHECK_EQUAL(code_of(copy->write({put("a", "3")}, {fence{1, 4}})), ec::stale);
  CAF_CHECK(!copy->write({put("a", "3")}));
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
}

CAF_TEST(writes counts what was accepted) {
  CAF_CHECK_EQUAL(memory->writes(), 0u);
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{1, 5}}));
  CAF_CHECK(!rows->write({}));
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")}, {fence{1, 4}})), ec::stale);
  CAF_CHECK_EQUAL(memory->writes(), 1u);
  memory->fail_next_write(false);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")})), ec::outcome_unknown);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")})), ec::outcome_unknown);
  CAF_CHECK_EQUAL(memory->writes(), 2u);
}

CAF_TEST(the digest tells contents apart and not the way they came about) {
  auto content = [](const write_batch& batch) {
    auto fresh = open_memory();
    CAF_CHECK(!fresh->write(batch));
    return fresh->digest();
  };
  CAF_CHECK_EQUAL(memory->digest().size(), 64u);
  CAF_CHECK_EQUAL(content({put("a", "1"), put("b", "2")}),
                  content({put("b", "2"), put("a", "0"), put("a", "1")}));
  CAF_CHECK_EQUAL(content({put("a", "1"), drop("a")}), memory->digest());
  CAF_CHECK_NOT_EQUAL(content({put("a", "1")}), content({put("a", "2")}));
  CAF_CHECK_NOT_EQUAL(content({put("a", "1")}), content({put("a", "1", space::index)}));
  CAF_CHECK_NOT_EQUAL(content({put("ab", "c")}), content({put("a", "bc")}));
  CAF_CHECK_NOT_EQUAL(open_memory(1)->digest(), open_memory(2)->digest());
}

CAF_TEST(a write from within a scan is a defect) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  auto thrown = false;
  try {
    auto failure = rows->scan(space::journal, "a", "z", [&](std::string_view, std::string_view) {
      return !rows->write({put("b", "2")});
    });
    CAF_CHECK(!failure);
  } catch (const std::logic_error&) {
    thrown = true;
  }
  CAF_CHECK(thrown);
  CAF_CHECK(!rows->write({put("b", "2")})); // the scan is over, although it ended badly
}

CAF_TEST_FIXTURE_SCOPE_END()
