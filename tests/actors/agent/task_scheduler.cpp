// Each task that waits goes to the best agent with a free slot; who waits longest and matters most goes
// first.
#define CAF_SUITE actors.agent.task_scheduler
#include "tests/support/platform.hpp"

#include <troupe/runtime/proto/health.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string scheduler_ref{services::scheduler};

// A scheduler between stubs: agents that write down what they get, and report it unless they are deaf.
struct desk : house {
  explicit desk(scheduler_options options = {})
      : house{[options](caf::scheduled_actor* root, doors_ptr outside) {
          outside->names->put(scheduler_ref,
                              caf::actor_cast<caf::actor>(spawn_task_scheduler(root, outside, options)));
        }} {}

  void employ(const std::string& id, const std::vector<std::string>& capabilities, uint32_t slots = 1,
              double success_rate = 1) {
    auto stub = node->system().spawn([this, id](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      return {[this, id](const RunTask& task) {
                given.push_back(id + " " + task.owner());
                placements[id + " " + task.owner()] = task.placement();
                told = task.has_state();
                if (!deaf.count(id))
                  has[id][task.owner()] = task;
              },
              [this, id](const ReportWork& question) {
                if (deaf.count(id))
                  return;
                WorkReport report;
                report.set_agent(id);
                report.set_number(question.number());
                for (auto& [owner, task] : has[id])
                  *report.add_tasks() = task;
                node->outside()->names->tell(scheduler_ref, report);
              }};
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
  RunTask keyed(const std::string& owner, const std::string& capability, const std::string& key,
                Priority priority = PRIORITY_MEDIUM) {
    auto task = waiting(owner, capability, priority);
    task.set_concurrency_key(key);
    return task;
  }
  void call(const std::string& owner, const std::string& capability, Priority priority = PRIORITY_MEDIUM) {
    tell(waiting(owner, capability, priority));
  }
  void free(const std::string& agent, const std::string& owner) {
    SlotFree slot;
    slot.set_agent(agent);
    slot.set_owner(owner);
    slot.set_placement(placements[agent + " " + owner]);
    has[agent].erase(owner);
    tell(slot);
  }
  std::string last() const {
    return given.empty() ? "nothing" : given.back();
  }
  TaskStanding explain(const RunTask& task) {
    ExplainTasks question;
    *question.add_tasks() = task;
    return request<TaskStandings>(scheduler_ref, question).standings(0);
  }
  std::pair<uint64_t, uint64_t> queued_and_running() {
    auto stats = request<SchedulerStats>(scheduler_ref, GetSchedulerStats{});
    auto& shown = node->outside()->meters;
    CAF_CHECK_EQUAL(shown.queued_tasks.value(), static_cast<double>(stats.queued()));
    CAF_CHECK_EQUAL(shown.placed_tasks.value(), static_cast<double>(stats.running()));
    return {stats.queued(), stats.running()};
  }

  std::vector<std::string> given;
  bool told = false;                                         // the state of the task given last
  std::map<std::string, uint64_t> placements;                // of "agent owner", the newest
  std::map<std::string, std::map<std::string, RunTask>> has; // by agent, owner
  std::set<std::string> deaf;
};

struct rationed_desk : desk {
  rationed_desk() : desk{{.rates = *parse_task_rates("read: rate=2, burst=2; key mail: rate=1")}} {}
};

// Flies; counts those of its kind that are at work, from the first look at a task until the attempt is gone.
class bird final : public behavior {
public:
  explicit bird(std::shared_ptr<int> flying) : flying_{std::move(flying)} {}
  ~bird() override {
    *flying_ -= counted_;
  }
  manifest describe() const override {
    return manifest{"bird"}.can("fly");
  }
  action run(const Task&) override {
    *flying_ += 1 - std::exchange(counted_, 1);
    return call_tool("flap").then([](const Result& done) { return finish(done.text()); });
  }

private:
  std::shared_ptr<int> flying_;
  int counted_ = 0;
};

std::shared_ptr<agent_parts> flyers(const std::shared_ptr<int>& flying) {
  auto parts = std::make_shared<agent_parts>();
  parts->tools.add({"flap", "takes its time",
                    [](const tool_call&) -> caf::expected<std::string> { return std::string{"flown"}; },
                    true});
  auto make = [flying] { return std::make_unique<bird>(flying); };
  ensure(!parts->behaviors.add(make()->describe(), make));
  teach(*parts, "owl", "hunt",
        [](const Task&) { return sleep_for(10s).then([](const Result&) { return finish("eaten"); }); });
  return parts;
}

struct aviary : platform {
  aviary() : aviary{std::make_shared<int>(0)} {}
  explicit aviary(const std::shared_ptr<int>& flying_now)
      : platform{flyers(flying_now)}, flying{flying_now} {}
  int at_work() const {
    return *flying;
  }
  static std::string id_of(const std::string& name, int round) {
    return "default/task/" + name + std::to_string(round);
  }
  void restart_scheduler(const std::function<void()>& meanwhile = {}) {
    restart_service(
        services::scheduler, [](auto* parent, auto doors) { return spawn_task_scheduler(parent, doors); },
        meanwhile);
  }
  SchedulerStats stats() {
    return request<SchedulerStats>(scheduler_ref, GetSchedulerStats{});
  }

  std::shared_ptr<int> flying;
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

CAF_TEST(what is known of a task goes to its agent if it is given away at once and not later) {
  auto task = waiting("t1", "read");
  task.mutable_state()->set_attempt(1);
  employ("ada", {"read"});
  tell(task);
  CAF_CHECK_EQUAL(last(), "ada t1");
  CAF_CHECK(told);
  tell(task); // called again: who has it may have to hear of something
  CAF_CHECK(!told);
  auto later = waiting("t2", "read");
  later.mutable_state()->set_attempt(1);
  tell(later);
  free("ada", "t1");
  CAF_CHECK_EQUAL(last(), "ada t2");
  CAF_CHECK(!told);
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

CAF_TEST(the only task of a tenant waits for one of another who floods) {
  employ("ada", {"read"});
  for (int i = 0; i < 100; ++i)
    call("flood/task/" + std::to_string(i), "read", PRIORITY_CRITICAL);
  call("poor/task/1", "read", PRIORITY_LOW);
  free("ada", "flood/task/0");
  CAF_CHECK_EQUAL(last(), "ada flood/task/1");
  free("ada", "flood/task/1");
  CAF_CHECK_EQUAL(last(), "ada poor/task/1");
  free("ada", "poor/task/1");
  CAF_CHECK_EQUAL(last(), "ada flood/task/2");
}

CAF_TEST(of equal keys one task is at work and the others do not keep anybody from working) {
  employ("ada", {"read"}, 3);
  tell(keyed("t/task/1", "read", "k"));
  tell(keyed("t/run/2", "read", "k"));
  tell(keyed("t/task/3", "read", "k", PRIORITY_HIGH));
  tell(keyed("u/task/1", "read", "k")); // another tenant
  tell(keyed("t/task/4", "read", "l"));
  CAF_CHECK(given == (std::vector<std::string>{"ada t/task/1", "ada u/task/1", "ada t/task/4"}));
  free("ada", "u/task/1");
  free("ada", "t/task/4");
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{2, 1}));
  free("ada", "t/task/1");
  CAF_CHECK_EQUAL(last(), "ada t/task/3");
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{1, 1}));
  free("ada", "t/task/3");
  CAF_CHECK_EQUAL(last(), "ada t/run/2");
}

CAF_TEST(a task that holds a key and is late or goes elsewhere lets the next one go) {
  employ("ada", {"read"});
  tell(keyed("t/task/1", "read", "k"));
  auto late = keyed("t/task/late", "read", "k");
  late.set_deadline_ms(time->now_ms() + 1000);
  tell(late);
  tell(keyed("t/task/2", "read", "k"));
  node->advance(1001ms);
  free("ada", "t/task/1");
  CAF_CHECK_EQUAL(last(), "ada t/task/2");
  employ("bob", {"read"});
  EntityCrashed crash;
  crash.set_ref(agent_ref("ada"));
  crash.set_quarantined(true);
  tell(crash);
  CAF_CHECK_EQUAL(last(), "bob t/task/2");
  tell(keyed("t/task/3", "read", "k"));
  CAF_CHECK_EQUAL(last(), "bob t/task/2");
}

CAF_TEST(a scheduler gives no key away before it knows who holds it) {
  deaf.insert("ada");
  employ("ada", {"read"}, 5);
  employ("bob", {"read"}, 5, 0.5);
  auto held = keyed("t/task/1", "read", "k");
  held.set_agent("bob");
  held.set_placement(7);
  has["bob"]["t/task/1"] = held; // an earlier scheduler gave it to him
  tell(keyed("t/task/2", "read", "k"));
  tell(keyed("t/task/3", "read", "l"));
  call("t/task/4", "read");
  CAF_CHECK(given == std::vector<std::string>{"ada t/task/4"});
  deaf.clear();
  node->advance(limits::agent_heartbeat); // she is asked again
  CAF_CHECK_EQUAL(last(), "ada t/task/3");
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{1, 3}));
  placements["bob t/task/1"] = 7;
  free("bob", "t/task/1");
  CAF_CHECK_EQUAL(last(), "ada t/task/2");
}

CAF_TEST(the tasks of an agent that is silent go to others and it gets no more until it speaks) {
  employ("ada", {"read"}, 2);
  tell(keyed("t/task/1", "read", "k"));
  CAF_CHECK_EQUAL(last(), "ada t/task/1");
  employ("bob", {"read"}, 2, 0.5);
  deaf.insert("ada");
  node->advance(limits::agent_heartbeat * limits::heartbeats_missed);
  CAF_CHECK_EQUAL(last(), "ada t/task/1");
  node->advance(limits::agent_heartbeat);
  CAF_CHECK_EQUAL(last(), "bob t/task/1");
  call("t/task/2", "read");
  CAF_CHECK_EQUAL(last(), "bob t/task/2");
  free("ada", "t/task/1"); // of a time that is over
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{0, 2}));
  deaf.clear();
  call("t/task/3", "read");
  CAF_CHECK_EQUAL(last(), "ada t/task/3"); // her word for the old task has shown that she is there
}

CAF_TEST(the registry hears who is silent and who speaks again) {
  employ("ada", {"read"}, 2);
  std::vector<std::string> heard;
  auto registry = node->system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    house_rules(self);
    return {[&](const AgentSilent& news) {
      heard.push_back(news.id() + (news.silent() ? " silent" : " speaks"));
    }};
  });
  node->outside()->names->put(std::string{services::registry}, registry);
  call("t/task/1", "read");
  deaf.insert("ada");
  node->advance(limits::agent_heartbeat * (limits::heartbeats_missed + 1));
  CAF_CHECK(heard == std::vector<std::string>{"ada silent"});
  employ("ada", {"read"}, 2); // a registry that has restarted
  CAF_CHECK(heard == (std::vector<std::string>{"ada silent", "ada silent"}));
  deaf.clear();
  node->advance(limits::agent_heartbeat);
  CAF_CHECK_EQUAL(heard.back(), "ada speaks");
}

CAF_TEST(an agent that was silent when it was retired may come again) {
  employ("ada", {"read"});
  call("t/task/1", "read");
  deaf.insert("ada");
  node->advance(limits::agent_heartbeat * (limits::heartbeats_missed + 1));
  AgentRecord gone;
  gone.set_id("ada");
  gone.set_unregistered(true);
  change(gone);
  given.clear();
  deaf.clear();
  employ("ada", {"read"});
  CAF_CHECK(given == std::vector<std::string>{"ada t/task/1"});
}

CAF_TEST(who answers keeps what it has however long it takes) {
  employ("ada", {"read"}, 2);
  employ("bob", {"read"}, 2, 0.5);
  call("t/task/1", "read");
  node->advance(1h);
  CAF_CHECK(given == std::vector<std::string>{"ada t/task/1"});
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{0, 1}));
}

CAF_TEST(a task that an agent has lost without a word is given away again) {
  employ("ada", {"read"}, 2);
  call("t/task/1", "read");
  call("t/task/2", "read");
  has["ada"].erase("t/task/1");
  given.clear();
  node->advance(limits::agent_heartbeat);
  CAF_CHECK(given == std::vector<std::string>{"ada t/task/1"});
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{0, 2}));
}

CAF_TEST(a scheduler with nothing to watch sends nothing) {
  employ("ada", {"read"});
  call("t/task/1", "read");
  free("ada", "t/task/1");
  node->advance(limits::agent_heartbeat);
  auto asked = has.size();
  has.clear();
  node->advance(1h);
  CAF_CHECK_EQUAL(asked, 1u);
  CAF_CHECK(has.empty());
}

CAF_TEST(a task that waits is told why and one that is away with whom) {
  auto fly = waiting("t/task/fly", "fly");
  CAF_CHECK_EQUAL(explain(fly).place(), PLACE_UNKNOWN);
  tell(fly);
  CAF_CHECK_EQUAL(explain(fly).place(), PLACE_NO_AGENT);
  CAF_CHECK(!explain(fly).reason().empty());
  employ("ada", {"read"});
  call("t/task/1", "read");
  auto first = explain(waiting("t/task/1", "read"));
  CAF_CHECK_EQUAL(first.place(), PLACE_AGENT);
  CAF_CHECK_EQUAL(std::string{first.agent()}, std::string{"ada"});
  call("t/task/2", "read");
  call("u/task/3", "read");
  auto second = explain(waiting("t/task/2", "read"));
  CAF_CHECK_EQUAL(second.place(), PLACE_BUSY);
  CAF_CHECK_EQUAL(second.busy(), 1u);
  CAF_CHECK_EQUAL(second.waiting(), 2u);
  CAF_CHECK_EQUAL(second.tenants(), 2u);
  AgentRecord away;
  away.set_id("ada");
  away.mutable_request()->add_capabilities("read");
  away.set_status(AGENT_OFFLINE);
  change(away);
  CAF_CHECK_EQUAL(explain(waiting("t/task/2", "read")).place(), PLACE_OUT);
}

CAF_TEST(a concurrency key that makes a task wait is told with who has it) {
  employ("ada", {"read"}, 9);
  tell(keyed("t/task/1", "read", "k"));
  tell(keyed("t/task/2", "read", "k"));
  auto standing = explain(keyed("t/task/2", "read", "k"));
  CAF_CHECK_EQUAL(standing.place(), PLACE_KEY);
  CAF_CHECK_EQUAL(std::string{standing.key_holder()}, std::string{"t/task/1"});
}

CAF_TEST(a restarted scheduler knows nothing until it is told) {
  tell(waiting("t/task/1", "read"));
  crash_and_recover();
  CAF_CHECK_EQUAL(explain(waiting("t/task/1", "read")).place(), PLACE_UNKNOWN);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE(scheduler_with_rates_tests, rationed_desk)

CAF_TEST(a rate lets a burst go and then so many a second and tenants take turns) {
  employ("ada", {"read", "write"}, 100);
  for (int i = 0; i < 5; ++i)
    call("flood/task/" + std::to_string(i), "read");
  call("poor/task/1", "read");
  call("poor/task/2", "write"); // has no rate
  CAF_CHECK(given == (std::vector<std::string>{"ada flood/task/0", "ada flood/task/1", "ada poor/task/2"}));
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{4, 3}));
  given.clear();
  node->advance(499ms);
  CAF_CHECK_EQUAL(last(), "nothing");
  node->advance(1ms);
  CAF_CHECK(given == std::vector<std::string>{"ada flood/task/2"});
  node->advance(500ms);
  CAF_CHECK_EQUAL(last(), "ada poor/task/1");
  node->advance(10s);
  CAF_CHECK_EQUAL(last(), "ada flood/task/4");
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{0, 7}));
}

CAF_TEST(what waits for an agent has paid nothing and who is late makes no burst) {
  call("t/task/0", "read");
  for (int i = 1; i < 10; ++i) {
    call("t/task/" + std::to_string(i), "read");
    node->advance(1s);
  }
  employ("ada", {"read"}, 100);
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{8, 2}));
  node->advance(1s);
  CAF_CHECK(queued_and_running() == (std::pair<uint64_t, uint64_t>{6, 4}));
}

CAF_TEST(a key may have a rate besides) {
  employ("ada", {"write"}, 100);
  tell(keyed("t/task/1", "write", "mail"));
  tell(keyed("t/task/2", "write", "mail"));
  tell(keyed("u/task/1", "write", "mail"));
  CAF_CHECK_EQUAL(last(), "ada u/task/1");
  free("ada", "t/task/1");
  CAF_CHECK_EQUAL(last(), "ada u/task/1");
  node->advance(1s);
  CAF_CHECK_EQUAL(last(), "ada t/task/2");
}

CAF_TEST(a rate that makes a task wait is named) {
  employ("ada", {"read"}, 9);
  for (int i = 0; i < 3; ++i)
    call("t/task/" + std::to_string(i), "read");
  auto standing = explain(waiting("t/task/2", "read"));
  CAF_CHECK_EQUAL(standing.place(), PLACE_RATE);
  CAF_CHECK_EQUAL(std::string{standing.rate()}, std::string{"capability read"});
  CAF_CHECK_EQUAL(standing.per_second(), 2.0);
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

CAF_TEST(tasks with one key all end one after the other) {
  hire("bird", "bird", {"fly"}, 3);
  for (int i = 0; i < 5; ++i) {
    auto task = job("fly");
    task.mutable_spec()->set_concurrency_key("sky");
    post<TaskAccepted>("default/task/t" + std::to_string(i), task, [](caf::expected<TaskAccepted>) {});
  }
  while (node->step())
    CAF_REQUIRE(at_work() <= 1);
  for (int i = 0; i < 5; ++i)
    CAF_CHECK_EQUAL(result_of("default/task/t" + std::to_string(i)), "flown");
}

CAF_TEST(of one key one task is at work though scheduler or agent restart at any step) {
  hire("bird", "bird", {"fly"}, 2);
  hire("crow", "bird", {"fly"}, 2);
  for (int steps = 0; steps < 60; steps += 2) {
    for (auto name : {"a", "b", "c"}) {
      auto task = job("fly");
      task.mutable_spec()->set_concurrency_key("sky");
      post<TaskAccepted>(id_of(name, steps), task, [](caf::expected<TaskAccepted>) {});
    }
    for (int i = 0; i < steps; ++i)
      node->step();
    if (steps % 4 == 0)
      restart_scheduler();
    else if (auto bird = node->outside()->names->find(agent_ref("bird")))
      caf::anon_send(bird, caf::exit_msg{bird.address(), make_error(ec::internal, "a bug")});
    for (int i = 0; i < 10'000 && node->step(); ++i)
      CAF_REQUIRE(at_work() <= 1);
    node->advance(limits::park_first + 1s);
    for (auto name : {"a", "b", "c"})
      CAF_CHECK_EQUAL(result_of(id_of(name, steps)), "flown");
    CAF_CHECK_EQUAL(uint64_t{stats().running()}, 0u);
    request<AgentRecord>(agent_ref("bird"), GetAgent{}); // as above
    node->advance(2 * limits::entity_idle);
  }
}

CAF_TEST(a task that sleeps lets the next one with its key go) {
  hire("owl", "owl", {"hunt"}, 3);
  for (auto name : {"a", "b"}) {
    auto task = job("hunt");
    task.mutable_spec()->set_concurrency_key("wood");
    request<TaskAccepted>(id_of(name, 0), task);
  }
  CAF_CHECK_EQUAL(task_state(id_of("a", 0)).status(), TASK_WAITING);
  CAF_CHECK_EQUAL(task_state(id_of("b", 0)).status(), TASK_WAITING);
  node->advance(11s);
  CAF_CHECK_EQUAL(result_of(id_of("a", 0)), "eaten");
  CAF_CHECK_EQUAL(result_of(id_of("b", 0)), "eaten");
}

CAF_TEST_FIXTURE_SCOPE_END()
