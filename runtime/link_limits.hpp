// Every bound of the links between nodes, with its unit and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::limits {

using namespace std::chrono_literals;

/// Versions of the protocol between nodes that this program speaks: the lowest is what the version before it spoke.
inline constexpr uint32_t link_protocol_lowest = 1;
inline constexpr uint32_t link_protocol_highest = 1;

/// What an envelope costs in memory besides its texts and its payload, bytes. Both sides count with it, so it is a part of the
/// protocol. Without it a queue of "64 MiB" of small notes takes 350 MB.
inline constexpr size_t link_envelope_bytes = 256;

/// Envelopes stop to join a frame from so many bytes on: what is urgent waits for one frame at most, less than a millisecond.
inline constexpr size_t link_frame_bytes = 256u << 10;

/// What a frame may have as gRPC receives it, bytes: room above a full frame and the largest message, since one that is larger
/// ends the link and everything in flight.
inline constexpr int link_receive_bytes = 20 << 20;

/// Notes and requests of a peer that are here and not done, and their bytes: a peer with more to say keeps it. Twice the
/// largest message, so that one does not stop all others.
inline constexpr uint64_t link_window_envelopes = 20'000;
inline constexpr uint64_t link_window_bytes = 32u << 20;

/// The part of the window, and of what may wait for the wire, that only urgent messages use: one in so many.
inline constexpr uint64_t link_reserve = 8;

/// What may wait for a wire, bytes; above, requests are answered ec::overloaded and notes are dropped and counted.
inline constexpr size_t link_outbox_bytes = 64u << 20;

/// Requests over one link that wait for their answers; above, ec::overloaded.
inline constexpr size_t link_requests = 20'000;

/// Actors of one node that another one watches; above, ec::overloaded.
inline constexpr size_t link_watches = 10'000;

/// How long an answer of another node may take when the request says no deadline.
inline constexpr std::chrono::milliseconds link_answer = 30s;

/// How often deadlines are looked at: how late a timeout may be.
inline constexpr std::chrono::milliseconds link_tick = 100ms;

/// A side that has nothing to say for this long says so; one that has not been heard for that long is frozen or gone.
inline constexpr std::chrono::milliseconds link_heartbeat = 1s;
inline constexpr std::chrono::milliseconds link_silence = 5s;

/// gRPC asks the other side of an idle connection for a sign of life this often, waits so long for it, and allows the other side
/// to ask at twice the rate; a machine that is gone is noticed in three seconds.
inline constexpr std::chrono::milliseconds link_ping = 1s;
inline constexpr std::chrono::milliseconds link_ping_answer = 2s;
inline constexpr std::chrono::milliseconds link_ping_pause = 500ms;

/// Streams of one connection: a node needs one; another may begin before the last has quite ended.
inline constexpr int link_streams = 8;

/// TCP and TLS have this long, on either side: silent connections go away. gRPC also waits so long between attempts to connect.
inline constexpr std::chrono::milliseconds link_handshake = 3s;

/// Pauses before a node is dialled again: first, and largest; each is twice the one before.
inline constexpr std::chrono::milliseconds link_redial_first = 100ms;
inline constexpr std::chrono::milliseconds link_redial_longest = 2s;

/// How often certificate, key and authority are read again, seconds.
inline constexpr unsigned link_credentials_seconds = 1;

/// A certificate, key or authority file, bytes: a chain of some twenty.
inline constexpr size_t link_credentials_bytes = 64u << 10;

/// Links that end at a stop have this long to say so.
inline constexpr std::chrono::milliseconds link_shutdown = 500ms;

/// Members of a cluster: each node has a link to each.
inline constexpr size_t link_members = 64;

/// How many ids are drawn until one belongs to this node: one that owns a 64th of the shards misses all once in seven million times, and
/// the work begins elsewhere.
inline constexpr size_t own_id_draws = 1000;

/// Cluster, node, version and identity in a greeting, bytes each; they appear in logs and tables.
inline constexpr size_t link_name_bytes = 200;

} // namespace troupe::limits
