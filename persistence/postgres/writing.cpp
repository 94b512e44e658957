// WRITING: one statement per batch. It looks at all fences, and changes rows only if each of them holds.
// Invariant: the epochs a batch was checked against do not change before it is committed: their rows are locked.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <troupe/persistence/postgres/writing.hpp>
#include <troupe/runtime/postgres_limits.hpp>
#include <tuple>

namespace troupe {
namespace {

// What a batch is made of. Each combination has a statement with these parts alone: empty ones would cost it a third more.
enum part : unsigned { fenced = 1, fresh = 2, put = 4, gone = 8, combinations = 16 };

// Rows of the journal are new as a rule, and a plain insert costs a third less than one that may meet its key. Where one is
// there already, the server says so and takes everything back; then `put` gets them all.
// Locks are taken in the order of shards and keys, by all nodes alike.
sql_statement statement_of(unsigned parts) {
  static constexpr std::array names{"write_0",  "write_1",  "write_2",  "write_3", "write_4",  "write_5",
                                    "write_6",  "write_7",  "write_8",  "write_9", "write_10", "write_11",
                                    "write_12", "write_13", "write_14", "write_15"};
  static_assert(names.size() == combinations);
  sql_statement all{names[parts], "with ", {}};
  auto next = [&](sql_type type) {
    all.types.push_back(type);
    return all.types.size();
  };
  auto add = [&](const std::string& text) { all.text += (all.text.size() > 5 ? ", " : "") + text; };
  auto allowed = (parts & fenced) ? ", allowed" : "";
  if (parts & fenced) {
    auto shards = next(sql_type::int2_array), epochs = next(sql_type::int8_array);
    add(fmt::format(
        "held as materialized (select s.shard from unnest(${0}, ${1}) f(shard, epoch) join troupe.shards s "
        "on s.shard = f.shard and s.epoch = f.epoch order by s.shard for share of s), "
        "allowed as materialized (select 1 from (select count(*) as n from held) x where n = "
        "cardinality(${0}))",
        shards, epochs));
  }
  if (parts & fresh) {
    auto keys = next(sql_type::bytes_array), values = next(sql_type::bytes_array);
    add(fmt::format("fresh as (insert into troupe.rows(space, key, value) "
                    "select 0, n.key, n.value from unnest(${}, ${}) n(key, value){})",
                    keys, values, allowed));
  }
  if (parts & put) {
    auto spaces = next(sql_type::int2_array), keys = next(sql_type::bytes_array),
         values = next(sql_type::bytes_array);
    add(fmt::format("put as (insert into troupe.rows(space, key, value) "
                    "select p.space, p.key, p.value from unnest(${}, ${}, ${}) p(space, key, value){} "
                    "on conflict (space, key) do update set value = excluded.value)",
                    spaces, keys, values, allowed));
  }
  if (parts & gone) {
    auto spaces = next(sql_type::int2_array), keys = next(sql_type::bytes_array);
    add(fmt::format("gone as (delete from troupe.rows r using unnest(${}, ${}) d(space, key){} "
                    "where r.space = d.space and r.key = d.key)",
                    spaces, keys, allowed));
  }
  all.text += (parts & fenced) ? " select count(*) from allowed" : " select 1::bigint";
  return all;
}

const auto write_rows = [] {
  std::vector<sql_statement> all;
  for (unsigned parts = 0; parts < combinations; ++parts)
    all.push_back(parts == 0 ? sql_statement{} : statement_of(parts));
  return all;
}();

// A statement of its own, before write_rows: that one then sees what was in flight under the epochs before.
const sql_statement lock_shards{
    "lock_shards",
    "select shard, epoch from troupe.shards where shard = any($1) order by shard for update",
    {sql_type::int2_array}};
const sql_statement raise_epochs{
    "raise_epochs",
    "update troupe.shards s set epoch = f.epoch from unnest($1, $2) f(shard, epoch)"
    " where s.shard = f.shard and s.epoch < f.epoch",
    {sql_type::int2_array, sql_type::int8_array}};

const sql_statement take_over{"take_over",
                              "insert into troupe.shards as s(shard, epoch) values ($1, 1)"
                              " on conflict (shard) do update set epoch = s.epoch + 1 returning epoch",
                              {sql_type::int2}};

constexpr std::string_view already_there = "23505", deadlock = "40P01", not_serializable = "40001";

caf::error unknown(const sql_connection& at, const sql_reply& why) {
  auto told = sql_error("write to", at.place(), why.state(), why.cause());
  return make_error(ec::outcome_unknown, text_of(told));
}

} // namespace

caf::expected<batch_writer::epochs> batch_writer::epochs_of(const std::vector<fence>& fences) {
  epochs all;
  for (auto& [shard, epoch] : fences) {
    ensure(epoch <= INT64_MAX, "an epoch that PostgreSQL can hold");
    auto [known, is_new] = all.emplace(shard, epoch);
    if (!is_new && known->second != epoch)
      return make_error(ec::stale,
                        fmt::format("shard {} has been taken over: epoch {} is below {}", shard,
                                    std::min(epoch, known->second), std::max(epoch, known->second)));
  }
  return all;
}

void batch_writer::arrange(const write_batch& batch, bool all_may_exist) {
  for (auto* array :
       {&new_keys_, &new_values_, &put_spaces_, &put_keys_, &put_values_, &drop_spaces_, &drop_keys_})
    array->clear();
  last_.clear();
  for (auto& change : batch)
    last_.push_back(&change);
  auto place = [](const row_change* one) { return std::tie(one->where, one->key); };
  std::sort(last_.begin(), last_.end(), [&](auto* a, auto* b) { // of one key, the last comes first
    return place(a) != place(b) ? place(a) < place(b) : a > b;
  });
  last_.erase(std::unique(last_.begin(), last_.end(), [&](auto* a, auto* b) { return place(a) == place(b); }),
              last_.end());
  for (auto* one : last_) {
    auto where = static_cast<int16_t>(one->where);
    if (!one->value) {
      drop_spaces_.add_int2(where);
      drop_keys_.add(one->key);
    } else if (one->where == space::journal && !all_may_exist) {
      new_keys_.add(one->key);
      new_values_.add(*one->value);
    } else {
      put_spaces_.add_int2(where);
      put_keys_.add(one->key);
      put_values_.add(*one->value);
    }
  }
}

batch_writer::outcome batch_writer::send(sql_connection& at) {
  unsigned parts = 0;
  std::vector<std::string_view> parameters;
  auto add = [&](part one, std::initializer_list<sql_array*> arrays) {
    if ((*arrays.begin())->empty())
      return;
    parts |= one;
    for (auto* array : arrays)
      parameters.push_back(array->bytes());
  };
  add(fenced, {&shards_, &epochs_});
  add(fresh, {&new_keys_, &new_values_});
  add(put, {&put_spaces_, &put_keys_, &put_values_});
  add(gone, {&drop_spaces_, &drop_keys_});
  auto reply = at.run(write_rows[parts], parameters);
  if (reply.ok())
    return sql_number(reply.at(0, 0)) == 1 ? outcome::written : outcome::refused;
  failure_ = unknown(at, reply);
  if (reply.lost())
    return outcome::failed;
  return reply.state() == already_there                                   ? outcome::present
         : reply.state() == deadlock || reply.state() == not_serializable ? outcome::again
                                                                          : outcome::failed;
}

caf::expected<batch_writer::outcome> batch_writer::raise(sql_connection& at, const write_batch& batch,
                                                         const epochs& fences) {
  auto begun = at.run("begin");
  if (!begun.ok())
    return unknown(at, begun);
  auto stored = at.run(lock_shards, {shards_.bytes()});
  if (!stored.ok())
    return unknown(at, stored);
  for (int i = 0; i < stored.rows(); ++i) {
    auto shard = static_cast<uint8_t>(sql_number(stored.at(i, 0)));
    auto highest = static_cast<uint64_t>(sql_number(stored.at(i, 1)));
    if (auto wanted = fences.at(shard); wanted < highest) {
      if (auto ended = at.run("rollback"); !ended.ok())
        return unknown(at, ended);
      return make_error(ec::stale, fmt::format("shard {} has been taken over: epoch {} is below {}", shard,
                                               wanted, highest));
    }
  }
  auto raised = at.run(raise_epochs, {shards_.bytes(), epochs_.bytes()});
  if (!raised.ok())
    return unknown(at, raised);
  arrange(batch, true); // no second try within a transaction
  auto sent = send(at);
  if (sent != outcome::written)
    return sent == outcome::refused ? outcome::failed : sent;
  auto done = at.run("commit");
  if (!done.ok() || done.tag() != "COMMIT")
    return unknown(at, done);
  return outcome::written;
}

caf::error batch_writer::write(sql_connection& at, const write_batch& batch, const epochs& fences) {
  shards_.clear();
  epochs_.clear();
  for (auto& [shard, epoch] : fences) {
    shards_.add_int2(shard);
    epochs_.add_int8(static_cast<int64_t>(epoch));
  }
  failure_ = make_error(ec::outcome_unknown, "a batch was neither written nor refused");
  auto may_exist = false;
  for (int attempt = 0; attempt < limits::postgres_attempts; ++attempt) {
    arrange(batch, may_exist);
    auto sent = send(at);
    if (sent == outcome::refused) {
      auto raised = raise(at, batch, fences);
      if (!raised)
        return std::move(raised.error());
      sent = *raised;
      if (sent == outcome::again)
        if (auto ended = at.run("rollback"); !ended.ok())
          return unknown(at, ended);
    }
    if (sent == outcome::written)
      return {};
    if (sent == outcome::failed)
      return failure_;
    may_exist = may_exist || sent == outcome::present;
  }
  return failure_;
}

caf::expected<uint64_t> batch_writer::raise_epoch(sql_connection& at, uint8_t shard) {
  auto raised = at.run(take_over, {sql_int2(shard)});
  if (!raised.ok())
    return unknown(at, raised);
  return static_cast<uint64_t>(sql_number(raised.at(0, 0)));
}

} // namespace troupe
