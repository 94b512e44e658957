// WORK VIEWS: runs, tasks, their history, dead letters.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/net/node/views.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/trace.hpp>

namespace troupe {
namespace {

text_tone tone_of(std::string_view status) {
  static const std::map<std::string_view, text_tone> tones{
      {"completed", text_tone::good},      {"running", text_tone::busy},    {"queued", text_tone::faint},
      {"waiting", text_tone::warning},     {"failed", text_tone::bad},      {"retrying", text_tone::warning},
      {"parked", text_tone::warning},      {"cancelled", text_tone::faint}, {"active", text_tone::busy},
      {"pending", text_tone::faint},       {"skipped", text_tone::faint},   {"paused", text_tone::warning},
      {"compensating", text_tone::warning}};
  auto known = tones.find(status);
  return known == tones.end() ? text_tone::plain : known->second;
}

text_cell status_cell(const std::string& status) {
  return {status, tone_of(status)};
}

std::string name_of(TaskStatus status) {
  constexpr std::string_view names[] = {"queued",    "running", "waiting",   "retrying",
                                        "completed", "failed",  "cancelled", "parked"};
  auto index = static_cast<size_t>(status);
  return index < std::size(names) ? std::string{names[index]} : "unknown";
}

std::string name_of(RunStatus status) {
  constexpr std::string_view names[] = {"running", "completed", "failed", "cancelled", "compensating"};
  auto index = static_cast<size_t>(status);
  return index < std::size(names) ? std::string{names[index]} : "unknown";
}

std::string name_of(StepStatus status) {
  constexpr std::string_view names[] = {"pending", "active", "completed", "skipped", "failed", "cancelled"};
  auto index = static_cast<size_t>(status);
  return index < std::size(names) ? std::string{names[index]} : "unknown";
}

std::string took(int64_t created_ms, int64_t ended_ms, const text_look& how) {
  return created_ms == 0 ? ""
                         : human_duration((ended_ms == 0 ? how.now_ms : ended_ms) - created_ms) +
                               (ended_ms == 0 ? " so far" : "");
}

std::string text_of(const Failure& failure) {
  return fmt::format("{}: {}", to_string(static_cast<ec>(failure.code())), failure.text());
}

// Why a task is where it is; empty if there is nothing to say.
std::string remark(const TaskState& task, const text_look& how) {
  if (task.outcome().has_failure())
    return text_of(task.outcome().failure()) + (task.dead_letter() ? " (dead letter)" : "");
  if (task.status() == TASK_RETRYING)
    return fmt::format("again at {}: {}", short_time(task.due_ms(), how), task.reason());
  return task.reason();
}

std::string ended(const Outcome& outcome) {
  if (outcome.has_failure())
    return "";
  auto text = printable(outcome.text(), true);
  return text.empty() ? "" : "\n" + text + (text.back() == '\n' ? "" : "\n");
}

std::string ask_to_answer(const RunView& view) {
  std::string lines;
  for (auto& question : open_questions(view))
    lines += fmt::format("\n{} is asked: {}\n  troupe run answer {}{} --position {} TEXT\n",
                         question.addressee.empty() ? "somebody" : printable(question.addressee),
                         printable(question.text), printable(view.id()),
                         question.step.empty() ? "" : " --step " + printable(question.step),
                         printable(question.position));
  return lines;
}

using step_states = google::protobuf::RepeatedPtrField<StepState>;

// Steps, and under those that hold others the blocks at work.
void add_steps(const step_states& steps, const std::string& prefix, text_table& table, const text_look& how) {
  for (auto& step : steps) {
    auto& task = step.task();
    auto has_task = task.attempt() > 0;
    auto is_at_work = step.status() <= STEP_ACTIVE && (step.status() == STEP_PENDING || task.ended_ms() == 0);
    auto own = step.outcome().has_failure() ? text_of(step.outcome().failure()) : "";
    table.add({prefix + step.id(),
               status_cell(has_task && is_at_work ? name_of(task.status()) : name_of(step.status())),
               task.agent(), has_task ? std::to_string(task.attempt()) : "",
               took(step.begun_ms() > 0 ? step.begun_ms() : task.created_ms(),
                    step.ended_ms() > 0 ? step.ended_ms() : task.ended_ms(), how),
               own.empty() && has_task ? remark(task, how) : own});
    for (auto& scope : step.scopes())
      if (!scope.ended())
        add_steps(scope.steps(), prefix + step.id() + "." + std::to_string(scope.number()) + ".", table, how);
  }
}

void collect(const step_states& steps, const std::string& prefix, std::vector<open_approval>& found) {
  for (auto& step : steps) {
    if (step.status() == STEP_ACTIVE && step.asked_size() > 0)
      found.push_back({prefix + step.id(), {step.asked().begin(), step.asked().end()}});
    for (auto& scope : step.scopes())
      if (!scope.ended())
        collect(scope.steps(), prefix + step.id() + "." + std::to_string(scope.number()) + ".", found);
  }
}

std::string ask_to_approve(const RunView& view) {
  std::string lines;
  for (auto& one : open_approvals(view))
    lines += fmt::format("\n{} may approve {}\n  troupe approve {} --step {}\n", fmt::join(one.asked, ", "),
                         printable(one.step), printable(view.id()), printable(one.step));
  return lines;
}

std::string argument(const ActionRequest& request, std::string_view name) {
  for (auto& field : request.arguments())
    if (field.name() == name)
      return field.value();
  return "";
}

void collect(const TaskState& task, const std::string& step, std::vector<human_question>& found) {
  if (task.status() != TASK_WAITING)
    return;
  std::map<std::string, human_question> open; // by position
  for (auto& record : task.records()) {
    if (record.has_outcome())
      open.erase(record.position());
    else if (record.request().kind() == ACTION_HUMAN)
      open[record.position()] = {step, record.position(), record.request().name(),
                                 argument(record.request(), "question")};
  }
  for (auto& [position, question] : open)
    found.push_back(question);
}

// What loops hold of ledgers, or wait for.
std::string show_grants(const RunState& run, const text_look& how) {
  constexpr std::string_view states[] = {"asked", "reserved", "refused", "settling"};
  text_table rows{{"LOOP", "ROUND", "LEDGER", "AMOUNT", "STATUS", "REASON"}};
  for (auto& grant : run.grants())
    rows.add({grant.step(), std::to_string(grant.round()), grant.ledger(), std::to_string(grant.amount()),
              std::string{states[std::min<size_t>(grant.status(), std::size(states) - 1)]},
              printable(grant.failure().text())});
  return run.grants().empty() ? "" : "\n" + rows.show(how);
}

std::string show_task(const RunView& view, const text_look& how) {
  auto& task = view.task();
  text_table facts{{}};
  facts.add_fact("task", view.ref());
  facts.add_fact("status", status_cell(name_of(task.status())));
  facts.add_fact("title", task.spec().title());
  facts.add_fact("trace", trace_id(task.trace()));
  facts.add_fact("needs", fmt::format("{}", fmt::join(task.spec().required(), ", ")));
  facts.add_fact("agent", task.agent());
  facts.add_fact("attempt", std::to_string(task.attempt()));
  facts.add_fact("created", fmt::format("{}, took {}", short_time(task.created_ms(), how),
                                        took(task.created_ms(), task.ended_ms(), how)));
  if (auto why = remark(task, how); !why.empty())
    facts.add_fact("reason", {why, text_tone::warning});
  return facts.show(how) + ended(task.outcome()) + ask_to_answer(view);
}

} // namespace

std::string show(const RunList& list, const text_look& how) {
  if (list.runs_size() == 0)
    return "no runs\n";
  text_table rows{{"ID", "STATUS", "TITLE", "STEPS", "BY", "CREATED", "TOOK", "REASON"}};
  for (auto& run : list.runs()) {
    auto slash = run.ref().rfind('/');
    rows.add({run.ref().substr(slash == std::string::npos ? 0 : slash + 1), status_cell(run.status()),
              run.title(), run.steps() == 0 ? "" : fmt::format("{}/{}", run.steps_done(), run.steps()),
              run.principal(), short_time(run.created_ms(), how), took(run.created_ms(), run.ended_ms(), how),
              run.reason()});
  }
  auto shown = static_cast<uint64_t>(list.runs_size());
  auto out = rows.show(how);
  if (list.total() > shown)
    out += fmt::format("{} of {}", shown, list.total());
  if (list.total() > shown && shown < limits::list_rows_most)
    out += fmt::format("; more: --limit {}", std::min<uint64_t>(list.total(), limits::list_rows_most));
  return out + (list.total() > shown ? "\n" : "");
}

std::string show(const BatchResult& result, const text_look& how) {
  if (result.answers_size() == 0)
    return "no runs fit\n";
  text_table rows{{"RUN", "ANSWER"}};
  auto refused = 0;
  for (auto& one : result.answers()) {
    refused += one.refusal().empty() ? 0 : 1;
    rows.add({one.ref(), result.dry_run() ? "is meant" : one.refusal().empty() ? "done" : one.refusal()});
  }
  auto shown = static_cast<uint64_t>(result.answers_size());
  auto out = rows.show(how);
  if (!result.dry_run())
    out += fmt::format("{} done, {} refused\n", result.answers_size() - refused, refused);
  if (result.total() > shown)
    out +=
        fmt::format("{} of {} that fit; repeat it for the others, or use --limit\n", shown, result.total());
  return out;
}

std::string show(const RunView& view, const text_look& how) {
  if (view.is_task())
    return show_task(view, how);
  auto& run = view.run();
  text_table facts{{}};
  facts.add_fact("run", view.ref());
  facts.add_fact("status", status_cell(run.paused() ? "paused" : name_of(run.status())));
  facts.add_fact("workflow",
                 run.definition().name() +
                     (run.definition().version().empty() ? "" : " " + run.definition().version()) +
                     (run.revision() > 0 ? fmt::format(", revision {}", run.revision()) : ""));
  facts.add_fact("by", run.principal());
  facts.add_fact("trace", trace_id(run.trace()));
  facts.add_fact("parent", run.parent());
  facts.add_fact("forked from", run.forked_from());
  facts.add_fact("created", fmt::format("{}, took {}", short_time(run.created_ms(), how),
                                        took(run.created_ms(), run.ended_ms(), how)));
  if (run.deadline_ms() > 0)
    facts.add_fact("deadline", short_time(run.deadline_ms(), how));
  for (auto& variable : run.variables())
    facts.add_fact(variable.name(), printable(variable.value()));
  if (run.outcome().has_failure())
    facts.add_fact("reason", {text_of(run.outcome().failure()), text_tone::bad});
  else if (!run.reason().empty())
    facts.add_fact("reason", {run.reason(), text_tone::warning});
  text_table steps{{"STEP", "STATUS", "AGENT", "ATTEMPT", "TOOK", "REASON"}};
  add_steps(run.steps(), "", steps, how);
  return facts.show(how) + (run.steps_size() == 0 ? "" : "\n" + steps.show(how)) + show_grants(run, how) +
         ended(run.outcome()) + ask_to_answer(view) + ask_to_approve(view);
}

std::string show(const History& history, const text_look& how) {
  text_table rows{{"SEQ", "TIME", "EVENT", "WHAT"}};
  for (auto& entry : history.entries())
    rows.add({std::to_string(entry.seq()), short_time(entry.time_us() / 1000, how), entry.type(),
              entry.summary()});
  return history.entries_size() == 0 ? "no events\n" : rows.show(how);
}

std::string show(const ApprovalList& list, const text_look& how) {
  if (list.approvals_size() == 0)
    return "nothing waits for approval\n";
  text_table rows{{"RUN", "STEP", "WORKFLOW", "ASKED", "SINCE", "UNTIL", "MESSAGE"}};
  for (auto& row : list.approvals())
    rows.add({row.run(), row.step(), row.title(), fmt::format("{}", fmt::join(row.asked(), ", ")),
              short_time(row.time_ms(), how), short_time(row.due_ms(), how), printable(row.message())});
  auto shown = static_cast<uint64_t>(list.approvals_size());
  return rows.show(how) + (list.total() > shown ? fmt::format("{} of {}\n", shown, list.total()) : "") +
         "answer: troupe approve RUN [--step STEP]   no: troupe reject RUN [--step STEP] --reason WHY\n";
}

std::string show(const DeadLetterList& list, const text_look& how) {
  if (list.letters_size() == 0)
    return "no dead letters\n";
  text_table rows{{"OWNER", "STEP", "TITLE", "ATTEMPTS", "SINCE", "FAILURE"}};
  for (auto& letter : list.letters())
    rows.add({letter.owner(),
              letter.step(),
              letter.title(),
              std::to_string(letter.attempts()),
              short_time(letter.time_ms(), how),
              {text_of(letter.failure()), text_tone::bad}});
  auto shown = static_cast<uint64_t>(list.letters_size());
  return rows.show(how) + (list.total() > shown ? fmt::format("{} of {}\n", shown, list.total()) : "") +
         "again: troupe dlq requeue OWNER [STEP]   away: troupe dlq drop OWNER [STEP]\n";
}

std::vector<open_approval> open_approvals(const RunView& view) {
  std::vector<open_approval> found;
  collect(view.run().steps(), "", found);
  return found;
}

std::vector<human_question> open_questions(const RunView& view) {
  std::vector<human_question> found;
  if (view.is_task())
    collect(view.task(), "", found);
  for (auto& step : view.run().steps())
    collect(step.task(), step.id(), found);
  return found;
}

} // namespace troupe
