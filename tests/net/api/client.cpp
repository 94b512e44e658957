// A client tells apart who is not there, who is late, and who says no.
#define CAF_SUITE net.api.client
#include "tests/support/control_node.hpp"

using namespace troupe;

CAF_TEST(where no node listens the message names the command that starts one) {
  scratch_directory home;
  auto path = control_socket(home.path);
  control_client client{path, secret{"token"}};
  auto answer = client.status();
  CAF_CHECK_EQUAL(refused(answer), ec::unavailable);
  CAF_CHECK_EQUAL(text_of(answer.error()), "no node listens on " + path + "; start one with `troupe node`");
}

CAF_TEST(a client outlives its node and finds the next one) {
  control_node node;
  auto client = node.client();
  answered(client.runs());
  node.server.reset();
  CAF_CHECK_EQUAL(refused(client.runs()), ec::unavailable);
  node.start();
  client.set_patience(std::chrono::seconds{10});
  for (int attempt = 0; attempt < 100 && !client.runs(); ++attempt)
    ; // gRPC is allowed a pause before it connects again
  answered(node.client().runs());
}

CAF_TEST(an answer and an error arrive as they were given) {
  control_node node;
  node.play(std::string{services::registry}, [](const GetAgent& in) -> caf::result<AgentRecord> {
    if (in.id().empty())
      return make_error(ec::budget_exceeded, "purse goal-1 holds 3 micro USD");
    AgentRecord record;
    record.set_id(in.id());
    return record;
  });
  GetAgent in;
  auto error = node.client().agent(in);
  CAF_CHECK_EQUAL(refused(error), ec::budget_exceeded); // shares its gRPC status with ec::overloaded
  CAF_CHECK_EQUAL(text_of(error.error()), "purse goal-1 holds 3 micro USD");
  in.set_id("reviewer");
  auto record = answered(node.client().agent(in));
  CAF_CHECK_EQUAL(record.id(), "reviewer");
}

CAF_TEST(patience that is over is a timeout) {
  control_node node;
  node.play(std::string{services::registry},
            [](const ListAgents&) -> caf::result<AgentList> { return caf::delegated<AgentList>{}; });
  auto client = node.client();
  client.set_patience(std::chrono::milliseconds{100});
  CAF_CHECK_EQUAL(refused(client.agents()), ec::timeout);
}

CAF_TEST(a message above what gRPC takes is refused as one) {
  control_node node;
  StartRun in;
  in.mutable_task()->set_description(std::string(limits::control_receive_bytes + 1, 'x'));
  CAF_CHECK_EQUAL(refused(node.client().start(in)), ec::invalid_argument);
}
