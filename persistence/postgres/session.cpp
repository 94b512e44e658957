// SESSION: settings, locks, schema, birth.
// Invariant: of one store object at most one session writes; a schema is whole or not there.

#include <fmt/format.h>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/postgres/session.hpp>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/id.hpp>
#include <troupe/runtime/postgres_limits.hpp>

namespace troupe {
namespace {

constexpr int schema_version = 1;

// Advisory locks of a database: one class for all that are ours, the class of incarnations apart (they have 64 bits).
constexpr int lock_class = 0x74727570; // "trup"
constexpr int birth_lock = 1, store_lock = 2;

// Plans are made once per session and always go by the primary key: what they would be chosen by, statistics, a table that
// has just been made has not, and a plan for an empty table reads all of it.
std::string session_settings(std::chrono::milliseconds lock_wait) {
  auto ms = [](auto time) { return std::chrono::milliseconds{time}.count(); };
  return fmt::format(
      "set statement_timeout = {}; set lock_timeout = {}; set idle_in_transaction_session_timeout = {};"
      "set tcp_user_timeout = {}; set tcp_keepalives_idle = {}; set tcp_keepalives_interval = {};"
      "set tcp_keepalives_count = {}; set client_connection_check_interval = {};"
      "set search_path = pg_catalog; set default_transaction_isolation = 'read committed'; set jit = off;"
      "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_bitmapscan = off;"
      "set enable_hashjoin = off; set enable_mergejoin = off",
      ms(limits::postgres_statement), ms(lock_wait), ms(limits::postgres_idle_in_transaction),
      ms(limits::postgres_tcp_user_timeout), limits::postgres_keepalive_idle.count(),
      limits::postgres_keepalive_interval.count(), limits::postgres_keepalives,
      ms(limits::postgres_keepalive_idle));
}

// Rows that are written again and again, such as the journal's counters, find room where they are: their index entry stays.
// No bytea above 2 KB is compressed: values are sealed, and what is sealed does not compress.
std::string schema() {
  return fmt::format(
      "create table troupe.schema_version(version int not null);"
      "insert into troupe.schema_version values ({});"
      "create table troupe.rows(space smallint not null, key bytea not null, value bytea not null,"
      "  primary key (space, key)) with (fillfactor = 90);"
      "alter table troupe.rows alter column value set storage external;"
      "create table troupe.shards(shard smallint primary key, epoch bigint not null) with (fillfactor = 50);"
      "insert into troupe.shards select shard, 0 from generate_series(0, {}) shard",
      schema_version, limits::shards - 1);
}

const sql_statement read_own{"read_own",
                             "select key, value from troupe.rows where space = $1 and key >= $2 and key < $3",
                             {sql_type::int2, sql_type::bytes, sql_type::bytes}};
const sql_statement put_own{"put_own",
                            "insert into troupe.rows values ($1, $2, $3)",
                            {sql_type::int2, sql_type::bytes, sql_type::bytes}};

caf::error cannot_open(const sql_connection& at, const sql_reply& why) {
  return sql_error("open", at.place(), why.state(), why.cause());
}

caf::error refuse(const sql_connection& at, ec code, std::string_view why) {
  return make_error(code, fmt::format("cannot open the store in {}: {}", at.place(), why));
}

// Makes what is missing. In a transaction that holds the lock of births.
caf::error be_born(sql_connection& at) {
  auto there = at.run(
      "select to_regnamespace('troupe') is not null, to_regclass('troupe.schema_version') is not null");
  if (!there.ok())
    return cannot_open(at, there);
  if (there.at(0, 1) == "t")
    return {};
  for (auto& text :
       {there.at(0, 0) == "t" ? std::string{"select 1"} : std::string{"create schema troupe"}, schema()})
    if (auto made = at.run(text); !made.ok())
      return cannot_open(at, made);
  store_self self{make_naming_key(), id_source{random_seed()}.next(system_clock{}.now_ms())};
  for (auto& row : self.birth())
    if (auto put = at.run(put_own, {sql_int2(static_cast<int16_t>(row.where)), row.key, *row.value});
        !put.ok())
      return cannot_open(at, put);
  return {};
}

caf::error make_store(sql_connection& at) {
  auto begun = at.run("begin");
  if (begun.ok())
    begun = at.run(fmt::format("select pg_advisory_xact_lock({}, {})", lock_class, birth_lock));
  if (!begun.ok())
    return cannot_open(at, begun);
  if (auto failed = be_born(at))
    return failed;
  auto done = at.run("commit");
  return done.ok() && done.tag() == "COMMIT" ? caf::error{} : cannot_open(at, done);
}

} // namespace

caf::expected<writing_session> open_writing(const postgres_options& to, int64_t incarnation,
                                            const std::string& before) {
  auto opened = sql_connection::open(to, session_settings(limits::postgres_takeover));
  if (!opened)
    return std::move(opened.error());
  auto& at = **opened;
  if (!before.empty()) {
    auto ended = at.run(fmt::format("select pg_terminate_backend(pid) from pg_stat_activity "
                                    "where concat(pid, '/', extract(epoch from backend_start)) = '{}'",
                                    before));
    if (!ended.ok())
      return cannot_open(at, ended);
  }
  auto alone = at.run(fmt::format("select pg_advisory_lock({})", incarnation));
  if (!alone.ok())
    return cannot_open(at, alone);
  auto locked = at.run(
      fmt::format("select pg_advisory_lock{}({}, {})", to.alone ? "" : "_shared", lock_class, store_lock));
  if (locked.state() == "55P03")
    return refuse(at, ec::locked,
                  to.alone ? "another node has it open: stop that one, or name another database"
                           : "a node has it open alone: stop that one, or name another database");
  if (!locked.ok())
    return cannot_open(at, locked);
  auto mine =
      at.run(fmt::format("set lock_timeout = {}; select concat(pid, '/', extract(epoch from backend_start)) "
                         "from pg_stat_activity where pid = pg_backend_pid()",
                         std::chrono::milliseconds{limits::postgres_lock}.count()));
  if (!mine.ok())
    return cannot_open(at, mine);
  return writing_session{std::move(*opened), mine.rows() > 0 ? std::string{mine.at(0, 0)} : std::string{}};
}

caf::expected<std::unique_ptr<sql_connection>> open_reading(const postgres_options& to) {
  return sql_connection::open(to, session_settings(limits::postgres_lock) +
                                      "; set default_transaction_read_only = on");
}

caf::error check_server(sql_connection& at) {
  auto found = at.run(
      "select current_setting('server_version_num'), current_setting('fsync'), "
      "current_setting('synchronous_commit'), current_setting('transaction_read_only'), pg_is_in_recovery()");
  if (!found.ok())
    return cannot_open(at, found);
  if (std::atoi(std::string{found.at(0, 0)}.c_str()) < limits::postgres_version)
    return refuse(at, ec::invalid_argument,
                  fmt::format("the server is of version {}: PostgreSQL {} or newer is needed", found.at(0, 0),
                              limits::postgres_version / 10000));
  for (auto& [column, name] : {std::pair{1, "fsync"}, std::pair{2, "synchronous_commit"}})
    if (found.at(0, column) == "off")
      return refuse(
          at, ec::invalid_argument,
          fmt::format(
              "the server has {0} = off and loses what it has acknowledged when it falls: set {0} = on",
              name));
  if (found.at(0, 4) == "t") // what it shows may be old
    return refuse(at, ec::unavailable,
                  "the server is a standby: name the primary; among several hosts "
                  "target_session_attrs=read-write finds it");
  if (found.at(0, 3) == "on")
    return sql_error("open", at.place(), "25006", "the server accepts no writes");
  return {};
}

caf::expected<std::map<std::string, std::string>> own_rows(sql_connection& at) {
  auto found = at.run(read_own, {sql_int2(static_cast<int16_t>(space::meta)), store_key(""), store_end()});
  if (!found.ok())
    return cannot_open(at, found);
  std::map<std::string, std::string> rows;
  for (int i = 0; i < found.rows(); ++i)
    rows.emplace(found.at(i, 0), found.at(i, 1));
  return rows;
}

caf::expected<store_self> know_self(sql_connection& at, bool may_be_born) {
  if (may_be_born)
    if (auto failed = make_store(at))
      return failed;
  auto version = at.run("select max(version) from troupe.schema_version");
  if (!version.ok())
    return cannot_open(at, version);
  if (auto found = std::atoi(std::string{version.at(0, 0)}.c_str()); found > schema_version)
    return refuse(at, ec::from_future,
                  fmt::format("the version of its schema is {}, this program reads up to {}: use a newer one",
                              found, schema_version));
  auto rows = own_rows(at);
  if (!rows)
    return std::move(rows.error());
  auto self = store_self::read(*rows);
  if (!self)
    return refuse(at, code_of(self.error()), text_of(self.error()));
  return self;
}

} // namespace troupe
