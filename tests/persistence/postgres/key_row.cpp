// The key ring of a shared store is changed only by whoever knows what is there, and survives a lost connection.
#define CAF_SUITE persistence.postgres.key_row
#include "tests/support/postgres_server.hpp"
#include <caf/test/unit_test.hpp>
#include <thread>
#include <troupe/persistence/key_ring.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/postgres/key_row.hpp>
#include <troupe/persistence/sealed_store.hpp>

using namespace troupe;

namespace {

struct bench {
  test::postgres_server& server = test::empty_postgres();
  std::shared_ptr<store> rows;

  bench() {
    auto opened = open_postgres(options());
    CAF_REQUIRE(opened);
    rows = *opened;
  }
  postgres_options options() const {
    postgres_options to;
    to.address = server.address();
    to.alone = false;
    return to;
  }
  std::shared_ptr<key_file> row() const {
    return open_key_row(options());
  }
  static std::string content(const key_file& from) {
    auto found = from.read();
    return !found ? describe(found.error()) : found->value_or("none");
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(key_row_tests, bench)

CAF_TEST(it is made once and replaced by whoever knows what is there) {
  auto a = row(), b = row();
  CAF_CHECK(a->is_shared());
  CAF_CHECK_EQUAL(content(*a), "none");
  CAF_CHECK_EQUAL(a->exchange({}, "one"), true);
  CAF_CHECK_EQUAL(b->exchange({}, "two"), false);
  CAF_CHECK_EQUAL(content(*b), "one");
  CAF_CHECK_EQUAL(b->exchange("one", "three"), true);
  CAF_CHECK_EQUAL(a->exchange("one", "four"), false);
  CAF_CHECK_EQUAL(content(*a), "three");
  CAF_CHECK(!a->replace("five"));
  CAF_CHECK_EQUAL(content(*b), "five");
}

CAF_TEST(it is a row that the store shows plain) {
  CAF_CHECK_EQUAL(row()->exchange({}, "ring"), true);
  auto found = rows->get(space::meta, store_key("keyring"));
  CAF_CHECK(found && *found == "ring");
  CAF_CHECK(sealed_store::is_plain_for_ever(space::meta, store_key("keyring")));
}

CAF_TEST(a session that the server ends is replaced) {
  auto a = row();
  CAF_CHECK_EQUAL(a->exchange({}, "one"), true);
  server.run("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and query like "
             "'%made%'");
  auto sees = content(*a) == "one" || content(*a) == "one"; // the first may find the session dead
  CAF_CHECK(sees);
  CAF_CHECK_EQUAL(a->exchange("one", "two"), true);
}

CAF_TEST(nodes that make keys for many tenants at the same time lose none) {
  constexpr int tenants = 12;
  auto time = std::make_shared<system_clock>();
  auto master = sealing_key::random();
  CAF_REQUIRE(key_ring::make(row(), master, time, {rows->id(), std::string(32, 'n')}));
  std::vector<std::thread> nodes;
  for (int n = 0; n < 3; ++n)
    nodes.emplace_back([&] {
      auto ring = key_ring::open(row(), master, time);
      for (int i = 0; i < tenants; ++i)
        if (ring)
          (void)(*ring)->with_key_of("tenant-" + std::to_string(i));
    });
  for (auto& one : nodes)
    one.join();
  auto ring = key_ring::open(row(), master, time);
  CAF_REQUIRE(ring);
  CAF_CHECK_EQUAL((*ring)->keys()->all().size(), static_cast<size_t>(tenants + 1));
  for (int i = 0; i < tenants; ++i)
    CAF_CHECK((*ring)->keys()->active("tenant-" + std::to_string(i)));
}

CAF_TEST_FIXTURE_SCOPE_END()
