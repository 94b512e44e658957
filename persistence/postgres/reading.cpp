// READING: short scans are one statement, long ones pages of one snapshot.
// Invariant: a session in use is nobody else's, so that whoever is called with a row may read.

#include <array>
#include <fmt/format.h>
#include <troupe/persistence/postgres/reading.hpp>
#include <troupe/persistence/postgres/session.hpp>
#include <troupe/runtime/postgres_limits.hpp>

namespace troupe {
namespace {

const sql_statement get_row{"get_row",
                            "select value from troupe.rows where space = $1 and key = $2",
                            {sql_type::int2, sql_type::bytes}};

// Rows up to the one with which so many bytes are reached; at most so many.
sql_statement page_of(const char* name, std::string_view order) {
  return {name,
          fmt::format(
              "select key, value from (select key, value, sum(octet_length(value)) over (order by key {0}) - "
              "octet_length(value) as before from (select key, value from troupe.rows where space = $1 and "
              "key >= $2 and key < $3 order by key {0} limit $4) r) page where before < $5 order by key {0}",
              order),
          {sql_type::int2, sql_type::bytes, sql_type::bytes, sql_type::int8, sql_type::int8}};
}

const sql_statement page_up = page_of("page_up", "asc");
const sql_statement page_down = page_of("page_down", "desc");

// A range and how far it has been read.
struct range {
  space where;
  std::string from, to;
  bool backward;

  sql_reply read(sql_connection& at, int64_t rows, int64_t bytes) const {
    return at.run(backward ? page_down : page_up,
                  {sql_int2(static_cast<int16_t>(where)), from, to, sql_int8(rows), sql_int8(bytes)});
  }
  // Is there nothing behind this page?
  static bool ends(const sql_reply& page, int64_t rows, int64_t bytes) {
    for (int i = 0; i < page.rows(); ++i)
      bytes -= static_cast<int64_t>(page.at(i, 1).size());
    return page.rows() < rows && bytes > 0;
  }
  void pass(const sql_reply& page) {
    auto last = page.at(page.rows() - 1, 0);
    if (backward)
      to = last;
    else
      from = std::string{last} + '\0'; // the next key there can be
  }
};

using receiver = std::function<bool(std::string_view key, std::string_view value)>;

// False when the receiver wants no more.
bool deliver(const sql_reply& page, const receiver& row) {
  for (int i = 0; i < page.rows(); ++i)
    if (!row(page.at(i, 0), page.at(i, 1)))
      return false;
  return true;
}

caf::error cannot_read(const sql_connection& at, space where, const sql_reply& why) {
  auto told = sql_error(fmt::format("read {} of", to_string(where)), at.place(), why.state(), why.cause());
  return make_error(code_of(told) == ec::corrupt ? ec::corrupt : ec::unavailable, text_of(told));
}

} // namespace

class postgres_reader::lease {
public:
  lease(const postgres_reader& owner, std::unique_ptr<sql_connection> one, uint64_t generation)
      : owner_{owner}, one_{std::move(one)}, generation_{generation} {}
  lease(lease&&) = default;
  ~lease() {
    if (one_)
      owner_.give_back(std::move(one_), generation_);
  }
  sql_connection& operator*() const {
    return *one_;
  }

private:
  const postgres_reader& owner_;
  std::unique_ptr<sql_connection> one_;
  uint64_t generation_;
};

postgres_reader::postgres_reader(postgres_options to) : to_{std::move(to)} {}

caf::expected<postgres_reader::lease> postgres_reader::take() const {
  uint64_t generation = 0;
  {
    std::lock_guard lock{mutex_};
    generation = generation_;
    if (taken_ >= limits::postgres_readers)
      return make_error(ec::unavailable, fmt::format("{} read the store already: try again", taken_));
    ++taken_;
    if (!idle_.empty()) {
      auto one = std::move(idle_.back());
      idle_.pop_back();
      return lease{*this, std::move(one), generation};
    }
  }
  auto opened = open_reading(to_);
  if (opened)
    return lease{*this, std::move(*opened), generation};
  give_back(nullptr, generation);
  return make_error(ec::unavailable, text_of(opened.error()));
}

void postgres_reader::give_back(std::unique_ptr<sql_connection> one, uint64_t generation) const {
  std::lock_guard lock{mutex_};
  --taken_;
  if (one && one->idle() && generation == generation_ && idle_.size() < limits::postgres_idle_readers)
    idle_.push_back(std::move(one));
}

void postgres_reader::forget() const {
  std::lock_guard lock{mutex_};
  ++generation_;
  idle_.clear();
}

caf::expected<std::optional<std::string>> postgres_reader::get(space where, std::string_view key) const {
  for (auto again = true;; again = false) {
    auto at = take();
    if (!at)
      return std::move(at.error());
    auto found = (**at).run(get_row, {sql_int2(static_cast<int16_t>(where)), key});
    if (found.ok())
      return found.rows() == 0 ? std::optional<std::string>{} : std::optional{std::string{found.at(0, 0)}};
    if (!found.lost() || !again)
      return cannot_read(**at, where, found);
    const_cast<postgres_reader*>(this)
        ->forget(); // the server was restarted: the other sessions are gone as well
  }
}

caf::error postgres_reader::scan(space where, std::string_view from, std::string_view to, bool backward,
                                 const receiver& row) const {
  if (from >= to)
    return {};
  range left{where, std::string{from}, std::string{to}, backward};
  for (auto again = true;; again = false) {
    auto lent = take();
    if (!lent)
      return std::move(lent.error());
    auto& at = **lent;
    constexpr auto first_rows = limits::postgres_first_page_rows,
                   first_bytes = limits::postgres_first_page_bytes;
    auto page = left.read(at, first_rows, first_bytes);
    if (page.ok() && range::ends(page, first_rows, first_bytes)) {
      deliver(page, row);
      return {};
    }
    constexpr auto rows = limits::postgres_page_rows, bytes = limits::postgres_page_bytes;
    if (page.ok())
      page = at.run("begin isolation level repeatable read read only");
    if (page.ok())
      page = left.read(at, rows, bytes);
    if (page.lost() && again) { // nothing has been delivered yet
      forget();
      continue;
    }
    while (page.ok()) {
      if (!deliver(page, row) || range::ends(page, rows, bytes)) {
        at.run("rollback"); // if that fails, the session ends
        return {};
      }
      left.pass(page);
      page = left.read(at, rows, bytes);
    }
    return cannot_read(at, where, page);
  }
}

caf::error postgres_reader::rewrite() const {
  auto at = sql_connection::open(to_, fmt::format("set statement_timeout = {}; set lock_timeout = {}",
                                                  std::chrono::milliseconds{limits::postgres_rewrite}.count(),
                                                  limits::postgres_rewrite_turn.count()));
  if (!at)
    return std::move(at.error());
  auto done = (**at).run("vacuum full troupe.rows");
  if (done.ok())
    return {};
  auto told = sql_error("rewrite", (**at).place(), done.state(), done.cause());
  if (done.state() != "57014" && done.state() != "55P03")
    return told;
  return make_error(
      ec::unavailable,
      fmt::format("cannot rewrite the store in {} within {} s, and longer nobody should wait: do it "
                  "while no node runs, with `vacuum full troupe.rows`",
                  (**at).place(), limits::postgres_rewrite.count()));
}

} // namespace troupe
