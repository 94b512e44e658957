// The simulated disk keeps the contract of every store, and loses only what a real one may lose.
#define CAF_SUITE sim.disk
#include <caf/test/unit_test.hpp>
#include <tests/support/simulated_disk.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct subject {
  std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>(1);
  std::shared_ptr<store> rows = disk;
};

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

CAF_TEST_FIXTURE_SCOPE(simulated_disk_tests, subject)

CAF_TEST(a power cut takes the last batch wholly or not at all unless somebody knows of it) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  CAF_CHECK(!rows->write({put("a", "2"), put("b", "2")}));
  disk->crash(false);
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  CAF_CHECK_EQUAL(value_of(*rows, "b"), "(none)");
  CAF_CHECK(!rows->write({put("a", "3")}));
  disk->crash(true);
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "3");
  CAF_CHECK(!rows->write({put("a", "4")}));
  disk->acknowledge();
  disk->crash(false);
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "4");
  CAF_CHECK(!rows->write({put("a", "5")}));
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "5"); // read by somebody
  disk->crash(false);
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "5");
}

CAF_TEST(what the journal reads for itself is known to nobody) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  disk->take_hold();
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  disk->let_go();
  disk->crash(false);
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "(none)");
}

CAF_TEST(a failed sync leaves its batch there or not ) {
  for (auto applied : {true, false}) {
    disk->fail_next_write(applied);
    CAF_CHECK_EQUAL(code_of(rows->write({put("a", "1")})), ec::outcome_unknown);
    CAF_CHECK_EQUAL(code_of(rows->write({put("b", "1")})), ec::outcome_unknown);
    CAF_CHECK_EQUAL(code_of(rows->get(space::journal, "a").error()), ec::unavailable);
    CAF_CHECK(!rows->reopen());
    CAF_CHECK_EQUAL(value_of(*rows, "a"), applied ? "1" : "(none)");
    CAF_CHECK_EQUAL(value_of(*rows, "b"), "(none)");
    CAF_CHECK(!rows->write({drop("a")}));
  }
}

CAF_TEST(a full disk takes nothing until it has room) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  disk->set_full(true);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")})), ec::outcome_unknown);
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "3")})), ec::outcome_unknown);
  disk->set_full(false);
  CAF_CHECK(!rows->reopen());
  CAF_CHECK(!rows->write({put("a", "4")}));
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "4");
}

CAF_TEST(reads and reopening fail as often as they are told to) {
  CAF_CHECK(!rows->write({put("a", "1")}));
  disk->fail_reads(1);
  CAF_CHECK_EQUAL(code_of(rows->get(space::journal, "a").error()), ec::unavailable);
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  disk->fail_next_write(false);
  disk->fail_reopens(1);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")})), ec::outcome_unknown);
  CAF_CHECK_EQUAL(code_of(rows->reopen()), ec::unavailable);
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
}

CAF_TEST(a slow disk says how long it took) {
  disk->slow_down(200ms, 2);
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(!rows->write({put("a", "1")}));
  CAF_CHECK_EQUAL(disk->take_time().count(), 400);
  CAF_CHECK_EQUAL(disk->take_time().count(), 0);
}

CAF_TEST(a torn record is never served) {
  CAF_CHECK(!rows->write({put("a", "1"), put("b", "1"), put("c", "1")}));
  disk->rot(space::journal, "b");
  CAF_CHECK_EQUAL(code_of(rows->get(space::journal, "b").error()), ec::corrupt);
  std::string seen;
  auto forward = rows->scan(space::journal, "a", "z", [&](std::string_view key, std::string_view) {
    seen += key;
    return true;
  });
  CAF_CHECK_EQUAL(code_of(forward), ec::corrupt);
  CAF_CHECK_EQUAL(seen, "a");
  auto back = rows->scan_back(space::journal, "a", "z", [&](std::string_view key, std::string_view) {
    seen += key;
    return true;
  });
  CAF_CHECK_EQUAL(code_of(back), ec::corrupt);
  CAF_CHECK_EQUAL(seen, "ac");
  disk->crash(true);
  CAF_CHECK_EQUAL(code_of(rows->get(space::journal, "b").error()), ec::corrupt);
}

CAF_TEST_FIXTURE_SCOPE_END()
