// SCHEDULE VIEWS: tables of schedules.

#include <fmt/format.h>
#include <troupe/actors/workflow/schedule_spec.hpp>
#include <troupe/net/node/schedule_views.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

text_cell standing(const ScheduleSummary& one) {
  if (one.paused())
    return {"paused", text_tone::warning};
  return one.next_ms() == 0 ? text_cell{"ended", text_tone::faint} : text_cell{"waits", text_tone::good};
}

text_cell ending(const ScheduledRun& run) {
  if (run.ended_ms() == 0)
    return {!run.accepted() ? "begins" : run.cancelling() ? "is cancelled" : "running", text_tone::busy};
  return run.has_failure() ? text_cell{"failed", text_tone::bad} : text_cell{"completed", text_tone::good};
}

std::string left_out(const ScheduleCounts& counts) {
  return fmt::format("{} missed, {} skipped, {} dropped", counts.missed(), counts.skipped(),
                     counts.dropped());
}

} // namespace

std::string_view overlap_word(Overlap overlap) {
  switch (overlap) {
  case OVERLAP_BUFFER_ONE:
    return "buffer-one";
  case OVERLAP_BUFFER_ALL:
    return "buffer-all";
  case OVERLAP_CANCEL_OTHER:
    return "cancel-other";
  case OVERLAP_ALLOW:
    return "allow";
  default:
    return "skip";
  }
}

std::string show(const ScheduleSummary& one, const text_look& how) {
  text_table facts{{}};
  facts.add_fact("schedule", printable(one.schedule()));
  facts.add_fact("workflow", printable(one.workflow()));
  facts.add_fact("when", printable(one.when()));
  facts.add_fact("status", standing(one));
  facts.add_fact("note", printable(one.note()));
  facts.add_fact("next", short_time(one.next_ms(), how));
  return facts.show(how);
}

std::string show(const ScheduleList& list, const text_look& how) {
  if (list.total() == 0)
    return "no schedules\n";
  text_table rows{{"SCHEDULE", "WORKFLOW", "WHEN", "NEXT", "STARTED", "FAILED", "RUNNING", "STATUS"}};
  for (auto& one : list.schedules())
    rows.add({printable(one.schedule()), printable(one.workflow()), printable(one.when()),
              short_time(one.next_ms(), how), std::to_string(one.counts().started()),
              std::to_string(one.counts().failed()), std::to_string(one.running()), standing(one)});
  auto shown = static_cast<uint64_t>(list.schedules_size());
  return rows.show(how) + (shown == list.total() ? fmt::format("{} in all\n", list.total())
                                                 : fmt::format("{} of {}; more: --limit N, up to {}\n", shown,
                                                               list.total(), limits::list_rows_most));
}

std::string show(const ScheduleDescription& one, const text_look& how) {
  auto& state = one.state();
  text_table facts{{}};
  facts.add_fact("schedule", printable(state.schedule()));
  facts.add_fact("workflow", printable(workflow_name(state.spec())));
  auto& times = state.spec().times();
  for (auto& cron : times.cron())
    facts.add_fact("cron", printable(cron));
  if (times.every_ms() > 0)
    facts.add_fact("every", human_duration(times.every_ms()));
  facts.add_fact("zone", printable(times.zone()));
  if (times.jitter_ms() > 0)
    facts.add_fact("jitter", human_duration(times.jitter_ms()));
  facts.add_fact("overlap", std::string{overlap_word(state.spec().overlap())});
  facts.add_fact("status", state.paused()         ? text_cell{"paused", text_tone::warning}
                           : state.next_ms() == 0 ? text_cell{"ended", text_tone::faint}
                                                  : text_cell{"waits", text_tone::good});
  facts.add_fact("note", printable(state.note()));
  facts.add_fact("started", std::to_string(state.counts().started()));
  facts.add_fact("failed", std::to_string(state.counts().failed()));
  facts.add_fact("left out", left_out(state.counts()));
  if (state.buffered_size() > 0)
    facts.add_fact("waiting", std::to_string(state.buffered_size()));
  if (state.spec().limited_actions() > 0)
    facts.add_fact("left", std::to_string(state.left()));
  auto text = facts.show(how);
  text_table runs{{"RUN", "FOR", "STARTED", "ENDED", "STATUS"}};
  for (auto* rows : {&state.recent(), &state.running()})
    for (auto& run : *rows)
      runs.add({printable(run.key()), short_time(run.scheduled_ms(), how), short_time(run.started_ms(), how),
                short_time(run.ended_ms(), how), ending(run)});
  if (state.recent_size() + state.running_size() > 0)
    text += "\n" + runs.show(how);
  if (!one.upcoming_ms().empty())
    text += state.paused() ? "\nwould come\n" : "\ncomes\n";
  for (auto at : one.upcoming_ms())
    text += "  " + short_time(at, how) + "\n";
  return text;
}

std::string show(const ScheduleTriggered& triggered, const text_look&) {
  return fmt::format("{}{}\n", triggered.run(), triggered.waits() ? " waits for its turn" : "");
}

std::string show(const ScheduleBackfilled& filled, const text_look&) {
  return fmt::format("{} runs\n", filled.occurrences());
}

} // namespace troupe
