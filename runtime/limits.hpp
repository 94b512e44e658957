// Every bound and timeout, with its unit and its reason. Actors, queues and parsers read them here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::limits {

using namespace std::chrono_literals;

/// Largest message between actors, bytes: below gRPC's receive limit, so one message cannot end a link.
inline constexpr size_t message_bytes = 16u << 20;

/// Longest string field shown in a log line, bytes.
inline constexpr size_t log_field_bytes = 256;

/// How long a question between actors may stay open. CAF keeps every timeout until it expires: short.
inline constexpr std::chrono::milliseconds request_timeout = 10s;

/// How long a door (control socket, embedding call) waits for an answer that is not a task's result.
inline constexpr std::chrono::milliseconds door_timeout = 30s;

/// Longest tenant, kind or key of a ref, bytes: they appear in logs and tables.
inline constexpr size_t name_bytes = 200;

/// Shards of a store; an entity stays in its shard for ever, so this number never changes.
inline constexpr unsigned shards = 256;

/// Events between two snapshots of an entity: bounds replay to about one millisecond.
inline constexpr uint64_t snapshot_every = 256;

/// Replies an entity remembers for repeated command ids. Twice what may be in flight to one entity.
inline constexpr size_t reply_window = 2048;

/// Commands of one entity that may wait for the disk; above, ec::overloaded.
inline constexpr size_t entity_in_flight = 1024;

/// Bytes waiting for the journal thread; above, entities answer ec::overloaded.
inline constexpr size_t journal_queue_bytes = 64u << 20;

/// One write batch, events and bytes: bounds the latency of whoever queued first.
inline constexpr size_t journal_batch_events = 4096;
inline constexpr size_t journal_batch_bytes = 4u << 20;

/// Messages held for one sleeping entity while it is replayed; above, ec::overloaded.
inline constexpr size_t sleeping_mailbox = 4096;

/// An entity without messages for this long is passivated.
inline constexpr std::chrono::milliseconds entity_idle = 60s;

/// Entities in memory; above, the least recently used idle ones are passivated.
inline constexpr size_t resident_entities = 100'000;

/// Waits before a crashed entity is activated again: first, and largest.
inline constexpr std::chrono::milliseconds park_first = 100ms;
inline constexpr std::chrono::milliseconds park_longest = 60s;

/// Crashes in a row after which an entity is quarantined.
inline constexpr unsigned quarantine_after = 5;

/// How long the outbox waits for an acknowledgement before an effect is sent again: first, and largest.
inline constexpr std::chrono::milliseconds redelivery_first = 30s;
inline constexpr std::chrono::milliseconds redelivery_longest = 10min;

/// Due timer rows delivered but not yet acknowledged: bounds the wake-up storm after a restart.
inline constexpr size_t timers_in_flight = 4096;

/// Waits before a crashed child is started again: first, and largest. A child that lived for the last is forgiven.
inline constexpr std::chrono::milliseconds restart_first = 100ms;
inline constexpr std::chrono::milliseconds restart_longest = 30s;
inline constexpr std::chrono::milliseconds restart_quiet = 60s;

/// How long a child may take to answer its first Ping; a store that recovers needs the most.
inline constexpr std::chrono::milliseconds start_timeout = 30s;

/// How long a child may take to end by itself before it is killed: one synced write and its answers.
inline constexpr std::chrono::milliseconds shutdown_timeout = 5s;

/// The same for a child supervisor, which ends its own children one after the other.
inline constexpr std::chrono::milliseconds subtree_shutdown = 60s;

/// How long a killed child may take to end; only a handler that does not return takes longer.
inline constexpr std::chrono::milliseconds kill_timeout = 5s;

/// How long a supervisor waits for the subtrees of its children: a person is waiting for the picture.
inline constexpr std::chrono::milliseconds tree_wait = 1s;

/// Children of one supervisor; above, ec::overloaded. Each step of a restart looks at all of them.
inline constexpr size_t children = 4096;

/// Longest failure text kept per child, bytes: it is nested once per level on its way up.
inline constexpr size_t failure_text_bytes = 1024;

/// How long a handler may hold its thread: with two threads, a longer one is felt by everybody.
inline constexpr std::chrono::milliseconds thread_hold = 100ms;

/// Slow handlers remembered until the watchdog reads them; the oldest go first.
inline constexpr size_t slow_handlers = 256;

/// Pause between two looks of the watchdog, and how long an answer to its Ping may take.
inline constexpr std::chrono::milliseconds watchdog_every = 1s;
inline constexpr std::chrono::milliseconds watchdog_answer = 5s;

} // namespace troupe::limits
