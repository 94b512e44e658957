// TIMER COMMANDS: what waits for its time.

#include <fmt/format.h>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

std::string due_in(const PendingTimer& one) {
  if (one.kind() == "outbox")
    return "-";
  return one.in_ms() >= 0 ? "in " + human_duration(one.in_ms()) : human_duration(-one.in_ms()) + " ago";
}

std::string policy_of(const PendingTimer& one) {
  return one.period_ms() == 0 ? one.policy()
                              : fmt::format("{}, every {}", one.policy(), human_duration(one.period_ms()));
}

caf::expected<int> list_timers(cli_session& at) {
  ListTimers in;
  in.set_limit(at.said().limit);
  return ask_and_show(at, [&](control_client& node) { return node.timers(in); });
}

} // namespace

std::string show(const TimerList& list, const text_look& how) {
  if (list.total() == 0)
    return "no timers\n";
  text_table rows{{"DUE", "IN", "OWNER", "TIMER", "KIND", "POLICY", "FIRED"}};
  for (auto& one : list.timers())
    rows.add({short_time(one.due_ms(), how),
              {due_in(one), one.in_ms() < 0 ? text_tone::warning : text_tone::plain},
              printable(one.owner()),
              printable(one.timer()),
              one.kind(),
              policy_of(one),
              std::to_string(one.fired())});
  auto shown = static_cast<uint64_t>(list.timers_size());
  return rows.show(how) + (shown == list.total() ? fmt::format("{} in all\n", list.total())
                                                 : fmt::format("{} of {}; more: --limit N, up to {}\n", shown,
                                                               list.total(), limits::list_rows_most));
}

std::vector<cli_command> timer_commands() {
  return {{"timers list",
           "Timers and outbox rows that wait, next due first",
           {{"--limit", &cli_arguments::limit, "At most this many [100]"}},
           list_timers}};
}

} // namespace troupe
