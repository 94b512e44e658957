// A program spawns a fleet, distributes a goal, and collects what comes, page by page.
#define CAF_SUITE net.api.fleet
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/support/control_node.hpp>
#include <troupe/net/api/fleet.hpp>
#include <troupe/runtime/interface/fleet.hpp>

using namespace troupe;

namespace {

// A goal of five items in pages of two; nothing comes after the first four if it hangs.
struct goal_node : control_node {
  explicit goal_node(bool hangs = false) {
    add_name(*rows, "default/goal/g");
    play(
        "default/goal/g",
        [this, hangs](const CollectResults& asked) -> caf::result<GoalProgress> {
          questions.push_back({asked.after(), asked.wait()});
          if (hangs && asked.after() == 4)
            return make_error(ec::unavailable, "the node of the goal is gone");
          GoalProgress page;
          page.set_id("g");
          page.set_items(5);
          page.set_ended(5);
          page.set_ended_ms(hangs ? 0 : 7);
          for (auto i = asked.after(); i < std::min<uint64_t>(asked.after() + 2, 5); ++i) {
            auto* one = page.add_results();
            one->set_item(static_cast<uint32_t>(i));
            one->set_task("default/task/g." + std::to_string(i));
            if (i == 3)
              one->mutable_outcome()->mutable_failure()->set_text("it failed");
          }
          page.set_next(asked.after() + static_cast<uint64_t>(page.results_size()));
          return page;
        },
        [this](const SetGoal& set) {
          set_goal = set;
          GoalSet answer;
          answer.set_id(set.goal().id());
          return answer;
        });
    play(std::string{services::service_registry}, [](const FindServices& wish) {
      ServiceList list;
      auto* self = list.add_nodes();
      self->set_node("n1");
      self->set_state("this node");
      auto* one = list.add_services();
      one->set_node("n1");
      one->mutable_row()->set_agent("f.n1.1");
      one->mutable_row()->set_passing(true);
      one->mutable_row()->set_slots(2);
      one->mutable_row()->set_success_rate(1);
      if (!wish.fresh())
        list.Clear();
      return list;
    });
    play(
        std::string{services::pool_keeper}, [](const ListFleets&) { return FleetList{}; },
        [](const SizePool& wanted) {
          Fleet done;
          *done.mutable_spec() = wanted.spec();
          done.set_size(wanted.size());
          return done;
        });
  }
  std::vector<std::pair<uint64_t, bool>> questions;
  SetGoal set_goal;
};

} // namespace

CAF_TEST(a fleet is spawned and a goal distributed) {
  goal_node node;
  auto client = node.client();
  auto fleet = answered(spawn_fleet(client, "f", "scribe", 3));
  CAF_CHECK_EQUAL(fleet.size(), 3u);
  CAF_CHECK_EQUAL(fleet.spec().behavior(), "scribe");
  auto id = answered(distribute_goal(
      client, "f", {"write", {{"b", "2"}, {"a", "1"}}, {{{"text", "x"}}, {{"text", "y"}}}, "g"}));
  CAF_CHECK_EQUAL(id, "g");
  auto& goal = node.set_goal.goal();
  CAF_CHECK_EQUAL(goal.capability(), "write");
  CAF_REQUIRE_EQUAL(goal.items_size(), 2);
  CAF_CHECK_EQUAL(goal.items(1).inputs(0).value(), "y");
  CAF_REQUIRE_EQUAL(goal.inputs_size(), 2);
  CAF_CHECK_EQUAL(goal.inputs(0).name(), "a");
  CAF_REQUIRE_EQUAL(node.set_goal.tasks_size(), 2);
  CAF_CHECK(node.set_goal.tasks(0) != node.set_goal.tasks(1));
  CAF_CHECK_EQUAL(refused(spawn_fleet(client, "f", "scribe", 0)), ec::invalid_argument);
}

CAF_TEST(results are collected page by page and each is told once) {
  goal_node node;
  auto client = node.client();
  int told = 0;
  auto all = answered(collect_results(client, "g", [&](const GoalResult&) { ++told; }));
  CAF_CHECK(all.complete);
  CAF_CHECK(!all.trouble);
  CAF_CHECK_EQUAL(told, 5);
  CAF_CHECK_EQUAL(all.done.size(), 4u);
  CAF_REQUIRE_EQUAL(all.failed.size(), 1u);
  CAF_CHECK_EQUAL(all.failed[0].item(), 3u);
  CAF_CHECK_EQUAL(all.failed[0].node(), "n1");
  CAF_REQUIRE_EQUAL(node.questions.size(), 3u);
  CAF_CHECK(!node.questions[0].second); // what is there comes at once
  CAF_CHECK(node.questions[1].second);
}

CAF_TEST(what has come is given when nobody answers any more) {
  goal_node node{true};
  auto client = node.client();
  auto some = answered(collect_results(client, "g"));
  CAF_CHECK(!some.complete);
  CAF_CHECK_EQUAL(code_of(some.trouble), ec::unavailable);
  CAF_CHECK_EQUAL(some.done.size(), 3u);
  CAF_CHECK_EQUAL(refused(collect_results(client, "h")), ec::not_found);
}

CAF_TEST(roles are asked for by all methods of fleets) {
  goal_node node;
  auto viewer = node.client(control_node::view), operating = node.client(control_node::operate);
  CAF_CHECK_EQUAL(refused(spawn_fleet(operating, "f", "scribe", 3)), ec::permission_denied);
  CAF_CHECK_EQUAL(refused(distribute_goal(viewer, "f", {"write", {}, {}, "g"})), ec::permission_denied);
  CAF_CHECK_EQUAL(refused(operating.hire(HireAgent{})), ec::permission_denied);
  CAF_CHECK_EQUAL(refused(operating.size_pool(SizePool{})), ec::permission_denied);
  CAF_CHECK_EQUAL(refused(viewer.cancel_goal(CancelGoal{})), ec::permission_denied);
  CAF_CHECK(answered(collect_results(viewer, "g")).complete);
}
