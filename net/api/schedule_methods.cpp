// SCHEDULE METHODS: what starts runs again and again.
// Invariant: a look wakes nobody but the schedule looked at; only CreateSchedule begins one.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

template <class Reply, class Question>
void ask_schedule(const control_call& call, const Question& question, const reply_to<Reply>& reply) {
  auto name = find_entity(*call.desk->outside, question.schedule(), {"schedule"});
  if (!name)
    return reply(std::move(name.error()));
  ask_for<Reply>(call, to_string(*name), question, reply);
}

// Runs are new work.
template <class Reply, class Question>
void ask_for_work(const control_call& call, const Question& question, const reply_to<Reply>& reply) {
  if (auto refused = call.desk->hooks.refuse_work ? call.desk->hooks.refuse_work() : caf::error{})
    return reply(std::move(refused));
  auto known = call;
  if (!question.id().empty())
    known.context.set_command_id(question.id());
  ask_schedule(known, question, reply);
}

ScheduleSpec sorted(ScheduleSpec spec) {
  auto& inputs = *spec.mutable_inputs();
  std::sort(inputs.begin(), inputs.end(), [](auto& a, auto& b) { return a.name() < b.name(); });
  return spec;
}

} // namespace

void serve(const control_call& call, const ListSchedules& in, reply_to<ScheduleList> reply) {
  auto most = in.limit() == 0 ? limits::list_rows : std::min<size_t>(in.limit(), limits::list_rows_most);
  auto first = std::make_shared<std::map<std::string, ScheduleSummary>>(); // by ref
  auto total = std::make_shared<uint64_t>(0);
  auto add = [=](index_table, std::string_view row) {
    ScheduleSummary schedule;
    if (!schedule.ParseFromArray(row.data(), static_cast<int>(row.size())))
      return;
    ++*total;
    auto name = schedule.schedule();
    first->insert_or_assign(std::move(name), std::move(schedule));
    if (first->size() > most)
      first->erase(std::prev(first->end()));
  };
  walk_index(call.self, call.desk->outside, {index_table::schedules}, add, [=](caf::error failed) {
    if (failed)
      return reply(std::move(failed));
    ScheduleList list;
    list.set_total(*total);
    for (auto& [name, schedule] : *first)
      *list.add_schedules() = std::move(schedule);
    reply(std::move(list));
  });
}

void serve(const control_call& call, const GetSchedule& in, reply_to<ScheduleDescription> reply) {
  ask_schedule(call, in, reply);
}

void serve(const control_call& call, const CreateSchedule& in, reply_to<ScheduleSummary> reply) {
  if (auto refused = call.desk->hooks.refuse_work ? call.desk->hooks.refuse_work() : caf::error{})
    return reply(std::move(refused));
  auto is_ref = in.schedule().find('/') != std::string::npos;
  auto name =
      parse_ref(is_ref ? in.schedule() : fmt::format("{}/schedule/{}", default_tenant, in.schedule()));
  if (!name || name->kind != "schedule")
    return reply(
        make_error(ec::invalid_argument,
                   fmt::format("'{}' is no schedule: write NAME or TENANT/schedule/NAME, each 1 to {} of "
                               "A-Z a-z 0-9 _ . -",
                               in.schedule(), limits::name_bytes)));
  auto create = in;
  *create.mutable_spec() = sorted(in.spec());
  ask_for<ScheduleSummary>(call, to_string(*name), std::move(create), reply);
}

void serve(const control_call& call, const UpdateSchedule& in, reply_to<ScheduleSummary> reply) {
  auto update = in;
  *update.mutable_spec() = sorted(in.spec());
  ask_schedule(call, update, reply);
}

void serve(const control_call& call, const PauseSchedule& in, reply_to<ScheduleSummary> reply) {
  ask_schedule(call, in, reply);
}

void serve(const control_call& call, const ResumeSchedule& in, reply_to<ScheduleSummary> reply) {
  ask_schedule(call, in, reply);
}

void serve(const control_call& call, const TriggerSchedule& in, reply_to<ScheduleTriggered> reply) {
  ask_for_work(call, in, reply);
}

void serve(const control_call& call, const BackfillSchedule& in, reply_to<ScheduleBackfilled> reply) {
  ask_for_work(call, in, reply);
}

void serve(const control_call& call, const DeleteSchedule& in, reply_to<Done> reply) {
  ask_schedule(call, in, reply);
}

} // namespace troupe
