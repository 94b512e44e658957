// Every bound of what is asked of an etcd and heard from it, with its unit and its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace troupe::limits {

using namespace std::chrono_literals;

/// An endpoint that is not connected by then is passed over.
inline constexpr std::chrono::milliseconds etcd_connect = 500ms;

/// The longest one endpoint is waited for: two may be silent in a row before a lease is not sure any more.
inline constexpr std::chrono::milliseconds etcd_attempt = 1s;

/// After all endpoints have failed: the first pause, doubled up to the longest. An election takes about two seconds.
inline constexpr std::chrono::milliseconds etcd_pause_first = 50ms, etcd_pause_longest = 500ms;

/// A watch that has told nothing for so long is begun anew with a read of everything (about 40 KB): an endpoint that is frozen, or cut
/// off from the others, does not say so.
inline constexpr std::chrono::milliseconds etcd_watch_silence = 3s;

/// For an end that nobody waits for: the time to tell etcd of it.
inline constexpr std::chrono::milliseconds etcd_parting = 200ms;

/// The longest answer, and the longest line of a watch: 256 shards and 64 members take less than 100 KB.
inline constexpr size_t etcd_reply_bytes = 2u << 20;

/// Keys of a cluster that are read; more are refused.
inline constexpr size_t etcd_rows = 4096;

/// Endpoints that may be configured; an etcd of more than seven members is slow.
inline constexpr size_t etcd_endpoints = 16;

/// Shards in one transaction: etcd takes 128 operations, counting those around them.
inline constexpr size_t etcd_shards_at_once = 64;

/// What is kept of a text that etcd has written, for errors.
inline constexpr size_t etcd_text_bytes = 200;

/// The longest token of a session: a signed one (JWT) has below 2 KB.
inline constexpr size_t etcd_token_bytes = 8u << 10;

} // namespace troupe::limits
