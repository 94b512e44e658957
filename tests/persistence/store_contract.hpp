// What every store promises, as tests. The including file defines CAF_SUITE and, before, a fixture `subject`
// with
//   std::shared_ptr<store> rows;   a newborn store
//   void restart();                ends the process and starts it again, as far as the store can tell
#pragma once

#include <atomic>
#include <caf/test/unit_test.hpp>
#include <thread>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/store.hpp>

namespace troupe::contract {

using row_list = std::vector<std::pair<std::string, std::string>>;

inline row_change put(std::string key, std::string value, space where = space::journal) {
  return {where, std::move(key), std::move(value)};
}

inline row_change drop(std::string key, space where = space::journal) {
  return {where, std::move(key), std::nullopt};
}

/// The value of a row, or "(none)".
inline std::string value_of(const store& rows, std::string_view key, space where = space::journal) {
  auto found = rows.get(where, key);
  return !found ? describe(found.error()) : found->value_or("(none)");
}

/// Why a row of the journal cannot be read; 0 if it can.
inline ec read_failure(const store& rows, std::string_view key) {
  auto found = rows.get(space::journal, key);
  return found ? ec{} : code_of(found.error());
}

/// At most `limit` rows of a scan.
inline row_list scanned(const store& rows, std::string_view from, std::string_view to,
                        size_t limit = SIZE_MAX, space where = space::journal) {
  row_list all;
  auto failure = rows.scan(where, from, to, [&](std::string_view key, std::string_view value) {
    all.emplace_back(key, value);
    return all.size() < limit;
  });
  CAF_CHECK(!failure);
  return all;
}

/// Same, from the highest key down.
inline row_list scanned_back(const store& rows, std::string_view from, std::string_view to,
                             size_t limit = SIZE_MAX) {
  row_list all;
  auto failure = rows.scan_back(space::journal, from, to, [&](std::string_view key, std::string_view value) {
    all.emplace_back(key, value);
    return all.size() < limit;
  });
  CAF_CHECK(!failure);
  return all;
}

/// The keys alone, one after the other.
inline std::string keys(const row_list& rows) {
  std::string text;
  for (auto& [key, value] : rows)
    text += key;
  return text;
}

} // namespace troupe::contract

CAF_TEST_FIXTURE_SCOPE(store_contract, subject)

using namespace troupe;
using namespace troupe::contract;
using namespace std::string_literals;

CAF_TEST(a batch is there as a whole in all its spaces) {
  CAF_CHECK(!rows->write({put("a", "1"), put("a", "2", space::index), put("b", "3", space::meta),
                          put("c", "4", space::snapshot), put("d", "5", space::timeseries)}));
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  CAF_CHECK_EQUAL(value_of(*rows, "a", space::index), "2");
  CAF_CHECK_EQUAL(value_of(*rows, "b", space::meta), "3");
  CAF_CHECK_EQUAL(value_of(*rows, "c", space::snapshot), "4");
  CAF_CHECK_EQUAL(value_of(*rows, "d", space::timeseries), "5");
}

CAF_TEST(a row that was never written is nothing and no error) {
  auto found = rows->get(space::journal, "a");
  CAF_REQUIRE(found);
  CAF_CHECK(!*found);
}

CAF_TEST(a deleted row is gone and deleting it again is no error) {
  CAF_CHECK(!rows->write({put("a", "1"), put("b", "2")}));
  CAF_CHECK(!rows->write({drop("a")}));
  CAF_CHECK(!rows->write({drop("a")}));
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "(none)");
  CAF_CHECK_EQUAL(value_of(*rows, "b"), "2");
}

CAF_TEST(the last change of a row in a batch counts) {
  CAF_CHECK(!rows->write({put("a", "1"), put("a", "2"), put("b", "1"), drop("b"), drop("c"), put("c", "3")}));
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "2");
  CAF_CHECK_EQUAL(value_of(*rows, "b"), "(none)");
  CAF_CHECK_EQUAL(value_of(*rows, "c"), "3");
}

CAF_TEST(an empty value is not a missing row) {
  CAF_CHECK(!rows->write({put("a", "")}));
  restart();
  auto found = rows->get(space::journal, "a");
  CAF_REQUIRE(found);
  CAF_REQUIRE(*found);
  CAF_CHECK(found->value().empty());
}

CAF_TEST(keys and values are bytes) {
  auto key = "\x00\xff\x00k"s;
  auto value = "\xff\x00v\n"s;
  CAF_CHECK(!rows->write({put(key, value), put("\x00"s, "zero")}));
  restart();
  CAF_CHECK_EQUAL(value_of(*rows, key), value);
  CAF_CHECK((scanned(*rows, "", "\xff") == row_list{{"\x00"s, "zero"}, {key, value}}));
}

CAF_TEST(a value may be a MiB long) {
  std::string big(1 << 20, 'x');
  big[12345] = 'y';
  CAF_CHECK(!rows->write({put("a", big)}));
  restart();
  CAF_CHECK(value_of(*rows, "a") == big);
}

CAF_TEST(a scan delivers from the first key up to but without the last in byte order) {
  CAF_CHECK(!rows->write({put("c", "3"), put("\xfe", "5"), put("a", "1"), put("d", "4"), put("b", "2")}));
  CAF_CHECK_EQUAL(keys(scanned(*rows, "a", "\xff")), "abcd\xfe");
  CAF_CHECK_EQUAL(keys(scanned(*rows, "b", "d")), "bc");
  CAF_CHECK_EQUAL(keys(scanned(*rows, "aa", "cc")), "bc");
  CAF_CHECK((scanned(*rows, "c", "d") == row_list{{"c", "3"}}));
  CAF_CHECK(scanned(*rows, "e", "f").empty());
}

CAF_TEST(a reader finds in each range what a scan finds) {
  CAF_CHECK(!rows->write({put("a", "1"), put("b", "2"), put("c", "3"), put("d", "4"), drop("c")}));
  auto reader = rows->reader(space::journal, "z");
  for (auto& [from, to] : row_list{{"a", "b"},
                                   {"b", "c"},
                                   {"c", "d"},
                                   {"d", "e"},
                                   {"e", "f"},
                                   {"f", "g"},
                                   {"a", "b"},
                                   {"b", "d"},
                                   {"b", "z"},
                                   {"x", "z"},
                                   {"c", "d"},
                                   {"a", "z"},
                                   {"d", "a"},
                                   {"b", "c"},
                                   {"c", "e"},
                                   {"a", "a"},
                                   {"b", "c"}}) {
    row_list found;
    auto failed = reader->scan(from, to, [&](std::string_view key, std::string_view value) {
      found.emplace_back(key, value);
      return found.size() < 2;
    });
    CAF_CHECK(!failed);
    CAF_CHECK((found == scanned(*rows, from, to, 2)));
  }
  CAF_CHECK(rows->reader(space::snapshot, "z")->scan("a", "z", [](auto, auto) -> bool {
    CAF_FAIL("another space");
  }) == caf::none);
}

CAF_TEST(a scan without room delivers nothing) {
  CAF_CHECK(!rows->write({put("a", "1"), put("b", "2")}));
  CAF_CHECK(scanned(*rows, "a", "a").empty());
  CAF_CHECK(scanned(*rows, "b", "a").empty());
  CAF_CHECK(scanned_back(*rows, "a", "a").empty());
  CAF_CHECK(scanned_back(*rows, "b", "a").empty());
}

CAF_TEST(a scan stops when it is told to) {
  CAF_CHECK(!rows->write({put("a", "1"), put("b", "2"), put("c", "3")}));
  CAF_CHECK_EQUAL(keys(scanned(*rows, "a", "z", 2)), "ab");
  CAF_CHECK_EQUAL(keys(scanned_back(*rows, "a", "z", 2)), "cb");
}

CAF_TEST(a scan back delivers the same rows from the highest key down) {
  CAF_CHECK(!rows->write({put("a", "1"), put("b", "2"), put("c", "3"), put("d", "4")}));
  CAF_CHECK_EQUAL(keys(scanned_back(*rows, "", "\xff")), "dcba");
  CAF_CHECK_EQUAL(keys(scanned_back(*rows, "b", "d")), "cb");
  CAF_CHECK_EQUAL(keys(scanned_back(*rows, "bb", "cc")), "c");
  CAF_CHECK((scanned_back(*rows, "d", "\xff") == row_list{{"d", "4"}}));
}

CAF_TEST(a scan keeps to its space) {
  CAF_CHECK(!rows->write({put("a", "1"), put("b", "2", space::index)}));
  CAF_CHECK_EQUAL(keys(scanned(*rows, "a", "z")), "a");
  CAF_CHECK_EQUAL(keys(scanned(*rows, "a", "z", SIZE_MAX, space::index)), "b");
}

CAF_TEST(a scan may read other rows) {
  CAF_CHECK(!rows->write({put("a", "x"), put("x", "found", space::index)}));
  std::string found;
  CAF_CHECK(!rows->scan(space::journal, "a", "z", [&](std::string_view, std::string_view value) {
    found = value_of(*rows, value, space::index);
    return scanned(*rows, "a", "z").size() == 1;
  }));
  CAF_CHECK_EQUAL(found, "found");
}

CAF_TEST(a thousand rows in one batch survive a restart) {
  write_batch batch;
  auto key = [](int i) {
    return journal_key(entity_id{static_cast<uint8_t>(i % 7), {}}, static_cast<uint64_t>(i));
  };
  for (int i = 0; i < 1000; ++i)
    batch.push_back(put(key(i), std::to_string(i)));
  CAF_CHECK(!rows->write(batch));
  restart();
  CAF_CHECK_EQUAL(scanned(*rows, "", "\xff").size(), 1000u);
  CAF_CHECK_EQUAL(value_of(*rows, key(999)), "999");
}

CAF_TEST(an empty batch is written at no price) {
  CAF_CHECK(!rows->write({}));
  CAF_CHECK(!rows->write({}, {fence{1, 0}}));
}

CAF_TEST(a fence lets the present owner write and refuses the one before) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{3, 7}}));
  CAF_CHECK(!rows->write({put("a", "2")}, {fence{3, 7}}));
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "3"), put("b", "3")}, {fence{3, 6}})), ec::stale);
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "2");
  CAF_CHECK_EQUAL(value_of(*rows, "b"), "(none)");
  CAF_CHECK(!rows->write({put("a", "4")}, {fence{3, 7}})); // a refusal is no failure
}

CAF_TEST(a fence of one shard says nothing about another) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{0, 9}, fence{255, 2}}));
  CAF_CHECK(!rows->write({put("a", "2")}, {fence{255, 2}, fence{1, 1}}));
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "3")}, {fence{255, 2}, fence{0, 8}})), ec::stale);
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "2");
}

CAF_TEST(a refused batch raises no epoch) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{1, 5}}));
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")}, {fence{2, 100}, fence{1, 4}})), ec::stale);
  CAF_CHECK(!rows->write({put("a", "3")}, {fence{2, 1}}));
}

CAF_TEST(two epochs of one shard in one batch are refused) {
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "1")}, {fence{1, 5}, fence{1, 6}})), ec::stale);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "1")}, {fence{1, 6}, fence{1, 5}})), ec::stale);
}

CAF_TEST(whoever takes a shard over has an epoch of its own and the one before is refused) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{3, 7}}));
  auto first = rows->raise_epoch(3), second = rows->raise_epoch(3), of_another = rows->raise_epoch(4);
  CAF_REQUIRE(first && second && of_another);
  CAF_CHECK_EQUAL(*first, 8u);
  CAF_CHECK_EQUAL(*second, 9u);
  CAF_CHECK_EQUAL(*of_another, 1u);
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")}, {fence{3, *first}})), ec::stale);
  CAF_CHECK(!rows->write({put("a", "3")}, {fence{3, *second}}));
  restart();
  CAF_CHECK_EQUAL(*rows->raise_epoch(3), 10u);
}

CAF_TEST(a raised epoch outlives restart and reopening) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{3, 7}}));
  CAF_CHECK(!rows->write({}, {fence{3, 1ull << 40}})); // a fence alone is worth a write
  restart();
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")}, {fence{3, 7}})), ec::stale);
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "2")}, {fence{3, 7}})), ec::stale);
  CAF_CHECK(!rows->write({put("a", "3")}, {fence{3, 1ull << 40}}));
}

CAF_TEST(id and naming key outlive restart and reopening) {
  auto id = rows->id();
  auto naming_key = rows->naming_key();
  CAF_CHECK_EQUAL(id.size(), 26u);
  CAF_CHECK_EQUAL(naming_key.size(), 32u);
  restart();
  CAF_CHECK_EQUAL(rows->id(), id);
  CAF_CHECK_EQUAL(rows->naming_key(), naming_key);
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(rows->id(), id);
  CAF_CHECK_EQUAL(rows->naming_key(), naming_key);
}

CAF_TEST(what was written and what was deleted outlives restart and reopening) {
  CAF_CHECK(!rows->write({put("a", "1"), put("b", "2"), put("c", "3", space::index)}));
  CAF_CHECK(!rows->write({drop("a")}));
  restart();
  CAF_CHECK(!rows->reopen());
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "(none)");
  CAF_CHECK_EQUAL(value_of(*rows, "b"), "2");
  CAF_CHECK_EQUAL(value_of(*rows, "c", space::index), "3");
}

CAF_TEST(the layout version is written at birth) {
  auto layout = value_of(*rows, store_key("layout"), space::meta);
  CAF_CHECK(layout == "1" || layout == "2"); // 2: it is sealed
}

CAF_TEST(readers see whole batches while a writer writes) {
  CAF_CHECK(!rows->write({put("a", "0"), put("b", "0")}));
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!done) {
        std::vector<std::string> values;
        auto failure = rows->scan(space::journal, "a", "z", [&](std::string_view, std::string_view value) {
          values.emplace_back(value);
          return true;
        });
        failed += failure || !rows->get(space::journal, "a") ? 1 : 0;
        torn += values.size() != 2 || values[0] != values[1] ? 1 : 0;
      }
    });
  for (int i = 1; i <= 200; ++i)
    failed += rows->write({put("a", std::to_string(i)), put("b", std::to_string(i))}) ? 1 : 0;
  done = true;
  for (auto& reader : readers)
    reader.join();
  CAF_CHECK_EQUAL(torn.load(), 0);
  CAF_CHECK_EQUAL(failed.load(), 0);
  CAF_CHECK_EQUAL(value_of(*rows, "b"), "200");
}

CAF_TEST(writers on several threads raise an epoch together) {
  std::atomic<int> stale = 0;
  std::vector<std::thread> writers;
  for (uint64_t i = 1; i <= 4; ++i)
    writers.emplace_back([&, i] {
      for (uint64_t n = 0; n < 10; ++n)
        stale += rows->write({put(std::to_string(i), std::to_string(n))}, {fence{1, i}}) ? 1 : 0;
    });
  for (auto& writer : writers)
    writer.join();
  CAF_CHECK_EQUAL(value_of(*rows, "4"), "9"); // the highest epoch is never refused
  CAF_CHECK_EQUAL(code_of(rows->write({put("a", "1")}, {fence{1, 3}})), ec::stale);
}

CAF_TEST_FIXTURE_SCOPE_END()
