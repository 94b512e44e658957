// Every bound of a store in PostgreSQL, with its unit and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::limits {

using namespace std::chrono_literals;

/// The oldest PostgreSQL, as the server tells its version: what the tests run.
inline constexpr int postgres_version = 150000;

/// The longest the server works on one statement: a batch of 4 MiB takes milliseconds, so it hangs.
inline constexpr std::chrono::milliseconds postgres_statement = 30s;

/// The longest a statement waits for a lock: for another node's append in flight, or the rewriting of the table.
inline constexpr std::chrono::milliseconds postgres_lock = 20s;

/// The longest a start or a reopening waits for whoever has the store open: a node that was killed leaves at once, unless the
/// server works on its last statement.
inline constexpr std::chrono::milliseconds postgres_takeover = 5s;

/// The longest a scan's receiver may take for one page before the server gives its snapshot up.
inline constexpr std::chrono::milliseconds postgres_idle_in_transaction = 60s;

/// Without a byte from the server for so long it is lost. Above postgres_statement: its own refusal comes first.
inline constexpr std::chrono::seconds postgres_silence = 40s;

/// Without an answer to a step of connecting for so long, the server is not there.
inline constexpr std::chrono::milliseconds postgres_connect = 10s;

/// What was sent and is not acknowledged for so long ends a TCP connection, at either side.
inline constexpr std::chrono::milliseconds postgres_tcp_user_timeout = 15s;

/// A connection at rest is probed after so long, so often, so many times: a node whose machine is gone loses its lock after 20 s.
inline constexpr std::chrono::seconds postgres_keepalive_idle = 10s;
inline constexpr std::chrono::seconds postgres_keepalive_interval = 5s;
inline constexpr int postgres_keepalives = 2;

/// Connections that read: kept while nobody reads, and at all. A scan whose receiver reads needs two; the server allows 100 to
/// all its clients by default.
inline constexpr size_t postgres_idle_readers = 4;
inline constexpr size_t postgres_readers = 32;

/// The first page of a scan, rows and bytes: most scans end in it, and need no transaction. And each page of one that does not.
inline constexpr int64_t postgres_first_page_rows = 64;
inline constexpr int64_t postgres_first_page_bytes = 256 << 10;
inline constexpr int64_t postgres_page_rows = 1024;
inline constexpr int64_t postgres_page_bytes = 1 << 20;

/// How often a batch is tried that the server took back because of another node's.
inline constexpr int postgres_attempts = 3;

/// The longest the rewriting of the table may take, and wait for its turn: all others wait behind it, together less than
/// postgres_lock. A scan whose receiver reads waits for itself then.
inline constexpr std::chrono::seconds postgres_rewrite = 10s;
inline constexpr std::chrono::milliseconds postgres_rewrite_turn = 2s;

} // namespace troupe::limits
