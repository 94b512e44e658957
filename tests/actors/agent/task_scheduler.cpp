// Each task that waits goes to the best agent with a free slot; who waits longest and matters most goes
// first.
#define CAF_SUITE actors.agent.task_scheduler
#include "tests/support/platform.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string scheduler_ref{services::scheduler};

// A scheduler between stubs: agents that write down what they get, timers that count who asks for redelivery.
struct desk : house {
  desk()
      : house{[](caf::scheduled_actor* root, doors_ptr outside) {
          outside->names->put(scheduler_ref,
                              caf::actor_cast<caf::actor>(spawn_task_scheduler(root, outside)));
        }} {}

  void employ(const std::string& id, const std::vector<std::string>& capabilities, uint32_t slots = 1,
              double success_rate = 1) {
    auto stub = node->system().spawn([this, id](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      return {[this, id](const RunTask& task) { given.push_back(id + " " + task.owner()); }};
    });
    node->outside()->names->put(agent_ref(id), stub);
    AgentRecord record;
    record.set_id(id);
    for (auto& capability : capabilities)
      record.mutable_request()->add_capabilities(capability);
    record.mutable_request()->mutable_config()->set_max_concurrent(slots);
    record.mutable_metadata()->set_success_rate(success_rate);
    change(record);
  }
  void change(const AgentRecord& record) {
    AgentChanged changed;
    *changed.mutable_record() = record;
    tell(changed);
  }
  template <class M>
  void tell(const M& message) {
    node->outside()->names->tell(scheduler_ref, message);
    node->settle();
  }
  RunTask waiting(const std::string& owner, const std::string& capability,
                  Priority priority = PRIORITY_MEDIUM) {
    RunTask task;
    task.set_owner(owner);
    task.mutable_query()->add_required(capability);
    task.set_priority(priority);
    task.set_created_ms(time->now_ms());
    return task;
  }
  void call(const std::string& owner, const std::string& capability, Priority priority = PRIORITY_MEDIUM) {
    tell(waiting(owner, capability, priority));
  }
  void free(const std::string& agent, const std::string& owner) {
    SlotFree slot;
    slot.set_agent(agent);
    slot.set_owner(owner);
    tell(slot);
  }
  std::string last() const {
    return given.empty() ? "nothing" : given.back();
  }
  std::pair<uint64_t, uint64_t> queued_and_running() {
    auto stats = request<SchedulerStats>(scheduler_ref, GetSchedulerStats{});
    auto& shown = node->outside()->meters;
    CAF_CHECK_EQUAL(shown.queued_tasks.value(), static_cast<double>(stats.queued()));
    CAF_CHECK_EQUAL(shown.placed_tasks.value(), static_cast<double>(stats.running()));
    return {stats.queued(), stats.running()};
  }

  std::vector<std::string> given;
};

std::shared_ptr<agent_parts> flyers() {
  auto parts = std::make_shared<agent_parts>();
  parts->tools.add({"flap", "takes its time",
                    [](const tool_call&) -> caf::expected<std::string> { return std::string{"flown"}; },
                    true});
  teach(*parts, "bird", "fly", [](const Task&) {
    return call_tool("flap").then([](const Result& done) { return finish(done.text()); });
  });
  return parts;
}

struct aviary : platform {
  aviary() : platform{flyers()} {}
  void restart_scheduler(const std::function<void()>& meanwhile = {}) {
    restart_service(
        services::scheduler, [](auto* parent, auto doors) { return spawn_task_scheduler(parent, doors); },
        meanwhile);
  }
  SchedulerStats stats() {
    return request<SchedulerStats>(scheduler_ref, GetSchedulerStats{});
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(scheduler_tests, desk)

CAF_TEST(a task goes to the best agent that has a free slot) {
  employ("good", {"read"}, 1, 0.9);
  employ("best", {"read"}, 1, 1);
  employ("other", {"write"});
  call("t1", "read");
  CAF_CHECK_EQUAL(last(), "best t1");
  call("t2", "read");
  CAF_CHECK_EQUAL(last(), "good t2");
  call("t3", "read");
  CAF_CHECK_EQUAL(given.size(), 2u);
  free("best", "t1");
  CAF_CHECK_EQUAL(last(), "best t3");
}

CAF_TEST(an agent at work is a worse match and none for who wants an idle one) {
  employ("bob", {"read"}, 2);
  employ("zoe", {"read"}, 2);
  call("t1", "read");
  CAF_CHECK_EQUAL(last(), "bob t1");
  FindByCapabilities cmd;
  cmd.mutable_query()->add_required("read");
  auto found = request<AgentMatches>(scheduler_ref, cmd);
  CAF_REQUIRE_EQUAL(found.matches_size(), 2);
  CAF_CHECK_EQUAL(std::string{found.matches(0).id()}, "zoe");
  CAF_CHECK_EQUAL(found.matches(0).free_share(), 1.0);
  CAF_CHECK_EQUAL(found.matches(1).free_share(), 0.5);
  cmd.mutable_query()->set_max_in_flight(1);
  found = request<AgentMatches>(scheduler_ref, cmd);
  CAF_REQUIRE_EQUAL(found.matches_size(), 1);
  CAF_CHECK_EQUAL(std::string{found.matches(0).id()}, "zoe");
  CAF_CHECK_EQUAL(uint64_t{request<RegistryStats>(scheduler_ref, GetRegistryStats{}).busy()}, 1u);
}

CAF_TEST(the fourth task of an agent with three slots waits) {
  employ("ada", {"read"}, 0);
  for (auto owner : {"t1", "t2", "t3", "t4", "t5"})
    call(owner, "read");
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{2, 3}));
  CAF_CHECK_EQUAL(last(), "ada t3");
  free("ada", "t2");
  CAF_CHECK_EQUAL(last(), "ada t4");
  free("ada", "t2"); // told twice
  free("bob", "t3"); // not the one who has it
  CAF_CHECK_EQUAL(last(), "ada t4");
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{1, 3}));
}

CAF_TEST(what matters more goes first and equals go in order) {
  employ("ada", {"read"});
  call("running", "read");
  call("low", "read", PRIORITY_LOW);
  call("medium 1", "read");
  call("critical", "read", PRIORITY_CRITICAL);
  call("high", "read", PRIORITY_HIGH);
  call("medium 2", "read");
  for (std::string before = "running";
       std::string next : {"critical", "high", "medium 1", "medium 2", "low"}) {
    free("ada", before);
    CAF_CHECK_EQUAL(last(), "ada " + next);
    before = next;
  }
}

CAF_TEST(a minute of waiting is worth one level) {
  employ("ada", {"read"});
  call("running", "read");
  call("low", "read", PRIORITY_LOW);
  node->advance(3 * limits::priority_aging);
  call("critical 1", "read", PRIORITY_CRITICAL);
  node->advance(1ms); // even now: both have aged
  free("ada", "running");
  CAF_CHECK_EQUAL(last(), "ada critical 1");
  node->advance(1ms);
  call("critical 2", "read", PRIORITY_CRITICAL);
  free("ada", "critical 1");
  CAF_CHECK_EQUAL(last(), "ada low");
  free("ada", "low");
  CAF_CHECK_EQUAL(last(), "ada critical 2");
}

CAF_TEST(priorities hold between tasks that need different things) {
  employ("ada", {"a", "b"});
  call("running", "a");
  call("a1", "a", PRIORITY_LOW);
  call("a2", "a");
  call("b1", "b", PRIORITY_CRITICAL);
  call("b2", "b", PRIORITY_LOW);
  for (std::string before = "running"; std::string next : {"b1", "a2", "a1", "b2"}) {
    free("ada", before);
    CAF_CHECK_EQUAL(last(), "ada " + next);
    before = next;
    node->advance(1ms);
  }
}

CAF_TEST(nobody starves behind a queue that never ends) {
  employ("ada", {"a", "b"});
  call("a0", "a");
  call("patient", "b", PRIORITY_LOW);
  std::string running = "a0";
  int turns = 0;
  for (; running != "patient" && turns < 50; ++turns) {
    call("a" + std::to_string(turns + 1), "a", PRIORITY_CRITICAL);
    node->advance(10s);
    free("ada", running);
    running = last().substr(4);
  }
  CAF_CHECK_EQUAL(running, "patient");
  CAF_CHECK(turns >= 17); // three minutes behind critical ones
}

CAF_TEST(a task that calls twice is queued once and given to the same agent again) {
  employ("ada", {"read"});
  call("t1", "read");
  call("t1", "read");
  CAF_CHECK(given == (std::vector<std::string>{"ada t1", "ada t1"}));
  call("t2", "read");
  call("t2", "read");
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{1, 1}));
  free("ada", "t1");
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{0, 1}));
  CAF_CHECK_EQUAL(last(), "ada t2");
}

CAF_TEST(steps of one owner are tasks of their own) {
  employ("ada", {"read"}, 2);
  auto first = waiting("run", "read"), second = first;
  first.set_step("one");
  second.set_step("two");
  tell(first);
  tell(second);
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{0, 2}));
}

CAF_TEST(a task whose deadline has passed is not given to anybody) {
  employ("ada", {"read"});
  call("running", "read");
  auto late = waiting("late", "read");
  late.set_deadline_ms(time->now_ms() + 1000);
  tell(late);
  call("after", "read");
  node->advance(1001ms);
  free("ada", "running");
  CAF_CHECK_EQUAL(last(), "ada after");
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{0, 1}));
}

CAF_TEST(an agent that crashed gets its tasks again and only its own) {
  employ("ada", {"read"}, 2);
  employ("bob", {"write"});
  call("t1", "read");
  call("t2", "read");
  call("t3", "write");
  given.clear();
  EntityCrashed crash;
  crash.set_ref(agent_ref("ada"));
  tell(crash);
  CAF_CHECK(given == (std::vector<std::string>{"ada t1", "ada t2"}));
}

CAF_TEST(the tasks of an agent in quarantine go to others and it gets no more) {
  employ("ada", {"read"}, 2, 1);
  call("t1", "read");
  CAF_CHECK_EQUAL(last(), "ada t1");
  employ("bob", {"read"}, 2, 0.5);
  EntityCrashed crash;
  crash.set_ref(agent_ref("ada"));
  crash.set_quarantined(true);
  tell(crash);
  CAF_CHECK_EQUAL(last(), "bob t1");
  call("t2", "read");
  CAF_CHECK_EQUAL(last(), "bob t2");
  auto begun = waiting("t3", "read"); // its owner does not know yet
  begun.set_agent("ada");
  tell(begun);
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{1, 2}));
  crash.set_ref(agent_ref("bob"));
  tell(crash);
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{3, 0}));
}

CAF_TEST(a new agent and a changed one get what waits for them) {
  call("t1", "read");
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{1, 0}));
  employ("ada", {"write"});
  CAF_CHECK_EQUAL(last(), "nothing");
  employ("ada", {"write", "read"});
  CAF_CHECK_EQUAL(last(), "ada t1");
  AgentRecord gone;
  gone.set_id("ada");
  gone.set_unregistered(true);
  change(gone);
  free("ada", "t1");
  call("t2", "read");
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{1, 0}));
}

CAF_TEST(a task goes back to the agent that has begun it) {
  employ("best", {"read"}, 1, 1);
  employ("good", {"read"}, 1, 0.5);
  auto begun = waiting("t1", "read");
  begun.set_agent("good");
  tell(begun);
  CAF_CHECK_EQUAL(last(), "good t1");
  begun.set_owner("t2"); // it works on both, whatever its slots
  tell(begun);
  CAF_CHECK_EQUAL(last(), "good t2");
  begun.set_owner("t3");
  begun.set_agent("ghost");
  tell(begun);
  CAF_CHECK_EQUAL(last(), "best t3");
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE(scheduler_in_a_platform_tests, aviary)

CAF_TEST(a restarted scheduler learns its queue again) {
  request<TaskAccepted>("default/task/t1", job("fly"));
  request<TaskAccepted>("default/task/t2", job("fly"));
  restart_scheduler();
  node->advance(limits::timer_pause * 2);
  CAF_CHECK_EQUAL(uint64_t{stats().queued()}, 2u);
  hire("bird", "bird", {"fly"});
  CAF_CHECK_EQUAL(result_of("default/task/t1"), "flown");
  CAF_CHECK_EQUAL(result_of("default/task/t2"), "flown");
  CAF_CHECK_EQUAL(uint64_t{stats().running()}, 0u);
}

CAF_TEST(a scheduler that was away when a task came hears of it) {
  hire("bird", "bird", {"fly"});
  restart_scheduler([&] { request<TaskAccepted>("default/task/t1", job("fly")); });
  CAF_CHECK_EQUAL(task_state("default/task/t1").status(), TASK_QUEUED);
  node->advance(limits::timer_pause * 2);
  CAF_CHECK_EQUAL(result_of("default/task/t1"), "flown");
}

CAF_TEST(a scheduler restarted at any step loses and doubles nothing) {
  hire("bird", "bird", {"fly"}, 1);
  hire("crow", "bird", {"fly"}, 1);
  for (int steps = 0; steps < 60; steps += 3) {
    auto id = "default/task/t" + std::to_string(steps);
    post<TaskAccepted>(id, job("fly"), [](caf::expected<TaskAccepted>) {});
    for (int i = 0; i < steps; ++i)
      node->step();
    restart_scheduler();
    node->advance(1s);
    CAF_CHECK_EQUAL(result_of(id), "flown");
    CAF_CHECK_EQUAL(uint64_t{stats().running()}, 0u);
    CAF_CHECK_EQUAL(uint64_t{stats().queued()}, 0u);
  }
}

CAF_TEST(an agent that crashes at any step finishes its tasks when it is back) {
  hire("bird", "bird", {"fly"});
  for (int steps = 0; steps < 60; steps += 3) {
    auto id = "default/task/t" + std::to_string(steps);
    post<TaskAccepted>(id, job("fly"), [](caf::expected<TaskAccepted>) {});
    for (int i = 0; i < steps; ++i)
      node->step();
    if (auto bird = node->outside()->names->find(agent_ref("bird")))
      caf::anon_send(bird, caf::exit_msg{bird.address(), make_error(ec::internal, "a bug")});
    node->advance(limits::park_first + 1s);
    CAF_CHECK_EQUAL(result_of(id), "flown");
    request<AgentRecord>(agent_ref("bird"), GetAgent{}); // awake, and well until it falls asleep: forgiven
    node->advance(2 * limits::entity_idle);
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
