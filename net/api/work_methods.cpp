// WORK METHODS: runs, lone tasks and dead letters.
// Invariant: every path replies exactly once; an id nobody has wakes no entity.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/history.hpp>
#include <troupe/net/api/run_filter.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/persistence/own_doors.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {
namespace {

DeadLetter letter_about(const Quarantined& one) {
  DeadLetter letter;
  letter.set_owner(one.ref());
  letter.set_title("quarantined");
  letter.mutable_failure()->set_code(static_cast<uint32_t>(ec::quarantined));
  letter.mutable_failure()->set_text("crashed " + std::to_string(one.crashes()) +
                                     " times in a row, last: " + one.last());
  letter.set_attempts(one.crashes());
  letter.set_time_ms(one.since_ms());
  return letter;
}

// A command to the run or task an id means: `to_run` or `to_task`, whichever fits.
template <class ToRun, class ToTask>
void command_work(const control_call& call, const std::string& id, ToRun to_run, ToTask to_task,
                  reply_to<Done> reply) {
  auto name = find_entity(*call.desk->outside, id);
  if (!name)
    return reply(std::move(name.error()));
  if (name->kind == "run")
    return ask_for<Done>(call, to_string(*name), std::move(to_run), std::move(reply));
  ask_for<Done>(call, to_string(*name), std::move(to_task), std::move(reply));
}

template <class Command>
void command_work(const control_call& call, const std::string& id, Command command, reply_to<Done> reply) {
  command_work(call, id, command, command, std::move(reply));
}

void sort_inputs(google::protobuf::RepeatedPtrField<Field>& inputs) {
  std::sort(inputs.begin(), inputs.end(), [](const Field& a, const Field& b) { return a.name() < b.name(); });
}

// A name given twice has no order to decide by.
caf::error check_inputs(const google::protobuf::RepeatedPtrField<Field>& sorted) {
  for (int i = 0; i < sorted.size(); ++i)
    if (sorted[i].name().empty() || (i > 0 && sorted[i].name() == sorted[i - 1].name()))
      return make_error(ec::invalid_argument,
                        fmt::format("the input '{}' is given twice or has no name", sorted[i].name()));
  return {};
}

} // namespace

caf::expected<RunStarted> admit_work(const control_desk& desk, std::string_view tenant, std::string_view kind,
                                     const std::string& wanted) {
  if (auto refused = desk.hooks.refuse_work ? desk.hooks.refuse_work() : caf::error{})
    return refused;
  auto id = wanted.empty() ? own_id(*desk.outside, tenant, kind) : wanted;
  auto name = parse_ref(fmt::format("{}/{}/{}", tenant, kind, id));
  if (!name)
    return make_error(ec::invalid_argument,
                      fmt::format("'{}' is no id: 1 to {} of A-Z a-z 0-9 _ . -", id, limits::name_bytes));
  auto other = find_entity(*desk.outside, id, {kind == "task" ? "run" : "task"});
  if (other && !desk.outside->names->is_elsewhere(to_string(*other))) // else only its node knows
    return make_error(ec::already_exists, fmt::format("the id {} belongs to {}", id, to_string(*other)));
  if (!other && code_of(other.error()) != ec::not_found)
    return std::move(other.error());
  RunStarted started;
  started.set_id(id);
  started.set_ref(to_string(*name));
  return started;
}

void serve(const control_call& call, const StartRun& in, reply_to<RunStarted> reply) {
  if (in.has_definition() + in.has_task() + !in.workflow().empty() != 1)
    return reply(
        make_error(ec::invalid_argument, "start either a definition, a published workflow, or one task"));
  std::string tenant{default_tenant};
  caf::expected<ref> workflow = ref{};
  if (!in.workflow().empty()) {
    workflow = find_entity(*call.desk->outside, in.workflow(), {"workflow"});
    if (!workflow)
      return reply(std::move(workflow.error()));
    tenant = workflow->tenant;
  }
  auto admitted = admit_work(*call.desk, tenant, in.has_task() ? "task" : "run", in.id());
  if (!admitted)
    return reply(std::move(admitted.error()));
  auto& started = *admitted;
  if (in.has_task()) {
    CreateTask create;
    *create.mutable_spec() = in.task();
    auto& inputs = *create.mutable_spec()->mutable_inputs();
    inputs.MergeFrom(in.inputs());
    sort_inputs(inputs);
    if (auto wrong = check_inputs(inputs))
      return reply(wrong);
    return ask_for<TaskAccepted>(call, started.ref(), std::move(create), std::move(reply),
                                 [started](const TaskAccepted&) { return started; });
  }
  auto inputs = in.inputs();
  sort_inputs(inputs);
  if (auto wrong = check_inputs(inputs))
    return reply(wrong);
  auto accepted = [started](const WorkflowAccepted&) { return started; };
  if (in.workflow().empty()) {
    StartWorkflow start;
    *start.mutable_definition() = in.definition();
    *start.mutable_inputs() = std::move(inputs);
    return ask_for<WorkflowAccepted>(call, started.ref(), std::move(start), std::move(reply), accepted);
  }
  StartPublished start;
  start.set_run(started.ref());
  start.set_revision(in.revision());
  *start.mutable_inputs() = std::move(inputs);
  ask_for<WorkflowAccepted>(call, to_string(*workflow), std::move(start), std::move(reply), accepted);
}

void find_work(const control_call& call, std::vector<index_table> tables, RunFilter filter, size_t limit,
               std::function<void(caf::expected<RunList>)> done) {
  auto rows =
      std::make_shared<newest<WorkSummary>>(limit, [](const WorkSummary& work) { return work.created_ms(); });
  auto add = [=](index_table, std::string_view row) {
    WorkSummary work;
    if (work.ParseFromArray(row.data(), static_cast<int>(row.size())) && matches(filter, work))
      rows->add(std::move(work));
  };
  walk_index(call.self, call.desk->outside, std::move(tables), add, [=](caf::error failed) {
    if (failed)
      return done(std::move(failed));
    RunList list;
    list.set_total(rows->total());
    for (auto& work : rows->take())
      *list.add_runs() = std::move(work);
    done(std::move(list));
  });
}

void serve(const control_call& call, const ListRuns& in, reply_to<RunList> reply) {
  auto filter = in.filter();
  if (!in.status().empty())
    filter.add_status(in.status());
  std::vector<index_table> tables{index_table::runs};
  if (!in.only_runs())
    tables.push_back(index_table::tasks);
  find_work(call, std::move(tables), std::move(filter), in.limit(), std::move(reply));
}

void serve(const control_call& call, const DescribeRun& in, reply_to<RunView> reply) {
  auto name = find_entity(*call.desk->outside, in.id());
  if (!name)
    return reply(std::move(name.error()));
  RunView view;
  view.set_id(name->key);
  view.set_ref(to_string(*name));
  view.set_is_task(name->kind == "task");
  auto of_run = [view](const RunDescription& answer) {
    auto full = view;
    *full.mutable_run() = answer.state();
    return full;
  };
  auto of_task = [view](const TaskDescription& answer) {
    auto full = view;
    *full.mutable_task() = answer.state();
    return full;
  };
  if (view.is_task() && in.wait())
    ask_for<TaskDescription>(call, view.ref(), AwaitTask{}, std::move(reply), of_task);
  else if (view.is_task())
    ask_for<TaskDescription>(call, view.ref(), GetTask{}, std::move(reply), of_task);
  else if (in.wait())
    ask_for<RunDescription>(call, view.ref(), AwaitRun{}, std::move(reply), of_run);
  else
    ask_for<RunDescription>(call, view.ref(), GetRun{}, std::move(reply), of_run);
}

void serve(const control_call& call, const GetHistory& in, reply_to<History> reply) {
  auto name =
      find_entity(*call.desk->outside, in.id(), {"run", "task", "agent", "ledger", "schedule", "workflow"});
  if (!name)
    return reply(std::move(name.error()));
  reply(read_history(*call.desk->outside, to_string(*name), in.after_seq()));
}

void serve(const control_call& call, const StopRun& in, reply_to<Done> reply) {
  CancelRun run;
  run.set_reason(in.reason());
  CancelTask task;
  task.set_reason(in.reason());
  command_work(call, in.id(), std::move(run), std::move(task), std::move(reply));
}

void serve(const control_call& call, const AnswerRun& in, reply_to<Done> reply) {
  AnswerQuestion answer;
  answer.set_step(in.step());
  answer.set_position(in.position());
  answer.set_text(in.text());
  command_work(call, in.id(), std::move(answer), std::move(reply));
}

void serve(const control_call& call, const ResumeRun& in, reply_to<Done> reply) {
  ResumeTask resume;
  resume.set_step(in.step());
  resume.set_restart(in.restart());
  command_work(call, in.id(), std::move(resume), std::move(reply));
}

void find_set_aside(const control_call& call, reply_to<QuarantineList> reply) {
  auto& outside = *call.desk->outside;
  reply_to<QuarantineList> also_own = [=](caf::expected<QuarantineList> all) {
    if (!all)
      return reply(std::move(all));
    reply_to<QuarantineList> joined = [=, so_far = std::move(*all)](caf::expected<QuarantineList> own) mutable {
      if (own)
        own->MergeFrom(so_far);
      reply(std::move(own));
    };
    ask_for(call, std::string{services::own_shard_host}, ListQuarantined{}, std::move(joined));
  };
  ask_for(call, std::string{services::shard_host}, ListQuarantined{}, outside.own ? also_own : reply);
}

// Tasks come from the store's rows, entities in quarantine from the shard host's memory.
void serve(const control_call& call, const ListDeadLetters&, reply_to<DeadLetterList> reply) {
  auto rows = std::make_shared<newest<DeadLetter>>(limits::list_rows_most,
                                                   [](const DeadLetter& letter) { return letter.time_ms(); });
  auto add = [=](index_table, std::string_view row) {
    DeadLetter letter;
    if (letter.ParseFromArray(row.data(), static_cast<int>(row.size())))
      rows->add(std::move(letter));
  };
  auto walk = [=, self = call.self, outside = call.desk->outside, others_read = call.forwarded] {
    std::vector<index_table> tables{index_table::dead_letters};
    if (others_read && outside->own) // who asks has the same rows
      tables.clear();
    walk_index(self, outside, std::move(tables), add, [=](caf::error failed) {
      if (failed)
        return reply(std::move(failed));
      DeadLetterList list;
      list.set_total(rows->total());
      for (auto& letter : rows->take())
        *list.add_letters() = std::move(letter);
      reply(std::move(list));
    });
  };
  reply_to<QuarantineList> set_aside = [=](caf::expected<QuarantineList> answer) {
    if (!answer)
      return reply(std::move(answer.error()));
    for (auto& one : answer->entities())
      rows->add(letter_about(one));
    walk();
  };
  find_set_aside(call, std::move(set_aside));
}

void serve(const control_call& call, const RequeueDeadLetter& in, reply_to<Done> reply) {
  auto name = find_entity(*call.desk->outside, in.owner(), {"run", "task", "agent"});
  EndQuarantine wake;
  wake.set_ref(name ? to_string(*name) : in.owner());
  auto host = host_of(*call.desk->outside, kind_of(wake.ref()));
  reply_to<Done> woken = [=](caf::expected<Done> answer) {
    if (answer || code_of(answer.error()) != ec::not_found)
      return reply(std::move(answer));
    ResumeTask resume;
    resume.set_step(in.step());
    command_work(call, in.owner(), std::move(resume), reply);
  };
  ask_for(call, host, std::move(wake), std::move(woken));
}

void serve(const control_call& call, const DropDeadLetter& in, reply_to<Done> reply) {
  DropTask drop;
  drop.set_step(in.step());
  command_work(call, in.owner(), std::move(drop), std::move(reply));
}

} // namespace troupe
