// Reads see whole batches of one moment, and go on by themselves when the server was away.
#define CAF_SUITE persistence.postgres.reading
#include "tests/support/postgres_rows.hpp"
#include <algorithm>

using namespace troupe;

namespace {

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

using row_list = std::vector<std::pair<std::string, std::string>>;

row_list scanned(const store& rows, std::string_view from, std::string_view to, size_t limit = SIZE_MAX,
                 bool back = false) {
  row_list all;
  auto take = [&](std::string_view key, std::string_view value) {
    all.emplace_back(key, value);
    return all.size() < limit;
  };
  auto failure =
      back ? rows.scan_back(space::journal, from, to, take) : rows.scan(space::journal, from, to, take);
  CAF_CHECK(!failure);
  return all;
}

row_list scanned_back(const store& rows, std::string_view from, std::string_view to) {
  return scanned(rows, from, to, SIZE_MAX, true);
}

std::string keys(const row_list& rows) {
  std::string text;
  for (auto& [key, value] : rows)
    text += key;
  return text;
}

ec read_failure(const store& rows, std::string_view key) {
  auto found = rows.get(space::journal, key);
  return found ? ec{} : code_of(found.error());
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(postgres_reading_tests, test::postgres_rows)

CAF_TEST(reads go on by themselves after a restart of the server) {
  CAF_CHECK(!rows->write({put("a", "1"), put("b", "2")}));
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  server.kill();
  server.start();
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  server.kill();
  CAF_CHECK_EQUAL(read_failure(*rows, "a"), ec::unavailable);
  server.start();
  CAF_CHECK_EQUAL(keys(scanned(*rows, "a", "z")), "ab");
  CAF_CHECK_EQUAL(code_of(rows->write({put("c", "3")})), ec::outcome_unknown); // its session is gone
  CAF_CHECK(!rows->reopen());
  CAF_CHECK(!rows->write({put("c", "3")}));
}

CAF_TEST(a long scan sees the rows as they were when it began) {
  write_batch batch;
  auto key = [](int i) { return "k" + std::to_string(10000 + i); };
  for (int i = 0; i < 3000; ++i)
    batch.push_back(put(key(i), std::string(static_cast<size_t>(i % 7) * 300, 'x')));
  CAF_REQUIRE(!rows->write(batch));
  auto before = scanned(*rows, "k", "l");
  CAF_REQUIRE_EQUAL(before.size(), 3000u);
  CAF_CHECK_EQUAL(before[1234].first, key(1234));
  CAF_CHECK_EQUAL(before[1234].second.size(), size_t{1234 % 7} * 300);
  auto back = scanned_back(*rows, "k", "l");
  std::reverse(back.begin(), back.end());
  CAF_CHECK(back == before);
  row_list found;
  CAF_CHECK(!rows->scan(space::journal, "k", "l", [&](auto found_key, auto value) {
    if (found.empty())
      server.run(
          "delete from troupe.rows where key > 'k11000'; insert into troupe.rows values (0, 'k12', 'new')");
    found.emplace_back(found_key, value);
    return true;
  }));
  CAF_CHECK(found == before);
  CAF_CHECK_EQUAL(scanned(*rows, "k", "l").size(), 1002u);
}

CAF_TEST(a page of a scan is bounded by bytes) {
  write_batch batch;
  for (char c = 'a'; c <= 'j'; ++c)
    batch.push_back(put(std::string(1, c), std::string(1 << 20, c)));
  CAF_REQUIRE(!rows->write(batch));
  CAF_CHECK_EQUAL(keys(scanned(*rows, "a", "z")), "abcdefghij");
  CAF_CHECK_EQUAL(keys(scanned_back(*rows, "a", "z")), "jihgfedcba");
  CAF_CHECK_EQUAL(keys(scanned(*rows, "a", "z", 4)), "abcd");
}

CAF_TEST(rewriting leaves what is there and nothing else) {
  CAF_CHECK(!rows->write({put("a", "1"), put("gone", std::string(100'000, 'x'))}));
  CAF_CHECK(!rows->write({drop("gone")}));
  auto size = [&] { return std::stoi(server.run("select pg_total_relation_size('troupe.rows')")); };
  auto before = size();
  std::atomic<bool> stop = false;
  CAF_CHECK(!rows->compact(stop));
  CAF_CHECK(size() < before);
  CAF_CHECK_EQUAL(value_of(*rows, "a"), "1");
  stop = true;
  CAF_CHECK_EQUAL(code_of(rows->compact(stop)), ec::cancelled);
}

CAF_TEST_FIXTURE_SCOPE_END()
