// A goal asks for its tasks until each has ended, once, and remembers what came of them.
#define CAF_SUITE actors.workflow.goal
#include <tests/support/platform.hpp>
#include <troupe/actors/workflow/goal.hpp>
#include <troupe/runtime/fleet_limits.hpp>
#include <troupe/runtime/interface/fleet.hpp>
#include <troupe/runtime/proto/fleet.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct goal_house : house {
  goal_house() : goal_house{crew()} {}
  explicit goal_house(const std::shared_ptr<agent_parts>& parts)
      : house{[=](caf::scheduled_actor* root, doors_ptr outside) {
          auto name = [&](std::string_view service, const auto& handle) {
            outside->names->put(std::string{service}, caf::actor_cast<caf::actor>(handle));
          };
          name(services::shard_host,
               spawn_shard_host(root, outside, {agent_kind(parts), task_kind(), goal_kind()}));
          name(services::timers, spawn_timers(root, outside));
          name(services::registry, spawn_agent_registry(root, outside, parts));
          name(services::scheduler, spawn_task_scheduler(root, outside));
        }} {}

  static std::shared_ptr<agent_parts> crew() {
    auto made = std::make_shared<agent_parts>();
    teach(*made, "counter", "count", [](const Task& task) {
      if (task.input("text") == "bad")
        return fail(ec::invalid_argument, "no number");
      return finish(task.input("unit") + task.input("text") + task.input("part"));
    });
    return made;
  }
  void hire() {
    RegisterAgent cmd;
    cmd.mutable_request()->set_id("c1");
    cmd.mutable_request()->set_behavior("counter");
    cmd.mutable_request()->add_capabilities("count");
    cmd.mutable_request()->add_capabilities(fleet_capability("f"));
    request<AgentRecord>(std::string{services::registry}, cmd);
  }
  static SetGoal goal_of(const std::vector<std::string>& texts) {
    SetGoal set;
    set.mutable_goal()->set_id("g");
    set.mutable_goal()->set_fleet("f");
    set.mutable_goal()->set_capability("count");
    set.mutable_goal()->mutable_retry()->set_no_retry(true);
    auto* unit = set.mutable_goal()->add_inputs();
    unit->set_name("unit");
    unit->set_value("n=");
    for (size_t i = 0; i < texts.size(); ++i) {
      auto* input = set.mutable_goal()->add_items()->add_inputs();
      input->set_name("text");
      input->set_value(texts[i]);
      set.add_tasks("default/task/g." + std::to_string(i));
    }
    return set;
  }
  GoalProgress collected(uint64_t after = 0, uint32_t limit = 0) {
    CollectResults asked;
    asked.set_after(after);
    asked.set_limit(limit);
    return request<GoalProgress>(ref_text, asked);
  }
  std::string texts(const GoalProgress& progress) {
    std::map<uint32_t, std::string> by_item;
    for (auto& one : progress.results())
      by_item[one.item()] = one.outcome().has_failure() ? "!" : one.outcome().text();
    std::string all;
    for (auto& [item, text] : by_item)
      all += std::to_string(item) + ":" + text + " ";
    return all;
  }

  const std::string ref_text = "default/goal/g";
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(goal_tests, goal_house)

CAF_TEST(each item is a task and results and failures are told apart) {
  hire();
  auto set = request<GoalSet>(ref_text, goal_of({"1", "bad", "3"}));
  CAF_CHECK_EQUAL(set.id(), "g");
  CAF_CHECK_EQUAL(set.items(), 3u);
  node->advance(5s);
  auto all = collected();
  CAF_CHECK_EQUAL(all.ended(), 3u);
  CAF_CHECK_EQUAL(all.failed(), 1u);
  CAF_CHECK(all.ended_ms() > 0);
  CAF_CHECK_EQUAL(texts(all), "0:n=1 1:! 2:n=3 ");
  CAF_CHECK_EQUAL(all.next(), 3u);
  auto rest = collected(2);
  CAF_CHECK_EQUAL(rest.results_size(), 1);
  auto one = collected(0, 1);
  CAF_CHECK_EQUAL(one.results_size(), 1);
  CAF_CHECK_EQUAL(one.next(), 1u);
  CAF_CHECK_EQUAL(collected(99).results_size(), 0);
}

CAF_TEST(without items each part gets its number) {
  hire();
  auto set = goal_of({});
  set.add_tasks("default/task/g.0");
  set.add_tasks("default/task/g.1");
  request<GoalSet>(ref_text, set);
  node->advance(5s);
  CAF_CHECK_EQUAL(texts(collected()), "0:n=1 1:n=2 ");
}

CAF_TEST(a repeat begins nothing and another goal of the same id is refused) {
  hire();
  request<GoalSet>(ref_text, goal_of({"1"}));
  auto again = goal_of({"1"});
  again.set_tasks(0, "default/task/elsewhere"); // planned anew, when there were other nodes
  CAF_CHECK_EQUAL(request<GoalSet>(ref_text, again).items(), 1u);
  auto nobody = goal_of({"1"});
  nobody.clear_tasks();
  nobody.mutable_trouble()->set_code(static_cast<uint32_t>(ec::no_agent));
  CAF_CHECK_EQUAL(request<GoalSet>(ref_text, nobody).items(), 1u);
  node->advance(5s);
  CAF_CHECK_EQUAL(collected().ended(), 1u);
  CAF_CHECK_EQUAL(refusal<TaskDescription>("default/task/elsewhere", GetTask{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal<GoalSet>(ref_text, goal_of({"2"})), ec::already_exists);
  CAF_CHECK_EQUAL(refusal<GoalSet>("default/goal/h", nobody), ec::no_agent);
  CAF_CHECK_EQUAL(refusal<GoalSet>("default/goal/h", SetGoal{}), ec::invalid_argument);
  CAF_CHECK_EQUAL(refusal<GoalProgress>("default/goal/h", CollectResults{}), ec::not_found);
}

CAF_TEST(who waits is told when there is a result and when all have ended) {
  CollectResults asked;
  asked.set_wait(true);
  CAF_CHECK_EQUAL(refusal<GoalProgress>(ref_text, asked), ec::not_found);
  request<GoalSet>(ref_text, goal_of({"1", "2"}));
  std::vector<GoalProgress> told;
  auto wait_after = [&](uint64_t after) {
    asked.set_after(after);
    post<GoalProgress>(ref_text, asked, [&](caf::expected<GoalProgress> answer) {
      CAF_REQUIRE(answer);
      told.push_back(*answer);
    });
  };
  wait_after(0);
  wait_after(1);
  node->advance(2min); // longer than an idle entity stays awake
  CAF_CHECK(told.empty());
  hire();
  node->advance(5s);
  CAF_REQUIRE_EQUAL(told.size(), 2u);
  CAF_CHECK_EQUAL(told[1].ended(), 2u);
  wait_after(2);
  node->settle();
  CAF_REQUIRE_EQUAL(told.size(), 3u); // nothing more will come
  CAF_CHECK_EQUAL(told[2].results_size(), 0);
}

CAF_TEST(a goal goes on after a crash and counts each end once) {
  request<GoalSet>(ref_text, goal_of({"1", "2", "3"}));
  crash_and_recover();
  hire();
  node->advance(5s);
  crash_and_recover();
  node->advance(1min);
  auto all = collected();
  CAF_CHECK_EQUAL(all.ended(), 3u);
  CAF_CHECK_EQUAL(texts(all), "0:n=1 1:n=2 2:n=3 ");
  ChildEnded twice;
  twice.set_parent_key("1");
  twice.set_child("default/task/g.1");
  node->outside()->names->tell(ref_text, twice);
  twice.set_parent_key("7"); // none of its own
  node->outside()->names->tell(ref_text, twice);
  node->settle();
  CAF_CHECK_EQUAL(collected().ended(), 3u);
}

CAF_TEST(tasks that were never heard of are asked for again) {
  request<GoalSet>(ref_text, goal_of({"1"}));
  crash_and_recover();
  hire();
  node->advance(limits::redelivery_first + 5s);
  CAF_CHECK_EQUAL(collected().ended(), 1u);
}

CAF_TEST(a long result is cut and the task has all of it) {
  hire();
  std::string text(limits::goal_result_bytes + 10, 'x');
  request<GoalSet>(ref_text, goal_of({text}));
  node->advance(5s);
  auto all = collected();
  CAF_REQUIRE_EQUAL(all.results_size(), 1);
  CAF_CHECK(all.results(0).cut());
  CAF_CHECK_EQUAL(all.results(0).outcome().text().size(), limits::goal_result_bytes);
  CAF_CHECK_EQUAL(request<TaskDescription>(all.results(0).task(), GetTask{}).state().outcome().text(),
                  "n=" + text);
}

CAF_TEST(a cancelled goal ends with what has not begun too) {
  request<GoalSet>(ref_text, goal_of({"1", "2"}));
  CancelGoal stop;
  stop.set_reason("no need");
  request<Done>(ref_text, stop);
  crash_and_recover();
  node->advance(limits::redelivery_first + 5s);
  auto all = collected();
  CAF_CHECK(all.cancelled());
  CAF_CHECK_EQUAL(all.ended(), 2u);
  CAF_CHECK_EQUAL(all.failed(), 2u);
  CAF_CHECK_EQUAL(refusal<Done>(ref_text, stop), ec::conflict);
  CAF_CHECK_EQUAL(refusal<Done>("default/goal/h", stop), ec::not_found);
}

CAF_TEST_FIXTURE_SCOPE_END()
