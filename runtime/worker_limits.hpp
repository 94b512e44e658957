// Every bound of the door for workers, with its unit and its reason. Some stand in worker.proto and in docs/guides/write_a_worker.md too.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::limits {

using namespace std::chrono_literals;

/// A message in either direction, bytes: what gRPC libraries take when nobody says otherwise.
inline constexpr size_t worker_message_bytes = 4u << 20;

/// Tasks stop to join a message from so many bytes on: less than a millisecond on the wire.
inline constexpr size_t worker_frame_bytes = 256u << 10;

/// What may wait for a worker that does not read, bytes; above, attempts fail with ec::overloaded, and a worker that is refused more often
/// than it reads is sent away.
inline constexpr size_t worker_outbox_bytes = 64u << 20;

/// Streams at a time: each is a few kilobytes and its worker's leases; above, ec::overloaded.
inline constexpr size_t worker_streams = 1000;

/// Streams of one connection: a program may hold several workers.
inline constexpr int worker_streams_per_connection = 100;

/// Capabilities of a worker, and bytes of one: they are kept in its record and compared with each task.
inline constexpr int worker_capabilities = 64;
inline constexpr size_t worker_capability_bytes = 200;

/// Most slots of a worker: as [agents] max_concurrent allows.
inline constexpr uint32_t worker_slots = 1000;

/// A version and a description, bytes: they are shown in tables.
inline constexpr size_t worker_version_bytes = 200;
inline constexpr size_t worker_description_bytes = 1000;

/// A progress, and the text of a failure, bytes: the one is shown in a table, the other is kept in histories.
inline constexpr size_t worker_progress_bytes = 200;
inline constexpr size_t worker_failure_bytes = 4096;

/// One checkpoint, and all of a task over its attempts, bytes. All of them travel with the task, twice each: four megabytes, a quarter of the largest
/// message.
inline constexpr size_t worker_checkpoint_bytes = 64u << 10;
inline constexpr size_t worker_checkpoints_bytes = 2u << 20;

/// Checkpoints of a lease that are not on disk yet; above, they are refused. A disk syncs in milliseconds.
inline constexpr size_t worker_checkpoints_open = 16;

/// Leases that have ended otherwise than by a result and are remembered, so that a late result is told why it is refused.
inline constexpr size_t worker_leases_remembered = 1024;

/// A stream has so long for its hello.
inline constexpr std::chrono::milliseconds worker_hello = 5s;

/// How often it is looked who is silent: a tenth of the shortest lease.
inline constexpr std::chrono::milliseconds worker_tick = 100ms;

/// Leases of a worker that a listing shows.
inline constexpr int worker_leases_shown = 100;

/// Principals that the configuration may name.
inline constexpr size_t worker_principals = 1000;

/// Streams have so long to end when the node stops.
inline constexpr std::chrono::milliseconds worker_shutdown = 500ms;

} // namespace troupe::limits
