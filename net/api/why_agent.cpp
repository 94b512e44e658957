// WHY: agents, and how often they fail.

#include <fmt/format.h>
#include <troupe/net/api/history.hpp>
#include <troupe/net/api/why.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

constexpr std::string_view states[] = {"idle", "busy", "error", "offline"};

struct rate {
  uint64_t failed = 0, all = 0;
  int64_t last_failure_ms = 0;
};

// Of the last tasks, how many failed.
rate rate_of(const std::vector<AgentEvent>& recent) {
  rate counted;
  auto add = [&](uint64_t failed, uint64_t all, int64_t time_ms) {
    counted.failed += failed;
    counted.all += all;
    if (failed > 0 && counted.last_failure_ms == 0)
      counted.last_failure_ms = time_ms;
  };
  for (auto& event : recent)
    if (auto& one = event.task_counted(); event.has_task_counted())
      add(one.ok() ? 0 : 1, 1, one.time_ms());
    else if (auto& some = event.tasks_counted(); event.has_tasks_counted())
      add(some.failed(), some.failed() + some.completed(), some.time_ms());
  return counted;
}

} // namespace

std::string status_of(const AgentRecord& agent) {
  auto status = static_cast<size_t>(agent.status());
  return agent.unregistered() ? "retired"
                              : std::string{status < std::size(states) ? states[status] : "unknown"};
}

std::vector<Reason> reasons(const AgentRecord& agent, const std::vector<AgentEvent>& recent,
                            const std::vector<failed_task>& failed) {
  std::vector<Reason> all;
  auto add = [&](std::string text, std::string command = {}) -> Reason& {
    auto& reason = all.emplace_back();
    reason.set_about(agent.id());
    reason.set_text(std::move(text));
    reason.set_command(std::move(command));
    return reason;
  };
  auto& done = agent.metadata();
  auto id = shell_word(agent.id());
  if (agent.unregistered())
    add("it was retired, and gets no tasks any more", "troupe agents register FILE")
        .set_time_ms(done.last_active_ms());
  else if (agent.status() == AGENT_OFFLINE || agent.status() == AGENT_ERROR)
    add(fmt::format("it is {}, and gets no tasks until that changes", status_of(agent)),
        "troupe run history " + id);
  auto total = done.completed() + done.failed();
  auto last = rate_of(recent);
  if (done.failed() > 0) {
    auto text = fmt::format("{} of {} tasks have failed ({:.0f} %)", done.failed(), total,
                            100.0 * static_cast<double>(done.failed()) / static_cast<double>(total));
    if (last.all > 0 && last.all < total)
      text += fmt::format("; {} of the last {}", last.failed, last.all);
    add(std::move(text), "troupe run history " + id).set_time_ms(last.last_failure_ms);
  }
  for (auto& one : failed) {
    auto& letter = one.letter;
    auto& reason = add(fmt::format("{}{} failed for good, {}: {}", letter.owner(),
                                   letter.step().empty() ? "" : ", step " + letter.step(),
                                   to_string(static_cast<ec>(letter.failure().code())),
                                   first_line(letter.failure().text())),
                       "troupe why " + shell_word(id_of(letter.owner())));
    reason.set_time_ms(letter.time_ms());
  }
  if (all.empty())
    add(total == 0 ? "it is in service and has had no task yet"
                   : fmt::format("it is in service, and all of its {} tasks have completed", total),
        "troupe agents describe " + id);
  return all;
}

} // namespace troupe
