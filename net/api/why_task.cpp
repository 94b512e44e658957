// WHY: tasks, of runs and lone ones.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/net/api/history.hpp>
#include <troupe/net/api/why_task.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

std::string counted(uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

// What waits in line before the agents that could do it.
std::string line(const TaskStanding& standing) {
  if (standing.waiting() <= 1)
    return "";
  auto text = fmt::format("; {} tasks wait for them", standing.waiting());
  return standing.tenants() > 1 ? text + fmt::format(", of {} tenants that take turns", standing.tenants())
                                : text;
}

std::string names(const TaskStanding& standing) {
  return fmt::format("{}{}", fmt::join(standing.agents(), ", "),
                     standing.able() > static_cast<uint32_t>(standing.agents_size()) ? ", ..." : "");
}

void explain_line(const TaskState& task, const TaskStanding& standing, Reason& reason) {
  auto needed = fmt::format("{}", fmt::join(task.spec().required(), ", "));
  switch (standing.place()) {
  case PLACE_AGENT:
    reason.set_text(fmt::format("agent {} has it and has not begun it yet", standing.agent()));
    reason.set_command("troupe why " + shell_word(standing.agent()));
    return;
  case PLACE_NO_AGENT:
    reason.set_text(fmt::format("no agent can do it ({}): {}", needed, standing.reason()));
    reason.set_command("troupe agents register FILE");
    return;
  case PLACE_OUT:
    reason.set_text(
        fmt::format("{} can do it ({}), and none is in service: {} offline or in error, {} silent, {} "
                    "below the success rate it asks for",
                    counted(standing.able(), "agent"), names(standing), standing.out(), standing.silent(),
                    standing.unfit()));
    reason.set_command(standing.agents_size() > 0 ? "troupe why " + shell_word(standing.agents(0))
                                                  : "troupe agents list");
    return;
  case PLACE_BUSY:
    reason.set_text(fmt::format("{} can do it ({}), and all are busy{}", counted(standing.able(), "agent"),
                                names(standing), line(standing)));
    reason.set_command("troupe agents register FILE");
    return;
  case PLACE_KEY: {
    auto step = standing.key_step().empty() ? "" : ", step " + standing.key_step();
    reason.set_text(fmt::format("{}{} has its concurrency key '{}'", standing.key_holder(), step,
                                task.spec().concurrency_key()));
    reason.set_command("troupe why " + shell_word(id_of(standing.key_holder())));
    return;
  }
  case PLACE_REPORTS:
    reason.set_text("agents have not told yet which concurrency keys they hold; one that stays silent is not "
                    "waited for");
    return;
  case PLACE_RATE:
    reason.set_text(
        fmt::format("no more than {:g} a second may begin of {}", standing.per_second(), standing.rate()));
    return;
  default:
    reason.set_text("the scheduler has not heard of it; its owner asks again within a minute");
    reason.set_command("troupe status");
  }
}

// Actions that have begun and not ended, by position.
std::map<std::string, const ActionRecord*> open_actions(const TaskState& task) {
  std::map<std::string, const ActionRecord*> open;
  for (auto& record : task.records())
    if (record.has_outcome())
      open.erase(record.position());
    else if (!record.has_winner())
      open.insert_or_assign(record.position(), &record);
  return open;
}

std::string argument(const ActionRequest& request, std::string_view name) {
  for (auto& field : request.arguments())
    if (field.name() == name)
      return field.value();
  return "";
}

void explain_wait(const task_life::site& where, const TaskState& task, const ActionRecord& wait,
                  Reason& reason) {
  auto& request = wait.request();
  reason.set_time_ms(wait.time_ms());
  if (request.kind() == ACTION_HUMAN) {
    reason.set_text(fmt::format("{} is asked: {}", request.name().empty() ? "somebody" : request.name(),
                                first_line(argument(request, "question"))));
    reason.set_command(fmt::format("troupe run answer {}{} --position {} TEXT",
                                   shell_word(id_of(where.owner)),
                                   where.step.empty() ? "" : " --step " + where.step, wait.position()));
  } else if (request.kind() == ACTION_AGENT) {
    auto child = task_life::child_ref(where, wait.position(), task);
    reason.set_text("it waits for " + child);
    reason.set_command("troupe why " + shell_word(id_of(child)));
  } else {
    reason.set_text("it sleeps");
    reason.set_due_ms(wait.wait_until_ms());
  }
}

void explain_work(const TaskState& task, const task_in_question* asked, Reason& reason) {
  auto text = fmt::format("{} works on it, attempt {}", task.agent().empty() ? "an agent" : task.agent(),
                          task.attempt());
  for (auto& [position, record] : open_actions(task))
    if (record->has_started()) {
      text += fmt::format(", in {} '{}'", record->request().kind() == ACTION_MODEL ? "model" : "tool",
                          record->request().name());
      reason.set_time_ms(record->time_ms());
    }
  if (asked && asked->standing.place() == PLACE_UNKNOWN)
    text += "; the scheduler does not know of it, so it is given away again within a minute";
  reason.set_text(std::move(text));
  if (auto name = parse_ref(task.agent()))
    reason.set_command("troupe why " + shell_word(name->key));
}

} // namespace

bool is_with_scheduler(const TaskState& task, int64_t now_ms) {
  return task.attempt() > 0 && (task.status() == TASK_QUEUED || task.status() == TASK_RUNNING ||
                                (task.status() == TASK_RETRYING && task.due_ms() <= now_ms));
}

std::vector<std::string> children_of(const task_life::site& where, const TaskState& task) {
  std::vector<std::string> refs;
  if (task.status() == TASK_WAITING || task.status() == TASK_RUNNING)
    for (auto& [position, record] : open_actions(task))
      if (record->request().kind() == ACTION_AGENT)
        refs.push_back(task_life::child_ref(where, position, task));
  return refs;
}

std::string failed_after(const TaskState& task) {
  auto& failure = task.outcome().failure();
  return fmt::format("failed after {}, {}: {}", counted(task.attempt(), "attempt"),
                     to_string(static_cast<ec>(failure.code())), first_line(failure.text()));
}

std::vector<Reason> explain(const task_life::site& where, const TaskState& task,
                            const task_in_question* asked, int64_t now_ms) {
  Reason reason;
  reason.set_about(where.owner);
  reason.set_step(where.step);
  reason.set_time_ms(task.created_ms());
  auto id = shell_word(id_of(where.owner));
  auto with_step = where.step.empty() ? id : id + " --step " + where.step;
  switch (task.status()) {
  case TASK_QUEUED:
    explain_line(task, asked ? asked->standing : TaskStanding{}, reason);
    break;
  case TASK_RUNNING:
    explain_work(task, asked, reason);
    break;
  case TASK_WAITING: {
    std::vector<Reason> all;
    for (auto& [position, wait] : open_actions(task))
      if (wait->what_case() == ActionRecord::kWaitUntilMs) {
        all.push_back(reason);
        explain_wait(where, task, *wait, all.back());
      }
    if (!all.empty())
      return all;
    reason.set_text("it waits, and nothing says for what");
    reason.set_command("troupe run history " + id);
    break;
  }
  case TASK_RETRYING:
    if (task.due_ms() <= now_ms && asked) {
      explain_line(task, asked->standing, reason);
      reason.set_text(reason.text() + "; its last attempt failed: " + first_line(task.reason()));
    } else {
      reason.set_text(fmt::format("attempt {} failed: {}; attempt {} begins when its delay is over",
                                  task.attempt() - 1, first_line(task.reason()), task.attempt()));
      reason.set_due_ms(task.due_ms());
    }
    break;
  case TASK_PARKED:
    reason.set_text("what is recorded does not fit its behavior any more: " + first_line(task.reason()));
    reason.set_command("troupe run resume " + with_step + " --restart");
    break;
  case TASK_FAILED: {
    reason.set_text(failed_after(task));
    reason.set_time_ms(task.ended_ms());
    auto helps = remedy(task.outcome().failure());
    reason.set_command(!helps.empty() ? helps
                       : task.dead_letter()
                           ? "troupe dlq requeue " + id + (where.step.empty() ? "" : " " + where.step)
                           : "troupe run history " + id);
    break;
  }
  case TASK_CANCELLED:
    reason.set_text("it was cancelled: " + first_line(task.reason()));
    reason.set_time_ms(task.ended_ms());
    break;
  default:
    reason.set_text("it has completed");
    reason.set_time_ms(task.ended_ms());
  }
  return {std::move(reason)};
}

tasks_in_question ask_about(const std::string& ref, const TaskState& task, int64_t now_ms) {
  tasks_in_question found;
  const std::string no_step;
  if (is_with_scheduler(task, now_ms))
    found.push_back({task_life::call_for_agent({ref, no_step}, task), {}});
  return found;
}

std::vector<std::string> waits_for(const std::string& ref, const TaskState& task) {
  const std::string no_step;
  return children_of({ref, no_step}, task);
}

std::vector<Reason> reasons(const std::string& ref, const TaskState& task, const tasks_in_question& asked,
                            int64_t now_ms) {
  const std::string no_step;
  auto all = explain({ref, no_step}, task, asked.empty() ? nullptr : &asked.front(), now_ms);
  if (task.spec().deadline_ms() > 0 && !task_life::has_ended(task)) {
    auto& deadline = all.emplace_back();
    deadline.set_about(ref);
    deadline.set_text("it fails at its deadline unless it ends before");
    deadline.set_due_ms(task.spec().deadline_ms());
  }
  return all;
}

std::string status_of(const TaskState& task) {
  return std::string{task_life::word(task.status())};
}

std::string id_of(const std::string& ref) {
  auto name = parse_ref(ref);
  return name && name->tenant == "default" && name->kind != "ledger" ? name->key : ref;
}

std::string shell_word(const std::string& text) {
  auto plain = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"_-./:@"}.find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain)
    return text;
  std::string quoted = "'";
  for (auto c : text)
    quoted += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  return quoted + "'";
}

std::string remedy(const Failure& failure) {
  switch (static_cast<ec>(failure.code())) {
  case ec::budget_exceeded:
    return "troupe ledger list";
  case ec::no_agent:
    return "troupe agents list";
  case ec::circuit_open:
  case ec::rate_limited:
    return "troupe metrics";
  case ec::quarantined:
    return "troupe dlq list";
  case ec::disk_full:
  case ec::read_only:
    return "troupe status";
  default:
    return "";
  }
}

} // namespace troupe
