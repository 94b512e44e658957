// KEY ROW: one statement per change, which looks at what it replaces.
// Invariant: a content is replaced only by one that was made of it, whoever else tries the same at that time; a statement whose outcome is
// unknown can do nothing any more as soon as another one has.

#include <fmt/format.h>
#include <mutex>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/postgres/key_row.hpp>
#include <troupe/persistence/postgres/session.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

const sql_statement read_ring{"read_ring",
                              "select value from troupe.rows where space = $1 and key = $2",
                              {sql_type::int2, sql_type::bytes}};
// Of two that wait for the row, the second looks at what the first has left there ("read committed").
const sql_statement change_ring{
    "change_ring",
    "with changed as (update troupe.rows set value = $3 where space = $1 and key = $2 and value = $4 returning 1)"
    " select count(*) from changed",
    {sql_type::int2, sql_type::bytes, sql_type::bytes, sql_type::bytes}};
const sql_statement make_ring{
    "make_ring",
    "with made as (insert into troupe.rows values ($1, $2, $3) on conflict do nothing returning 1)"
    " select count(*) from made",
    {sql_type::int2, sql_type::bytes, sql_type::bytes}};
const sql_statement put_ring{
    "put_ring",
    "insert into troupe.rows values ($1, $2, $3) on conflict (space, key) do update set value = excluded.value",
    {sql_type::int2, sql_type::bytes, sql_type::bytes}};

class key_row final : public key_file {
public:
  explicit key_row(postgres_options to) : to_{std::move(to)} {}

  caf::expected<std::optional<std::string>> read() const override {
    std::lock_guard lock{mutex_};
    auto found = run("read", read_ring, {space_, key_});
    if (!found)
      return std::move(found.error());
    if (found->rows() == 0)
      return std::optional<std::string>{};
    auto content = found->at(0, 0);
    if (content.size() > limits::key_ring_bytes)
      return make_error(ec::corrupt,
                        fmt::format("the {} is longer than {} bytes", name(), limits::key_ring_bytes));
    return std::optional{std::string{content}};
  }

  caf::error replace(std::string_view content) override {
    std::lock_guard lock{mutex_};
    auto done = run("write", put_ring, {space_, key_, content});
    return done ? caf::error{} : std::move(done.error());
  }

  bool is_shared() const override {
    return true;
  }

  caf::expected<bool> exchange(const std::optional<std::string>& before, std::string_view content) override {
    std::lock_guard lock{mutex_};
    auto done = before ? run("write", change_ring, {space_, key_, content, *before})
                       : run("write", make_ring, {space_, key_, content});
    if (!done)
      return std::move(done.error());
    return sql_number(done->at(0, 0)) == 1;
  }

  std::string name() const override {
    return "row keyring of the store";
  }

private:
  caf::expected<sql_reply> run(std::string_view what, const sql_statement& how,
                               std::initializer_list<std::string_view> parameters) const {
    if (at_ && !at_->idle())
      at_.reset();
    if (!at_) {
      auto opened = open_reading(to_);
      if (!opened)
        return std::move(opened.error());
      at_ = std::move(*opened);
      if (auto writes = at_->run("set default_transaction_read_only = off"); !writes.ok())
        return failure(what, writes);
    }
    auto reply = at_->run(how, parameters);
    if (!reply.ok())
      return failure(what, reply);
    return reply;
  }

  caf::error failure(std::string_view what, const sql_reply& why) const {
    auto told = sql_error(fmt::format("{} the key ring of", what), at_->place(), why.state(), why.cause());
    if (why.lost())
      at_.reset();
    return told;
  }

  const postgres_options to_;
  const std::string space_ = sql_int2(static_cast<int16_t>(space::meta)), key_ = store_key("keyring");
  mutable std::mutex mutex_; // guards what follows
  mutable std::unique_ptr<sql_connection> at_;
};

} // namespace

std::shared_ptr<key_file> open_key_row(postgres_options to) {
  return std::make_shared<key_row>(std::move(to));
}

} // namespace troupe
