// CAUSES: records -> the commands they could have followed from.
// Invariant: a command is made of what the record says came from outside, never of what was concluded from it.

#include <algorithm>
#include <troupe/actors/workflow/run/causes.hpp>
#include <troupe/actors/workflow/run/commands.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

template <class Event>
cause<Event> given(std::string words) {
  return {std::move(words), true, std::vector<Event>{}};
}

// What an agent told when an attempt ended; the record before may hold what it had not told yet.
TaskDone told(const std::string& agent, const Outcome& outcome, const agent_policies& agents) {
  TaskDone done;
  done.set_agent(agent);
  *done.mutable_outcome() = outcome;
  if (auto known = agents.find(agent); known != agents.end())
    *done.mutable_retry() = known->second;
  return done;
}

TaskDone told(const TaskEvent& event, const agent_policies& agents) {
  Outcome outcome;
  if (event.has_retried()) {
    *outcome.mutable_failure() = event.retried().failure();
    return told(event.retried().agent(), outcome, agents);
  }
  auto done = told(event.ended().agent(), event.ended().outcome(), agents);
  *done.mutable_records() = event.ended().records();
  if (event.ended().has_start())
    *done.mutable_start() = event.ended().start();
  return done;
}

std::string words_of(const TaskDone& done) {
  return (done.agent().empty() ? "the agent" : done.agent()) +
         (done.outcome().has_failure() ? " told that its attempt failed" : " told its result");
}

// An append of a run about one task, without what follows from it.
std::vector<TaskEvent> of_task(const std::vector<RunEvent>& stored, const std::string& step) {
  std::vector<TaskEvent> events;
  for (auto& event : stored) {
    if (!event.has_step() || event.step().step() != step)
      break;
    events.push_back(event.step().event());
  }
  return events;
}

cause<RunEvent> in_run(cause<TaskEvent> of, const std::string& step) {
  cause<RunEvent> result{"step " + step + ": " + of.words, of.is_given, std::vector<RunEvent>{}};
  if (!of.decided) {
    result.decided = std::move(of.decided.error());
    return result;
  }
  for (auto& happened : *of.decided) {
    auto& event = *result.decided->emplace_back().mutable_step();
    event.set_step(step);
    *event.mutable_event() = std::move(happened);
  }
  return result;
}

// Collects causes of one append of a run.
class gathering {
public:
  gathering(const run_course& run, const std::vector<RunEvent>& stored, int64_t now_ms,
            const TaskDefaults& defaults)
      : run_{run}, stored_{stored}, commands_{run, now_ms, defaults} {}

  std::vector<cause<RunEvent>> found;

  template <class Command>
  void add(std::string words, const Command& cmd) {
    found.push_back({std::move(words), false, commands_.decide(cmd)});
  }
  void add_timer(const std::string& step, std::string_view name) {
    TimerDue due;
    due.set_timer(task_life::timer_id(step, name));
    add(step.empty() ? "the run's deadline" : "the timer '" + std::string{name} + "' of step " + step, due);
  }

  // Somebody, a timeout or the deadline ended much at once: the reason stands at the end.
  void add_ends() {
    for (auto& event : stored_)
      if (event.step_ended().status() == STEP_FAILED)
        add_timer(event.step_ended().step(), "timeout");
    for (auto& event : stored_) {
      if (!event.has_closing() && !event.has_ended())
        continue;
      auto& outcome = event.has_closing() ? event.closing().outcome() : event.ended().outcome();
      CancelRun cancel;
      cancel.set_reason(outcome.failure().text());
      add("the run was cancelled", cancel);
      TerminateRun terminate;
      terminate.set_reason(outcome.failure().text());
      add("the run was terminated", terminate);
      if (outcome.failure().code() == static_cast<uint32_t>(ec::timeout))
        add_timer({}, "deadline");
    }
  }

  void add_child(const std::string& child, const RunEvent::StepEnded* ended) {
    ChildEnded told;
    told.set_child(child);
    if (ended) {
      told.set_parent_key(task_life::timer_id(ended->step(), "run"));
      *told.mutable_outcome() = ended->outcome();
    } else {
      told.set_parent_key(task_life::timer_id({}, "run"));
    }
    add(child + " has ended", told);
  }

  void add_begun_again(const RunEvent& first) {
    if (first.has_step()) {
      ResumeTask resume;
      resume.set_step(first.step().step());
      resume.set_restart(first.step().event().resumed().restart());
      add("step " + resume.step() + " was resumed", resume);
    }
    add("the run was retried", RetryRun{});
  }

  void add_answer(const RunEvent::Answered& answered) {
    AnswerApproval answer;
    answer.mutable_context()->set_principal(answered.answer().by());
    answer.set_step(answered.step());
    answer.set_approve(answered.answer().approve());
    answer.set_reason(answered.answer().reason());
    add(answered.answer().by() + " answered at step " + answered.step(), answer);
  }

  void add_delegation(const RunEvent::Delegated& delegated) {
    DelegateApproval delegate;
    delegate.mutable_context()->set_principal(delegated.by());
    delegate.set_step(delegated.step());
    delegate.set_to(delegated.to());
    add(delegated.by() + " delegated at step " + delegated.step(), delegate);
  }

  void add_funds(const RunEvent::BudgetAnswered& answered) {
    FundsReserved told;
    told.set_number(answered.number());
    told.set_unit(answered.unit());
    if (answered.has_failure())
      *told.mutable_failure() = answered.failure();
    add(std::string{"the ledger "} + (answered.has_failure() ? "refused" : "granted") + " what step " +
            answered.step() + " asked for",
        told);
  }

  void add_step_ended(const RunEvent::StepEnded& ended) {
    auto at = run_.find(ended.step());
    if (at && !at->step->child().empty())
      add_child(at->step->child(), &ended);
    add_timer(ended.step(), "due");
    add_ends();
  }

private:
  const run_course& run_;
  const std::vector<RunEvent>& stored_;
  run_commands commands_;
};

} // namespace

std::optional<int64_t> time_of(const TaskEvent& event) {
  switch (event.kind_case()) {
  case TaskEvent::kCreated:
    return event.created().time_ms();
  case TaskEvent::kRecorded:
    return event.recorded().time_ms();
  case TaskEvent::kRetried:
    return event.retried().time_ms();
  case TaskEvent::kEnded:
    return event.ended().time_ms();
  case TaskEvent::kParked:
    return event.parked().time_ms();
  case TaskEvent::kResumed:
    return event.resumed().time_ms();
  case TaskEvent::kDropped:
    return event.dropped().time_ms();
  default:
    return {};
  }
}

std::optional<int64_t> time_of(const RunEvent& event) {
  switch (event.kind_case()) {
  case RunEvent::kStarted:
    return event.started().time_ms();
  case RunEvent::kStep:
    return time_of(event.step().event());
  case RunEvent::kEnded:
    return event.ended().status() == RUN_RUNNING ? std::nullopt : std::optional{event.ended().time_ms()};
  case RunEvent::kStepBegun:
    return event.step_begun().time_ms();
  case RunEvent::kStepEnded:
    return event.step_ended().time_ms();
  case RunEvent::kScopeBegun:
    return event.scope_begun().time_ms();
  case RunEvent::kScopeEnded:
    return event.scope_ended().time_ms();
  case RunEvent::kExpanded:
    return event.expanded().time_ms();
  case RunEvent::kSampled:
    return event.sampled().time_ms();
  case RunEvent::kVariable:
    return event.variable().time_ms();
  case RunEvent::kSignalled:
    return event.signalled().time_ms();
  case RunEvent::kAnswered:
    return event.answered().answer().time_ms();
  case RunEvent::kDelegated:
    return event.delegated().time_ms();
  case RunEvent::kEscalated:
    return event.escalated().time_ms();
  case RunEvent::kPaused:
    return event.paused().time_ms();
  case RunEvent::kUnpaused:
    return event.unpaused().time_ms();
  case RunEvent::kClosing:
    return event.closing().time_ms();
  case RunEvent::kPutOff:
    return event.put_off().due_ms() > 0 ? std::optional{event.put_off().due_ms()} : std::nullopt;
  case RunEvent::kReset:
    return event.reset().time_ms();
  case RunEvent::kUpgraded:
    return event.upgraded().time_ms();
  case RunEvent::kBudgetAsked:
    return event.budget_asked().time_ms();
  case RunEvent::kBudgetAnswered:
    return event.budget_answered().time_ms();
  case RunEvent::kBudgetSettled:
    return event.budget_settled().time_ms();
  case RunEvent::kCharged:
    return event.charged().time_ms();
  default:
    return {};
  }
}

std::vector<cause<TaskEvent>> causes_in(const TaskState& task, const std::vector<TaskEvent>& stored,
                                        int64_t now_ms, const agent_policies& agents) {
  std::vector<cause<TaskEvent>> found;
  if (stored.empty())
    return found;
  auto add = [&](std::string words, task_life::decision decided) {
    found.push_back({std::move(words), false, std::move(decided)});
  };
  auto add_told = [&](TaskDone done) { add(words_of(done), task_life::done(task, done, now_ms)); };
  auto& first = stored.front();
  switch (first.kind_case()) {
  case TaskEvent::kRecorded:
    if (stored.size() > 1 && stored[1].has_retried()) {
      auto done = told(stored[1], agents);
      *done.mutable_records() = first.recorded().records();
      if (first.recorded().has_start())
        *done.mutable_start() = first.recorded().start();
      add_told(std::move(done));
    } else {
      found.push_back(given<TaskEvent>(first.recorded().woken() ? "a wait was over" : "the agent told"));
    }
    break;
  case TaskEvent::kRetried:
    add_told(told(first, agents));
    break;
  case TaskEvent::kEnded:
    if (first.ended().cancelled()) {
      add("the task was cancelled",
          task_life::cancel(task, first.ended().outcome().failure().text(), now_ms));
      break;
    }
    if (first.ended().outcome().failure().code() == static_cast<uint32_t>(ec::timeout))
      add("the task's deadline", task_life::timer_due(task, "deadline", now_ms));
    add_told(told(first, agents));
    break;
  case TaskEvent::kResumed:
    add("the task was resumed", task_life::resume(task, first.resumed().restart(), now_ms));
    break;
  case TaskEvent::kDropped:
    add("the dead letter was dropped", task_life::drop(task, now_ms));
    break;
  default:
    found.push_back(given<TaskEvent>(first.has_created()  ? "somebody created the task"
                                     : first.has_parked() ? "the agent parked the task"
                                                          : "whoever waited was told"));
  }
  return found;
}

std::vector<cause<RunEvent>> causes_in(const run_course& run, const std::vector<RunEvent>& stored,
                                       int64_t now_ms, const agent_policies& agents,
                                       const TaskDefaults& defaults) {
  gathering all{run, stored, now_ms, defaults};
  auto& first = stored.front();
  switch (first.kind_case()) {
  case RunEvent::kStep: {
    auto& step = first.step().step();
    auto at = run.find(step);
    if (first.step().event().has_created())
      all.add_timer(step, "due");
    else if (first.step().event().has_resumed())
      all.add_begun_again(first);
    else if (at)
      for (auto& one : causes_in(at->step->task(), of_task(stored, step), now_ms, agents))
        all.found.push_back(in_run(std::move(one), step));
    if (first.step().event().ended().cancelled())
      all.add_ends();
    break;
  }
  case RunEvent::kStepEnded:
    all.add_step_ended(first.step_ended());
    break;
  case RunEvent::kScopeBegun:
    all.add_timer(first.scope_begun().step(), "due");
    break;
  case RunEvent::kEscalated:
    all.add_timer(first.escalated().step(), "due");
    break;
  case RunEvent::kBudgetAsked:
    all.add_timer(first.budget_asked().step(), "due");
    break;
  case RunEvent::kBudgetAnswered:
    all.add_funds(first.budget_answered());
    break;
  case RunEvent::kAnswered:
    all.add_answer(first.answered());
    break;
  case RunEvent::kDelegated:
    all.add_delegation(first.delegated());
    break;
  case RunEvent::kReset:
    all.add_begun_again(first);
    break;
  case RunEvent::kBudgetSettled: // of a loop that is stopped
  case RunEvent::kClosing:
  case RunEvent::kEnded:
    all.add_ends();
    break;
  case RunEvent::kChildClosed:
    all.add_child(first.child_closed().child(),
                  stored.size() > 1 && stored[1].has_step_ended() ? &stored[1].step_ended() : nullptr);
    break;
  default:
    all.found.push_back(given<RunEvent>(
        first.has_started()     ? first.started().principal() + " started the run"
        : first.has_signalled() ? first.signalled().by() + " sent the signal " + first.signalled().name()
        : first.has_variable()  ? first.variable().by() + " wrote " + first.variable().name()
        : first.has_paused()    ? first.paused().by() + " paused the run"
        : first.has_unpaused()  ? first.unpaused().by() + " let the run go on"
        : first.has_upgraded()  ? first.upgraded().by() + " gave it another definition"
        : first.has_put_off()   ? std::string{"what was put off was due"}
        : first.has_charged()   ? first.charged().by() + " charged " + first.charged().ledger()
                                : std::string{"whoever waited was told"}));
  }
  return std::move(all.found);
}

} // namespace troupe
