// CONNECTION: one session with PostgreSQL, and what it answers.
#pragma once

#include <caf/expected.hpp>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <troupe/persistence/postgres/parameters.hpp>
#include <troupe/persistence/postgres/store.hpp>

struct pg_conn;
struct pg_result;

namespace troupe {

/// What a statement came to.
class sql_reply {
public:
  /// From the result of libpq (may be null) of a connection that is `lost` or not.
  sql_reply(pg_result* result, bool lost, std::string cause = {});

  /// It is done, and the server has said so to the end: what it had to commit is committed.
  bool ok() const {
    return ok_;
  }
  /// The connection is gone: a statement that writes may have been done, or is still under way.
  bool lost() const {
    return lost_;
  }
  /// SQLSTATE of a failure (PostgreSQL 15, appendix A); empty if the server did not say one.
  std::string_view state() const {
    return state_;
  }
  /// What a failure says, in one line: never a value that was sent.
  const std::string& cause() const {
    return cause_;
  }
  /// Rows, and the bytes of a column of one of them; valid as long as the reply.
  int rows() const;
  std::string_view at(int row, int column) const;
  /// What the server calls that which is done: `COMMIT` for one.
  std::string_view tag() const;

private:
  struct deleter {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, deleter> result_;
  bool ok_ = false;
  bool lost_;
  std::string state_;
  std::string cause_;
};

/// A session. Used by one thread at a time; never blocks without end.
class sql_connection {
public:
  /// Connects, off this machine only under TLS with a server whose name and certificate were checked. `settings` are
  /// statements of this session. Errors, each with what to do: ec::invalid_argument (the address), ec::permission_denied,
  /// ec::not_found (no such database), ec::unavailable.
  static caf::expected<std::unique_ptr<sql_connection>> open(const postgres_options& to,
                                                             const std::string& settings);
  ~sql_connection();
  sql_connection(const sql_connection&) = delete;
  sql_connection& operator=(const sql_connection&) = delete;

  /// Does statements without parameters, as one transaction unless they say otherwise; the reply is that of the last.
  sql_reply run(const std::string& text);

  /// Does a prepared statement. Parameters and what it answers are in binary format.
  sql_reply run(const sql_statement& what, std::span<const std::string_view> parameters);
  sql_reply run(const sql_statement& what, std::initializer_list<std::string_view> parameters) {
    return run(what, std::span{parameters.begin(), parameters.size()});
  }

  /// Is there no transaction open, and a server at the other end as far as is known?
  bool idle() const;

  /// Where it leads to, for messages.
  const std::string& place() const {
    return place_;
  }

private:
  explicit sql_connection(pg_conn* handle);
  bool wait(bool to_write, std::chrono::milliseconds patience) const;
  bool establish() const;
  sql_reply finish(bool sent);

  pg_conn* handle_;
  std::string place_;
  std::set<const char*> prepared_;
};

/// The error for what a session could not do: `cannot WHAT the store in PLACE: cause; next step`, with the code that goes with
/// its state and text.
caf::error sql_error(std::string_view what, std::string_view place, std::string_view state,
                     std::string_view cause);

/// Does such a host, and such an address if one is said, lead to this machine? A path is a Unix socket.
bool is_this_machine(std::string_view host, std::string_view address);

} // namespace troupe
