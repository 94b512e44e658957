// Durable events per second through entities over a store in PostgreSQL, beside the bare statement: one `unnest` insert per batch
// with the epoch checked in it, of rows of the same size, over one connection to the same server.
//
// Ours as in journal.cpp; an event counts when its client has heard that it is durable. The bare loop is refilled all at once,
// the most that one connection can do. Of two cores the server takes one, as it takes one from the bare loop: actors have the other.

#include <fmt/format.h>
#include <libpq-fe.h>
#include <tests/bench/bench.hpp>
#include <tests/bench/cell.hpp>
#include <tests/support/postgres_server.hpp>
#include <thread>
#include <troupe/persistence/postgres/parameters.hpp>
#include <troupe/persistence/postgres/store.hpp>

namespace troupe::bench {
namespace {

constexpr size_t data_bytes = 100;
constexpr double window_s = 1;
constexpr double settle_s = 0.3;
constexpr unsigned rounds = 5;

// The statement alone.
class bare_statement {
public:
  explicit bare_statement(const std::string& address) : handle_{PQconnectdb(address.c_str())} {
    constexpr auto insert =
        "with f as materialized (select 1 from bare.shards where shard = $3 and epoch = $4 for share) "
        "insert into bare.rows(space, key, value) select 0, p.key, p.value from unnest($1, $2) p(key, "
        "value), f";
    PQsetNoticeProcessor(
        handle_, [](void*, const char*) {}, nullptr);
    do_it(PQexec(handle_,
                 "drop schema if exists bare cascade; create schema bare;"
                 "create table bare.rows(space smallint not null, key bytea not null, value bytea not null,"
                 " primary key (space, key));"
                 "alter table bare.rows alter column value set storage external;"
                 "create table bare.shards(shard smallint primary key, epoch bigint not null);"
                 "insert into bare.shards values (1, 1)"));
    Oid types[] = {1001, 1001, 21, 20};
    do_it(PQprepare(handle_, "put", insert, 4, types));
  }
  ~bare_statement() {
    PQfinish(handle_);
  }
  bare_statement(const bare_statement&) = delete;
  bare_statement& operator=(const bare_statement&) = delete;

  double run(size_t in_flight, size_t value_bytes, double seconds) {
    auto value = noise(value_bytes);
    sql_array keys{sql_type::bytes}, values{sql_type::bytes};
    auto began = now_s(), until = began + seconds;
    size_t count = 0;
    for (uint64_t seq = 1; now_s() < until; ++seq, count += in_flight) {
      keys.clear();
      values.clear();
      for (size_t i = 0; i < in_flight; ++i) {
        keys.add(key_of(first_ + i, seq));
        values.add(value);
      }
      auto shard = sql_int2(1), epoch = sql_int8(1);
      std::string_view all[] = {keys.bytes(), values.bytes(), shard, epoch};
      const char* bytes[4];
      int lengths[4], formats[4];
      for (size_t i = 0; i < 4; ++i) {
        bytes[i] = all[i].data();
        lengths[i] = static_cast<int>(all[i].size());
        formats[i] = 1;
      }
      do_it(PQexecPrepared(handle_, "put", 4, bytes, lengths, formats, 1));
    }
    first_ += in_flight;
    return static_cast<double>(count) / (now_s() - began);
  }

private:
  static void do_it(PGresult* result) {
    auto status = PQresultStatus(result);
    ensure(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, PQresultErrorMessage(result));
    PQclear(result);
  }
  static std::string key_of(uint64_t entity, uint64_t seq) {
    std::string key(26, '\1');
    for (size_t i = 0; i < 8; ++i) {
      key[2 + i] = static_cast<char>((entity * 0x9E3779B97F4A7C15u) >> (56 - 8 * i)); // spread as hashes are
      key[18 + i] = static_cast<char>(seq >> (56 - 8 * i));
    }
    return key;
  }

  PGconn* handle_;
  uint64_t first_ = 1;
};

struct sample {
  double rate = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

sample measure(node& over, const std::vector<std::string>& refs) {
  auto wait = [](double s) { std::this_thread::sleep_for(std::chrono::duration<double>(s)); };
  auto seen = std::make_shared<tally>();
  start_hub(over, seen, refs, data_bytes);
  wait(settle_s);
  auto kept = seen->kept.load();
  auto began = now_s();
  wait(window_s);
  sample result{static_cast<double>(seen->kept - kept) / (now_s() - began), 0, 0};
  seen->stop = true;
  seen->done.get_future().wait();
  result.p50_ms = 1e3 * quantile(seen->latencies_s, 0.5);
  result.p99_ms = 1e3 * quantile(seen->latencies_s, 0.99);
  return result;
}

void compare_with_statement(size_t entities) {
  auto name = fmt::format("postgres.{}", entities);
  std::vector<std::string> refs;
  for (size_t i = 0; i < entities; ++i)
    refs.push_back(fmt::format("bench/cell/{}", i));
  test::postgres_server server{{"shared_buffers=128MB", "autovacuum=on"}};
  auto rows = open_postgres({.address = server.address()});
  ensure(static_cast<bool>(rows), "the store opens");
  node ours{[](caf::scheduled_actor* root, doors_ptr outside) {
              put(*outside, std::string{services::shard_host},
                  spawn_shard_host(root, outside, {cell_kind()}));
            },
            *rows, 1};
  bare_statement bare{server.address()};
  std::vector<double> rates, statements, ratios, p50, p99;
  for (unsigned i = 0; i <= rounds; ++i) {
    auto one = measure(ours, refs);
    auto statement = bare.run(entities, row_bytes(data_bytes, false), window_s);
    if (i == 0)
      continue; // warm-up: entities woken, plans made
    rates.push_back(one.rate);
    p50.push_back(one.p50_ms);
    p99.push_back(one.p99_ms);
    statements.push_back(statement);
    ratios.push_back(one.rate / statement);
  }
  metric(name, median(rates), "events_per_s");
  metric(name + ".p50", median(p50), "ms");
  metric(name + ".p99", median(p99), "ms");
  metric(name + ".bare", median(statements), "events_per_s");
  metric(name + ".ratio", median(ratios), "x");
  target(name + ".ratio", median(ratios), ">=", 0.6);
}

void tell_1() {
  compare_with_statement(1);
}
void tell_100() {
  compare_with_statement(100);
}
void tell_1000() {
  compare_with_statement(1000);
}

const benchmark one{"postgres.1", "PostgreSQL: 1 entity, 1 one-way command in flight, 100 bytes each",
                    tell_1};
const benchmark hundred{"postgres.100", "PostgreSQL: 100 entities, 1 one-way command in flight each",
                        tell_100};
const benchmark thousand{"postgres.1000", "PostgreSQL: 1000 entities, 1 one-way command in flight each",
                         tell_1000};

} // namespace
} // namespace troupe::bench
