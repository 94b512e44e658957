// A call is let in by any node: it is done where what it is about lives, and a listing is of all nodes or says whose part is missing.
#define CAF_SUITE net.api.anywhere
#include <tests/support/simulated_cluster.hpp>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/runtime/proto/ledger.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<agent_parts> crew() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "worker", "work", [](const Task&) { return finish("done"); });
  teach(*parts, "asker", "ask", [](const Task&) {
    return ask_human("somebody", "go on?").then([](const Result& said) { return finish(said.text()); });
  });
  return parts;
}

struct cluster : simulated_cluster {
  cluster() : simulated_cluster{3, crew()} {
    hire("w", "worker", {"work"});
    hire("q", "asker", {"ask"});
  }
  // A run or lone task with this id, at its owner; asked for at a.
  std::string begin(const std::string& id, const std::string& capability, bool lone = false) {
    StartRun start;
    start.set_id(id);
    if (lone) {
      start.mutable_task()->add_required(capability);
    } else {
      workflow_builder flow{"flow"};
      flow.step("one", capability);
      *start.mutable_definition() = flow.definition();
    }
    auto started = call<RunStarted>("a", start);
    if (!started)
      CAF_FAIL(describe(started.error()));
    return started->ref();
  }
  std::string key_at(const std::string& node, const std::string& kind, const std::string& stem) {
    auto name = ref_at(node, kind, stem);
    return name.substr(name.rfind('/') + 1);
  }
  caf::expected<RunView> describe_at(const std::string& node, const std::string& id, bool wait = false) {
    DescribeRun in;
    in.set_id(id);
    in.set_wait(wait);
    return call<RunView>(node, in);
  }
  template <class Reply, class In>
  ec refused(const std::string& node, const In& in) {
    auto answer = call<Reply>(node, in);
    return answer ? ec{} : code_of(answer.error());
  }
};

} // namespace

CAF_TEST(what a call says of a node is done by that node) {
  cluster nodes;
  DrainMember in;
  in.set_node("b");
  in.set_drain(true);
  auto answer = nodes.call<Done>("a", in); // its desk has no hook for it, and says so
  CAF_REQUIRE(!answer);
  CAF_CHECK_EQUAL(code_of(answer.error()), ec::unavailable);
  CAF_CHECK(text_of(answer.error()).find("of no cluster") != std::string::npos);
  in.set_node("z");
  answer = nodes.call<Done>("a", in);
  CAF_REQUIRE(!answer);
  CAF_CHECK(text_of(answer.error()).find("no member") != std::string::npos);
}

CAF_TEST(a run or task is described by any node and waited for at any) {
  cluster nodes;
  auto run = nodes.key_at("b", "run", "r"), task = nodes.key_at("c", "task", "t");
  nodes.begin(run, "work");
  nodes.begin(task, "work", true);
  for (auto node : {"a", "b", "c"}) {
    auto of_run = nodes.describe_at(node, run, true), of_task = nodes.describe_at(node, task);
    CAF_REQUIRE(of_run && of_task);
    CAF_CHECK_EQUAL(of_run->run().status(), RUN_COMPLETED);
    CAF_CHECK_EQUAL(of_task->task().outcome().text(), "done");
    CAF_CHECK_EQUAL(of_task->ref(), "default/task/" + task);
    GetHistory history;
    history.set_id(run);
    auto read = nodes.call<History>(node, history);
    CAF_REQUIRE(read);
    CAF_CHECK(read->entries_size() > 2);
  }
  DescribeRun nobody;
  nobody.set_id("nobody");
  CAF_CHECK_EQUAL(nodes.refused<RunView>("a", nobody), ec::not_found);
}

CAF_TEST(questions are answered and runs are told at any node) {
  cluster nodes;
  auto asked = nodes.key_at("b", "task", "t"), stopped = nodes.key_at("c", "run", "r");
  nodes.begin(asked, "ask", true);
  nodes.begin(stopped, "ask");
  AnswerRun answer;
  answer.set_id(asked);
  answer.set_position("1");
  answer.set_text("yes");
  auto position = nodes.describe_at("a", asked);
  CAF_REQUIRE(position);
  answer.set_position(position->task().records(0).position());
  CAF_CHECK((nodes.call<Done>("c", answer)));
  CAF_CHECK_EQUAL(nodes.describe_at("a", asked)->task().outcome().text(), "yes");
  TellRun tell;
  tell.set_id(stopped);
  tell.mutable_pause()->set_reason("night");
  CAF_CHECK((nodes.call<Done>("b", tell)));
  CAF_CHECK(nodes.describe_at("a", stopped)->run().paused());
  StopRun stop;
  stop.set_id(stopped);
  CAF_CHECK((nodes.call<Done>("a", stop)));
  CAF_CHECK_EQUAL(nodes.describe_at("b", stopped)->run().status(), RUN_CANCELLED);
}

CAF_TEST(work without an id begins at the node that is asked) {
  cluster nodes;
  for (int i = 0; i < 5; ++i) {
    auto name = nodes.begin("", "work");
    CAF_CHECK(!nodes.at("a").node->outside()->names->is_elsewhere(name));
  }
  nodes.crash("b");
  nodes.crash("c");
  CAF_CHECK_EQUAL(nodes.describe_at("a", nodes.begin("", "work"), true)->run().status(), RUN_COMPLETED);
}

CAF_TEST(a listing is of all nodes in its order and names who is missing) {
  cluster nodes;
  std::vector<std::string> ids;
  for (auto node : {"a", "b", "c"}) {
    nodes.begin(ids.emplace_back(nodes.key_at(node, "run", "r")), "ask");
    nodes.pass(1s);
  }
  ListRuns in;
  for (auto node : {"a", "b", "c"}) {
    auto list = nodes.call<RunList>(node, in);
    CAF_REQUIRE(list);
    CAF_CHECK_EQUAL(list->total(), 3u);
    CAF_REQUIRE_EQUAL(list->runs_size(), 3);
    CAF_CHECK_EQUAL(list->runs(0).ref(), "default/run/" + ids[2]);
    CAF_CHECK_EQUAL(list->runs(2).ref(), "default/run/" + ids[0]);
    CAF_CHECK_EQUAL(list->silent_size(), 0);
  }
  in.set_limit(2);
  auto two = nodes.call<RunList>("b", in);
  CAF_REQUIRE(two);
  CAF_CHECK_EQUAL(two->runs_size(), 2);
  CAF_CHECK_EQUAL(two->total(), 3u);
  nodes.crash("b");
  auto rest = nodes.call<RunList>("a", ListRuns{});
  CAF_REQUIRE(rest);
  CAF_CHECK_EQUAL(rest->total(), 2u);
  CAF_REQUIRE_EQUAL(rest->silent_size(), 1);
  CAF_CHECK_EQUAL(rest->silent(0), "b");
}

CAF_TEST(the other listings are of all nodes too) {
  cluster nodes;
  for (auto node : {"a", "b", "c"}) {
    SetLedgerLimit limit;
    limit.set_ledger(nodes.ref_at(node, "ledger"));
    limit.set_amount(5);
    limit.set_unit("usd");
    CAF_CHECK((nodes.call<LedgerState>("a", limit)));
    workflow_builder flow{"gate" + std::string{node}};
    flow.step("gate").approval({"Go?", {"ada"}});
    StartRun start;
    start.set_id(nodes.key_at(node, "run", "g"));
    *start.mutable_definition() = flow.definition();
    CAF_CHECK((nodes.call<RunStarted>("a", start)));
  }
  auto ledgers = nodes.call<LedgerList>("b", ListLedgers{});
  CAF_REQUIRE(ledgers);
  CAF_CHECK_EQUAL(ledgers->ledgers_size(), 3);
  CAF_CHECK(ledgers->ledgers(0).ledger() < ledgers->ledgers(1).ledger());
  auto approvals = nodes.call<ApprovalList>("c", ListApprovals{});
  CAF_REQUIRE(approvals);
  CAF_CHECK_EQUAL(approvals->total(), 3u);
  auto timers = nodes.call<TimerList>("a", ListTimers{});
  CAF_REQUIRE(timers);
  GetLedger one;
  one.set_ledger(nodes.ref_at("c", "ledger"));
  auto ledger = nodes.call<LedgerState>("a", one);
  CAF_REQUIRE(ledger);
  CAF_CHECK_EQUAL(ledger->entries_size(), 1);
}

CAF_TEST(many runs are told the same wherever they are) {
  cluster nodes;
  for (auto node : {"a", "b", "c"}) {
    nodes.begin(nodes.key_at(node, "run", "r"), "ask");
    nodes.begin(nodes.key_at(node, "task", "t"), "ask", true);
  }
  TellRuns in;
  in.mutable_filter()->set_tenant("default");
  in.mutable_what()->mutable_pause()->set_reason("night");
  auto told = nodes.call<BatchResult>("a", in, 1s);
  CAF_REQUIRE(told);
  CAF_CHECK_EQUAL(told->answers_size(), 3);
  for (auto& one : told->answers())
    CAF_CHECK_EQUAL(one.refusal(), "");
  CAF_CHECK(nodes.describe_at("a", nodes.key_at("c", "run", "r"))->run().paused());
}

CAF_TEST(who cannot be reached may be the one that has it) {
  cluster nodes;
  auto id = nodes.key_at("b", "run", "r");
  nodes.begin(id, "work");
  nodes.crash("b");
  DescribeRun in;
  in.set_id(id);
  CAF_CHECK_EQUAL(nodes.refused<RunView>("a", in), ec::unavailable);
}

CAF_TEST(why is asked of the node of a run and of what it waits for) {
  cluster nodes;
  auto id = nodes.key_at("b", "run", "r");
  nodes.begin(id, "fly");
  AskWhy in;
  in.set_id(id);
  auto why = nodes.call<Reasons>("a", in, 1s);
  CAF_REQUIRE(why);
  CAF_REQUIRE(why->reasons_size() > 0);
  CAF_CHECK(why->reasons(0).text().find("fly") != std::string::npos);
}

CAF_TEST(a story goes on where its run has begun another one) {
  cluster nodes;
  workflow_builder inner{"inner"};
  inner.step("say", "work");
  PublishWorkflow published;
  *published.mutable_definition() = inner.definition();
  CAF_REQUIRE((nodes.call<WorkflowRevision>("a", published)));
  workflow_builder outer{"outer"};
  for (int i = 0; i < 6; ++i) // their refs lie anywhere
    outer.step("s" + std::to_string(i)).child("inner");
  StartRun start;
  start.set_id(nodes.key_at("b", "run", "o"));
  *start.mutable_definition() = outer.definition();
  CAF_REQUIRE((nodes.call<RunStarted>("a", start)));
  CAF_CHECK_EQUAL(nodes.describe_at("a", start.id(), true)->run().status(), RUN_COMPLETED);
  GetStory in;
  in.set_id(start.id());
  auto story = nodes.call<Story>("c", in, 2s);
  CAF_REQUIRE(story);
  CAF_CHECK_EQUAL(story->costs().runs(), 7u);
  CAF_CHECK_EQUAL(story->costs().attempts(), 6u);
  CAF_CHECK_EQUAL(story->left_out(), 0u);
}
