// The desk of a node does what travels, for whom its context says, and nothing else.
#define CAF_SUITE net.api.desk
#include <tests/support/simulated_cluster.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct pair_of_nodes : simulated_cluster {
  pair_of_nodes() : simulated_cluster{2, std::make_shared<agent_parts>()} {}

  caf::expected<CallDone> forward_to_b(const std::string& method, const google::protobuf::Message& in) {
    ForwardCall wanted;
    wanted.set_method(method);
    wanted.set_request(in.SerializeAsString());
    wanted.set_patience_ms(5000);
    return ask<CallDone>("a", desk_ref("b"), wanted);
  }
};

} // namespace

CAF_TEST(a method that travels is done with what that node has) {
  pair_of_nodes nodes;
  auto answer = nodes.forward_to_b("Runs", ListRuns{});
  CAF_REQUIRE(answer);
  RunList list;
  CAF_CHECK(list.ParseFromString(answer->reply()));
  CAF_CHECK_EQUAL(list.total(), 0u);
  CAF_CHECK_EQUAL(list.silent_size(), 0);
  DescribeRun nobody;
  nobody.set_id("nobody");
  auto refused = nodes.forward_to_b("Describe", nobody);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::not_found);
}

CAF_TEST(what does not travel or is unknown is denied) {
  pair_of_nodes nodes;
  for (auto method : {"LogLevel", "Shred", "NewKeys", "RetireAgent", "Backup", "TellAll", "Fly", ""}) {
    auto refused = nodes.forward_to_b(method, ListRuns{});
    CAF_REQUIRE(!refused);
    CAF_CHECK_EQUAL(code_of(refused.error()), ec::permission_denied);
  }
}

CAF_TEST(bytes that are no request are refused) {
  pair_of_nodes nodes;
  ForwardCall wanted;
  wanted.set_method("Describe");
  wanted.set_request("\xff\xff\xff");
  wanted.set_patience_ms(5000);
  auto refused = nodes.ask<CallDone>("a", desk_ref("b"), wanted);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::invalid_argument);
}

CAF_TEST(open runs of a shard are found and too many are refused) {
  pair_of_nodes nodes;
  auto name = nodes.ref_at("b", "run");
  auto& rows = *nodes.at("b").rows;
  WorkSummary run;
  run.set_ref(name);
  run.set_title("flow");
  auto row = index_key(identify(name, rows.naming_key()), index_table::runs, "", rows.naming_key());
  CAF_REQUIRE(!rows.write({{space::index, row, run.SerializeAsString()}}));
  FindOpenRuns question;
  question.set_workflow("default/workflow/flow");
  question.set_shard(shard_of(name));
  question.set_most(1);
  auto found = nodes.ask<OpenRuns>("a", desk_ref("b"), question);
  CAF_REQUIRE(found);
  CAF_REQUIRE_EQUAL(found->runs_size(), 1);
  CAF_CHECK_EQUAL(found->runs(0).ref(), name);
  question.set_most(0);
  auto refused = nodes.ask<OpenRuns>("a", desk_ref("b"), question);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::overloaded);
}
