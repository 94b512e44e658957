// CONNECTION: libpq without waits that have no end. The only file that sees libpq.
// Invariant: a reply is ok only after the server was ready for the next statement, which it is after its commit.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <troupe/persistence/postgres/connection.hpp>
#include <troupe/runtime/host_port.hpp>
#include <troupe/runtime/postgres_limits.hpp>
#include <troupe/runtime/store_address.hpp>

namespace troupe {
namespace {

struct advice {
  std::string_view state; // begins so; empty = look at the text
  std::string_view sign;  // is a part of the text
  ec code;
  std::string_view step;
};

constexpr std::string_view check_user =
    "check user, password (passfile=FILE, PGPASSWORD) and the server's pg_hba.conf";
constexpr std::string_view grant = "let its user create a schema there, or own the schema troupe";
constexpr std::string_view create = "create it, with `createdb NAME`";

constexpr advice advices[] = {
    {"28", "", ec::permission_denied, check_user},
    {"42501", "", ec::permission_denied, grant},
    {"3D000", "", ec::not_found, create},
    {"53100", "", ec::disk_full, "free space on the server's disk"},
    {"53300", "", ec::unavailable, "raise max_connections of the server, or stop some of its clients"},
    {"25006", "", ec::read_only,
     "name the primary server; target_session_attrs=read-write finds it among several hosts"},
    {"55P03", "", ec::unavailable,
     "another session holds what it waits for; pg_locks of the server shows which"},
    {"57014", "", ec::unavailable, "the server took too long; look at its load and its disk"},
    {"57P", "", ec::unavailable, "wait until the server is up, or start it"},
    {"XX00", "", ec::corrupt, "its files are damaged: restore the database from a backup"},
    {"42P01", "", ec::corrupt, "a table is missing: restore the database from a backup"},
    {"3F000", "", ec::corrupt, "its schema is missing: restore the database from a backup"},
    {"", "password", ec::permission_denied, check_user},
    {"", "role \"", ec::permission_denied, check_user},
    {"", "pg_hba.conf", ec::permission_denied, check_user},
    {"", "authentication failed", ec::permission_denied, check_user},
    {"", "does not exist", ec::not_found, create},
    {"", "root certificate", ec::permission_denied, "name the authority's certificate with sslrootcert=FILE"},
    {"", "certificate", ec::permission_denied,
     "let the server show a certificate for this host of an authority in sslrootcert"},
    {"", "not support SSL", ec::permission_denied, "turn on ssl of the server"},
    {"", "invalid ", ec::invalid_argument, "correct the address of the store"},
    {"", "could not translate host name", ec::unavailable, "correct the host in the address of the store"},
    {"", "starting up", ec::unavailable, "wait until the server is up"},
    {"", "too many clients", ec::unavailable,
     "raise max_connections of the server, or stop some of its clients"},
};

std::string one_line(std::string_view text) {
  std::string line;
  for (auto byte : text.substr(0, text.find_last_not_of(" \t\r\n") + 1))
    if (byte == '\n')
      line += "; ";
    else if (byte != '\t')
      line += byte;
  return line;
}

std::string failure_of(const pg_conn* handle) {
  return one_line(PQerrorMessage(handle));
}

// The options in force, whatever they come from: address, environment, service file.
class conninfo {
public:
  explicit conninfo(PQconninfoOption* all) : all_{all} {}
  ~conninfo() {
    PQconninfoFree(all_);
  }
  conninfo(const conninfo&) = delete;
  conninfo& operator=(const conninfo&) = delete;
  explicit operator bool() const {
    return all_ != nullptr;
  }
  std::string operator[](std::string_view key) const {
    for (auto* one = all_; one && one->keyword; ++one)
      if (one->keyword == key)
        return one->val ? one->val : "";
    return {};
  }

private:
  PQconninfoOption* all_;
};

std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> parts(1);
  for (auto byte : text)
    if (byte == ',')
      parts.emplace_back();
    else
      parts.back() += byte;
  return parts;
}

// libpq tries several hosts in turn: all have to be here.
bool stays_here(const conninfo& said) {
  auto hosts = listed(said["host"]), addresses = listed(said["hostaddr"]);
  hosts.resize(std::max(hosts.size(), addresses.size()));
  addresses.resize(hosts.size());
  for (size_t i = 0; i < hosts.size(); ++i)
    if (!is_this_machine(hosts[i], addresses[i]))
      return false;
  return true;
}

std::string place_of(const conninfo& said) {
  auto host = said["host"].empty() ? said["hostaddr"] : said["host"];
  return fmt::format("PostgreSQL at {}:{}, database {}", host.empty() ? "its usual socket" : host,
                     said["port"], said["dbname"].empty() ? said["user"] : said["dbname"]);
}

caf::error refused(std::string_view place, std::string_view why) {
  return make_error(ec::invalid_argument, fmt::format("cannot open the store in {}: {}", place, why));
}

} // namespace

bool is_this_machine(std::string_view host, std::string_view address) {
  auto where = address.empty() ? host : address;
  return where.empty() || where[0] == '/' || where[0] == '@' || is_loopback(where);
}

caf::error sql_error(std::string_view what, std::string_view place, std::string_view state,
                     std::string_view cause) {
  auto code = ec::unavailable;
  std::string_view step = "look at the server and its log";
  for (auto& one : advices)
    if (one.state.empty() ? state.empty() && cause.find(one.sign) != std::string_view::npos
                          : state.starts_with(one.state)) {
      code = one.code;
      step = one.step;
      break;
    }
  return make_error(code, fmt::format("cannot {} the store in {}: {}{}; {}", what, place, cause,
                                      state.empty() ? "" : fmt::format(" ({})", state), step));
}

// -- replies ------------------------------------------------------------------

sql_reply::sql_reply(pg_result* result, bool lost, std::string cause)
    : result_{result}, lost_{lost}, cause_{std::move(cause)} {
  auto status = PQresultStatus(result);
  ok_ = !lost && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
  if (ok_)
    return;
  auto field = [&](int which) {
    auto* text = result ? PQresultErrorField(result, which) : nullptr;
    return std::string{text ? text : ""};
  };
  state_ = field(PG_DIAG_SQLSTATE);
  if (auto primary = field(PG_DIAG_MESSAGE_PRIMARY); !primary.empty()) // alone: details may quote rows
    cause_ = one_line(primary);
  else if (cause_.empty())
    cause_ = result ? one_line(PQresultErrorMessage(result)) : "the server gave no answer";
}

void sql_reply::deleter::operator()(pg_result* result) const {
  PQclear(result);
}

int sql_reply::rows() const {
  return PQntuples(result_.get());
}

std::string_view sql_reply::at(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

std::string_view sql_reply::tag() const {
  return result_ ? PQcmdStatus(result_.get()) : "";
}

// -- sessions -----------------------------------------------------------------

sql_connection::sql_connection(pg_conn* handle) : handle_{handle} {}

sql_connection::~sql_connection() {
  PQfinish(handle_);
}

bool sql_connection::wait(bool to_write, std::chrono::milliseconds patience) const {
  pollfd one{PQsocket(handle_), static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN), 0};
  int ready = 0;
  do
    ready = ::poll(&one, 1, static_cast<int>(patience.count()));
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

bool sql_connection::establish() const {
  for (auto next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK; next = PQconnectPoll(handle_)) {
    if (next == PGRES_POLLING_FAILED)
      return false;
    pollfd one{PQsocket(handle_), static_cast<short>(next == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    auto ready = ::poll(&one, 1, static_cast<int>(limits::postgres_connect.count()));
    if (ready == 0)
      return false;
  }
  return true;
}

caf::expected<std::unique_ptr<sql_connection>> sql_connection::open(const postgres_options& to,
                                                                    const std::string& settings) {
  constexpr std::string_view unnamed = "PostgreSQL";
  if (auto wrong = check_store_address(to.address))
    return refused(unnamed, *wrong);
  // What libpq says of an address it cannot read may quote it, and a password with it.
  if (conninfo parsed{PQconninfoParse(to.address.c_str(), nullptr)}; !parsed)
    return refused(unnamed, "libpq cannot read the address of the store; see its manual, section 34.1.1");
  else if (!parsed["password"].empty())
    return refused(unnamed, "its address holds a password: say passfile=FILE instead");
  auto ms = [](auto time) { return std::to_string(std::chrono::milliseconds{time}.count()); };
  auto s = [](auto time) { return std::to_string(std::chrono::seconds{time}.count()); };
  std::vector<std::pair<const char*, std::string>> said{
      {"tcp_user_timeout", ms(limits::postgres_tcp_user_timeout)},
      {"keepalives_idle", s(limits::postgres_keepalive_idle)},
      {"keepalives_interval", s(limits::postgres_keepalive_interval)},
      {"keepalives_count", std::to_string(limits::postgres_keepalives)},
      {"fallback_application_name", to.name},
      {"dbname", to.address}, // what it says holds against those before
      {"gssencmode", "disable"},
      {"client_encoding", "UTF8"}};
  if (!to.password.empty())
    said.emplace_back("password", to.password.reveal());
  std::vector<const char*> keys, values;
  for (auto& [key, value] : said) {
    keys.push_back(key);
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  auto* handle = PQconnectStartParams(keys.data(), values.data(), 1);
  ensure(handle != nullptr, "memory for a connection");
  std::unique_ptr<sql_connection> here{new sql_connection{handle}};
  conninfo in_force{PQconninfo(handle)};
  here->place_ = place_of(in_force);
  if (PQstatus(handle) == CONNECTION_BAD)
    return sql_error("open", here->place_, {}, failure_of(handle));
  // Now: nothing has been sent yet, no password either.
  if (!stays_here(in_force) && in_force["sslmode"] != "verify-full")
    return refused(here->place_,
                   "it is on another machine: say sslmode=verify-full, and sslrootcert=FILE with the "
                   "certificate of the authority of the server's");
  if (!here->establish()) {
    auto cause = failure_of(handle);
    return sql_error("open", here->place_, {}, cause.empty() ? "the server does not answer" : cause);
  }
  PQsetNoticeProcessor(
      handle, [](void*, const char*) {}, nullptr); // they would go to standard error
  PQsetnonblocking(handle, 1);
  if (auto set = here->run(settings); !set.ok())
    return sql_error("open", here->place_, set.state(), set.cause());
  return here;
}

sql_reply sql_connection::run(const std::string& text) {
  return finish(PQsendQuery(handle_, text.c_str()) == 1);
}

sql_reply sql_connection::run(const sql_statement& what, std::span<const std::string_view> parameters) {
  ensure(parameters.size() == what.types.size(), "a value for each parameter");
  if (!prepared_.count(what.name)) {
    static_assert(sizeof(sql_type) == sizeof(Oid));
    std::vector<Oid> types;
    for (auto type : what.types)
      types.push_back(static_cast<Oid>(type));
    auto made = finish(PQsendPrepare(handle_, what.name, what.text.c_str(), static_cast<int>(types.size()),
                                     types.data()) == 1);
    if (!made.ok())
      return made;
    prepared_.insert(what.name);
  }
  std::array<const char*, 16> values{};
  std::array<int, 16> lengths{}, formats{};
  ensure(parameters.size() <= values.size(), "room for all parameters");
  size_t count = 0;
  for (auto& one : parameters) {
    ensure(one.size() <= INT32_MAX, "a parameter below 2 GiB");
    values[count] = one.data() ? one.data() : "";
    lengths[count] = static_cast<int>(one.size());
    formats[count++] = 1;
  }
  return finish(PQsendQueryPrepared(handle_, what.name, static_cast<int>(count), values.data(),
                                    lengths.data(), formats.data(), 1) == 1);
}

// Sends what is queued, and reads until the server is ready for more. The last result counts, but no success after a failure.
sql_reply sql_connection::finish(bool sent) {
  auto lost = [this](std::string cause) {
    if (cause.empty())
      cause = fmt::format("the server has said nothing for {} s", limits::postgres_silence.count());
    return sql_reply{nullptr, true, std::move(cause)};
  };
  for (int left = sent ? 1 : -1; left != 0;) {
    left = left < 0 ? -1 : PQflush(handle_);
    if (left < 0)
      return lost(failure_of(handle_));
    if (left > 0 && (!wait(true, limits::postgres_silence) || PQconsumeInput(handle_) != 1))
      return lost(failure_of(handle_));
  }
  std::unique_ptr<pg_result, void (*)(pg_result*)> last{nullptr, PQclear};
  for (;;) {
    while (PQisBusy(handle_) == 1)
      if (!wait(false, limits::postgres_silence) || PQconsumeInput(handle_) != 1)
        return lost(failure_of(handle_));
    auto* next = PQgetResult(handle_);
    if (!next)
      break;
    if (!last || PQresultStatus(last.get()) != PGRES_FATAL_ERROR)
      last.reset(next);
    else
      PQclear(next);
  }
  auto state = PQtransactionStatus(handle_);
  auto ready = PQstatus(handle_) == CONNECTION_OK &&
               (state == PQTRANS_IDLE || state == PQTRANS_INTRANS || state == PQTRANS_INERROR);
  return {last.release(), !ready, ready ? "" : failure_of(handle_)};
}

bool sql_connection::idle() const {
  return PQstatus(handle_) == CONNECTION_OK && PQtransactionStatus(handle_) == PQTRANS_IDLE;
}

} // namespace troupe
