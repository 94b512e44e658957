// Agents do durable actions: what was done is not done again, what was asked is waited for.
#define CAF_SUITE actors.agent.agent
#include "tests/support/held_workers.hpp"
#include "tests/support/platform.hpp"

#include <fmt/format.h>
#include <troupe/persistence/keys.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string job_ref = "default/task/job";

int tool_calls = 0;

std::shared_ptr<agent_parts> make_parts() {
  auto parts = std::make_shared<agent_parts>();
  parts->tools.add({"count", "counts its calls",
                    [](const tool_call& call) -> caf::expected<std::string> {
                      ++tool_calls;
                      return "counted " + std::string{call.argument("what")};
                    },
                    true});
  parts->tools.add({"pay", "must not happen twice",
                    [](const tool_call&) -> caf::expected<std::string> {
                      ++tool_calls;
                      return std::string{"paid"};
                    },
                    false});
  parts->tools.add(
      {"broken", "always fails",
       [](const tool_call&) -> caf::expected<std::string> { return make_error(ec::tool_failed, "it broke"); },
       true});
  teach(*parts, "greeter", "greet", [](const Task& task) { return finish("hello, " + task.input("name")); });
  teach(*parts, "counter", "count", [](const Task&) {
    return call_tool("count", {{"what", "one"}})
        .then([](const Result&) {
          return call_tool("count", {{"what", "two"}});
        })
        .then([](const Result& two) { return finish(two.text()); });
  });
  teach(*parts, "payer", "pay", [](const Task&) {
    return call_tool("pay").then([](const Result& paid) { return finish(paid.text()); });
  });
  teach(*parts, "sleeper", "sleep",
        [](const Task&) { return sleep_for(1h).then([](const Result&) { return finish("awake"); }); });
  teach(*parts, "asker", "ask", [](const Task&) {
    return ask_human("boss", "may I?").then([](const Result& answer) {
      return finish("boss says " + answer.text());
    });
  });
  teach(*parts, "breaker", "break", [](const Task&) { return call_tool("broken"); });
  teach(*parts, "thrower", "throw", [](const Task&) -> action { throw std::runtime_error("oops"); });
  teach(*parts, "boss", "delegate", [](const Task& task) {
    return all_of({call_agent("greet", {{"name", task.input("a")}}),
                   call_agent("greet", {{"name", task.input("b")}})})
        .then([](const Result& both) { return finish(both.part(0).text() + "; " + both.part(1).text()); });
  });
  teach(*parts, "fork", "fork", [](const Task&) {
    return all_of({sleep_for(1s).then([](const Result&) {
                     return call_tool("count", {{"what", "late"}});
                   }),
                   call_tool("count", {{"what", "early"}}), sleep_for(3s)})
        .then([](const Result& all) { return finish(all.part(0).text() + ", " + all.part(1).text()); });
  });
  teach(*parts, "marker", "mark", [](const Task& task) {
    return call_tool("count", {{"what", "before"}})
        .then([](const Result&) { return checkpoint("half"); })
        .then([&task](const Result&) {
          return task.attempt() < 3 ? fail(ec::action_failed, "not yet")
                                    : finish("attempt " + std::to_string(task.attempt()));
        });
  });
  return parts;
}

struct agents : platform {
  agents() : platform{make_parts()} {
    tool_calls = 0;
    for (auto& who :
         {"greet", "count", "pay", "sleep", "ask", "break", "throw", "delegate", "fork", "mark"}) {
      const std::map<std::string, std::string> behaviors{
          {"greet", "greeter"}, {"count", "counter"}, {"pay", "payer"},     {"sleep", "sleeper"},
          {"ask", "asker"},     {"break", "breaker"}, {"throw", "thrower"}, {"delegate", "boss"},
          {"fork", "fork"},     {"mark", "marker"}};
      hire(std::string{"agent-"} + who, behaviors.at(who), {who});
    }
  }

  TaskState run(const std::string& capability, const std::vector<argument>& inputs = {}) {
    request<TaskAccepted>(job_ref, job(capability, inputs));
    return task_state(job_ref);
  }
  size_t events_of(const std::string& ref_text) {
    auto entity = identify(ref_text, rows->naming_key());
    size_t count = 0;
    ensure(!rows->scan(space::journal, entity_begin(entity), entity_end(entity),
                       [&](std::string_view, std::string_view) { return ++count > 0; }));
    return count;
  }
};

// One agent whose tools take as long as a test likes.
struct slow_tools : platform {
  slow_tools() : slow_tools{std::make_shared<agent_parts>(), std::make_shared<platform_wishes>()} {}
  slow_tools(std::shared_ptr<agent_parts> known, std::shared_ptr<platform_wishes> wanted)
      : platform{known, wanted}, parts{std::move(known)}, wishes{std::move(wanted)} {
    tool_calls = 0;
    parts->tools.add({"count", "counts its calls",
                      [](const tool_call& call) -> caf::expected<std::string> {
                        ++tool_calls;
                        return "counted " + std::string{call.argument("what")};
                      },
                      true});
    teach(*parts, "patient", "count", [](const Task&) {
      return call_tool("count", {{"what", "one"}}).otherwise([](const caf::error& late) {
        return code_of(late) == ec::timeout ? call_tool("count", {{"what", "two"}}) : fail(late);
      });
    });
    wishes->hands = hands;
    crash_and_recover();
    hire("patient", "patient", {"count"});
  }
  ~slow_tools() override {
    hands->jobs.clear(); // they know actors
  }
  void next_life() {
    hands->jobs.clear();
    crash_and_recover();
  }
  bool is_awake(const std::string& id) {
    return node->outside()->names->find(agent_ref(id)) != nullptr;
  }
  void restart_host() {
    restart_service(services::shard_host, [this](auto* parent, auto doors) {
      auto outside = std::make_shared<troupe::doors>(*doors);
      outside->hands = hands;
      auto agents = agent_kind(parts);
      agents.idle = wishes->agent_idle;
      return spawn_shard_host(parent, outside, {agents, task_kind(), run_kind()});
    });
  }
  std::shared_ptr<held_workers> hands = std::make_shared<held_workers>();
  std::shared_ptr<agent_parts> parts;
  std::shared_ptr<platform_wishes> wishes;
};

// Agents whose tool does several calls at once and writes down how many.
struct gatherers : platform {
  gatherers() : gatherers{std::make_shared<agent_parts>(), std::make_shared<std::vector<size_t>>()} {}
  gatherers(std::shared_ptr<agent_parts> parts, std::shared_ptr<std::vector<size_t>> seen)
      : platform{parts}, batches{std::move(seen)} {
    tool many{"look", "looks several things up", {}, true};
    many.batch = {3, 20ms};
    many.run_many = [kept = batches](const std::vector<tool_call>& calls) {
      kept->push_back(calls.size());
      std::vector<caf::expected<std::string>> answers;
      for (auto& call : calls)
        answers.emplace_back("found " + std::string{call.argument("what")});
      return answers;
    };
    parts->tools.add(std::move(many));
    teach(*parts, "looker", "look", [](const Task& task) {
      return call_tool("look", {{"what", std::string{task.input("what")}}}).then([](const Result& found) {
        return finish(found.text());
      });
    });
    crash_and_recover();
    for (auto& who : {"ada", "bob"})
      hire(who, "looker", {"look"});
  }
  void ask_for(int count) {
    for (int i = 0; i < count; ++i) {
      auto name = std::to_string(i);
      request<TaskAccepted>("default/task/" + name, job("look", {{"what", name}}));
    }
  }
  std::shared_ptr<std::vector<size_t>> batches;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(agent_tests, agents)

CAF_TEST(a created task is assigned without being asked and ends with its result) {
  auto task = run("greet", {{"name", "world"}});
  CAF_CHECK_EQUAL(task.status(), TASK_COMPLETED);
  CAF_CHECK_EQUAL(task.outcome().text(), "hello, world");
  CAF_CHECK_EQUAL(task.agent(), "default/agent/agent-greet");
}

CAF_TEST(a task that nobody can do waits until somebody can) {
  CAF_CHECK_EQUAL(run("fly").status(), TASK_QUEUED);
  hire("bird", "greeter", {"fly"});
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_COMPLETED);
}

CAF_TEST(the record of an agent knows durably how its tasks have ended) {
  run("greet");
  node->advance(limits::attempt_sweep);
  crash_and_recover();
  GetAgent cmd;
  cmd.set_id("agent-greet");
  auto record = request<AgentRecord>(std::string{services::registry}, cmd);
  CAF_CHECK_EQUAL(record.metadata().completed(), 1u);
  CAF_CHECK_EQUAL(record.metadata().success_rate(), 1.0);
  CAF_CHECK_EQUAL(record.metadata().specialisations(0), "greet");
}

CAF_TEST(tasks that end within a second are counted by one event and seen at once) {
  auto before = events_of("default/agent/agent-greet");
  for (auto name : {"one", "two", "three"}) {
    request<TaskAccepted>("default/task/" + std::string{name}, job("greet"));
    CAF_CHECK_EQUAL(result_of("default/task/" + std::string{name}), "hello, ");
  }
  CAF_CHECK_EQUAL(events_of("default/agent/agent-greet"), before);
  auto record = request<AgentRecord>("default/agent/agent-greet", GetAgent{});
  CAF_CHECK_EQUAL(record.metadata().completed(), 3u);
  CAF_CHECK_EQUAL(events_of("default/agent/agent-greet"), before + 1);
  node->advance(limits::attempt_sweep);
  CAF_CHECK_EQUAL(events_of("default/agent/agent-greet"), before + 1);
}

CAF_TEST(an agent that is told the state of a task begins without asking) {
  auto heard = std::make_shared<std::vector<std::string>>();
  auto owner = node->system().spawn([heard](caf::event_based_actor* self) -> caf::behavior {
    house_rules(self);
    return {[heard](const OpenTask&) { heard->push_back("open"); },
            [heard](const TaskDone& done) { heard->push_back(done.outcome().text()); }};
  });
  node->outside()->names->put("default/task/told", owner);
  RunTask call;
  call.set_owner("default/task/told");
  call.set_agent("agent-greet");
  auto* name = call.mutable_state()->mutable_spec()->add_inputs();
  name->set_name("name");
  name->set_value("Ada");
  node->outside()->names->tell("default/agent/agent-greet", call);
  node->settle();
  CAF_CHECK_EQUAL(fmt::format("{}", fmt::join(*heard, "; ")), "hello, Ada");
  call.set_owner("default/task/untold");
  call.clear_state();
  node->outside()->names->put("default/task/untold", owner);
  node->outside()->names->tell("default/agent/agent-greet", call);
  node->settle();
  CAF_CHECK_EQUAL(fmt::format("{}", fmt::join(*heard, "; ")), "hello, Ada; open");
}

CAF_TEST(a crash at any step does each recorded action once) {
  for (int steps = 0; steps < 120; ++steps) {
    auto ref_text = "default/task/job-" + std::to_string(steps);
    tool_calls = 0;
    bool accepted = false;
    post<TaskAccepted>(ref_text, job("count"),
                       [&](caf::expected<TaskAccepted> answer) { accepted = static_cast<bool>(answer); });
    for (int i = 0; i < steps; ++i)
      node->step();
    crash_and_recover();
    node->advance(1s);
    if (!accepted && !ask<TaskDescription>(ref_text, GetTask{}))
      continue;
    auto task = task_state(ref_text);
    CAF_CHECK_EQUAL(task.status(), TASK_COMPLETED);
    CAF_CHECK_EQUAL(task.outcome().text(), "counted two");
    CAF_CHECK(tool_calls == 2 || tool_calls == 3); // at most the one that was under way is repeated
  }
}

CAF_TEST(what must not happen twice fails as unknown when a crash hides whether it happened) {
  int unknown = 0;
  for (int steps = 0; steps < 120; ++steps) {
    auto ref_text = "default/task/job-" + std::to_string(steps);
    tool_calls = 0;
    auto cmd = job("pay");
    cmd.mutable_spec()->mutable_retry()->set_no_retry(true);
    post<TaskAccepted>(ref_text, cmd, [](caf::expected<TaskAccepted>) {});
    for (int i = 0; i < steps; ++i)
      node->step();
    crash_and_recover();
    node->advance(1s);
    auto task = ask<TaskDescription>(ref_text, GetTask{});
    if (!task)
      continue;
    CAF_CHECK(tool_calls <= 1);
    if (task->state().status() == TASK_COMPLETED) {
      CAF_CHECK_EQUAL(tool_calls, 1);
    } else {
      CAF_CHECK_EQUAL(task->state().outcome().failure().code(), static_cast<uint32_t>(ec::outcome_unknown));
      ++unknown;
    }
  }
  CAF_CHECK(unknown > 0);
}

CAF_TEST(a sleeping task holds no agent and wakes after a restart) {
  CAF_CHECK_EQUAL(run("sleep").status(), TASK_WAITING);
  node->advance(30min);
  CAF_CHECK(node->outside()->names->find("default/agent/agent-sleep") == nullptr);
  crash_and_recover();
  node->advance(29min);
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_WAITING);
  node->advance(2min);
  CAF_CHECK_EQUAL(result_of(job_ref), "awake");
}

CAF_TEST(a question waits for its answer and takes one) {
  CAF_CHECK_EQUAL(run("ask").status(), TASK_WAITING);
  node->advance(24h * 30);
  crash_and_recover();
  AnswerQuestion cmd;
  cmd.set_position("0");
  cmd.set_text("yes");
  request<Done>(job_ref, cmd);
  CAF_CHECK_EQUAL(result_of(job_ref), "boss says yes");
  CAF_CHECK_EQUAL(refusal<Done>(job_ref, cmd), ec::not_found);
  cmd.set_position("7");
  CAF_CHECK_EQUAL(refusal<Done>(job_ref, cmd), ec::not_found);
}

CAF_TEST(a failing task is retried after one and two and four seconds and then is a dead letter) {
  CAF_CHECK_EQUAL(run("break").status(), TASK_RETRYING);
  for (auto wait : {1s, 2s, 4s}) {
    auto before = task_state(job_ref).attempt();
    node->advance(wait - 20ms); // the timers look a few ms late, never early
    CAF_CHECK_EQUAL(task_state(job_ref).attempt(), before);
    node->advance(30ms);
    auto now = task_state(job_ref);
    CAF_CHECK(now.attempt() == before + 1 || now.status() == TASK_FAILED);
  }
  auto task = task_state(job_ref);
  CAF_CHECK_EQUAL(task.status(), TASK_FAILED);
  CAF_CHECK_EQUAL(task.attempt(), 4u);
  CAF_CHECK_EQUAL(task.outcome().failure().text(), "it broke");
  CAF_CHECK(task.dead_letter());
}

CAF_TEST(a dead letter runs again when asked and is dropped when asked) {
  run("break");
  node->advance(10s);
  request<Done>(job_ref, ResumeTask{});
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_RETRYING);
  node->advance(10s);
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_FAILED);
  request<Done>(job_ref, DropTask{});
  CAF_CHECK_EQUAL(refusal<Done>(job_ref, ResumeTask{}), ec::conflict);
}

CAF_TEST(a behavior that throws fails its task with the text) {
  auto cmd = job("throw");
  cmd.mutable_spec()->mutable_retry()->set_no_retry(true);
  request<TaskAccepted>(job_ref, cmd);
  auto task = task_state(job_ref);
  CAF_CHECK_EQUAL(task.status(), TASK_FAILED);
  CAF_CHECK_EQUAL(task.outcome().failure().code(), static_cast<uint32_t>(ec::internal));
  CAF_CHECK(task.outcome().failure().text().find("oops") != std::string::npos);
}

CAF_TEST(an agent calls other agents and joins their results in order) {
  CAF_CHECK_EQUAL(std::string{run("delegate", {{"a", "Ada"}, {"b", "Bob"}}).outcome().text()},
                  "hello, Ada; hello, Bob");
}

CAF_TEST(other agents are called once though the node crashes at any step) {
  for (int steps = 0; steps < 200; steps += 7) {
    auto ref_text = "default/task/job-" + std::to_string(steps);
    post<TaskAccepted>(ref_text, job("delegate", {{"a", "Ada"}, {"b", "Bob"}}),
                       [](caf::expected<TaskAccepted>) {});
    for (int i = 0; i < steps; ++i)
      node->step();
    crash_and_recover();
    node->advance(2s);
    if (auto task = ask<TaskDescription>(ref_text, GetTask{}))
      CAF_CHECK_EQUAL(task->state().outcome().text(), "hello, Ada; hello, Bob");
  }
}

CAF_TEST(parallel waits and tools end in their own time) {
  run("fork");
  node->advance(1100ms);
  CAF_CHECK_EQUAL(tool_calls, 2);
  node->advance(2s);
  CAF_CHECK_EQUAL(result_of(job_ref), "counted late, counted early");
}

CAF_TEST(a retried task goes on behind its last checkpoint) {
  run("mark");
  node->advance(10s);
  auto task = task_state(job_ref);
  CAF_CHECK_EQUAL(task.outcome().text(), "attempt 3");
  CAF_CHECK_EQUAL(tool_calls, 1);
}

CAF_TEST(a cancelled task ends and stays ended) {
  run("sleep");
  request<Done>(job_ref, CancelTask{});
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_CANCELLED);
  node->advance(2h);
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_CANCELLED);
  CAF_CHECK_EQUAL(refusal<Done>(job_ref, CancelTask{}), ec::conflict);
}

CAF_TEST(a deadline ends a task that waits) {
  auto cmd = job("sleep");
  cmd.mutable_spec()->set_deadline_ms(time->now_ms() + 60'000);
  request<TaskAccepted>(job_ref, cmd);
  node->advance(61s);
  auto task = task_state(job_ref);
  CAF_CHECK_EQUAL(task.status(), TASK_FAILED);
  CAF_CHECK_EQUAL(task.outcome().failure().code(), static_cast<uint32_t>(ec::timeout));
}

CAF_TEST(the same id with another specification is refused) {
  run("greet");
  CAF_CHECK(request<TaskAccepted>(job_ref, job("greet")).task() == job_ref);
  CAF_CHECK_EQUAL(refusal<TaskAccepted>(job_ref, job("sleep")), ec::already_exists);
}

CAF_TEST(whoever waits for a task hears of its end) {
  run("sleep");
  std::string text;
  post<TaskDescription>(job_ref, AwaitTask{},
                        [&](caf::expected<TaskDescription> end) { text = end->state().outcome().text(); });
  node->settle();
  CAF_CHECK(text.empty());
  node->advance(61min);
  CAF_CHECK_EQUAL(text, "awake");
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE(slow_tool_tests, slow_tools)

CAF_TEST(a tool that takes too long is a timeout and what it answers later is dropped) {
  request<TaskAccepted>(job_ref, job("count"));
  node->advance(limits::tool_timeout - 1s);
  CAF_CHECK_EQUAL(hands->jobs.size(), 1u);
  node->advance(2s);
  CAF_CHECK_EQUAL(hands->jobs.size(), 2u); // the behavior has heard of it
  hands->release();
  node->settle();
  auto task = task_state(job_ref);
  CAF_CHECK_EQUAL(tool_calls, 2);
  CAF_CHECK_EQUAL(std::string{task.outcome().text()}, "counted two");
  CAF_CHECK_EQUAL(static_cast<ec>(task.records(0).outcome().failure().code()), ec::timeout);
  auto text = std::string{task.records(0).outcome().failure().text()};
  CAF_CHECK_EQUAL(text, "'count' took longer than 60000 ms; what it does may still happen");
}

CAF_TEST(a tool that takes as long as it may is no timeout) {
  request<TaskAccepted>(job_ref, job("count"));
  node->advance(limits::tool_timeout - 1s);
  hands->release();
  node->settle();
  CAF_CHECK_EQUAL(result_of(job_ref), "counted one");
}

CAF_TEST(a timeout of a tool outlives a crash) {
  request<TaskAccepted>(job_ref, job("count"));
  node->advance(limits::tool_timeout + 1s);
  next_life();
  node->advance(1s);
  hands->release();
  node->settle();
  CAF_CHECK_EQUAL(result_of(job_ref), "counted two");
  CAF_CHECK_EQUAL(tool_calls, 1);
}

CAF_TEST(an attempt may last as long as the defaults its task was created with say) {
  wishes->defaults.set_timeout_ms(10'000);
  wishes->defaults.mutable_retry()->set_no_retry(true);
  next_life();
  request<TaskAccepted>(job_ref, job("count"));
  wishes->defaults = {};
  next_life();
  node->advance(9s);
  CAF_CHECK(task_state(job_ref).status() != TASK_FAILED);
  node->advance(2s);
  auto task = task_state(job_ref);
  CAF_CHECK_EQUAL(task.status(), TASK_FAILED);
  CAF_CHECK_EQUAL(static_cast<ec>(task.outcome().failure().code()), ec::timeout);
}

CAF_TEST(an agent that knows better than the defaults decides about timeout and retries) {
  wishes->defaults.set_timeout_ms(10'000);
  wishes->defaults.mutable_retry()->set_no_retry(true);
  next_life();
  RegisterAgent cmd;
  cmd.mutable_request()->set_id("quick");
  cmd.mutable_request()->set_behavior("patient");
  cmd.mutable_request()->add_capabilities("hurry");
  cmd.mutable_request()->mutable_config()->set_timeout_ms(3000);
  cmd.mutable_request()->mutable_config()->set_max_retries(5);
  cmd.mutable_request()->mutable_config()->set_initial_delay_ms(60'000);
  request<AgentRecord>(std::string{services::registry}, cmd);
  request<TaskAccepted>(job_ref, job("hurry"));
  node->advance(4s);
  auto task = task_state(job_ref);
  CAF_CHECK_EQUAL(task.status(), TASK_RETRYING);
  CAF_CHECK(task.due_ms() > time->now_ms() + 50'000);
}

CAF_TEST(a tool that hangs does not keep an agent that sleeps) {
  wishes->agent_idle = 1s;
  wishes->defaults.set_timeout_ms(5000);
  wishes->defaults.mutable_retry()->set_no_retry(true);
  next_life();
  request<TaskAccepted>(job_ref, job("count"));
  auto agent = caf::actor_cast<caf::weak_actor_ptr>(node->outside()->names->find(agent_ref("patient")));
  CAF_CHECK(agent.lock() != nullptr);
  node->advance(20s); // the attempt is over, its tool is not
  CAF_CHECK_EQUAL(hands->jobs.size(), 1u);
  CAF_CHECK(!is_awake("patient"));
  CAF_CHECK(agent.lock() == nullptr);
  hands->release(); // an answer that nobody waits for
  node->settle();
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_FAILED);
}

CAF_TEST(an agent that is put to sleep has counted its tasks) {
  wishes->agent_idle = 1ms;
  next_life();
  for (uint64_t count = 1; count <= 8; ++count) { // at other times before the host looks for who is idle
    request<TaskAccepted>(job_ref + std::to_string(count), job("count"));
    hands->release();
    node->settle();
    while (is_awake("patient"))
      if (!node->step())
        node->advance_once(100ms);
    CAF_CHECK_EQUAL(request<AgentRecord>(agent_ref("patient"), GetAgent{}).metadata().completed(), count);
    node->advance(limits::idle_sweep / 8);
  }
}

CAF_TEST(an agent hears within a second that nobody needs its task any more) {
  parts->default_slots = 1;
  next_life();
  request<TaskAccepted>(job_ref, job("count"));
  CAF_CHECK_EQUAL(hands->jobs.size(), 1u);
  request<Done>(job_ref, CancelTask{});
  request<TaskAccepted>(job_ref + "2", job("count"));
  CAF_CHECK_EQUAL(hands->jobs.size(), 1u);
  node->advance(limits::attempt_sweep);
  CAF_CHECK_EQUAL(hands->jobs.size(), 2u);
}

CAF_TEST(what agents worked on when their host died is given to them again at once) {
  request<TaskAccepted>(job_ref, job("count"));
  CAF_CHECK_EQUAL(hands->jobs.size(), 1u);
  restart_host();
  CAF_CHECK_EQUAL(hands->jobs.size(), 2u);
  hands->release();
  node->settle();
  CAF_CHECK_EQUAL(result_of(job_ref), "counted one");
}

CAF_TEST(an agent at work whose host dies while it asks it to sleep makes way for the next) {
  wishes->agent_idle = 1s;
  next_life();
  request<TaskAccepted>(job_ref, job("count"));
  auto agent = caf::actor_cast<caf::weak_actor_ptr>(node->outside()->names->find(agent_ref("patient")));
  while (is_awake("patient")) {
    if (!node->step())
      node->advance_once(1s);
  }
  restart_host(); // and nobody knows that it is at work
  CAF_CHECK(agent.lock() != nullptr);
  node->advance(2 * limits::attempt_sweep);
  CAF_CHECK(agent.lock() == nullptr);
  hands->release();
  node->settle();
  CAF_CHECK_EQUAL(result_of(job_ref), "counted one");
}

CAF_TEST(an agent without slots of its own has those of the configuration) {
  parts->default_slots = 1;
  next_life();
  request<TaskAccepted>(job_ref, job("count"));
  request<TaskAccepted>(job_ref + "2", job("count"));
  CAF_CHECK_EQUAL(hands->jobs.size(), 1u);
  CAF_CHECK_EQUAL(task_state(job_ref + "2").status(), TASK_QUEUED);
  parts->default_slots = 2;
  next_life();
  node->advance(1s);
  CAF_CHECK_EQUAL(hands->jobs.size(), 2u);
}

CAF_TEST(an agent that leaves quarantine gets tasks again) {
  for (unsigned crash = 1; crash <= limits::quarantine_after; ++crash) {
    request<AgentRecord>(agent_ref("patient"), GetAgent{});
    auto agent = node->outside()->names->find(agent_ref("patient"));
    caf::anon_send(agent, caf::exit_msg{agent->address(), make_error(ec::internal, "oops")});
    node->settle();
    node->advance(limits::park_first * (1 << crash));
  }
  request<TaskAccepted>(job_ref, job("count"));
  CAF_CHECK(hands->jobs.empty());
  EndQuarantine release;
  release.set_ref(agent_ref("patient"));
  request<Done>(std::string{services::shard_host}, release);
  CAF_CHECK_EQUAL(hands->jobs.size(), 1u);
}

CAF_TEST(of too many agents the idle ones leave first and one at work stays) {
  wishes->most_agents = 1;
  next_life();
  hire("clerk", "patient", {"file"});
  request<TaskAccepted>(job_ref, job("count"));
  node->advance(1s);
  hire("guest", "patient", {"visit"});
  CAF_CHECK(is_awake("patient") && is_awake("clerk") && is_awake("guest"));
  node->advance(limits::entity_idle - 2s);
  CAF_CHECK(is_awake("patient"));
  CAF_CHECK(!is_awake("clerk"));
  CAF_CHECK(!is_awake("guest"));
  hands->release();
  node->settle();
  CAF_CHECK_EQUAL(result_of(job_ref), "counted one");
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE(gathering_agent_tests, gatherers)

CAF_TEST(calls of several agents are done together when they are enough) {
  ask_for(3);
  CAF_CHECK(*batches == std::vector<size_t>{3});
  for (std::string name : {"0", "1", "2"})
    CAF_CHECK_EQUAL(result_of("default/task/" + name), "found " + name);
}

CAF_TEST(a call alone is done after the window) {
  ask_for(1);
  node->advance(19ms);
  CAF_CHECK(batches->empty());
  node->advance(1ms);
  CAF_CHECK(*batches == std::vector<size_t>{1});
  CAF_CHECK_EQUAL(result_of("default/task/0"), "found 0");
}

CAF_TEST(what comes after a full batch waits for its own window) {
  ask_for(4);
  CAF_CHECK(*batches == std::vector<size_t>{3});
  node->advance(40ms);
  CAF_CHECK(*batches == (std::vector<size_t>{3, 1}));
  CAF_CHECK_EQUAL(result_of("default/task/3"), "found 3");
}

CAF_TEST(a call of an agent that dies does not wait for others) {
  ask_for(1);
  CAF_CHECK(batches->empty());
  for (auto& who : {"ada", "bob"})
    caf::anon_send_exit(node->outside()->names->find(agent_ref(who)), caf::exit_reason::kill);
  node->settle();
  CAF_CHECK(*batches == std::vector<size_t>{1});
}

CAF_TEST(calls that waited when the node crashed are done after it) {
  ask_for(2);
  crash_and_recover();
  node->advance(1h);
  CAF_CHECK_EQUAL(result_of("default/task/0"), "found 0");
  CAF_CHECK_EQUAL(result_of("default/task/1"), "found 1");
}

CAF_TEST_FIXTURE_SCOPE_END()
