// WHY: runs.
// Invariant: a run that has not ended has a reason, if only that nothing is known.

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <troupe/actors/workflow/run/effects.hpp>
#include <troupe/net/api/history.hpp>
#include <troupe/net/api/why_task.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/inquiry_limits.hpp>

namespace troupe {
namespace {

using step_list = google::protobuf::RepeatedPtrField<StepState>;
using definition_list = google::protobuf::RepeatedPtrField<StepDefinition>;
using definitions_by_id = std::map<std::string_view, const StepDefinition*>;

void gather(const definition_list& steps, definitions_by_id& all) {
  for (auto& step : steps) {
    all.emplace(step.id(), &step);
    gather(step.parallel().steps(), all);
    gather(step.map().body().steps(), all);
    gather(step.loop().body().steps(), all);
  }
}

// Every step there is, those of blocks at work too, with its path.
void each_step(const step_list& steps, const std::string& prefix,
               const std::function<void(const std::string&, const StepState&)>& visit) {
  for (auto& step : steps) {
    visit(prefix + step.id(), step);
    for (auto& scope : step.scopes())
      if (!scope.ended())
        each_step(scope.steps(), fmt::format("{}{}.{}.", prefix, step.id(), scope.number()), visit);
  }
}

class explanation {
public:
  explanation(const std::string& ref, const RunState& run, const tasks_in_question& asked, int64_t now_ms)
      : ref_{ref}, id_{shell_word(id_of(ref))}, run_{run}, now_ms_{now_ms} {
    for (auto& one : asked)
      asked_.emplace(one.task.step(), &one);
    gather(run.definition().steps(), definitions_);
    each_step(run.steps(), "", [&](auto&, auto& step) { gather(step.expanded().steps(), definitions_); });
  }

  std::vector<Reason> all;

  void of_open_run() {
    if (run_.paused())
      add("", run_.reason().empty() ? "the run is paused" : "the run is paused: " + first_line(run_.reason()),
          "troupe run resume " + id_);
    if (run_.status() == RUN_COMPENSATING)
      add("", fmt::format("what was done is being undone, {} so far, because: {}", run_.undone(),
                          first_line(run_.outcome().failure().text())));
    if (run_.put_off_ms() > 0)
      add("", "more follows than fits into one record; it goes on at once").set_due_ms(run_.put_off_ms());
    each_step(run_.steps(), "", [&](auto& path, auto& step) {
      if (step.status() == STEP_ACTIVE)
        of_active(path, step);
    });
    if (all.empty())
      add("", "nothing is known that it waits for", "troupe run history " + id_);
    for (auto& closing : run_.closing())
      add("", "it waits for the end of " + closing.child() + ", which it has given up",
          "troupe why " + shell_word(id_of(closing.child())));
    if (run_.deadline_ms() > 0)
      add("", "it fails at its deadline unless it ends before").set_due_ms(run_.deadline_ms());
  }

  void of_ended_run() {
    auto& failure = run_.outcome().failure();
    auto failed = run_.status() == RUN_FAILED;
    if (run_.status() == RUN_COMPLETED)
      add("", "it has completed").set_time_ms(run_.ended_ms());
    else
      add("",
          fmt::format("it {}{}", failed ? "failed" : "was cancelled",
                      failure.text().empty() ? "" : ": " + first_line(failure.text())),
          failed && run_.undone() == 0 ? "troupe run retry " + id_ : std::string{})
          .set_time_ms(run_.ended_ms());
    if (failed)
      if (auto helps = remedy(failure); !helps.empty())
        add("", fmt::format("{} will not go away by itself", to_string(static_cast<ec>(failure.code()))),
            helps);
    std::string first_failed;
    each_step(run_.steps(), "", [&](auto& path, auto& step) {
      if (step.status() != STEP_FAILED)
        return;
      if (first_failed.empty())
        first_failed = path.substr(0, path.find('.'));
      of_failed(path, step);
    });
    if (run_.undone() > 0)
      add("", fmt::format("what had been done was undone: {} compensations began", run_.undone()));
    if (!first_failed.empty() && run_.undone() == 0 && failed)
      add(first_failed, "a new run can take over what was done before it, with other values",
          fmt::format("troupe run fork {} --step {}", id_, first_failed));
  }

private:
  Reason& add(const std::string& path, std::string text, std::string command = {}) {
    auto& reason = all.emplace_back();
    reason.set_about(ref_);
    reason.set_step(path);
    reason.set_text(std::move(text));
    reason.set_command(std::move(command));
    return reason;
  }

  void of_active(const std::string& path, const StepState& step) {
    auto known = definitions_.find(step.id());
    auto kind = known == definitions_.end() ? StepDefinition::kTask : known->second->kind_case();
    auto before = all.size();
    if (step.task().attempt() > 0 && !task_life::has_ended(step.task()))
      of_task(path, step);
    else if (kind == StepDefinition::kApproval)
      of_approval(path, step, known->second->approval());
    else if (kind == StepDefinition::kSignal)
      of_signal(path, known->second->signal());
    else if (!step.child().empty())
      add(path, "it waits for the run " + step.child(), "troupe why " + shell_word(id_of(step.child())));
    else if (kind == StepDefinition::kMonitor)
      add(path, fmt::format("it takes samples: {} so far, {} bad", step.begun(), step.failed()))
          .set_due_ms(step.due_ms());
    else if (!of_budget(path, step) && step.due_ms() > 0)
      add(path, "it waits").set_due_ms(step.due_ms());
    for (auto i = before; i < all.size(); ++i)
      if (all[i].time_ms() == 0)
        all[i].set_time_ms(step.begun_ms());
    if (step.timeout_ms() > 0)
      add(path, "it fails at its timeout unless it ends before").set_due_ms(step.timeout_ms());
  }

  // What its ledger has to do with it; false = nothing.
  bool of_budget(const std::string& path, const StepState& step) {
    for (auto& grant : run_.grants()) {
      if (grant.step() != path || (grant.status() != GRANT_ASKED && grant.status() != GRANT_REFUSED))
        continue;
      auto name = ledger_word(grant.ledger().substr(grant.ledger().rfind('/') + 1));
      if (grant.status() == GRANT_ASKED)
        add(path, fmt::format("{} has not answered yet for round {}", grant.ledger(), grant.round()),
            "troupe ledger show " + name)
            .set_time_ms(grant.time_ms());
      else
        add(path,
            fmt::format("its budget is spent, and it asks again: {}", first_line(grant.failure().text())),
            fmt::format("troupe ledger limit {} AMOUNT", name))
            .set_due_ms(step.due_ms());
      return true;
    }
    return false;
  }

  // A ledger of the run's tenant, as it is typed.
  std::string ledger_word(const std::string& name) const {
    auto tenant = ref_.substr(0, ref_.find('/'));
    return shell_word(tenant == default_tenant ? name : tenant + "/ledger/" + name);
  }

  // The ledger that stopped this loop.
  std::string ledger_of(const StepState& step) const {
    auto known = definitions_.find(step.id());
    if (known == definitions_.end() || !known->second->loop().has_budget())
      return {};
    return "troupe ledger limit " + ledger_word(known->second->loop().budget().ledger()) + " AMOUNT";
  }

  void of_task(const std::string& path, const StepState& step) {
    auto asked = asked_.find(path);
    for (auto& reason :
         explain({ref_, path}, step.task(), asked == asked_.end() ? nullptr : asked->second, now_ms_))
      all.push_back(std::move(reason));
  }

  void of_approval(const std::string& path, const StepState& step, const Approval& approval) {
    std::vector<std::string> open, answers;
    for (auto& one : step.answers())
      answers.push_back(one.by() + (one.approve() ? " approves" : " rejects"));
    for (auto& one : step.asked())
      if (std::none_of(step.answers().begin(), step.answers().end(),
                       [&](auto& answer) { return answer.by() == one; }))
        open.push_back(one);
    auto text = fmt::format("{} may approve: {}", fmt::join(open, ", "), first_line(approval.message()));
    if (!answers.empty())
      text += fmt::format("; so far {}", fmt::join(answers, ", "));
    add(path, std::move(text), fmt::format("troupe approve {} --step {}", id_, path))
        .set_due_ms(step.due_ms());
  }

  void of_signal(const std::string& path, const WaitSignal& signal) {
    add(path, fmt::format("it waits for the signal '{}'", signal.name()),
        fmt::format("troupe run signal {} {}{}", id_, shell_word(signal.name()),
                    signal.type() == TYPE_ANY ? "" : " VALUE"));
  }

  void of_failed(const std::string& path, const StepState& step) {
    auto& own = step.outcome().has_failure() ? step.outcome().failure() : step.task().outcome().failure();
    auto text =
        step.task().attempt() > 0 && !step.outcome().has_failure()
            ? failed_after(step.task())
            : fmt::format("failed, {}: {}", to_string(static_cast<ec>(own.code())), first_line(own.text()));
    auto waits_on_list = step.task().dead_letter() && run_.status() != RUN_CANCELLED;
    add(path, std::move(text),
        waits_on_list ? fmt::format("troupe dlq requeue {} {}", id_, path)
        : own.code() == static_cast<uint32_t>(ec::budget_exceeded) ? ledger_of(step)
                                                                   : std::string{})
        .set_time_ms(step.ended_ms());
  }

  const std::string& ref_;
  std::string id_;
  const RunState& run_;
  int64_t now_ms_;
  std::map<std::string, const task_in_question*> asked_;
  definitions_by_id definitions_;
};

bool is_open(const RunState& run) {
  return run.status() == RUN_RUNNING || run.status() == RUN_COMPENSATING;
}

} // namespace

tasks_in_question ask_about(const std::string& ref, const RunState& run, int64_t now_ms) {
  tasks_in_question found;
  if (is_open(run))
    each_step(run.steps(), "", [&](auto& path, auto& step) {
      if (step.status() == STEP_ACTIVE && is_with_scheduler(step.task(), now_ms) &&
          found.size() < limits::why_tasks)
        found.push_back({task_life::call_for_agent({ref, path}, step.task()), {}});
    });
  return found;
}

std::vector<std::string> waits_for(const std::string& ref, const RunState& run) {
  std::vector<std::string> refs;
  if (is_open(run))
    each_step(run.steps(), "", [&](auto& path, auto& step) {
      if (step.status() != STEP_ACTIVE)
        return;
      if (!step.child().empty())
        refs.push_back(step.child());
      for (auto& child : children_of({ref, path}, step.task()))
        refs.push_back(child);
    });
  return refs;
}

std::vector<Reason> reasons(const std::string& ref, const RunState& run, const tasks_in_question& asked,
                            int64_t now_ms) {
  explanation why{ref, run, asked, now_ms};
  if (is_open(run))
    why.of_open_run();
  else
    why.of_ended_run();
  return std::move(why.all);
}

std::string status_of(const RunState& run) {
  return run.paused() ? "paused" : std::string{run_effects::word(run.status())};
}

} // namespace troupe
