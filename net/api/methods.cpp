// METHODS: each method of the control service, as questions to refs and reads of rows.
// Invariant: every path replies exactly once and then ends the call's actor, or leaves it to its open
// question's timeout.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/api/history.hpp>
#include <troupe/net/api/methods.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/directory.hpp>

namespace troupe {
namespace {

const std::string registry{services::registry};
const std::string scheduler{services::scheduler};
const std::string root = "system/service/root";

// CAF's own errors say neither who nor what to do.
caf::error explained(const caf::error& failed, const std::string& asked) {
  if (failed == caf::sec::request_timeout)
    return make_error(ec::timeout,
                      asked + " did not answer in time; what it was told to do may still happen");
  if (failed == caf::sec::request_receiver_down)
    return make_error(ec::unavailable, asked + " ended before it answered; repeat in a second");
  return failed;
}

// Asks a ref; the answer or the error becomes the reply through `view`.
template <class Answer, class Reply, class Question, class View>
void ask_for(call_actor self, const control_desk& desk, const control_call& call, const std::string& to,
             Question question, reply_to<Reply> reply, View view) {
  *question.mutable_context() = call.context;
  if (auto oversize = check_size(question))
    return reply(oversize);
  ask<Answer>(self, *desk.outside->names, to, call.patience, std::move(question))
      .then([=](const Answer& answer) { reply(view(answer)); },
            [=](const caf::error& failed) { reply(explained(failed, to)); });
}

template <class Reply, class Question>
void ask_for(call_actor self, const control_desk& desk, const control_call& call, const std::string& to,
             Question question, reply_to<Reply> reply) {
  ask_for<Reply>(self, desk, call, to, std::move(question), std::move(reply),
                 [](const Reply& answer) { return answer; });
}

// A command to the run or task an id means: `to_run` or `to_task`, whichever fits.
template <class ToRun, class ToTask>
void command_work(call_actor self, const control_desk& desk, const control_call& call, const std::string& id,
                  ToRun to_run, ToTask to_task, reply_to<Done> reply) {
  auto name = find_entity(*desk.outside, id);
  if (!name)
    return reply(std::move(name.error()));
  if (name->kind == "run")
    return ask_for<Done>(self, desk, call, to_string(*name), std::move(to_run), std::move(reply));
  ask_for<Done>(self, desk, call, to_string(*name), std::move(to_task), std::move(reply));
}

template <class Command>
void command_work(call_actor self, const control_desk& desk, const control_call& call, const std::string& id,
                  Command command, reply_to<Done> reply) {
  command_work(self, desk, call, id, command, command, std::move(reply));
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

void serve(call_actor self, const control_desk& desk, const control_call& call, const GetStatus&,
           reply_to<NodeStatus> reply) {
  auto status = std::make_shared<NodeStatus>();
  status->set_node(desk.node);
  status->set_version(desk.version);
  status->set_store(desk.outside->rows->id());
  status->set_started_ms(desk.started_ms);
  status->set_now_ms(desk.outside->time->now_ms());
  status->set_entities_awake(desk.outside->names->awake().size());
  status->set_notes_dropped(desk.outside->names->dropped());
  auto count = [=](index_table table, std::string_view row) {
    WorkSummary work;
    if (table == index_table::dead_letters)
      status->set_dead_letters(status->dead_letters() + 1);
    else if (work.ParseFromArray(row.data(), static_cast<int>(row.size())) && work.ended_ms() == 0)
      status->set_runs_running(status->runs_running() + 1);
  };
  auto walk = [=, outside = desk.outside, complete = desk.hooks.complete_status] {
    walk_index(self, outside, {index_table::runs, index_table::dead_letters}, count, [=](caf::error failed) {
      if (failed)
        return reply(std::move(failed));
      if (complete)
        complete(*status);
      reply(std::move(*status));
    });
  };
  auto open = std::make_shared<int>(2); // answers still awaited
  auto arrived = [=] {
    if (--*open == 0)
      walk();
  };
  control_call quick{call.context,
                     call.patience / 2}; // a silent service costs its numbers, not the whole status
  reply_to<RegistryStats> agents = [=](const caf::expected<RegistryStats>& stats) {
    if (stats)
      status->set_agents(stats->agents());
    else
      status->add_silent("registry");
    arrived();
  };
  reply_to<SchedulerStats> tasks = [=](const caf::expected<SchedulerStats>& stats) {
    if (stats) {
      status->set_tasks_queued(stats->queued());
      status->set_tasks_running(stats->running());
    } else {
      status->add_silent("scheduler");
    }
    arrived();
  };
  ask_for(self, desk, quick, registry, GetRegistryStats{}, std::move(agents));
  ask_for(self, desk, quick, scheduler, GetSchedulerStats{}, std::move(tasks));
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const GetTree& in,
           reply_to<TreeNode> reply) {
  ask_for(self, desk, call, root, in, std::move(reply));
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const ListAgents& in,
           reply_to<AgentList> reply) {
  ask_for(self, desk, call, registry, in, std::move(reply));
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const GetAgent& in,
           reply_to<AgentRecord> reply) {
  ask_for(self, desk, call, registry, in, std::move(reply));
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const RegisterAgent& in,
           reply_to<AgentRecord> reply) {
  ask_for(self, desk, call, registry, in, std::move(reply));
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const UnregisterAgent& in,
           reply_to<AgentRecord> reply) {
  ask_for(self, desk, call, registry, in, std::move(reply));
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const StartRun& in,
           reply_to<RunStarted> reply) {
  if (in.has_definition() == in.has_task())
    return reply(make_error(ec::invalid_argument, "start either a definition or one task"));
  auto id = in.id().empty() ? desk.outside->ids->next(desk.outside->time->now_ms()) : in.id();
  auto name = parse_ref(fmt::format("{}/{}/{}", default_tenant, in.has_task() ? "task" : "run", id));
  if (!name)
    return reply(make_error(ec::invalid_argument, fmt::format("'{}' is no id: 1 to {} of A-Z a-z 0-9 _ . -",
                                                              id, limits::name_bytes)));
  auto other = find_entity(*desk.outside, id, {in.has_task() ? "run" : "task"});
  if (other || code_of(other.error()) != ec::not_found)
    return reply(
        other ? make_error(ec::already_exists, fmt::format("the id {} belongs to {}", id, to_string(*other)))
              : std::move(other.error()));
  RunStarted started;
  started.set_id(id);
  started.set_ref(to_string(*name));
  if (in.has_task()) {
    CreateTask create;
    *create.mutable_spec() = in.task();
    auto& inputs = *create.mutable_spec()->mutable_inputs();
    inputs.MergeFrom(in.inputs());
    sort_inputs(inputs);
    if (auto wrong = check_inputs(inputs))
      return reply(wrong);
    return ask_for<TaskAccepted>(self, desk, call, started.ref(), std::move(create), std::move(reply),
                                 [=](const TaskAccepted&) { return started; });
  }
  StartWorkflow start;
  *start.mutable_definition() = in.definition();
  *start.mutable_inputs() = in.inputs();
  sort_inputs(*start.mutable_inputs());
  if (auto wrong = check_inputs(start.inputs()))
    return reply(wrong);
  ask_for<WorkflowAccepted>(self, desk, call, started.ref(), std::move(start), std::move(reply),
                            [=](const WorkflowAccepted&) { return started; });
}

void serve(call_actor self, const control_desk& desk, const control_call&, const ListRuns& in,
           reply_to<RunList> reply) {
  auto rows = std::make_shared<newest<WorkSummary>>(
      in.limit(), [](const WorkSummary& work) { return work.created_ms(); });
  auto add = [=, status = in.status()](index_table, std::string_view row) {
    WorkSummary work;
    if (work.ParseFromArray(row.data(), static_cast<int>(row.size())) &&
        (status.empty() || work.status() == status))
      rows->add(std::move(work));
  };
  walk_index(self, desk.outside, {index_table::runs, index_table::tasks}, add, [=](caf::error failed) {
    if (failed)
      return reply(std::move(failed));
    RunList list;
    list.set_total(rows->total());
    for (auto& work : rows->take())
      *list.add_runs() = std::move(work);
    reply(std::move(list));
  });
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const DescribeRun& in,
           reply_to<RunView> reply) {
  auto name = find_entity(*desk.outside, in.id());
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
    ask_for<TaskDescription>(self, desk, call, view.ref(), AwaitTask{}, std::move(reply), of_task);
  else if (view.is_task())
    ask_for<TaskDescription>(self, desk, call, view.ref(), GetTask{}, std::move(reply), of_task);
  else if (in.wait())
    ask_for<RunDescription>(self, desk, call, view.ref(), AwaitRun{}, std::move(reply), of_run);
  else
    ask_for<RunDescription>(self, desk, call, view.ref(), GetRun{}, std::move(reply), of_run);
}

void serve(call_actor, const control_desk& desk, const control_call&, const GetHistory& in,
           reply_to<History> reply) {
  auto name = find_entity(*desk.outside, in.id(), {"run", "task", "agent"});
  if (!name)
    return reply(std::move(name.error()));
  reply(read_history(*desk.outside, to_string(*name), in.after_seq()));
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const StopRun& in,
           reply_to<Done> reply) {
  CancelRun run;
  run.set_reason(in.reason());
  CancelTask task;
  task.set_reason(in.reason());
  command_work(self, desk, call, in.id(), std::move(run), std::move(task), std::move(reply));
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const AnswerRun& in,
           reply_to<Done> reply) {
  AnswerQuestion answer;
  answer.set_step(in.step());
  answer.set_position(in.position());
  answer.set_text(in.text());
  command_work(self, desk, call, in.id(), std::move(answer), std::move(reply));
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const ResumeRun& in,
           reply_to<Done> reply) {
  ResumeTask resume;
  resume.set_step(in.step());
  resume.set_restart(in.restart());
  command_work(self, desk, call, in.id(), std::move(resume), std::move(reply));
}

void serve(call_actor self, const control_desk& desk, const control_call&, const ListDeadLetters&,
           reply_to<DeadLetterList> reply) {
  auto rows = std::make_shared<newest<DeadLetter>>(limits::list_rows_most,
                                                   [](const DeadLetter& letter) { return letter.time_ms(); });
  auto add = [=](index_table, std::string_view row) {
    DeadLetter letter;
    if (letter.ParseFromArray(row.data(), static_cast<int>(row.size())))
      rows->add(std::move(letter));
  };
  walk_index(self, desk.outside, {index_table::dead_letters}, add, [=](caf::error failed) {
    if (failed)
      return reply(std::move(failed));
    DeadLetterList list;
    list.set_total(rows->total());
    for (auto& letter : rows->take())
      *list.add_letters() = std::move(letter);
    reply(std::move(list));
  });
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const RequeueDeadLetter& in,
           reply_to<Done> reply) {
  ResumeTask resume;
  resume.set_step(in.step());
  command_work(self, desk, call, in.owner(), std::move(resume), std::move(reply));
}

void serve(call_actor self, const control_desk& desk, const control_call& call, const DropDeadLetter& in,
           reply_to<Done> reply) {
  DropTask drop;
  drop.set_step(in.step());
  command_work(self, desk, call, in.owner(), std::move(drop), std::move(reply));
}

void serve(call_actor, const control_desk& desk, const control_call&, const SetLogLevel& in,
           reply_to<Done> reply) {
  if (!desk.hooks.set_log_level)
    return reply(make_error(ec::unavailable, "this node has no log to set"));
  if (auto failed = desk.hooks.set_log_level(in.level()))
    return reply(std::move(failed));
  reply(Done{});
}

void serve(call_actor, const control_desk& desk, const control_call&, const GetMetrics&,
           reply_to<MetricsText> reply) {
  if (!desk.hooks.metrics)
    return reply(make_error(ec::unavailable, "this node keeps no metrics"));
  MetricsText text;
  text.set_text(desk.hooks.metrics());
  reply(std::move(text));
}

} // namespace troupe
