// SHADOW: a second replay, apart from the node's.

#include <algorithm>
#include <tests/simulator/shadow.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/runtime/directory.hpp>

namespace troupe {
namespace {

size_t hash_of(const google::protobuf::Message& state) {
  return std::hash<std::string>{}(state.SerializeAsString());
}

void add_questions(const std::string& ref, const std::string& step, const TaskState& task,
                   std::vector<open_question>& out) {
  if (task_life::has_ended(task))
    return;
  for (auto& wait : task.records()) {
    if (wait.what_case() != ActionRecord::kWaitUntilMs || wait.request().kind() != ACTION_HUMAN)
      continue;
    auto answered = std::any_of(task.records().begin(), task.records().end(), [&](auto& one) {
      return one.position() == wait.position() && one.what_case() == ActionRecord::kOutcome;
    });
    if (!answered)
      out.push_back({ref, step, wait.position()});
  }
}

} // namespace

shadow::shadow(std::string ref) : ref_{std::move(ref)} {
  auto name = parse_ref(ref_);
  kind_ = name ? name->kind : std::string{};
  course_.own_ref = ref_;
}

bool shadow::follow(const std::string& event) {
  auto known = true;
  if (kind_ == "account")
    known = AccountEvent{}.ParseFromString(event);
  else if (kind_ == "task")
    known = TaskEvent{}.ParseFromString(event);
  else if (kind_ == "run")
    known = RunEvent{}.ParseFromString(event);
  stored_.push_back(event);
  apply(event);
  return known;
}

void shadow::forget(size_t events) {
  auto kept = std::move(stored_);
  kept.resize(kept.size() - events);
  *this = shadow{ref_};
  for (auto& event : kept)
    follow(event);
}

void shadow::apply(const std::string& event) {
  if (kind_ == "account") {
    AccountEvent happened;
    happened.ParseFromString(event);
    apply_to(account_, happened);
    totals_.push_back(account_.total());
  } else if (kind_ == "task") {
    TaskEvent happened;
    happened.ParseFromString(event);
    task_life::apply(task_, happened);
    states_.push_back(hash_of(task_));
  } else if (kind_ == "run") {
    RunEvent happened;
    happened.ParseFromString(event);
    course_.apply(happened);
    run_ = course_.save();
    states_.push_back(hash_of(run_));
  }
}

bool shadow::has_been(const google::protobuf::Message& state) const {
  return std::find(states_.begin(), states_.end(), hash_of(state)) != states_.end();
}

bool shadow::is_now(const google::protobuf::Message& state) const {
  return !states_.empty() && states_.back() == hash_of(state);
}

bool shadow::has_ended() const {
  return kind_ == "task" ? task_life::has_ended(task_) : kind_ == "run" ? course_.has_ended() : false;
}

int64_t shadow::ended_ms() const {
  return kind_ == "task" ? task_.ended_ms() : run_.ended_ms();
}

bool shadow::is_dead_letter() const {
  return kind_ == "task" ? task_.dead_letter()
                         : std::any_of(run_.steps().begin(), run_.steps().end(),
                                       [](auto& step) { return step.task().dead_letter(); });
}

uint32_t shadow::failure() const {
  auto& outcome = kind_ == "run" ? run_.outcome() : task_.outcome();
  return outcome.failure().code();
}

std::vector<open_question> shadow::questions() const {
  std::vector<open_question> open;
  if (kind_ == "task")
    add_questions(ref_, "", task_, open);
  else if (run_.status() == RUN_RUNNING)
    for (auto& step : run_.steps())
      add_questions(ref_, step.id(), step.task(), open);
  return open;
}

} // namespace troupe
