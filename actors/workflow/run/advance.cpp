// REACTION: how steps that hold others, or wait for people and samples, go on.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/workflow/definition_check.hpp>
#include <troupe/actors/workflow/run/documents.hpp>
#include <troupe/actors/workflow/run/reaction.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

const Outcome* first_failure(const StepState& step) {
  for (auto& result : step.results())
    if (result.has_failure())
      return &result;
  return nullptr;
}

uint32_t at_work(const StepState& step) {
  return step.begun() - step.succeeded() - step.failed();
}

// Capabilities that a definition requires somewhere: what an expanded block may require unless its step says more.
void gather(const google::protobuf::RepeatedPtrField<StepDefinition>& steps, std::vector<std::string>& out) {
  for (auto& step : steps) {
    for (auto* task : {&step.task(), &step.expand().task(), &step.monitor().sample()})
      out.insert(out.end(), task->required().begin(), task->required().end());
    out.insert(out.end(), step.expand().capabilities().begin(), step.expand().capabilities().end());
    gather(step.parallel().steps(), out);
    gather(step.map().body().steps(), out);
    gather(step.loop().body().steps(), out);
  }
}

int count_steps(const google::protobuf::RepeatedPtrField<StepDefinition>& steps) {
  auto count = steps.size();
  for (auto& step : steps)
    count += count_steps(step.parallel().steps()) + count_steps(step.map().body().steps()) +
             count_steps(step.loop().body().steps());
  return count;
}

caf::expected<Block> read_expansion(const workflow_plan& plan, const Expand& how, size_t depth,
                                    const std::string& text) {
  auto read = read_block(text);
  if (!read.problems.empty())
    return make_error(ec::invalid_workflow, to_string(read.problems, "result"));
  Block block;
  *block.mutable_steps() = read.definition.steps();
  block.set_result(read.definition.result());
  auto most = how.max_steps() > 0 ? how.max_steps() : limits::expanded_steps;
  if (auto count = count_steps(block.steps()); static_cast<uint32_t>(count) > most)
    return make_error(ec::invalid_workflow,
                      fmt::format("{} steps were returned; at most {} are allowed", count, most));
  std::vector<std::string> allowed{how.capabilities().begin(), how.capabilities().end()};
  if (allowed.empty())
    gather(plan.definition.steps(), allowed);
  if (auto invalid = validate(block, depth, allowed))
    return invalid;
  return block;
}

} // namespace

void run_reaction::advance(const step_place& at) {
  if (at.step->status() != STEP_ACTIVE)
    return;
  switch (at.plan->definition->kind_case()) {
  case StepDefinition::kParallel:
    return advance_parallel(at);
  case StepDefinition::kMap:
    return advance_map(at);
  case StepDefinition::kLoop:
    return advance_loop(at);
  case StepDefinition::kExpand:
    return advance_expanded(at);
  case StepDefinition::kMonitor:
    return advance_monitor(at);
  case StepDefinition::kApproval:
    return advance_approval(at, false);
  default:
    return;
  }
}

void run_reaction::advance_parallel(const step_place& at) {
  auto& step = *at.step;
  if (step.begun() == 0) {
    if (run_.goes_on())
      begin_scope(at, 1);
    return;
  }
  if (at_work(step) == 0)
    return end(at, step.failed() > 0 ? STEP_FAILED : STEP_COMPLETED, step.results(0));
  auto scope = run_.find_scope(at.path + ".1");
  uint32_t live = 0, open = 0, counted = 0;
  for (auto& plan : scope->block->steps) {
    auto status = scope->steps->Get(plan.index).status();
    if (plan.undoes || status == STEP_SKIPPED)
      continue;
    ++counted;
    live += status == STEP_COMPLETED;
    open += status <= STEP_ACTIVE;
  }
  auto wanted = required(scope->block->join, counted);
  auto is_decided = live + open < wanted || (live >= wanted && scope->block->join.cancel_rest());
  if (is_decided && open > 0) {
    stop(*scope, "enough of the others have ended");
    finish(*scope);
  }
}

void run_reaction::advance_map(const step_place& at) {
  auto& step = *at.step;
  auto& map = at.plan->definition->map();
  auto count = static_cast<uint32_t>(step.items_size());
  auto wanted = required(map.join(), count);
  if (step.failed() > count - std::min(wanted, count)) {
    stop_inside(at, "too many others have failed");
    auto* first = first_failure(step);
    Outcome outcome;
    *outcome.mutable_failure() = first->failure();
    outcome.mutable_failure()->set_text(
        fmt::format("{} of {} items failed; the first: {}", step.failed(), count, first->failure().text()));
    return end(at, STEP_FAILED, std::move(outcome));
  }
  auto has_enough = step.succeeded() >= wanted && map.join().cancel_rest() && count > 0;
  if (step.succeeded() + step.failed() == count || has_enough) {
    stop_inside(at, "enough others have succeeded");
    std::string json = "[";
    for (uint32_t i = 0; i < count; ++i) {
      auto* result =
          i < static_cast<uint32_t>(step.results_size()) ? &step.results(static_cast<int>(i)) : nullptr;
      json += i > 0 ? "," : "";
      json += result && !result->has_failure() && !result->text().empty() ? as_json(result->text()) : "null";
    }
    return complete(at, json + "]");
  }
  auto together =
      std::min(map.max_parallel() > 0 ? map.max_parallel() : limits::map_parallel, limits::map_parallel_most);
  if (run_.goes_on())
    for (auto next = step.begun() + 1; next <= count && next <= step.succeeded() + step.failed() + together;
         ++next)
      begin_scope(at, next);
}

void run_reaction::advance_loop(const step_place& at) {
  auto& step = *at.step;
  auto& loop = at.plan->definition->loop();
  if (at_work(step) > 0 || step.due_ms() > now_ms_ || budget_decides(at))
    return;
  if (step.begun() > 0 && step.due_ms() == 0) { // else its pause is over, maybe while the run was paused
    auto& last = step.results(0);
    if (last.has_failure())
      return end(at, STEP_FAILED, last);
    auto stops = run_documents{run_, at}
                     .with("index", std::to_string(step.begun()))
                     .with("last", as_json(last.text()))
                     .holds(at.plan->cases.front().value);
    if (!stops)
      return fail(at, make_error(ec::invalid_argument, "until: " + text_of(stops.error())));
    if (*stops || (step.begun() >= loop.max_rounds() && loop.may_exhaust()))
      return complete(at, as_json(last.text()));
    if (step.begun() >= loop.max_rounds())
      return fail(at, make_error(ec::action_failed,
                                 fmt::format("it did not stop within {} rounds", loop.max_rounds())));
    if (loop.pause_ms() > 0) {
      auto& pause = *add().mutable_sampled();
      pause.set_step(at.path);
      pause.set_next_ms(now_ms_ + loop.pause_ms());
      pause.set_time_ms(now_ms_);
      return;
    }
  }
  next_round(at);
}

void run_reaction::advance_expanded(const step_place& at) {
  auto& step = *at.step;
  if (step.has_expanded()) {
    if (step.begun() == 0 && run_.goes_on())
      begin_scope(at, 1);
    else if (step.begun() > 0 && at_work(step) == 0)
      end(at, step.failed() > 0 ? STEP_FAILED : STEP_COMPLETED, step.results(0));
    return;
  }
  if (!task_life::has_ended(step.task()))
    return;
  if (step.task().status() != TASK_COMPLETED)
    return end(at, step.task().status() == TASK_CANCELLED ? STEP_CANCELLED : STEP_FAILED,
               step.task().outcome());
  auto block = read_expansion(run_.plan(), at.plan->definition->expand(), at.scopes.size(),
                              step.task().outcome().text());
  if (!block)
    return fail(at, block.error());
  auto& event = *add().mutable_expanded();
  event.set_step(at.path);
  *event.mutable_block() = std::move(*block);
  event.set_time_ms(now_ms_);
}

void run_reaction::advance_monitor(const step_place& at) {
  auto& step = *at.step;
  auto& monitor = at.plan->definition->monitor();
  if (!step.has_task() || !task_life::has_ended(step.task())) {
    if (step.begun() == 0 || step.has_task())
      return;
    auto is_over = step.due_ms() > step.begun_ms() + monitor.for_ms();
    if (step.failed() <= monitor.tolerate() && !is_over)
      return;
    auto text = fmt::format(R"({{"healthy":{},"last":{},"samples":{},"unhealthy":{}}})",
                            step.failed() <= monitor.tolerate(), step.sample(), step.begun(), step.failed());
    if (step.failed() <= monitor.tolerate())
      return complete(at, text);
    return fail(at, make_error(ec::action_failed,
                               fmt::format("{} of {} samples were bad; the last: {}", step.failed(),
                                           step.begun(), cut_utf8(step.sample(), 100))));
  }
  auto& taken = step.task();
  auto sample = taken.status() == TASK_COMPLETED ? as_json(taken.outcome().text()) : std::string{"null"};
  auto healthy = taken.status() == TASK_COMPLETED
                     ? run_documents{run_, at}.with("sample", sample).holds(at.plan->cases.front().value)
                     : caf::expected<bool>{false};
  if (!healthy)
    return fail(at, make_error(ec::invalid_argument, "healthy: " + text_of(healthy.error())));
  auto& event = *add().mutable_sampled();
  event.set_step(at.path);
  event.set_sample(sample);
  event.set_healthy(*healthy);
  event.set_next_ms(now_ms_ + monitor.every_ms());
  event.set_time_ms(now_ms_);
}

// A rejection that makes the approval impossible decides it; so does the last answer, and the timeout.
void run_reaction::advance_approval(const step_place& at, bool timed_out) {
  auto& step = *at.step;
  auto& approval = at.plan->definition->approval();
  uint32_t yes = 0, no = 0;
  std::string answers;
  const ApprovalAnswer* rejection = nullptr;
  for (auto& answer : step.answers()) {
    (answer.approve() ? yes : no) += 1;
    if (!answer.approve() && !rejection)
      rejection = &answer;
    answers += answers.empty() ? "" : ",";
    answers += R"({"approve":)" + std::string{answer.approve() ? "true" : "false"} + R"(,"by":)";
    append_json(answers, answer.by());
    answers += R"(,"reason":)";
    append_json(answers, answer.reason());
    answers += R"(,"time":)" + std::to_string(answer.time_ms()) + "}";
  }
  auto count = static_cast<uint32_t>(step.asked_size());
  auto wanted = required(approval.rule(), static_cast<uint32_t>(approval.approvers_size()));
  auto is_approved = yes >= wanted || (timed_out && approval.on_timeout() == TIMEOUT_APPROVE);
  auto is_rejected = yes + (count - yes - no) < wanted || timed_out;
  if (!is_approved && !is_rejected)
    return;
  auto json =
      fmt::format(R"({{"answers":[{}],"approved":{},"timed_out":{}}})", answers, is_approved, timed_out);
  if (is_approved || approval.may_reject())
    return complete(at, json);
  auto why = timed_out ? std::string{"nobody answered in time"}
                       : fmt::format("{} rejected it{}{}", rejection->by(),
                                     rejection->reason().empty() ? "" : ": ", rejection->reason());
  fail(at, make_error(timed_out ? ec::timeout : ec::permission_denied, why));
}

void run_reaction::approval_due(const step_place& at) {
  auto& approval = at.plan->definition->approval();
  if (approval.on_timeout() != TIMEOUT_ESCALATE || at.step->escalated())
    return advance_approval(at, true);
  auto& event = *add().mutable_escalated();
  event.set_step(at.path);
  *event.mutable_to() = approval.escalate_to();
  event.set_due_ms(now_ms_ +
                   (approval.timeout_ms() > 0 ? approval.timeout_ms() : limits::approval_timeout.count()));
  event.set_time_ms(now_ms_);
}

void run_reaction::due(const step_place& at, std::string_view timer) {
  if (at.step->status() != STEP_ACTIVE)
    return;
  if (timer == "timeout") {
    stop_inside(at, "the step's timeout passed");
    return fail(at, make_error(ec::timeout, "the step's timeout passed"));
  }
  if (timer != "due" || at.step->due_ms() > now_ms_)
    return;
  switch (at.plan->definition->kind_case()) {
  case StepDefinition::kWait:
    return complete(at, "null");
  case StepDefinition::kApproval:
    return approval_due(at);
  case StepDefinition::kMonitor:
    if (!at.step->has_task())
      begin_task(at, at.plan->definition->monitor().sample(), false);
    return;
  case StepDefinition::kLoop:
    if (at.step->due_ms() > 0) // else its pause is over already: the timer came twice
      next_round(at);
    return;
  default:
    return;
  }
}

} // namespace troupe
