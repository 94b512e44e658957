// A cut store is what it was at that moment, to the byte: for every entity, its snapshots, its name and the journal's counters.
#define CAF_SUITE persistence.backup_cut
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <random>
#include <tests/support/journal_bench.hpp>
#include <troupe/persistence/backup_cut.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

// A store that lives through appends, each at its own time.
struct living_store {
  std::shared_ptr<memory_store> rows = open_memory(1);
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  journal_core core{rows, time};
  std::map<std::string, uint64_t> last_seq;
  std::map<std::string, uint64_t> incarnations;

  living_store() {
    CAF_REQUIRE(!core.start());
  }

  void append(const std::string& ref, size_t events, bool snapshot = false) {
    if (incarnations[ref] == 0) {
      std::vector<journal_order> open{open_of(*rows, ref)};
      core.process(open);
      incarnations[ref] = incarnations.size();
    }
    auto order =
        append_of(*rows, ref, incarnations[ref], last_seq[ref] + 1, std::vector<std::string>(events, "e"));
    last_seq[ref] += events;
    if (snapshot)
      order.snapshot = "state at " + std::to_string(last_seq[ref]);
    time->us += 1000;
    std::vector<journal_order> orders{std::move(order)};
    core.process(orders);
  }

  // A story of many entities: which one, how many events, whether a snapshot of some.
  void tell(size_t appends, bool snapshots = false) {
    std::mt19937 chance{7};
    for (size_t i = 0; i < appends; ++i) {
      auto who = "t/probe/" + std::to_string(chance() % 20);
      auto events = 1 + chance() % 3;
      append(who, events, chance() % 4 == 0 && snapshots);
    }
  }

  cut_result cut(const cut_point& point) {
    auto result = cut_store(*rows, point);
    if (!result)
      CAF_FAIL("no cut: " << describe(result.error()));
    return *result;
  }

  entity_id id(const std::string& ref) const {
    return identify(ref, rows->naming_key());
  }
  std::map<std::string, std::string> snapshots() const {
    std::map<std::string, std::string> all;
    rows->scan(space::snapshot, std::string(1, '\0'), "\xff", [&](auto key, auto value) {
      all.emplace(key, value);
      return true;
    });
    return all;
  }
  size_t rows_in(space where) const {
    size_t count = 0;
    rows->scan(where, std::string(1, '\0'), "\xff", [&](auto, auto) { return ++count > 0; });
    return count;
  }
};

} // namespace

CAF_TEST(a cut after any decision gives the store of that moment) {
  constexpr size_t appends = 120;
  for (size_t until = 1; until < appends; until += 7) {
    living_store then;
    then.tell(until);
    auto last = stored_headers(*then.rows).back();
    living_store by_number, by_time;
    by_number.tell(appends);
    by_time.tell(appends);
    auto result = by_number.cut({.gsn = last.gsn});
    CAF_CHECK_EQUAL(by_number.rows->digest(), then.rows->digest());
    CAF_CHECK_EQUAL(result.gsn, last.gsn);
    CAF_CHECK_EQUAL(result.time_us, last.time_us);
    CAF_CHECK_EQUAL(result.kept, last.gsn);
    CAF_CHECK(!result.moved);
    by_time.cut({.time_us = last.time_us});
    CAF_CHECK_EQUAL(by_time.rows->digest(), then.rows->digest());
  }
}

CAF_TEST(snapshots behind the cut go and those before it stay as they are) {
  living_store whole, then;
  whole.tell(120, true);
  then.tell(60, true);
  whole.cut({.gsn = stored_headers(*then.rows).back().gsn});
  auto left = whole.snapshots(), before = then.snapshots();
  CAF_CHECK(!left.empty()); // the journal keeps two of an entity: some of that moment had been replaced
  CAF_CHECK(std::includes(before.begin(), before.end(), left.begin(), left.end()));
  CAF_CHECK(stored_headers(*whole.rows) == stored_headers(*then.rows));
}

CAF_TEST(a point within a decision moves to its end) {
  living_store whole, then;
  for (auto* one : {&whole, &then}) {
    one->append("t/probe/a", 1);
    one->append("t/probe/b", 3);
  }
  whole.append("t/probe/a", 1);
  auto result = whole.cut({.gsn = 3}); // the second of b's three
  CAF_CHECK(result.moved);
  CAF_CHECK_EQUAL(result.gsn, 4u);
  CAF_CHECK_EQUAL(result.dropped, 1u);
  CAF_CHECK_EQUAL(whole.rows->digest(), then.rows->digest());
}

CAF_TEST(a point within the decision of one entity takes nothing of another one along) {
  living_store one;
  one.append("t/probe/a", 2);
  one.append("t/probe/b", 1);
  auto result = one.cut({.gsn = 1});
  CAF_CHECK_EQUAL(result.gsn, 2u);
  CAF_CHECK(stored_events(*one.rows, "t/probe/b").empty());
}

CAF_TEST(entities that were not yet born are gone with their names) {
  living_store one;
  one.append("t/probe/a", 1);
  one.append("t/probe/b", 1);
  auto result = one.cut({.gsn = 1});
  CAF_CHECK_EQUAL(result.entities_dropped, 1u);
  CAF_CHECK(result.shards == std::set<uint8_t>{one.id("t/probe/b").shard});
  CAF_CHECK(one.rows->get(space::meta, name_key(one.id("t/probe/a")))->has_value());
  CAF_CHECK(!one.rows->get(space::meta, name_key(one.id("t/probe/b")))->has_value());
}

CAF_TEST(a cut that drops nothing changes nothing) {
  living_store one;
  one.tell(50);
  auto before = one.rows->digest();
  auto result = one.cut({});
  CAF_CHECK_EQUAL(one.rows->digest(), before);
  CAF_CHECK_EQUAL(result.dropped, 0u);
  CAF_CHECK(result.shards.empty());
}

CAF_TEST(a cut before the first event leaves an empty store) {
  living_store one;
  one.tell(50);
  auto result = one.cut({.gsn = 0});
  CAF_CHECK_EQUAL(result.kept, 0u);
  CAF_CHECK_EQUAL(one.rows_in(space::journal) + one.rows_in(space::snapshot), 0u);
  CAF_CHECK_EQUAL(uint64_t{read_journal_counters(*one.rows)->gsn}, 0u);
}

CAF_TEST(the journal goes on behind the cut) {
  living_store one;
  one.append("t/probe/a", 1);
  one.append("t/probe/a", 1);
  one.cut({.gsn = 1});
  journal_core core{one.rows, one.time};
  CAF_REQUIRE(!core.start());
  std::vector<journal_order> orders{open_of(*one.rows, "t/probe/a")};
  core.process(orders);
  orders = {append_of(*one.rows, "t/probe/a", 1, 2, {"new"})};
  core.process(orders);
  CAF_CHECK(stored_events(*one.rows, "t/probe/a") == (std::vector<std::string>{"1:e", "2:new"}));
  CAF_CHECK_EQUAL(uint64_t{stored_headers(*one.rows).back().gsn}, 2u);
}

CAF_TEST(an entity whose first events have been removed lives on from a snapshot or the cut is refused) {
  living_store one;
  one.append("t/probe/a", 2, true);
  one.append("t/probe/a", 1, true);
  one.append("t/probe/a", 1);
  auto a = one.id("t/probe/a");
  one.rows->write({{space::journal, journal_key(a, 1), {}}, {space::journal, journal_key(a, 2), {}}});
  auto other = one.rows->clone();
  auto kept = cut_store(*other, {.gsn = 2});
  CAF_REQUIRE(kept);
  CAF_CHECK_EQUAL(kept->gsn, 2u); // told by the snapshot alone
  CAF_CHECK(stored_events(*other, "t/probe/a").empty());
  auto refused = cut_store(*one.rows, {.gsn = 1});
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error() == ec::conflict);
  CAF_CHECK(text_of(refused.error()).find("what t/probe/a was at that point has been removed since") == 0);
}

CAF_TEST(a cut that drops nothing but a snapshot tells where) {
  living_store one;
  one.append("t/probe/a", 1, true);
  one.append("t/probe/a", 1, true);
  auto a = one.id("t/probe/a");
  one.rows->write({{space::journal, journal_key(a, 1), {}}, {space::journal, journal_key(a, 2), {}}});
  auto result = one.cut({.gsn = 1});
  CAF_CHECK_EQUAL(one.snapshots().size(), 1u);
  CAF_CHECK(result.shards == std::set<uint8_t>{a.shard});
}

CAF_TEST(an entity that is a snapshot alone is refused before it) {
  living_store one;
  one.append("t/probe/b", 1);
  one.append("t/probe/a", 1, true);
  auto a = one.id("t/probe/a");
  one.rows->write({{space::journal, journal_key(a, 1), {}}});
  auto refused = cut_store(*one.rows, {.gsn = 1});
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error() == ec::conflict);
}

CAF_TEST(a damaged row is no cut) {
  living_store one;
  one.append("t/probe/a", 2);
  one.rows->write({{space::journal, journal_key(one.id("t/probe/a"), 2), "?"}});
  auto refused = cut_store(*one.rows, {.gsn = 1});
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error() == ec::corrupt);
}

CAF_TEST(more than one batch is cut) {
  static_assert(39 * 2000 > limits::cut_batch_rows);
  living_store one;
  for (size_t left = 40; left > 0; --left)
    one.append("t/probe/" + std::to_string(left % 3), 2000);
  auto result = one.cut({.gsn = 1000});
  CAF_CHECK(result.moved);
  CAF_CHECK_EQUAL(result.kept, 2000u);
  CAF_CHECK_EQUAL(one.rows_in(space::journal), 2000u);
}
