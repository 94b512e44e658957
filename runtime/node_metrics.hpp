// NODE METRICS: everything a node counts of itself, one member per family.
#pragma once

#include <troupe/runtime/metrics.hpp>

namespace troupe {

/// The families of one node, each recorded in the one place where the thing happens. Names, labels and
/// meanings are in docs/reference/metrics.md, which is made from the table in node_metrics.cpp. Labels take
/// their values from sets that the program bounds: behaviors, tools, kinds, methods, error codes; never ids
/// or texts of callers. Copies share everything.
struct node_metrics {
  /// Registers all families there.
  node_metrics(metrics where = {});

  /// Where they are registered; also for families of others.
  metrics all;

  // Work.
  metric tasks_created;
  metric_family tasks_ended;  // by outcome, behavior
  metric_family task_seconds; // by behavior
  metric task_retries;
  metric tasks_parked;
  metric tasks_resumed;
  metric runs_started;
  metric_family runs_ended; // by outcome
  metric run_seconds;
  metric queued_tasks;
  metric placed_tasks;

  // Agents and their tools.
  metric_family agents;        // by status
  metric_family tool_calls;    // by tool, outcome
  metric_family tool_seconds;  // by tool
  metric_family gate_refusals; // by tool, reason
  metric_family circuit_state; // by tool

  // The journal.
  metric journal_batches;
  metric journal_events;
  metric journal_bytes;
  metric journal_sync_seconds;
  metric journal_queue_bytes;
  metric journal_write_failures;
  metric journal_reopens;
  metric objects_kept;
  metric object_bytes;
  metric objects_erased;
  metric_family retention_erased; // by kind
  metric_family pool_changes;     // by direction

  // Backups.
  metric backup_last_good_time;
  metric backup_last_good_bytes;
  metric backup_last_good_seconds;
  metric backup_failures;
  metric backup_overdue;

  // Entities and supervision.
  metric_family entities_awake;     // by kind
  metric_family entity_wakes;       // by kind
  metric_family entity_crashes;     // by kind
  metric_family entity_quarantines; // by kind
  metric_family timers_fired;       // by try
  metric_family child_events;       // by child, event
  metric_family watchdog_reports;   // by reason
  metric notes_dropped;

  // Doors.
  metric_family control_requests; // by method, code
  metric_family control_seconds;  // by method
  metric_family log_lines;        // by level
};

/// docs/reference/metrics.md.
std::string describe_metrics();

} // namespace troupe
