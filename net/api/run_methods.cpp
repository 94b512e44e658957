// RUN METHODS: what people tell and ask a run, and the approvals that wait for them.
// Invariant: every path replies exactly once; who may answer an approval is decided by the run alone.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/work_index.hpp>

namespace troupe {
namespace {

template <class Reply, class Command>
void to_run(const control_call& call, const std::string& id, Command command, reply_to<Reply> reply) {
  auto name = find_entity(*call.desk->outside, id, {"run"});
  if (!name)
    return reply(std::move(name.error()));
  ask_for<Reply>(call, to_string(*name), std::move(command), std::move(reply));
}

} // namespace

void serve(const control_call& call, const TellRun& in, reply_to<Done> reply) {
  switch (in.what_case()) {
  case TellRun::kPause:
    return to_run(call, in.id(), in.pause(), std::move(reply));
  case TellRun::kUnpause:
    return to_run(call, in.id(), in.unpause(), std::move(reply));
  case TellRun::kTerminate:
    return to_run(call, in.id(), in.terminate(), std::move(reply));
  case TellRun::kRetry:
    return to_run(call, in.id(), in.retry(), std::move(reply));
  case TellRun::kSignal:
    return to_run(call, in.id(), in.signal(), std::move(reply));
  case TellRun::kSet:
    return to_run(call, in.id(), in.set(), std::move(reply));
  case TellRun::kUpgrade:
    return to_run(call, in.id(), in.upgrade(), std::move(reply));
  case TellRun::kCancel:
    return to_run(call, in.id(), in.cancel(), std::move(reply));
  case TellRun::WHAT_NOT_SET:
    return reply(make_error(ec::invalid_argument, "say what to tell the run"));
  }
}

void serve(const control_call& call, const AskRun& in, reply_to<RunAnswer> reply) {
  QueryRun question;
  question.set_expression(in.expression());
  to_run(call, in.id(), std::move(question), std::move(reply));
}

// The other run tells what it has done; the new one begins with that.
void serve(const control_call& call, const ForkRun& in, reply_to<RunStarted> reply) {
  auto other = find_entity(*call.desk->outside, in.id(), {"run"});
  if (!other)
    return reply(std::move(other.error()));
  auto started = admit_work(*call.desk, other->tenant, "run", in.new_id());
  if (!started)
    return reply(std::move(started.error()));
  PlanFork plan;
  plan.set_step(in.step());
  reply_to<StartWorkflow> planned = [=, started = *started,
                                     edits = in.variables()](caf::expected<StartWorkflow> start) {
    if (!start)
      return reply(std::move(start.error()));
    for (auto& edit : edits) {
      auto& all = *start->mutable_fork()->mutable_variables();
      auto known = std::find_if(all.begin(), all.end(), [&](auto& one) { return one.name() == edit.name(); });
      *(known == all.end() ? all.Add() : &*known) = edit;
    }
    ask_for<WorkflowAccepted>(call, started.ref(), std::move(*start), reply,
                              [=](const WorkflowAccepted&) { return started; });
  };
  ask_for(call, to_string(*other), std::move(plan), std::move(planned));
}

void serve(const control_call& call, const ListApprovals& in, reply_to<ApprovalList> reply) {
  auto rows = std::make_shared<newest<ApprovalRow>>(in.limit(),
                                                    [](const ApprovalRow& row) { return -row.time_ms(); });
  auto add = [=, who = in.principal()](index_table, std::string_view bytes) {
    ApprovalRow row;
    if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      return;
    auto may = [&](auto& names) { return std::find(names.begin(), names.end(), who) != names.end(); };
    if (who.empty() || (may(row.asked()) && !may(row.answered())))
      rows->add(std::move(row));
  };
  walk_index(call.self, call.desk->outside, {index_table::approvals}, add, [=](caf::error failed) {
    if (failed)
      return reply(std::move(failed));
    ApprovalList list;
    list.set_total(rows->total());
    for (auto& row : rows->take())
      *list.add_approvals() = std::move(row);
    reply(std::move(list));
  });
}

void serve(const control_call& call, const DecideApproval& in, reply_to<Done> reply) {
  AnswerApproval answer;
  answer.set_step(in.step());
  answer.set_approve(in.approve());
  answer.set_reason(in.reason());
  to_run(call, in.id(), std::move(answer), std::move(reply));
}

void serve(const control_call& call, const DelegateAnswer& in, reply_to<Done> reply) {
  DelegateApproval delegate;
  delegate.set_step(in.step());
  delegate.set_to(in.to());
  to_run(call, in.id(), std::move(delegate), std::move(reply));
}

} // namespace troupe
