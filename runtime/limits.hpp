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

/// The longest a door holds a question whose answer is the end of a run or task; whoever wants more asks again.
inline constexpr std::chrono::milliseconds door_wait = 10min;

/// Calls of the control service in flight, unless the configuration says otherwise: each is one small actor;
/// above, ec::overloaded.
inline constexpr size_t control_calls = 1000;

/// What gRPC receives, bytes: room above message_bytes, so that our own refusal comes first.
inline constexpr int control_receive_bytes = 20 << 20;

/// Text of an error in a gRPC trailer, bytes: percent-encoding may treble it, and all metadata together may have 8 KiB.
inline constexpr size_t control_error_bytes = 2048;

/// Calls in flight have this long to end when the node stops.
inline constexpr std::chrono::milliseconds control_shutdown = 5s;

/// Path of a Unix socket, bytes: sockaddr_un has 108 with the final zero (unix(7)).
inline constexpr size_t socket_path_bytes = 107;

/// Token file, bytes, and shortest token, characters: 128 bits in hex are 32.
inline constexpr size_t token_file_bytes = 64u << 10;
inline constexpr size_t token_characters = 32;

/// Rows of a listing: as many as are shown when nothing is said, and at most.
inline constexpr size_t list_rows = 100;
inline constexpr size_t list_rows_most = 1000;

/// One page of a history, events and bytes: far below message_bytes, whatever the events hold.
inline constexpr size_t history_page_events = 1000;
inline constexpr size_t history_page_bytes = 4u << 20;

/// Longest tenant, kind or key of a ref, bytes: they appear in logs and tables.
inline constexpr size_t name_bytes = 200;

/// A configuration file, bytes: a hundred times the longest anybody writes by hand.
inline constexpr size_t config_bytes = 64u << 10;

/// A word compared with known ones for a hint, bytes: the comparison takes the product of both lengths.
inline constexpr size_t nearest_bytes = 64;

/// A message or a field in a log line, bytes: longer text belongs into a blob.
inline constexpr size_t log_text_bytes = 4096;

/// A log file before a new one is begun, bytes; and how many old ones are kept: log lines cannot fill a disk.
inline constexpr size_t log_file_bytes = 64u << 20;
inline constexpr size_t log_files = 4;

/// Series of one metric: each costs about 300 bytes here and a line in every scrape; above, they are counted
/// as "other".
inline constexpr size_t metric_series = 1000;

/// Metrics of a registry: anyone may register them while the node runs.
inline constexpr size_t metric_families = 1000;

/// Buckets of a histogram: each is a line per series in every scrape.
inline constexpr size_t metric_buckets = 64;

/// A label value, bytes, and labels of one metric: they are kept for ever and sent in every scrape.
inline constexpr size_t metric_label_bytes = 128;
inline constexpr size_t metric_labels = 16;

/// Shards of a store; an entity stays in its shard for ever, so this number never changes.
inline constexpr unsigned shards = 256;

/// Events between two snapshots of an entity: bounds replay to about one millisecond.
inline constexpr uint64_t snapshot_every = 256;

/// Replies an entity remembers for repeated command ids. Twice what may be in flight to one entity.
inline constexpr size_t reply_window = 2048;

/// Commands of one entity that may wait for the disk; above, ec::overloaded.
inline constexpr size_t entity_in_flight = 1024;

/// Entities of one shard host being read, or being stopped, at a time; the others wait their turn.
inline constexpr size_t entities_opening = 256;

/// Bytes waiting for the journal thread; above, entities answer ec::overloaded.
inline constexpr size_t journal_queue_bytes = 64u << 20;

/// One write batch, events and bytes: bounds the latency of whoever queued first.
inline constexpr size_t journal_batch_events = 4096;
inline constexpr size_t journal_batch_bytes = 4u << 20;

/// Write-ahead log of a store, bytes: bounds what a start has to read again after a crash, about five
/// seconds.
inline constexpr size_t store_log_bytes = 128u << 20;

/// Rows of one space in memory before they are written to a table, bytes: a quarter of the log, so that the
/// log is cut by normal writing.
inline constexpr size_t store_memtable_bytes = 32u << 20;

/// Table blocks of a store kept in memory, all spaces together, bytes: the index and the entities in use.
inline constexpr size_t store_cache_bytes = 64u << 20;

/// Bytes per second that flushes and compactions may write: half of what a small disk does, so that a sync
/// finds room.
inline constexpr int64_t store_background_bytes_per_s = 100 << 20;

/// Bytes a background writer hands to the disk at a time; larger heaps of dirty pages stall a sync.
inline constexpr size_t store_bytes_per_sync = 1u << 20;

/// Threads for flushes and compactions: one of each.
inline constexpr int store_background_jobs = 2;

/// How long the process that looks at a store before it is opened may take: it reads the log up to three times.
inline constexpr std::chrono::seconds store_probe = 300s;

/// Bytes per second that checking the tables of a store may be expected to read: less than the slowest disk does.
inline constexpr size_t store_check_bytes_per_s = 5u << 20;

/// How often the high-water mark of a store is synced at least while it is written. Late is harmless: a mark that is
/// too low notices less.
inline constexpr std::chrono::milliseconds high_water_sync = 5s;

/// Findings of one look at a store that are kept; the rest are counted.
inline constexpr size_t doctor_findings = 200;

/// Longest warning a store passes to the log, bytes: room for a path and a cause.
inline constexpr size_t store_notice_bytes = 1024;

/// Bytes per second a backup of an open store may write: as store_background_bytes_per_s, so that a sync finds room.
inline constexpr uint64_t backup_bytes_per_s = 100u << 20;

/// Bytes copied between two tidings of a backup's progress: a tenth of a second's worth.
inline constexpr uint64_t backup_progress_bytes = 8u << 20;

/// Rows a cut deletes in one batch: bounds its memory to some ten megabytes.
inline constexpr size_t cut_batch_rows = 65'536;

/// How often the clock of the backups is looked at, and the wait after one that failed, unless the next is due sooner.
inline constexpr std::chrono::milliseconds backup_tick = 15s;
inline constexpr std::chrono::milliseconds backup_retry = 60s;

/// Ended work on backups that is remembered for those who ask how it went.
inline constexpr size_t backup_works = 64;

/// Values below this many bytes are sealed as they are: LZ4 finds next to nothing in them.
inline constexpr size_t seal_compress_from = 256;

/// The longest value that is compressed before it is sealed, bytes: what opening one may need at most.
inline constexpr size_t seal_compress_to = 64u << 20;

/// A master key from a command: how long it may take, and what it may say, bytes: a key and a comment.
inline constexpr std::chrono::milliseconds key_command_time = 10s;
inline constexpr size_t key_command_bytes = 4096;

/// Keys of a store, two or three for a tenant. The key ring is written as a whole when one comes, 250 bytes a key; above,
/// ec::overloaded.
inline constexpr size_t key_ring_keys = 300'000;
inline constexpr size_t key_ring_bytes = 128u << 20;

/// Rows one piece of a sealing pass looks at, and bytes it seals anew: the journal waits for a piece, some
/// milliseconds.
inline constexpr size_t seal_piece_rows = 4096;
inline constexpr size_t seal_piece_bytes = 256u << 10;

/// Pause before a sealing pass tries again a piece that could not be written, and before the whole store is walked through
/// again after a walk that was in vain.
inline constexpr std::chrono::milliseconds seal_retry = 1s;
inline constexpr std::chrono::milliseconds seal_again = 1min;

/// Age at which rows of the time series leave, and the bytes above which the oldest leave sooner.
inline constexpr std::chrono::hours timeseries_age{24 * 30};
inline constexpr uint64_t timeseries_bytes = 1ull << 30;

/// Room on the disk below which no new work is taken, bytes: half of the log, so that the work under way can end.
inline constexpr uint64_t store_room_bytes = 64u << 20;

/// Room a store needs to be opened again, besides what it has to write to tables, bytes: manifest, options, a new log.
inline constexpr uint64_t store_reopen_bytes = 1u << 20;

/// How often a store that accepts no writes is tried again when nobody asks for one.
inline constexpr std::chrono::milliseconds store_retry = 1s;
/// A record or snapshot of more bytes becomes an object of its own: a table's blocks and the log stay small, and what
/// is rewritten by compaction is the reference.
inline constexpr size_t record_bytes = 64u << 10;

/// Snapshots of an entity that are kept: the newest, and one before it should that be damaged.
inline constexpr size_t snapshots_kept = 2;

/// Pauses before retention looks through the store: after a start, when others have more to do; then; and when it could
/// not write.
inline constexpr std::chrono::milliseconds retention_first = 5min;
inline constexpr std::chrono::milliseconds retention_every = 24h;
inline constexpr std::chrono::milliseconds retention_retry = 1min;

/// Entities that retention erases in one piece, and rows above which a piece ends: the journal waits for it, some
/// milliseconds. One entity leaves whole, whatever its size.
inline constexpr size_t retention_piece = 16;
inline constexpr size_t retention_piece_rows = 4096;

/// Tenants with a retention of their own: a line of the configuration is read by a person.
inline constexpr size_t retention_tenants = 100;

/// Tenants and kinds that a usage tells apart; what is beyond counts as other. And the largest entities it names.
inline constexpr size_t usage_rows = 1000;
inline constexpr size_t usage_largest = 10;

/// How far the clock of whoever makes command ids may be ahead of ours.
inline constexpr std::chrono::milliseconds clock_skew = 5min;

/// Messages held for one sleeping entity while it is replayed; above, ec::overloaded.
inline constexpr size_t sleeping_mailbox = 4096;

/// An entity without messages for this long is passivated; how often idle ones are looked for, at most.
inline constexpr std::chrono::milliseconds entity_idle = 60s;
inline constexpr std::chrono::milliseconds idle_sweep = 1s;

/// Entities of one kind in memory; above, the least recently used idle ones are passivated.
inline constexpr size_t resident_entities = 100'000;

/// Waits before a crashed entity is activated again: first, and largest.
inline constexpr std::chrono::milliseconds park_first = 100ms;
inline constexpr std::chrono::milliseconds park_longest = 60s;

/// Crashes in a row after which an entity is quarantined.
inline constexpr unsigned quarantine_after = 5;

/// How long the outbox waits for an acknowledgement before an effect is sent again: first, and largest.
inline constexpr std::chrono::milliseconds redelivery_first = 30s;
inline constexpr std::chrono::milliseconds redelivery_longest = 10min;

/// Tasks an agent works on at a time, unless agent or configuration say otherwise (row G6).
inline constexpr uint32_t agent_slots = 3;

/// One attempt at a task, unless task, agent or configuration say otherwise (row I2).
inline constexpr std::chrono::milliseconds task_timeout = 300s;

/// Retries of a failed task: how often, after how long, growing how fast (row I2).
inline constexpr uint32_t task_retries = 3;
inline constexpr std::chrono::milliseconds task_retry_delay = 1s;
inline constexpr double task_retry_multiplier = 2;
inline constexpr std::chrono::milliseconds task_retry_longest = 1h;

/// A tool call, unless the tool says otherwise; and the most it may say: a task that hangs for longer helps
/// nobody.
inline constexpr std::chrono::milliseconds tool_timeout = 60s;
inline constexpr std::chrono::milliseconds tool_timeout_longest = 300s;

/// Messages an actor handles before others get its thread: one flooded actor must not own a worker.
inline constexpr size_t messages_per_turn = 100;

/// Looks for work before a scheduler thread sleeps: enough for a reply that is on its way, too few to burn a core.
inline constexpr size_t idle_looks = 10;

/// How often an agent looks for attempts that take too long, and counts those that have ended.
inline constexpr std::chrono::milliseconds attempt_sweep = 1s;

/// Every so many sweeps an agent repeats what an owner has not answered: well after an answer is due.
inline constexpr uint64_t sweeps_per_reminder = 30;

/// Waiting this long is worth one priority level: nothing starves.
inline constexpr std::chrono::milliseconds priority_aging = 60s;

/// Tasks in the scheduler's queues; the rest wait in their owners' outboxes.
inline constexpr size_t scheduler_queue = 1'000'000;

/// Timers fired in one go, and the pause before the next: spreads the wake-up storm after a restart.
inline constexpr size_t timers_per_tick = 1024;
inline constexpr std::chrono::milliseconds timer_pause = 5ms;

/// The timers actor looks at its list at least this often.
inline constexpr std::chrono::milliseconds timer_tick = 1s;

/// Rows the timers actor reads ahead, per shard, timers and outbox apart: few enough for memory (about 400 bytes each, twice as
/// many before they are trimmed), and one seek per so many firings.
inline constexpr size_t timers_ahead = 64;

/// Timers that were just fired and not acknowledged; at so many, the next ones wait: what is due leaves no faster than its
/// owners can be woken. One whose owner has not answered for this long is no longer waited for.
inline constexpr size_t timers_in_flight = 8192;
inline constexpr std::chrono::milliseconds timer_answer = 5s;

/// Fired timers nobody acknowledged that the timers actor remembers, to fire each again with growing waits: about 26 MiB.
/// Above, they are read again from the store after limits::redelivery_longest.
inline constexpr size_t timers_unanswered = 65'536;

/// One shard's timers are read anew at most this often, however many ask for it.
inline constexpr std::chrono::milliseconds timer_reread = 1s;

/// Lanes of timers searched in one go for rows that a clock set back has made early; with a million timers, 4000 rows each.
inline constexpr size_t timer_lanes_per_tick = 4;

/// A timer fired this late was missed: longer than any pause, wake-up or short stall, shorter than a restart.
inline constexpr std::chrono::milliseconds timer_late = 10s;

/// Shortest period of a recurring timer: each occurrence is a synced write.
inline constexpr std::chrono::milliseconds timer_period = 100ms;

/// Ledgers with a mark, see persistence/spent_marks.hpp: all marks are written at once, 25 bytes each; above,
/// ec::overloaded.
inline constexpr size_t ledgers = 100'000;

/// A mark is raised by this part of a ledger's limit at a time: one more synced file for so much spent, and what a restore
/// may count as spent beyond what was.
inline constexpr int64_t ledger_steps = 64;

/// The most a ledger may count: any two can be added, and a million of anything per millionth is far below.
inline constexpr int64_t ledger_amount = 1'000'000'000'000'000'000;

/// Promises of one ledger that are not settled: each is a round at work, some hundred bytes of its snapshot. Who comes above that asks
/// again. And settled ones it remembers, so that a question that comes late reserves nothing; and entries shown with one ledger.
inline constexpr size_t ledger_open = 4'096;
inline constexpr size_t ledger_settled = 256;
inline constexpr size_t ledger_entries = 20;

/// Unit of a ledger and purpose of a charge, bytes: they appear in tables.
inline constexpr size_t ledger_text_bytes = 200;

/// By so much the wall clock may drift against the steady one before that is taken for a jump.
inline constexpr std::chrono::milliseconds clock_jump = 100ms;

/// Actions of one attempt, continuations that do nothing included: bounds its journal, its replay (some 50 ms) and a
/// behavior that loops. Above, the attempt fails with ec::action_failed.
inline constexpr size_t attempt_actions = 10'000;

/// all_of, any_of and race inside one another: bounds the length of a position and the stack. Above, ec::action_failed.
inline constexpr size_t action_depth = 16;

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
