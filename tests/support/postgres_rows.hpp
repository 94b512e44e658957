// A store in PostgreSQL for tests, and what holds its writes up. Include after CAF_SUITE is defined.
#pragma once

#include "tests/support/postgres_server.hpp"
#include <caf/test/unit_test.hpp>
#include <future>
#include <troupe/persistence/postgres/store.hpp>

namespace troupe::test {

/// A store on the server of this process; newborn.
struct postgres_rows {
  postgres_server& server = empty_postgres();
  std::shared_ptr<store> rows;

  postgres_rows() {
    open();
  }
  void open() {
    auto opened = open_postgres({.address = server.address()});
    CAF_REQUIRE(opened);
    rows = *opened;
  }
  void restart() {
    rows.reset();
    open();
  }
  /// One of several that have it open.
  std::shared_ptr<store> share(int port = 0) {
    rows.reset();
    postgres_options options;
    options.address = server.address();
    if (port > 0)
      options.address += " hostaddr=127.0.0.1 host=localhost sslmode=disable port=" + std::to_string(port);
    options.alone = false;
    auto opened = open_postgres(options);
    CAF_REQUIRE(opened);
    return *opened;
  }
};

/// Holds up every statement that inserts the key `slow`, until it is opened.
class held_inserts {
public:
  explicit held_inserts(const postgres_server& server) : holder_{server.address()} {
    holder_.run(
        "create or replace function troupe.hold() returns trigger as $$ begin "
        "if new.key = 'slow' then perform pg_advisory_xact_lock(77); end if; return new; end $$ language "
        "plpgsql;"
        "create trigger hold before insert on troupe.rows for each row execute function troupe.hold();"
        "select pg_advisory_lock(77)");
  }
  /// Returns when a session waits for a lock of this kind, or when the write that should is over.
  void await(const std::future<caf::error>& whose, const std::string& kind = "advisory") {
    while (whose.wait_for(std::chrono::seconds{0}) != std::future_status::ready &&
           holder_.run("select count(*) from pg_locks where not granted and locktype = '" + kind + "'") ==
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

/// Writes on another thread.
inline std::future<caf::error> written_soon(std::shared_ptr<store> rows, write_batch batch,
                                            std::vector<fence> fences = {}) {
  return std::async(std::launch::async, [=] { return rows->write(batch, fences); });
}

/// Has it been written, or not?
inline bool is_over(const std::future<caf::error>& one) {
  return one.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
}

} // namespace troupe::test
