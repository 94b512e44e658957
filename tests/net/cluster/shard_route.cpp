// Messages to refs of other nodes' shards go there and their answers come back; who does not answer is named.
#define CAF_SUITE net.cluster.shard_route
#include <tests/support/simulated_cluster.hpp>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/net/cluster/shard_route.hpp>
#include <troupe/runtime/proto/ledger.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<agent_parts> crew() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "worker", "work", [](const Task&) { return finish("done"); });
  teach(*parts, "asker", "ask", [](const Task&) {
    return call_agent("work", {}).then([](const Result& answer) { return finish(answer.text()); });
  });
  return parts;
}

struct cluster : simulated_cluster {
  explicit cluster(size_t nodes, std::vector<std::string> founders = {})
      : simulated_cluster{nodes, crew(), std::move(founders)} {
    hire("w", "worker", {"work"});
    hire("q", "asker", {"ask"});
  }
  static StartWorkflow two_steps() {
    workflow_builder flow{"two"};
    flow.step("one", "work");
    flow.step("two", "work").needs({"one"});
    StartWorkflow start;
    *start.mutable_definition() = flow.definition();
    start.mutable_context()->set_principal("ada");
    return start;
  }
  caf::error start_run(const std::string& from, const std::string& ref) {
    auto accepted = ask<WorkflowAccepted>(from, ref, two_steps());
    return accepted ? caf::error{} : accepted.error();
  }
  RunStatus status(const std::string& from, const std::string& ref) {
    auto run = ask<RunDescription>(from, ref, GetRun{});
    if (!run)
      CAF_FAIL(ref << " from " << from << ": " << describe(run.error()));
    return run->state().status();
  }
  ec refused(const std::string& from, const std::string& ref) {
    auto run = ask<RunDescription>(from, ref, GetRun{});
    return run ? ec{} : code_of(run.error());
  }
};

} // namespace

CAF_TEST(a run that is started elsewhere is done by its owner and seen from everywhere) {
  cluster nodes{2};
  auto there = nodes.ref_at("b", "run"), here = nodes.ref_at("a", "run");
  CAF_CHECK(!nodes.start_run("a", there));
  CAF_CHECK(!nodes.start_run("a", here));
  nodes.pass(500ms);
  for (auto from : {"a", "b"}) {
    CAF_CHECK_EQUAL(nodes.status(from, there), RUN_COMPLETED);
    CAF_CHECK_EQUAL(nodes.status(from, here), RUN_COMPLETED);
  }
  CAF_CHECK_EQUAL(nodes.entities_of("a").count(there), 0u);
  CAF_CHECK_EQUAL(nodes.entities_of("b").count(there), 1u);
  CAF_CHECK_EQUAL(nodes.entities_of("b").count(here), 0u);
}

CAF_TEST(refusals cross as they are) {
  cluster nodes{2};
  CAF_CHECK_EQUAL(nodes.refused("a", nodes.ref_at("b", "run")), ec::not_found);
  auto limit = SetLedgerLimit{};
  limit.set_amount(5);
  limit.set_unit("usd");
  limit.mutable_context()->set_principal("ada");
  auto purse = nodes.ref_at("b", "ledger");
  CAF_REQUIRE((nodes.ask<LedgerState>("a", purse, limit)));
  ChargeLedger charge;
  charge.set_amount(6);
  charge.set_purpose("a test");
  auto over = nodes.ask<LedgerState>("a", purse, charge);
  CAF_REQUIRE(!over);
  CAF_CHECK_EQUAL(code_of(over.error()), ec::budget_exceeded);
}

CAF_TEST(the principal and the trace of a command cross with it) {
  cluster nodes{2};
  auto there = nodes.ref_at("b", "run");
  auto start = cluster::two_steps();
  start.mutable_context()->set_trace("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01");
  CAF_REQUIRE((nodes.ask<WorkflowAccepted>("a", there, start)));
  auto run = nodes.ask<RunDescription>("b", there, GetRun{});
  CAF_REQUIRE(run);
  CAF_CHECK_EQUAL(run->state().trace(), start.context().trace());
  CAF_CHECK_EQUAL(run->state().principal(), "ada");
}

CAF_TEST(who is down is unavailable and the next message uses the next link) {
  cluster nodes{2};
  auto there = nodes.ref_at("b", "run");
  CAF_CHECK(!nodes.start_run("a", there));
  nodes.pass(500ms);
  nodes.crash("b");
  nodes.pass(100ms);
  CAF_CHECK_EQUAL(nodes.refused("a", there), ec::unavailable);
  CAF_CHECK(!nodes.start_run("a", nodes.ref_at("a", "run"))); // others go on
  nodes.start("b");
  nodes.pass(100ms);
  CAF_CHECK_EQUAL(nodes.status("a", there), RUN_COMPLETED);
}

CAF_TEST(what could not be told while a node was down is told at once when it is back) {
  cluster nodes{2};
  nodes.crash("b");
  CreateTask ask;
  ask.mutable_spec()->add_required("ask");
  std::vector<std::string> asking;
  for (int i = 0; i < 8; ++i) { // the tasks they ask for are anybody's
    asking.push_back(nodes.ref_at("a", "task", "t" + std::to_string(i) + "."));
    CAF_REQUIRE((nodes.ask<TaskAccepted>("a", asking.back(), ask)));
  }
  auto done = [&] {
    int count = 0;
    for (auto& name : asking) {
      auto task = nodes.ask<TaskDescription>("a", name, GetTask{}, 50ms);
      count += task && task->state().status() == TASK_COMPLETED;
    }
    return count;
  };
  nodes.pass(2s);
  auto before = done();
  CAF_CHECK(before > 0 && before < 8);
  nodes.start("b");
  nodes.pass(2s); // no outbox repeats so soon by itself
  CAF_CHECK_EQUAL(done(), 8);
}

CAF_TEST(agents are of their node and no desk is mistaken for another) {
  cluster nodes{2};
  auto way = nodes.at("a").node->outside()->names->route();
  CAF_REQUIRE(way);
  CAF_CHECK_EQUAL(way->node_of("default/agent/w"), "");
  CAF_CHECK_EQUAL(way->node_of(std::string{services::registry}), "");
  CAF_CHECK_EQUAL(way->node_of(desk_ref("a")), "");
  CAF_CHECK_EQUAL(way->node_of(desk_ref("b")), "b");
  CAF_CHECK_EQUAL(way->node_of(nodes.ref_at("b", "schedule")), "b");
  CAF_CHECK_EQUAL(way->others(), std::vector<std::string>{"b"});
}

CAF_TEST(a shard host brings no entity of another node to life) {
  cluster nodes{2};
  auto there = nodes.ref_at("b", "run");
  Activate wake;
  wake.set_ref(there);
  auto& outside = *nodes.at("a").node->outside();
  outside.names->hold(there); // a message waits for it, whoever has let it in
  auto answer = std::make_shared<ec>();
  nodes.post<RunDescription>("a", there, GetRun{},
                             [=](auto run) { *answer = run ? ec{} : code_of(run.error()); });
  outside.names->tell(std::string{services::shard_host}, wake);
  nodes.pass(100ms);
  CAF_CHECK_EQUAL(*answer, ec::not_found); // its own node says so
  CAF_CHECK(nodes.entities_of("a").count(there) == 0);
}

CAF_TEST(a lost store takes its shards with it and nothing else until it is back) {
  cluster nodes{3};
  auto lost = nodes.ref_at("b", "run"), other = nodes.ref_at("c", "run");
  CAF_CHECK(!nodes.start_run("a", lost));
  nodes.pass(500ms);
  auto backup = nodes.at("b").rows;
  nodes.lose_store("b");
  nodes.start("b");
  nodes.pass(100ms);
  auto refused = nodes.ask<RunDescription>("a", lost, GetRun{});
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::unavailable);
  CAF_CHECK(text_of(refused.error()).starts_with("store lost, restore it from a backup"));
  CAF_CHECK_EQUAL(nodes.refused("b", lost), ec::unavailable); // it has been told
  CAF_CHECK(!nodes.start_run("a", other));
  CAF_CHECK(nodes.entities_of("b").count(lost) == 0);
  nodes.crash("b");
  nodes.at("b").rows = backup;
  nodes.start("b");
  nodes.pass(100ms);
  CAF_CHECK_EQUAL(nodes.status("a", lost), RUN_COMPLETED);
}

CAF_TEST(a founder has all shards and the others reach them) {
  cluster nodes{2, {"a"}};
  CAF_CHECK_EQUAL(nodes.at("b").wired.whose->map().nodes(), std::vector<std::string>{"a"});
  CAF_CHECK(!nodes.start_run("b", "default/run/r1"));
  nodes.pass(500ms);
  CAF_CHECK_EQUAL(nodes.status("b", "default/run/r1"), RUN_COMPLETED);
  CAF_CHECK_EQUAL(nodes.entities_of("a").count("default/run/r1"), 1u);
}
