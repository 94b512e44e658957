// NODE METRICS: the table of all families, and its page.

#include <array>
#include <fmt/format.h>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/node_metrics.hpp>

namespace troupe {
namespace {

using labels = std::vector<std::string>;
using buckets = std::vector<double>;

metric_family counters(const metrics& all, std::string name, std::string help, labels by) {
  return all.family({std::move(name), metric_kind::counter, std::move(help), std::move(by)});
}
metric counter(const metrics& all, std::string name, std::string help) {
  return counters(all, std::move(name), std::move(help), {}).with({});
}
metric_family gauges(const metrics& all, std::string name, std::string help, labels by) {
  return all.family({std::move(name), metric_kind::gauge, std::move(help), std::move(by)});
}
metric gauge(const metrics& all, std::string name, std::string help) {
  return gauges(all, std::move(name), std::move(help), {}).with({});
}
metric_family histograms(const metrics& all, std::string name, std::string help, labels by,
                         buckets up_to = {}) {
  return all.family(
      {std::move(name), metric_kind::histogram, std::move(help), std::move(by), std::move(up_to)});
}
metric histogram(const metrics& all, std::string name, std::string help, buckets up_to) {
  return histograms(all, std::move(name), std::move(help), {}, std::move(up_to)).with({});
}

} // namespace

// clang-format off: a table, one family after the other
node_metrics::node_metrics(metrics where)
    : all{std::move(where)},

      tasks_created{
          counter(all, "troupe_tasks_created_total", "Tasks accepted, alone or as steps of a run.")},
      tasks_ended{counters(
          all, "troupe_tasks_ended_total",
          "Tasks that are completed, failed or cancelled. The behavior is none if no agent had begun.",
          {"outcome", "behavior"})},
      task_seconds{histograms(all, "troupe_task_seconds", "From a task's creation to its end.", {"behavior"},
                              {0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 3600})},
      task_retries{counter(all, "troupe_task_retries_total", "Attempts that failed and are repeated.")},
      tasks_parked{counter(all, "troupe_tasks_parked_total",
                           "Tasks set aside because their behavior no longer does what is recorded.")},
      tasks_resumed{counter(all, "troupe_tasks_resumed_total", "Dead letters and parked tasks begun again.")},
      runs_started{counter(all, "troupe_runs_started_total", "Workflow runs accepted.")},
      runs_ended{counters(all, "troupe_runs_ended_total", "Runs that are completed, failed or cancelled.",
                          {"outcome"})},
      run_seconds{histogram(all, "troupe_run_seconds", "From a run's creation to its end.",
                            {0.01, 0.1, 1, 10, 60, 600, 3600, 86400})},
      queued_tasks{gauge(all, "troupe_scheduler_queued_tasks", "Tasks that wait for an agent.")},
      placed_tasks{gauge(all, "troupe_scheduler_placed_tasks", "Tasks that are with an agent.")},

      agents{
          gauges(all, "troupe_agents", "Agents that are set to idle, busy, error or offline.", {"status"})},
      tool_calls{counters(
          all, "troupe_tool_calls_total",
          "Calls of tools and models that ran, and whether they were ok or with which error they failed.",
          {"tool", "outcome"})},
      tool_seconds{histograms(all, "troupe_tool_seconds", "How long such a call ran.", {"tool"})},
      gate_refusals{
          counters(all, "troupe_gate_refusals_total",
                   "Calls that circuit breaker, rate limit or bulkhead of a tool refused, by error.",
                   {"tool", "reason"})},
      circuit_state{
          gauges(all, "troupe_circuit_breaker_state", "0 is closed, 1 open, 2 half open.", {"tool"})},

      journal_batches{counter(all, "troupe_journal_batches_total", "Batches written and synced.")},
      journal_events{counter(all, "troupe_journal_events_total", "Events in these batches.")},
      journal_bytes{counter(all, "troupe_journal_bytes_total",
                            "Keys and values in these batches, snapshots, index and timer rows included.")},
      journal_sync_seconds{histogram(all, "troupe_journal_sync_seconds",
                                     "How long a batch took to be written and synced.",
                                     {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5})},
      journal_queue_bytes{
          gauge(all, "troupe_journal_queue_bytes",
                "Bytes that waited for the journal when it last took a batch or was done with one.")},
      journal_write_failures{counter(all, "troupe_journal_write_failures_total",
                                     "Batches the store did not take; each begins a new generation.")},
      journal_reopens{counter(all, "troupe_journal_reopens_total",
                              "Attempts to open the store again after a failed write.")},

      objects_kept{counter(all, "troupe_objects_kept_total",
                           "Records and snapshots too large for a row that became objects of their own.")},
      object_bytes{counter(all, "troupe_object_bytes_total", "Bytes in these objects.")},
      objects_erased{
          counter(all, "troupe_objects_erased_total", "Objects that left because nothing refers to them.")},
      retention_erased{counters(all, "troupe_retention_erased_total",
                                "Entities erased because they had ended long enough ago.", {"kind"})},
      pool_changes{counters(all, "troupe_pool_changes_total",
                            "Pools of fleets that grew or shrank with their tasks.", {"direction"})},

      backup_last_good_time{
          gauge(all, "troupe_backup_last_good_timestamp_seconds", "Unix time of the last good backup.")},
      backup_last_good_bytes{gauge(all, "troupe_backup_last_good_bytes", "Bytes of the last good backup.")},
      backup_last_good_seconds{gauge(all, "troupe_backup_last_good_seconds", "How long it took.")},
      backup_failures{counter(all, "troupe_backup_failures_total",
                              "Backups that failed, and backups whose check found damage.")},
      backup_overdue{gauge(all, "troupe_backup_overdue",
                           "1 while the last good backup is older than [backup] alert_after_minutes.")},

      entities_awake{gauges(all, "troupe_entities_awake", "Entities in memory.", {"kind"})},
      entity_wakes{counters(all, "troupe_entity_wakes_total", "Entities brought to life.", {"kind"})},
      entity_crashes{counters(all, "troupe_entity_crashes_total", "Entities that crashed.", {"kind"})},
      entity_quarantines{counters(all, "troupe_entity_quarantines_total",
                                  "Entities left alone because they kept crashing.", {"kind"})},
      timers_fired{counters(all, "troupe_timers_fired_total",
                            "Timers that were due, the first time, or again because nobody acknowledged it.",
                            {"try"})},
      child_events{counters(all, "troupe_child_events_total",
                            "What becomes of supervised children, e.g. starting, failed, escalated. Starting "
                            "less one is restarts.",
                            {"child", "event"})},
      watchdog_reports{counters(
          all, "troupe_watchdog_reports_total",
          "Actors the watchdog named, e.g. because one holds_thread, was slow or is silent.", {"reason"})},
      notes_dropped{
          counter(all, "troupe_notes_dropped_total", "Messages without an answer that reached nobody.")},

      control_requests{
          counters(all, "troupe_control_requests_total",
                   "Calls of the control service that ended, and whether they were ok or with which error.",
                   {"method", "code"})},
      control_seconds{histograms(all, "troupe_control_seconds", "How long such a call took.", {"method"})},
      log_lines{counters(all, "troupe_log_lines_total", "Log lines written.", {"level"})} {}
// clang-format on

std::string describe_metrics() {
  constexpr std::array<std::string_view, 3> kinds{"counter", "gauge", "histogram"};
  auto page = fmt::format(
      "# Metrics\n\n"
      "What a node counts of itself. `troupe metrics` shows it in the Prometheus text format. Counters begin "
      "at\n"
      "zero with each start of the node; what is replayed from the store is not counted again. A label "
      "takes\n"
      "its values from a set that the program bounds, never from ids or texts of callers; should one metric\n"
      "still get more than {} series, the others count under `other`.\n\n"
      "| metric | kind | labels | what it counts |\n| --- | --- | --- | --- |\n",
      limits::metric_series);
  for (auto& spec : node_metrics{}.all.specs()) {
    std::string by;
    for (auto& label : spec.labels)
      by += fmt::format("{}`{}`", by.empty() ? "" : ", ", label);
    page += fmt::format("| `{}` | {} | {} | {} |\n", spec.name, kinds[static_cast<size_t>(spec.kind)],
                        by.empty() ? "none" : by, spec.help);
  }
  return page;
}

} // namespace troupe
