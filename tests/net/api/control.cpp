// Calls over a real socket: who may, what reaches the actors, and how every kind of failure comes back.
#define CAF_SUITE net.api.control
#include "tests/support/control_node.hpp"
#include <future>
#include <mutex>
#include <set>
#include <troupe/runtime/trace.hpp>

using namespace troupe;

namespace {

const std::string registry{services::registry};
const std::string run = "default/run/r1";

DescribeRun describe_run(bool wait) {
  DescribeRun in;
  in.set_id("r1");
  in.set_wait(wait);
  return in;
}

// A known run whose end comes when the test says so; tells when somebody waits for it.
struct open_run {
  explicit open_run(control_node& node) {
    add_name(*node.rows, run);
    auto actor = node.system.spawn([this](caf::event_based_actor* self) -> caf::behavior {
      self->set_down_handler([this](const caf::down_msg&) { gone.set_value(); });
      return {[this, self](const AwaitRun&) -> caf::result<RunDescription> {
        self->monitor(caf::actor_cast<caf::actor>(self->current_sender()));
        auto answer = self->make_response_promise<RunDescription>();
        asked.set_value(answer);
        return answer;
      }};
    });
    node.names->put(run, actor);
  }
  std::promise<caf::typed_response_promise<RunDescription>> asked;
  std::promise<void> gone; // whoever asked
};

} // namespace

CAF_TEST(a command carries the principal and a fresh context whatever the client sent) {
  control_node node;
  std::promise<Context> seen;
  node.play(registry, [&](const RegisterAgent& in) {
    seen.set_value(in.context());
    AgentRecord record;
    record.set_id(in.request().id());
    return record;
  });
  RegisterAgent in;
  in.mutable_context()->set_principal("root");
  in.mutable_context()->set_command_id("forged");
  in.mutable_context()->set_trace("forged");
  in.mutable_request()->set_id("reviewer");
  auto record = answered(node.client().register_agent(in));
  CAF_CHECK_EQUAL(record.id(), "reviewer");
  auto context = seen.get_future().get();
  CAF_CHECK_EQUAL(context.principal(), "ada");
  CAF_CHECK(time_of_id(context.command_id()).has_value());
  CAF_CHECK_EQUAL(context.trace().size(), 55u);
  CAF_CHECK_EQUAL(context.deadline_ms(), 0);
}

CAF_TEST(a question carries a deadline and no command id) {
  control_node node;
  std::promise<Context> seen;
  node.play(registry, [&](const ListAgents& in) {
    seen.set_value(in.context());
    return AgentList{};
  });
  answered(node.client(control_node::view).agents());
  auto context = seen.get_future().get();
  CAF_CHECK_EQUAL(context.principal(), "vera");
  CAF_CHECK(context.command_id().empty());
  CAF_CHECK(context.deadline_ms() > node.outside->time->now_ms());
}

CAF_TEST(who has no valid token or too low a role never reaches an actor) {
  control_node node;
  std::atomic<int> reached = 0;
  node.play(registry, [&](const ListAgents&) {
    ++reached;
    return AgentList{};
  });
  CAF_CHECK_EQUAL(refused(node.client("").agents()), ec::unauthenticated);
  CAF_CHECK_EQUAL(refused(node.client("00000000000000000000000000000000").agents()), ec::unauthenticated);
  CAF_CHECK_EQUAL(refused(node.client(control_node::view).start({})), ec::permission_denied);
  auto denied = node.client(control_node::operate).retire_agent({});
  CAF_CHECK_EQUAL(refused(denied), ec::permission_denied);
  CAF_CHECK_EQUAL(text_of(denied.error()), "otto is operator and RetireAgent needs admin");
  CAF_CHECK_EQUAL(reached.load(), 0);
}

CAF_TEST(calls are counted by method and code with the time they took) {
  control_node node;
  auto& meters = node.outside->meters;
  node.play(registry, [](const ListAgents&) { return AgentList{}; });
  answered(node.client().agents());
  answered(node.client().agents());
  refused(node.client(control_node::view).start({}));
  refused(node.client("").agents());
  CAF_CHECK_EQUAL(meters.control_requests.with({"Agents", "ok"}).value(), 2);
  CAF_CHECK_EQUAL(meters.control_requests.with({"Start", "permission_denied"}).value(), 1);
  CAF_CHECK_EQUAL(meters.control_requests.with({"Agents", "unauthenticated"}).value(), 1);
  CAF_CHECK_EQUAL(meters.control_seconds.with({"Agents"}).value(), 3);
}

CAF_TEST(an error of an actor comes back with code and text) {
  control_node node;
  node.play(registry, [](const GetAgent& in) -> caf::result<AgentRecord> {
    return make_error(ec::not_found, "no agent " + in.id() + " – nirgends");
  });
  GetAgent in;
  in.set_id("x");
  auto answer = node.client().agent(in);
  CAF_CHECK_EQUAL(refused(answer), ec::not_found);
  CAF_CHECK_EQUAL(text_of(answer.error()), "no agent x – nirgends");
}

CAF_TEST(an unknown run is not found and a dead or missing actor is unavailable) {
  control_node node;
  auto client = node.client();
  CAF_CHECK_EQUAL(refused(client.describe(describe_run(false))), ec::not_found);
  CAF_CHECK_EQUAL(refused(client.agents()), ec::unavailable);
  auto actor = node.play(registry, [](const ListAgents&) { return AgentList{}; });
  answered(client.agents());
  caf::anon_send_exit(actor, caf::exit_reason::kill);
  caf::scoped_actor {
    node.system
    } -> wait_for(actor);
  CAF_CHECK_EQUAL(refused(client.agents()), ec::unavailable);
}

CAF_TEST(a deadline that passes is a timeout and ends the work of its call) {
  control_node node;
  open_run waited{node};
  auto client = node.client();
  client.set_patience(std::chrono::milliseconds{200});
  CAF_CHECK_EQUAL(refused(client.describe(describe_run(true))), ec::timeout);
  waited.gone.get_future().get();
}

CAF_TEST(calls above the bound are refused and those below are served) {
  control_node node{1};
  open_run waited{node};
  auto waiting = std::async(std::launch::async, [&] { return node.client().describe(describe_run(true)); });
  auto answer = waited.asked.get_future().get();
  auto second = node.client().runs();
  CAF_CHECK_EQUAL(refused(second), ec::overloaded);
  CAF_CHECK_EQUAL(text_of(second.error()), "1 calls are in flight, as many as [system] "
                                           "max_concurrent_requests allows; repeat in a second");
  RunDescription end;
  end.mutable_state()->set_status(RUN_COMPLETED);
  answer.deliver(end);
  auto ended = answered(waiting.get());
  CAF_CHECK_EQUAL(ended.run().status(), RUN_COMPLETED);
  for (;;) // the first call leaves when gRPC has told its client
    if (auto served = node.client().runs(); served || code_of(served.error()) != ec::overloaded)
      break;
}

CAF_TEST(a stopping node ends the calls that wait) {
  control_node node;
  open_run waited{node};
  auto waiting = std::async(std::launch::async, [&] { return node.client().describe(describe_run(true)); });
  waited.asked.get_future().get();
  node.server->stop();
  CAF_CHECK_EQUAL(refused(waiting.get()), ec::unavailable);
}

CAF_TEST(a second node does not take the socket of a living one and a new life does) {
  control_node node;
  auto second = start_control(node.options());
  CAF_REQUIRE(!second);
  CAF_CHECK_EQUAL(code_of(second.error()), ec::conflict);
  answered(node.client().runs());
  node.server.reset();
  node.start();
  answered(node.client().runs());
}

CAF_TEST(hooks serve the log level and the metrics and without them both are unavailable) {
  control_node node;
  SetLogLevel in;
  in.set_level("debug");
  CAF_CHECK_EQUAL(refused(node.client().set_log_level(in)), ec::unavailable);
  CAF_CHECK_EQUAL(refused(node.client().metrics()), ec::unavailable);
  node.server.reset();
  std::string level;
  node.hooks.metrics = [] { return "troupe_up 1\n"; };
  node.hooks.set_log_level = [&](const std::string& name) {
    level = name;
    return name == "debug" ? caf::error{} : make_error(ec::invalid_argument, "no such level");
  };
  node.start();
  answered(node.client().set_log_level(in));
  CAF_CHECK_EQUAL(level, "debug");
  in.set_level("loud");
  CAF_CHECK_EQUAL(refused(node.client().set_log_level(in)), ec::invalid_argument);
  auto metrics = answered(node.client().metrics());
  CAF_CHECK_EQUAL(metrics.text(), "troupe_up 1\n");
}

CAF_TEST(every decision is heard with its principal and its reason) {
  control_node node;
  node.server.reset();
  std::mutex mutex;
  std::vector<std::string> heard;
  std::set<std::string> traces;
  node.hooks.decided = [&](std::string_view method, const std::string& principal, const std::string& trace,
                           const caf::error& refusal) {
    std::lock_guard lock{mutex};
    heard.push_back(std::string{method} + " " + principal + " " +
                    (refusal ? to_string(code_of(refusal)) : "ok"));
    traces.insert(trace_id(trace));
  };
  node.start();
  answered(node.client(control_node::view).runs());
  refused(node.client(control_node::view).start({}));
  refused(node.client("").runs());
  std::lock_guard lock{mutex};
  CAF_REQUIRE_EQUAL(heard.size(), 3u);
  CAF_CHECK_EQUAL(heard[0], "Runs vera ok");
  CAF_CHECK_EQUAL(heard[1], "Start vera permission_denied");
  CAF_CHECK_EQUAL(heard[2], "Runs  unauthenticated");
  CAF_CHECK_EQUAL(traces.size(), 3u);
  CAF_CHECK(!traces.contains(""));
}

CAF_TEST(a system ends while another one of the process is served) {
  control_node stays;
  for (int i = 0; i < 8; ++i) {
    control_node goes;
    answered(goes.client().runs());
    answered(stays.client().runs());
    answered(goes.client().runs()); // its thread is not told of the other one any more
  }
}
