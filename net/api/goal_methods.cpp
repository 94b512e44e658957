// GOAL METHODS: work split over a fleet, and its results.
// Invariant: which task is whose is decided once, by the goal's first event; a plan made for a goal that is there changes nothing.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/api/work_index.hpp>
#include <troupe/net/cluster/placement.hpp>
#include <troupe/runtime/fleet_limits.hpp>
#include <troupe/runtime/interface/fleet.hpp>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {
namespace {

constexpr size_t goal_id_bytes = 150; // the names of its tasks are longer

void sort_fields(google::protobuf::RepeatedPtrField<Field>& fields) {
  std::sort(fields.begin(), fields.end(), [](auto& a, auto& b) { return a.name() < b.name(); });
}

// The node a ref belongs to, by name.
std::string home_of(const control_call& call, const std::string& name) {
  auto way = call.desk->outside->names->route();
  auto node = way ? way->node_of(name) : std::string{};
  return node.empty() ? call.desk->node : node;
}

// Nodes whose shards can have tasks; a member that owns none does work of others only.
std::set<std::string> owners_of_shards(const control_call& call) {
  std::set<std::string> nodes;
  auto way = call.desk->outside->names->route();
  for (unsigned shard = 0; shard < limits::shards; ++shard) {
    auto node = way ? way->node_of(static_cast<uint8_t>(shard)) : std::string{};
    nodes.insert(node.empty() ? call.desk->node : node);
  }
  return nodes;
}

// What the fleet has at each node: slots, less for agents that often fail.
std::vector<weighted_node> weights_of(const ServiceList& found, const std::set<std::string>& owners) {
  constexpr double least_weight = 0.1;
  std::map<std::string, double> weights;
  for (auto& one : found.services())
    if (owners.count(one.node()) > 0)
      weights[one.node()] += one.row().slots() * std::max(one.row().success_rate(), least_weight);
  std::vector<weighted_node> nodes;
  for (auto& [node, weight] : weights)
    if (weight > 0)
      nodes.push_back({node, weight});
  return nodes;
}

// A task's ref that belongs to a node; empty if none was found.
std::string task_at(const control_call& call, const std::string& goal, size_t item, const std::string& node) {
  for (unsigned salt = 0; salt < limits::task_names_tried; ++salt) {
    auto name = fmt::format("{}/task/{}.{}-{}", default_tenant, goal, item, salt);
    if (home_of(call, name) == node)
      return name;
  }
  return {};
}

caf::error plan(const control_call& call, const ServiceList& found, SetGoal& set) {
  auto& goal = set.goal();
  auto nodes = weights_of(found, owners_of_shards(call));
  if (nodes.empty())
    return make_error(
        ec::no_agent,
        fmt::format("no agent of fleet {} that passes its health check can {}; see troupe fleet list",
                    goal.fleet(), goal.capability()));
  auto count = static_cast<size_t>(goal.items().empty() ? found.services_size() : goal.items_size());
  std::vector<std::string> names;
  for (auto& one : nodes)
    names.push_back(one.node);
  auto turns = take_turns(nodes, count);
  for (size_t item = 0; item < count; ++item) {
    auto* key = goal.items().empty() ? nullptr : &goal.items(static_cast<int>(item)).key();
    auto& node = key && !key->empty() ? node_for_key(*key, names) : names[turns[item]];
    auto task = task_at(call, goal.id(), item, node);
    if (task.empty())
      return make_error(ec::internal, "no name of a task belongs to node " + node);
    set.add_tasks(std::move(task));
  }
  return {};
}

caf::error check_goal(const DistributeGoal& goal) {
  if (goal.id().size() > goal_id_bytes)
    return make_error(ec::invalid_argument,
                      fmt::format("the id of a goal has at most {} bytes", goal_id_bytes));
  if (goal.fleet().empty() || goal.capability().empty())
    return make_error(ec::invalid_argument, "a goal needs a fleet and a capability");
  if (static_cast<size_t>(goal.items_size()) > limits::goal_items)
    return make_error(ec::invalid_argument, fmt::format("a goal has at most {} items", limits::goal_items));
  return {};
}

} // namespace

void serve(const control_call& call, const DistributeGoal& in, reply_to<GoalSet> reply) {
  if (auto refused = call.desk->hooks.refuse_work ? call.desk->hooks.refuse_work() : caf::error{})
    return reply(refused);
  SetGoal set;
  auto& goal = *set.mutable_goal();
  goal = in;
  goal.clear_context();
  if (goal.id().empty())
    goal.set_id(own_id(*call.desk->outside, default_tenant, "goal"));
  sort_fields(*goal.mutable_inputs());
  for (auto& item : *goal.mutable_items())
    sort_fields(*item.mutable_inputs());
  if (auto wrong = check_goal(goal))
    return reply(wrong);
  auto name = parse_ref(fmt::format("{}/goal/{}", default_tenant, goal.id()));
  if (!name)
    return reply(std::move(name.error()));
  FindServices wish;
  wish.add_can(goal.capability());
  wish.add_can(fleet_capability(goal.fleet()));
  wish.set_fresh(true);
  reply_to<ServiceList> known = [call, set, reply,
                                 ref_text = to_string(*name)](caf::expected<ServiceList> found) {
    auto planned = set;
    auto trouble = found ? plan(call, *found, planned) : found.error();
    if (trouble) { // the goal itself knows whether it is there already
      planned.clear_tasks();
      *planned.mutable_trouble() = to_failure(trouble);
    }
    ask_for(call, ref_text, std::move(planned), reply);
  };
  ask_for(call, std::string{services::service_registry}, std::move(wish), std::move(known));
}

void serve(const control_call& call, const CollectResults& in, reply_to<GoalProgress> reply) {
  auto name = find_entity(*call.desk->outside, in.id(), {"goal"});
  if (!name)
    return reply(std::move(name.error()));
  ask_for<GoalProgress>(call, to_string(*name), in, std::move(reply), [call](GoalProgress progress) {
    for (auto& one : *progress.mutable_results())
      one.set_node(home_of(call, one.task()));
    return progress;
  });
}

void serve(const control_call& call, const CancelGoal& in, reply_to<Done> reply) {
  auto name = find_entity(*call.desk->outside, in.id(), {"goal"});
  if (!name)
    return reply(std::move(name.error()));
  ask_for(call, to_string(*name), in, std::move(reply));
}

} // namespace troupe
