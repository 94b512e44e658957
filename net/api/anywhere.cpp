// ANYWHERE: which nodes a call is about, and listings put together.
// Invariant: a call is forwarded once: the node that gets it does it with what it has.

#include <fmt/format.h>
#include <troupe/net/api/anywhere.hpp>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/runtime/interface/cluster.hpp>

namespace troupe {
namespace {

std::vector<std::string> meant(const std::string& id, std::initializer_list<std::string_view> kinds) {
  if (id.find('/') != std::string::npos)
    return {id};
  std::vector<std::string> refs;
  for (auto kind : kinds)
    refs.push_back(fmt::format("{}/{}/{}", default_tenant, kind, id));
  return refs;
}

std::vector<std::string> work_meant(const std::string& id) {
  return meant(id, {"run", "task"});
}

template <class Rows, class Less>
void merge_rows(Rows& all, Rows& more, size_t limit, Less less) {
  for (auto& row : more)
    *all.Add() = std::move(row);
  std::stable_sort(all.begin(), all.end(), less);
  auto most = limit == 0 ? limits::list_rows : std::min(limit, limits::list_rows_most);
  if (static_cast<size_t>(all.size()) > most)
    all.DeleteSubrange(static_cast<int>(most), all.size() - static_cast<int>(most));
}

template <class List>
void add_total(List& all, const List& more) {
  all.set_total(all.total() + more.total());
}

} // namespace

std::vector<std::string> refs_meant(const DescribeRun& in) {
  return work_meant(in.id());
}
std::vector<std::string> refs_meant(const StopRun& in) {
  return work_meant(in.id());
}
std::vector<std::string> refs_meant(const AnswerRun& in) {
  return work_meant(in.id());
}
std::vector<std::string> refs_meant(const ResumeRun& in) {
  return work_meant(in.id());
}
std::vector<std::string> refs_meant(const DropDeadLetter& in) {
  return work_meant(in.owner());
}
std::vector<std::string> refs_meant(const GetLedger& in) {
  return meant(in.ledger(), {"ledger"});
}
std::vector<std::string> refs_meant(const ReplayDecision& in) {
  return work_meant(in.decision().substr(0, in.decision().rfind('#')));
}
std::vector<std::string> refs_meant(const RequeueDeadLetter& in) {
  return meant(in.owner(), {"run", "task", "agent"});
}
std::vector<std::string> refs_meant(const AskWhy& in) {
  return meant(in.id(), {"run", "task", "agent"});
}
std::vector<std::string> refs_meant(const GetHistory& in) {
  return meant(in.id(), {"run", "task", "agent", "ledger", "schedule", "workflow"});
}
// Of a trace it is looked up here, like an agent.
std::vector<std::string> refs_meant(const GetStory& in) {
  return meant(in.id(), {"run", "task", "agent"});
}

void merge(const ListRuns& in, RunList& all, RunList&& more) {
  add_total(all, more);
  merge_rows(*all.mutable_runs(), *more.mutable_runs(), in.limit(),
             [](auto& a, auto& b) { return a.created_ms() > b.created_ms(); });
}

void merge(const ListApprovals& in, ApprovalList& all, ApprovalList&& more) {
  add_total(all, more);
  merge_rows(*all.mutable_approvals(), *more.mutable_approvals(), in.limit(),
             [](auto& a, auto& b) { return a.time_ms() < b.time_ms(); });
}

void merge(const ListDeadLetters&, DeadLetterList& all, DeadLetterList&& more) {
  add_total(all, more);
  merge_rows(*all.mutable_letters(), *more.mutable_letters(), limits::list_rows_most,
             [](auto& a, auto& b) { return a.time_ms() > b.time_ms(); });
}

void merge(const ListTimers& in, TimerList& all, TimerList&& more) {
  add_total(all, more);
  merge_rows(*all.mutable_timers(), *more.mutable_timers(), in.limit(), [](auto& a, auto& b) {
    auto order = [](auto& timer) {
      return std::tuple{timer.due_ms(), std::string_view{timer.owner()}, std::string_view{timer.timer()}};
    };
    return order(a) < order(b);
  });
}

void merge(const ListLedgers& in, LedgerList& all, LedgerList&& more) {
  add_total(all, more);
  merge_rows(*all.mutable_ledgers(), *more.mutable_ledgers(), in.limit(),
             [](auto& a, auto& b) { return a.ledger() < b.ledger(); });
}

void merge(const ListSchedules& in, ScheduleList& all, ScheduleList&& more) {
  add_total(all, more);
  merge_rows(*all.mutable_schedules(), *more.mutable_schedules(), in.limit(),
             [](auto& a, auto& b) { return a.schedule() < b.schedule(); });
}

void merge(const ListWorkflows& in, WorkflowList& all, WorkflowList&& more) {
  add_total(all, more);
  merge_rows(*all.mutable_workflows(), *more.mutable_workflows(), in.limit(),
             [](auto& a, auto& b) { return a.workflow() < b.workflow(); });
}

std::vector<std::string> nodes_for(const directory& names, const std::vector<std::string>& refs) {
  auto way = names.route();
  std::vector<std::string> nodes;
  for (auto& ref_text : refs)
    if (auto node = way->node_of(ref_text); std::find(nodes.begin(), nodes.end(), node) == nodes.end())
      nodes.push_back(std::move(node));
  std::stable_partition(nodes.begin(), nodes.end(), [](auto& node) { return node.empty(); });
  return nodes;
}

void forward(const control_call& call, const std::string& node, std::string_view method,
             const google::protobuf::Message& in, std::function<void(caf::expected<std::string>)> done) {
  ForwardCall wanted;
  wanted.set_method(std::string{method});
  wanted.set_request(in.SerializeAsString());
  wanted.set_patience_ms(call.patience.count());
  reply_to<CallDone> told = [done = std::move(done)](caf::expected<CallDone> answer) {
    if (!answer)
      return done(std::move(answer.error()));
    done(std::move(*answer->mutable_reply()));
  };
  ask_for(call, desk_ref(node), std::move(wanted), std::move(told));
}

} // namespace troupe
