// FLEET: the control service's methods, as a program wants them.
// Invariant: a result is told once in one collection.

#include <caf/expected.hpp>
#include <troupe/net/api/fleet.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

void add_fields(const std::map<std::string, std::string>& values,
                google::protobuf::RepeatedPtrField<Field>& to) {
  for (auto& [name, value] : values) {
    auto* field = to.Add();
    field->set_name(name);
    field->set_value(value);
  }
}

} // namespace

caf::expected<Fleet> spawn_fleet(control_client& node, const std::string& name, const std::string& behavior,
                                 uint32_t size, const Placement& place) {
  SpawnFleet wish;
  wish.set_name(name);
  wish.set_behavior(behavior);
  wish.set_size(size);
  *wish.mutable_place() = place;
  return node.spawn_fleet(wish);
}

caf::expected<std::string> distribute_goal(control_client& node, const std::string& fleet,
                                           const fleet_goal& goal) {
  DistributeGoal wish;
  wish.set_id(goal.id);
  wish.set_fleet(fleet);
  wish.set_capability(goal.capability);
  add_fields(goal.inputs, *wish.mutable_inputs());
  for (auto& item : goal.items)
    add_fields(item, *wish.add_items()->mutable_inputs());
  auto set = node.distribute_goal(wish);
  if (!set)
    return std::move(set.error());
  return set->id();
}

caf::expected<goal_results> collect_results(control_client& node, const std::string& goal,
                                            const std::function<void(const GoalResult&)>& each) {
  goal_results all;
  CollectResults question;
  question.set_id(goal);
  while (!all.complete) {
    auto now = node.collect_results(question);
    if (!now) {
      if (!question.wait())
        return std::move(now.error());
      all.trouble = std::move(now.error());
      break;
    }
    for (auto& one : now->results()) {
      (one.outcome().has_failure() ? all.failed : all.done).push_back(one);
      if (each)
        each(one);
    }
    all.complete = now->ended_ms() > 0 && now->next() == now->items();
    question.set_after(now->next());
    question.set_wait(true);
    all.goal = std::move(*now);
    all.goal.clear_results();
  }
  return all;
}

} // namespace troupe
