// WORKFLOW HISTORY: reads events as they stand on disk, apart from the machine that made them.

#include <algorithm>
#include <fmt/format.h>
#include <tests/simulator/workflow_history.hpp>

namespace troupe {
namespace {

const std::string the_run = "the run";

} // namespace

run_history::run_history(const shadow& run) : run_{run} {
  know(run.run().definition().steps());
  for (auto& stored : run.stored()) {
    RunEvent event;
    event.ParseFromString(stored);
    take(event);
  }
}

void run_history::know(const google::protobuf::RepeatedPtrField<StepDefinition>& steps) {
  for (auto& step : steps) {
    known_[step.id()] = step;
    if (!step.compensation().empty())
      undo_steps_.insert(step.compensation());
    know(step.parallel().steps());
    know(step.map().body().steps());
    know(step.loop().body().steps());
  }
}

const StepDefinition* run_history::find(const std::string& path) const {
  auto i = known_.find(path.substr(path.rfind('.') + 1));
  return i == known_.end() ? nullptr : &i->second;
}

void run_history::count(const std::string& what, const std::string& path) {
  ++happened_[{path, what}];
}

// What happened to it and inside of it may happen once more.
void run_history::begins_anew(const std::string& path) {
  std::erase_if(happened_, [&](auto& one) {
    auto& known = one.first.first;
    return known == path || known.starts_with(path + ".");
  });
}

void run_history::begins(const std::string& path) {
  if (kept_.count(path) > 0)
    done_again_.push_back(path);
  count("the beginning of", path);
  if (undo_steps_.count(path.substr(path.rfind('.') + 1)) > 0)
    undone_.push_back(path);
}

void run_history::completes(const std::string& path) {
  if (auto* step = find(path); step && !step->compensation().empty())
    to_undo_.push_back(path.substr(0, path.rfind('.') + 1) + step->compensation());
}

void run_history::take(const RunEvent& event) {
  switch (event.kind_case()) {
  case RunEvent::kStarted:
    for (auto& kept : event.started().fork().kept())
      kept_.insert(kept.step());
    return;
  case RunEvent::kStep:
    return take_task(event.step().step(), event.step().event());
  case RunEvent::kStepBegun:
    return begins(event.step_begun().step());
  case RunEvent::kStepEnded: {
    auto& path = event.step_ended().step();
    if (kept_.count(path) > 0)
      done_again_.push_back(path);
    count("the end of", path);
    if (event.step_ended().status() == STEP_COMPLETED)
      completes(path);
    else if (!undone_.empty() && undone_.back() == path)
      has_failed_to_undo_ = true;
    return;
  }
  case RunEvent::kScopeBegun:
    count("the beginning of", fmt::format("{}.{}", event.scope_begun().step(), event.scope_begun().number()));
    return;
  case RunEvent::kScopeEnded:
    count("the end of", fmt::format("{}.{}", event.scope_ended().step(), event.scope_ended().number()));
    return;
  case RunEvent::kExpanded:
    count("the block of", event.expanded().step());
    return know(event.expanded().block().steps());
  case RunEvent::kAnswered:
    count(fmt::format("the answer of {} to", event.answered().answer().by()), event.answered().step());
    return;
  case RunEvent::kEscalated:
    count("the escalation of", event.escalated().step());
    return;
  case RunEvent::kSignalled:
    if (!event.signalled().step().empty())
      count("the signal for", event.signalled().step());
    return;
  case RunEvent::kClosing:
    count("the closing of", the_run);
    return;
  case RunEvent::kEnded:
    if (event.ended().status() == RUN_RUNNING) // somebody has opened it again
      begins_anew(the_run);
    else
      count("the end of", the_run);
    return;
  case RunEvent::kReset:
    return begins_anew(event.reset().step());
  default:
    return;
  }
}

void run_history::take_task(const std::string& path, const TaskEvent& event) {
  auto* step = find(path);
  if (step && step->has_monitor()) // takes many samples
    return;
  if (event.has_created())
    begins(path);
  if (event.has_resumed())
    begins_anew(path);
  if (!event.has_ended())
    return;
  count("the task of", path);
  auto plain = step && step->has_task();
  if (plain && !event.ended().cancelled() && !event.ended().outcome().has_failure())
    completes(path);
  else if (plain && !undone_.empty() && undone_.back() == path)
    has_failed_to_undo_ = true;
}

void run_history::judge(const objection& object) const {
  for (auto& [what, times] : happened_)
    if (times > 1)
      object("begun", fmt::format("{}: {} {} happened {} times", run_.ref(), what.second, what.first, times));
  if (!done_again_.empty())
    object("forked",
           fmt::format("{} has done again what it took over: {}", run_.ref(), fmt::join(done_again_, ", ")));
  auto terminated = run_.run().status() == RUN_CANCELLED && !run_.run().parent().empty() &&
                    happened_.count({the_run, "the closing of"}) == 0;
  if (terminated) // by the run that began it: nothing is undone then
    return;
  auto wanted = to_undo_;
  std::reverse(wanted.begin(), wanted.end());
  if (run_.run().status() == RUN_COMPLETED)
    wanted.clear();
  else if (has_failed_to_undo_ && undone_.size() < wanted.size())
    wanted.resize(undone_.size());
  if (undone_ != wanted)
    object("undone", fmt::format("{} has undone [{}]; to be undone was [{}]", run_.ref(),
                                 fmt::join(undone_, ", "), fmt::join(wanted, ", ")));
}

} // namespace troupe
