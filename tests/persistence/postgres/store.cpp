// The store in PostgreSQL keeps the contract of every store; and where several nodes share it, a deposed one cannot write.
#define CAF_SUITE persistence.postgres.store
#include "tests/support/postgres_server.hpp"
#include "tests/support/tcp_relay.hpp"
#include <caf/test/unit_test.hpp>
#include <future>
#include <troupe/persistence/postgres/store.hpp>

namespace {

using troupe::test::postgres_session;

struct subject {
  troupe::test::postgres_server& server = troupe::test::empty_postgres();
  std::shared_ptr<troupe::store> rows;

  subject() {
    open();
  }
  void open() {
    auto opened = troupe::open_postgres({.address = server.address()});
    CAF_REQUIRE(opened);
    rows = *opened;
  }
  void restart() {
    rows.reset();
    open();
  }
  // One of several that have it open.
  std::shared_ptr<troupe::store> share(int port = 0) {
    rows.reset();
    troupe::postgres_options options;
    options.address = server.address();
    if (port > 0)
      options.address += " hostaddr=127.0.0.1 host=localhost sslmode=disable port=" + std::to_string(port);
    options.alone = false;
    auto opened = troupe::open_postgres(options);
    CAF_REQUIRE(opened);
    return *opened;
  }
};

// Holds up every statement that inserts the key `slow`, until it is opened.
class held_inserts {
public:
  explicit held_inserts(const troupe::test::postgres_server& server) : holder_{server.address()} {
    holder_.run(
        "create or replace function troupe.hold() returns trigger as $$ begin "
        "if new.key = 'slow' then perform pg_advisory_xact_lock(77); end if; return new; end $$ language "
        "plpgsql;"
        "create trigger hold before insert on troupe.rows for each row execute function troupe.hold();"
        "select pg_advisory_lock(77)");
  }
  // Returns when so many sessions wait for a lock of this kind.
  void await(const std::string& kind = "advisory") {
    while (holder_.run("select count(*) from pg_locks where not granted and locktype = '" + kind + "'") ==
           "0")
      ;
  }
  void open() {
    holder_.run("select pg_advisory_unlock(77)");
  }
  std::string run(const std::string& text) {
    return holder_.run(text);
  }

private:
  postgres_session holder_;
};

std::future<caf::error> written_soon(std::shared_ptr<troupe::store> rows, troupe::write_batch batch,
                                     std::vector<troupe::fence> fences = {}) {
  return std::async(std::launch::async, [=] { return rows->write(batch, fences); });
}

bool is_over(std::future<caf::error>& one) {
  return one.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
}

} // namespace

#include "tests/persistence/store_contract.hpp"

CAF_TEST_FIXTURE_SCOPE(postgres_store_tests, subject)

using namespace troupe;
using namespace troupe::contract;

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
  held.await();
  auto takeover = written_soon(young, {drop("slow"), put("b", "1")}, {fence{3, 8}});
  held.await("transactionid");
  CAF_CHECK(!is_over(takeover));
  held.open();
  CAF_CHECK(!append.get());
  CAF_CHECK(!takeover.get());
  CAF_CHECK_EQUAL(keys(scanned(*young, "", "\xff")), "ab"); // its drop came after the append
  CAF_CHECK_EQUAL(value_of(*young, "a"), "2");
  CAF_CHECK_EQUAL(code_of(old->write({put("a", "3")}, {fence{3, 7}})), ec::stale);
}

CAF_TEST(an append that comes during a takeover is refused) {
  auto old = share(), young = share();
  CAF_CHECK(!old->write({put("a", "1")}, {fence{3, 7}}));
  held_inserts held{server};
  auto takeover = written_soon(young, {put("slow", "1")}, {fence{3, 8}});
  held.await();
  auto append = written_soon(old, {put("a", "2")}, {fence{3, 7}});
  held.await("transactionid");
  held.open();
  CAF_CHECK(!takeover.get());
  CAF_CHECK_EQUAL(code_of(append.get()), ec::stale);
  CAF_CHECK_EQUAL(value_of(*young, "a"), "1");
}

CAF_TEST(a write whose session was ended has an unknown outcome until the store is reopened) {
  CAF_CHECK(!rows->write({put("a", "1")}, {fence{1, 5}}));
  held_inserts held{server};
  auto lost = written_soon(rows, {put("slow", "1")}, {fence{1, 5}});
  held.await();
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
  held.await();
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
    held.await();
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
