// STORY TASK: attempts and what they did.
// Invariant: an agent has a task from the first record of an attempt until the attempt ends or only waits are left.

#include <fmt/format.h>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/net/api/history.hpp>
#include <troupe/net/api/story_task.hpp>
#include <troupe/net/api/why.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

StoryCharge& charges_of(StoryCosts& costs, const std::string& ledger, const std::string& unit) {
  for (auto& one : *costs.mutable_charges())
    if (one.ledger() == ledger)
      return one;
  auto& added = *costs.add_charges();
  added.set_ledger(ledger);
  added.set_unit(unit);
  return added;
}

void story_book::begin(const std::string& kind, const std::string& name, int64_t time_ms) {
  tree.nodes.clear();
  auto& line = tree.nodes.emplace_back().line;
  line.set_kind(kind);
  line.set_name(name);
  line.set_time_ms(time_ms);
  line.set_open(true);
  line.set_ref(ref_);
}

size_t story_book::parent_of(const std::string& path) const {
  for (auto prefix = path; !prefix.empty();) {
    if (auto at = at_.find(prefix); at != at_.end())
      return at->second;
    auto dot = prefix.rfind('.');
    prefix = dot == std::string::npos ? "" : prefix.substr(0, dot);
  }
  return 0;
}

size_t story_book::add(const std::string& path, const char* kind, const std::string& name, int64_t time_ms) {
  return add_below(parent_of(path), kind, name, time_ms);
}

size_t story_book::add_below(size_t parent, const char* kind, const std::string& name, int64_t time_ms) {
  if (!has_begun())
    return 0;
  auto i = tree.nodes.size();
  auto& line = tree.nodes.emplace_back().line;
  line.set_kind(kind);
  line.set_name(name);
  line.set_time_ms(time_ms);
  tree.nodes[parent].below.push_back(i);
  return i;
}

size_t story_book::open(const std::string& path, const std::string& kind, const std::string& name,
                        int64_t time_ms) {
  if (!has_begun())
    return 0;
  at_.erase(path);
  auto i = add(path, kind.c_str(), name, time_ms);
  tree.nodes[i].line.set_open(true);
  at_[path] = i;
  return i;
}

bool story_book::is_open(const std::string& path) const {
  auto at = at_.find(path);
  return at != at_.end() && tree.nodes[at->second].line.open();
}

size_t story_book::close(const std::string& path, int64_t time_ms, const std::string& text) {
  auto at = at_.find(path);
  if (at == at_.end())
    return 0;
  close(at->second, time_ms, text);
  return at->second;
}

void story_book::close(size_t i, int64_t time_ms, const std::string& text) {
  if (!has_begun())
    return;
  auto& line = tree.nodes[i].line;
  line.set_open(false);
  line.set_duration_ms(std::max<int64_t>(0, time_ms - line.time_ms()));
  line.set_text(line.text().empty() ? text : line.text() + "; " + text);
}

void story_book::reopen(const std::string& path) {
  if (auto at = at_.find(path); at != at_.end())
    tree.nodes[at->second].line.set_open(true);
}

void story_book::note(const std::string& path, const char* kind, int64_t time_ms, const std::string& text) {
  if (!has_begun())
    return;
  auto i = add(path, kind, {}, time_ms);
  tree.nodes[i].line.set_text(text);
}

void story_book::decided(size_t i, uint64_t seq) {
  if (i < tree.nodes.size())
    tree.nodes[i].line.set_decision(fmt::format("{}#{}", id_of(ref_), seq));
}

void story_book::end(int64_t time_ms, const std::string& text) {
  close(size_t{0}, time_ms, text);
}

void story_book::reopen_root() {
  if (has_begun())
    root().line.set_open(true);
}

void story_book::finish(int64_t now_ms) {
  for (auto& node : tree.nodes)
    if (node.line.open())
      node.line.set_duration_ms(std::max<int64_t>(0, now_ms - node.line.time_ms()));
}

std::string task_ending(const TaskEvent::Ended& ended) {
  if (ended.cancelled())
    return "cancelled: " + first_line(ended.outcome().failure().text());
  return ending(ended.outcome()) + (ended.dead_letter() ? "; now a dead letter" : "");
}

std::string task_teller::status(const std::string& path) const {
  auto at = tasks_.find(path);
  return at == tasks_.end() ? "" : std::string{task_life::word(at->second.state.status())};
}

size_t task_teller::below(const at_work& task, const std::string& path, const char* kind,
                          const std::string& name, int64_t time_ms) {
  return task.attempt > 0 ? book_.add_below(task.attempt, kind, name, time_ms)
                          : book_.add(path, kind, name, time_ms);
}

void task_teller::begin_attempt(at_work& task, const std::string& path, const AttemptStart& start,
                                int64_t time_ms) {
  task.attempt = book_.add(path, "attempt", std::to_string(task.state.attempt()),
                           start.started_ms() > 0 ? start.started_ms() : time_ms);
  if (!book_.has_begun())
    return;
  auto& line = book_.tree.nodes[task.attempt].line;
  line.set_open(true);
  line.set_text(fmt::format("{}{}{}", id_of(start.agent()),
                            start.behavior().empty() ? "" : ", " + start.behavior(),
                            start.behavior_version().empty() ? "" : " " + start.behavior_version()));
  auto& costs = book_.tree.costs;
  costs.set_attempts(costs.attempts() + 1);
  task.since_ms = line.time_ms();
}

void task_teller::let_go(at_work& task, int64_t time_ms) {
  if (task.since_ms > 0) {
    auto& costs = book_.tree.costs;
    costs.set_agent_ms(costs.agent_ms() + std::max<int64_t>(0, time_ms - task.since_ms));
  }
  task.since_ms = 0;
}

void task_teller::end_attempt(at_work& task, int64_t time_ms, const std::string& text) {
  let_go(task, time_ms);
  for (auto& [position, i] : task.lines)
    if (book_.tree.nodes[i].line.open())
      book_.close(i, time_ms, "given up");
  task.lines.clear();
  task.begun_ms.clear();
  if (task.attempt > 0)
    book_.close(task.attempt, time_ms, text);
}

void task_teller::wait(at_work& task, const std::string& path, const ActionRecord& record) {
  auto& request = record.request();
  auto* kind = request.kind() == ACTION_HUMAN   ? "question"
               : request.kind() == ACTION_AGENT ? "agent"
                                                : "sleep";
  auto i = below(task, path, kind, request.name(), record.time_ms());
  if (!book_.has_begun())
    return;
  auto& node = book_.tree.nodes[i];
  node.line.set_open(true);
  if (request.kind() == ACTION_AGENT)
    node.begins = task_life::child_ref({ref_, path}, record.position(), task.state);
  for (auto& field : request.arguments())
    if (request.kind() == ACTION_HUMAN && field.name() == "question")
      node.line.set_text(first_line(field.value()));
  task.lines[record.position()] = i;
}

void task_teller::act(at_work& task, const std::string& path, const ActionRecord& record) {
  auto kind = record.request().kind();
  if (record.what_case() == ActionRecord::kWaitUntilMs)
    return wait(task, path, record);
  if (record.what_case() == ActionRecord::kStarted)
    task.begun_ms[record.position()] = record.time_ms();
  if (!record.has_outcome())
    return;
  if (auto waits = task.lines.find(record.position()); waits != task.lines.end()) {
    book_.close(waits->second, record.time_ms(), ending(record.outcome()));
    task.lines.erase(waits);
    return;
  }
  if (kind != ACTION_TOOL && kind != ACTION_MODEL)
    return;
  auto& costs = book_.tree.costs;
  if (kind == ACTION_TOOL)
    costs.set_tools(costs.tools() + 1);
  else
    costs.set_models(costs.models() + 1);
  auto begun = task.begun_ms.find(record.position());
  auto i = below(task, path, kind == ACTION_TOOL ? "tool" : "model", record.request().name(),
                 begun == task.begun_ms.end() ? record.time_ms() : begun->second);
  book_.close(i, record.time_ms(), ending(record.outcome()));
}

void task_teller::take(uint64_t seq, const std::string& path, const TaskEvent& event) {
  if (!book_.has_begun())
    return;
  if (event.has_created())
    tasks_[path] = {};
  auto& task = tasks_[path];
  auto& costs = book_.tree.costs;
  switch (event.kind_case()) {
  case TaskEvent::kRecorded: {
    auto& recorded = event.recorded();
    if (recorded.has_start())
      begin_attempt(task, path, recorded.start(), recorded.time_ms());
    else if (task.since_ms == 0 && !recorded.woken())
      task.since_ms = recorded.time_ms(); // somebody has taken it up again
    for (auto& record : recorded.records())
      act(task, path, record);
    for (auto& text : recorded.notes())
      book_.tree.nodes[below(task, path, "note", {}, recorded.time_ms())].line.set_text(first_line(text));
    if (recorded.suspended())
      let_go(task, recorded.time_ms());
    break;
  }
  case TaskEvent::kRetried: {
    auto& retried = event.retried();
    if (task.attempt == 0) {
      AttemptStart unknown;
      unknown.set_agent(retried.agent());
      begin_attempt(task, path, unknown, retried.time_ms());
    }
    Outcome outcome;
    *outcome.mutable_failure() = retried.failure();
    end_attempt(task, retried.time_ms(),
                fmt::format("{}; again after {} ms", ending(outcome), retried.due_ms() - retried.time_ms()));
    book_.decided(task.attempt, seq);
    costs.set_failed_attempts(costs.failed_attempts() + 1);
    task.attempt = 0;
    break;
  }
  case TaskEvent::kEnded: {
    auto& ended = event.ended();
    if (task.attempt == 0 && (ended.has_start() || !ended.agent().empty())) {
      auto start = ended.start();
      start.set_agent(ended.agent());
      begin_attempt(task, path, start, ended.time_ms());
    }
    for (auto& record : ended.records())
      act(task, path, record);
    end_attempt(task, ended.time_ms(), task_ending(ended));
    if (ended.outcome().has_failure() && !ended.cancelled() && task.attempt > 0) {
      costs.set_failed_attempts(costs.failed_attempts() + 1);
      book_.decided(task.attempt, seq); // no further attempt
    }
    task.attempt = 0;
    break;
  }
  case TaskEvent::kParked:
    book_.note(path, "note", event.parked().time_ms(), summarize(event));
    let_go(task, event.parked().time_ms());
    break;
  case TaskEvent::kResumed:
    book_.note(path, "note", event.resumed().time_ms(), summarize(event));
    task.attempt = 0;
    break;
  case TaskEvent::kDropped:
    book_.note(path, "note", event.dropped().time_ms(), summarize(event));
    break;
  default:
    break;
  }
  task_life::apply(task.state, event);
}

} // namespace troupe
