// SCHEDULE COMMANDS: what starts runs again and again.

#include <fmt/format.h>
#include <troupe/behaviors/form/words.hpp>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/definition_file.hpp>
#include <troupe/net/node/files.hpp>
#include <troupe/net/node/filter_words.hpp>
#include <troupe/net/node/schedule_views.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/unix_time.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

caf::error refuse(std::string text) {
  return make_error(ec::invalid_argument, std::move(text));
}

caf::error read_span(std::string_view option, std::string_view text, int64_t& ms) {
  auto span = parse_quantity(text, time_units());
  if (!span || *span < 0)
    return refuse(
        fmt::format("{} '{}' is no span of time: write e.g. 90s, 1h30m or 2d", option, printable(text)));
  ms = *span;
  return {};
}

caf::error read_overlap(const std::string& text, Overlap& overlap) {
  if (text.empty())
    return {};
  for (auto one : {OVERLAP_SKIP, OVERLAP_BUFFER_ONE, OVERLAP_BUFFER_ALL, OVERLAP_CANCEL_OTHER, OVERLAP_ALLOW})
    if (text == overlap_word(one)) {
      overlap = one;
      return {};
    }
  return refuse(
      fmt::format("--overlap '{}' is unknown: write skip, buffer-one, buffer-all, cancel-other or allow",
                  printable(text)));
}

// What was said, on top of what the specification says already.
caf::error read_spec(const cli_arguments& said, ScheduleSpec& spec) {
  auto& times = *spec.mutable_times();
  if (!said.crons.empty() || !said.every.empty()) { // when is said anew as a whole
    times.clear_cron();
    times.clear_every_ms();
    times.clear_phase_ms();
  }
  for (auto& cron : said.crons)
    times.add_cron(cron);
  struct span {
    std::string_view option;
    const std::string& text;
    void (*set)(ScheduleSpec&, int64_t);
  };
  const span spans[] = {
      {"--every", said.every, [](ScheduleSpec& to, int64_t ms) { to.mutable_times()->set_every_ms(ms); }},
      {"--phase", said.phase, [](ScheduleSpec& to, int64_t ms) { to.mutable_times()->set_phase_ms(ms); }},
      {"--jitter", said.jitter, [](ScheduleSpec& to, int64_t ms) { to.mutable_times()->set_jitter_ms(ms); }},
      {"--catch-up", said.catch_up, [](ScheduleSpec& to, int64_t ms) { to.set_catch_up_window_ms(ms); }}};
  for (auto& one : spans) {
    int64_t ms = 0;
    if (one.text.empty())
      continue;
    if (auto wrong = read_span(one.option, one.text, ms))
      return wrong;
    one.set(spec, ms);
  }
  auto from = read_moment("--from", said.from);
  if (!from)
    return std::move(from.error());
  if (*from != 0)
    times.set_start_ms(*from);
  auto to = read_moment("--to", said.to);
  if (!to)
    return std::move(to.error());
  if (*to != 0)
    times.set_end_ms(*to);
  if (!said.zone.empty())
    times.set_zone(said.zone);
  if (said.runs > 0)
    spec.set_limited_actions(said.runs);
  auto overlap = spec.overlap();
  if (auto wrong = read_overlap(said.overlap, overlap))
    return wrong;
  spec.set_overlap(overlap);
  if (!said.workflow.empty()) {
    spec.clear_definition();
    spec.set_workflow(said.workflow);
  }
  if (!said.file.empty()) {
    spec.clear_workflow();
    auto definition = read_definition_file(said.file);
    if (!definition)
      return std::move(definition.error());
    *spec.mutable_definition() = std::move(*definition);
  }
  if (!said.inputs.empty())
    spec.clear_inputs();
  return add_fields(said.inputs, *spec.mutable_inputs());
}

caf::expected<int> create(cli_session& at) {
  CreateSchedule in;
  in.set_schedule(at.said().id);
  in.set_paused(at.said().paused);
  if (auto wrong = read_spec(at.said(), *in.mutable_spec()))
    return wrong;
  return ask_and_show(at, [&](control_client& node) { return node.create_schedule(in); });
}

caf::expected<int> update(cli_session& at) {
  return ask_and_show(at, [&](control_client& node) -> caf::expected<ScheduleSummary> {
    GetSchedule ask;
    ask.set_schedule(at.said().id);
    auto now = node.schedule(ask);
    if (!now)
      return std::move(now.error());
    UpdateSchedule in;
    in.set_schedule(at.said().id);
    *in.mutable_spec() = now->state().spec();
    if (auto wrong = read_spec(at.said(), *in.mutable_spec()))
      return wrong;
    return node.update_schedule(in);
  });
}

caf::expected<int> list(cli_session& at) {
  ListSchedules in;
  in.set_limit(at.said().limit);
  return ask_and_show(at, [&](control_client& node) { return node.schedules(in); });
}

caf::expected<int> describe(cli_session& at) {
  GetSchedule in;
  in.set_schedule(at.said().id);
  return ask_and_show(at, [&](control_client& node) { return node.schedule(in); });
}

caf::expected<int> pause(cli_session& at) {
  PauseSchedule in;
  in.set_schedule(at.said().id);
  in.set_note(at.said().reason);
  return ask_and_show(at, [&](control_client& node) { return node.pause_schedule(in); });
}

caf::expected<int> resume(cli_session& at) {
  ResumeSchedule in;
  in.set_schedule(at.said().id);
  in.set_note(at.said().reason);
  return ask_and_show(at, [&](control_client& node) { return node.resume_schedule(in); });
}

caf::expected<int> trigger(cli_session& at) {
  TriggerSchedule in;
  in.set_schedule(at.said().id);
  in.set_id(at.said().command);
  auto overlap = in.overlap();
  if (auto wrong = read_overlap(at.said().overlap, overlap))
    return wrong;
  in.set_overlap(overlap);
  return ask_and_show(at, [&](control_client& node) { return node.trigger_schedule(in); });
}

caf::expected<int> backfill(cli_session& at) {
  BackfillSchedule in;
  in.set_schedule(at.said().id);
  in.set_id(at.said().command);
  auto from = read_moment("--from", at.said().from);
  if (!from)
    return std::move(from.error());
  auto to = read_moment("--to", at.said().to);
  if (!to)
    return std::move(to.error());
  auto overlap = in.overlap();
  if (auto wrong = read_overlap(at.said().overlap, overlap))
    return wrong;
  in.set_from_ms(*from);
  in.set_to_ms(*to);
  in.set_overlap(overlap);
  return ask_and_show(at, [&](control_client& node) { return node.backfill_schedule(in); });
}

caf::expected<int> erase(cli_session& at) {
  DeleteSchedule in;
  in.set_schedule(at.said().id);
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  auto done = (*node)->delete_schedule(in);
  if (!done)
    return std::move(done.error());
  return at.show(*done, fmt::format("{} is deleted; its runs go on\n", at.said().id));
}

} // namespace

std::vector<cli_command> schedule_commands() {
  const cli_option name{"NAME", &cli_arguments::id, "Name or ref of a schedule", true};
  const cli_option overlap{"--overlap", &cli_arguments::overlap,
                           "When one is at work: skip, buffer-one, buffer-all, cancel-other or allow"};
  const cli_option command{"--id", &cli_arguments::command,
                           "Command id that makes a repeat harmless [made by the node]"};
  const cli_option note{"--note", &cli_arguments::reason, "Why, kept in its history"};
  const std::string_view next = "troupe schedule list";
  const std::vector<cli_option> spec = {
      name,
      {"--workflow-file", &cli_arguments::file, "What it starts: a workflow in YAML or JSON"},
      {"--workflow", &cli_arguments::workflow, "Instead: the name of a published workflow"},
      {"--input", &cli_arguments::inputs, "name=value; may be repeated"},
      {"--cron", &cli_arguments::crons, "When, e.g. '0 7 * * mon-fri'; may be repeated"},
      {"--every", &cli_arguments::every, "Instead: an interval, e.g. 15m"},
      {"--phase", &cli_arguments::phase, "By so much later than the multiples of the interval"},
      {"--zone", &cli_arguments::zone, "Time zone of --cron, e.g. Europe/Berlin [UTC]"},
      {"--from", &cli_arguments::from, "Nothing before, e.g. 2026-01-31T12:00:00Z"},
      {"--to", &cli_arguments::to, "Nothing after"},
      {"--jitter", &cli_arguments::jitter, "Each later by less than this"},
      overlap,
      {"--catch-up", &cli_arguments::catch_up, "What was missed longer ago is left out [1d]"},
      {"--runs", &cli_arguments::runs, "It ends after so many [never]"},
  };
  auto fresh = spec;
  fresh.push_back({"--paused", &cli_arguments::paused, "Begins when it is resumed"});
  return {
      {"schedule create", "Start a workflow again and again", fresh, create, "troupe help schedule create"},
      {"schedule list",
       "What starts runs, and when",
       {{"--limit", &cli_arguments::limit, "At most this many [100]"}},
       list},
      {"schedule describe", "One schedule: next times, runs, what was left out", {name}, describe, next},
      {"schedule pause", "Nothing comes of its times until it is resumed", {name, note}, pause, next},
      {"schedule resume", "Go on with the next time", {name, note}, resume, next},
      {"schedule trigger", "Start a run now", {name, overlap, command}, trigger, next},
      {"schedule backfill",
       "Start what would have been started in a time that is over",
       {name,
        {"--from", &cli_arguments::from, "First moment, e.g. 2026-01-31T12:00:00Z", true},
        {"--to", &cli_arguments::to, "Last moment", true},
        overlap,
        command},
       backfill,
       next},
      {"schedule update", "Change what is said; the rest stays", spec, update, next},
      {"schedule delete", "End it; its runs go on", {name}, erase, next},
  };
}

} // namespace troupe
