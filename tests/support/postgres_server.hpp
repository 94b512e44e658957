// A PostgreSQL server of one test process: in a directory of its own, on a Unix socket and on loopback, gone with the process.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <sys/types.h>
#include <tests/support/scratch.hpp>
#include <thread>
#include <vector>

struct pg_conn;

namespace troupe::test {

/// A session of a test, which sees what no store shows. Throws std::runtime_error with the server's words.
class postgres_session {
public:
  explicit postgres_session(const std::string& address);
  ~postgres_session();
  postgres_session(const postgres_session&) = delete;
  postgres_session& operator=(const postgres_session&) = delete;

  /// The first field of the first row of the last statement, or nothing.
  std::string run(const std::string& text);

private:
  pg_conn* handle_;
};

/// Runs the server that Debian has installed; throws std::runtime_error if there is none (./dev test installs it).
class postgres_server {
public:
  /// `settings` as of the command line: {"fsync=off"}. Ready when it returns.
  explicit postgres_server(std::vector<std::string> settings = {});
  ~postgres_server();

  /// How clients connect; user troupe owns all.
  std::string address() const;
  /// The port of loopback where it listens as well.
  int port() const {
    return port_;
  }
  /// Where its files are.
  std::string data() const;

  /// As kill -9 of all its processes, and as a power cut if it has synced all it acknowledged.
  void kill();
  /// Starts it again after kill(), for this once with `more` settings. Ready when it returns.
  void start(const std::vector<std::string>& more = {});

  /// For one statement.
  std::string run(const std::string& text) const;

private:
  pid_t launch(const std::vector<std::string>& words, int output) const;
  bool try_to_start(const std::vector<std::string>& more);

  scratch scratch_;
  std::string programs_;
  const std::vector<std::string> settings_;
  int port_;
  pid_t process_ = 0;
  std::thread listener_; // reads what it says
};

/// The server of this process, shared by its tests, with no store in it.
postgres_server& empty_postgres();

} // namespace troupe::test
