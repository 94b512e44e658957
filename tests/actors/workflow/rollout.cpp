// Open runs follow a revision as their workflow's policy says, whatever crashes, and who stays is named.
#define CAF_SUITE actors.workflow.rollout
#include "tests/support/platform.hpp"
#include <fmt/format.h>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/proto/rollout.pb.h>
#include <troupe/runtime/workflow_limits.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string pay = "acme/workflow/pay";

// Waits for a signal, then has steps that differ; `again` asks for another signal.
WorkflowDefinition definition(const std::string& label, const std::string& signal = "go") {
  auto text = fmt::format("name: pay\nversion: {}\nsteps:\n  - {{id: ask, signal: {{name: {}}}}}\n"
                          "  - {{id: greet{}, needs: [ask], task: {{required: [text.greet]}}}}\n",
                          label, signal, label);
  auto read = read_workflow(text);
  ensure(read.problems.empty(), "a definition");
  return std::move(read.definition);
}

std::shared_ptr<agent_parts> parts() {
  auto all = std::make_shared<agent_parts>();
  teach(*all, "greeter", "text.greet", [](const Task&) { return finish("hello"); });
  return all;
}

struct published : platform {
  published() : platform{parts()} {}

  WorkflowRevision publish(const WorkflowDefinition& of) {
    PublishWorkflow cmd;
    *cmd.mutable_definition() = of;
    cmd.mutable_context()->set_principal("ada");
    return request<WorkflowRevision>(pay, cmd);
  }
  void let(UpgradePolicy policy) {
    SetUpgradePolicy cmd;
    cmd.set_policy(policy);
    request<WorkflowSummary>(pay, cmd);
  }
  void begin(const std::string& key, uint64_t revision = 0) {
    StartPublished cmd;
    cmd.set_run("acme/run/" + key);
    cmd.set_revision(revision);
    request<WorkflowAccepted>(pay, cmd);
  }
  // As the workflow has it, perhaps late.
  void begin_late(const std::string& key, uint64_t revision, bool current, const std::string& parent = {}) {
    StartWorkflow cmd;
    *cmd.mutable_definition() = definition(std::to_string(revision));
    cmd.set_revision(revision);
    cmd.set_current(current);
    cmd.set_parent(parent);
    request<WorkflowAccepted>("acme/run/" + key, cmd);
  }
  void signal(const std::string& key, const std::string& name) {
    SignalRun cmd;
    cmd.set_name(name);
    request<Done>("acme/run/" + key, cmd);
  }
  uint64_t revision_of(const std::string& key) {
    return run_state("acme/run/" + key).revision();
  }
  Rollout rollout_now() {
    return request<RevisionList>(pay, ListRevisions{}).workflow().rollout();
  }
  std::string counts() {
    auto now = rollout_now();
    return fmt::format("{}: {} moved, {} stayed{}", now.revision(), now.moved(), now.stayed(),
                       now.ended_ms() > 0 ? "" : ", at work");
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(rollout_tests, published)

CAF_TEST(pinned runs stay) {
  publish(definition("1"));
  begin("r1");
  publish(definition("2"));
  node->advance(1min);
  CAF_CHECK_EQUAL(revision_of("r1"), 1u);
  CAF_CHECK(!request<RevisionList>(pay, ListRevisions{}).workflow().has_rollout());
}

CAF_TEST(open runs of any revision follow at once and go on as the new one says) {
  publish(definition("1"));
  begin("r1");
  publish(definition("2"));
  begin("r2");
  let(UPGRADE_AUTO);
  publish(definition("3"));
  CAF_CHECK_EQUAL(revision_of("r1"), 3u);
  CAF_CHECK_EQUAL(revision_of("r2"), 3u);
  CAF_CHECK_EQUAL(counts(), "3: 2 moved, 0 stayed, at work");
  begin("r3");
  node->advance(1min);
  CAF_CHECK_EQUAL(counts(), "3: 2 moved, 0 stayed");
  hire("g", "greeter", {"text.greet"});
  signal("r1", "go");
  node->advance(1min);
  auto ended = run_state("acme/run/r1");
  CAF_CHECK(ended.status() == RUN_COMPLETED);
  CAF_CHECK_EQUAL(std::string{ended.steps(1).id()}, "greet3");
  CAF_CHECK_EQUAL(uint64_t{ended.first_revision()}, 1u);
}

CAF_TEST(who cannot follow stays and is named) {
  publish(definition("1"));
  let(UPGRADE_AUTO);
  begin("r1");
  begin("r2");
  hire("g", "greeter", {"text.greet"});
  signal("r2", "go"); // it ends
  publish(definition("2", "other"));
  node->advance(1min);
  CAF_CHECK_EQUAL(revision_of("r1"), 1u);
  CAF_CHECK_EQUAL(counts(), "2: 0 moved, 1 stayed");
  crash_and_recover();
  auto staying = rollout_now().staying(0);
  CAF_CHECK_EQUAL(std::string{staying.run()}, "acme/run/r1");
  CAF_CHECK_EQUAL(std::string{staying.reason()},
                  "step 'ask' has begun, and is another in the new definition");
}

CAF_TEST(a rollback takes them along) {
  publish(definition("1"));
  publish(definition("2"));
  let(UPGRADE_AUTO);
  begin("r1");
  RollbackWorkflow back;
  back.set_to(1);
  request<WorkflowRevision>(pay, back);
  CAF_CHECK_EQUAL(revision_of("r1"), 3u);
  CAF_CHECK_EQUAL(std::string{run_state("acme/run/r1").definition().version()}, "1");
}

CAF_TEST(a publication that an open run could not follow is refused) {
  publish(definition("1"));
  let(UPGRADE_MIGRATE);
  begin("r1");
  PublishWorkflow other;
  *other.mutable_definition() = definition("2", "other");
  auto refused = ask<WorkflowRevision>(pay, other);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(
      describe(refused.error()),
      "conflict: 1 open run could not follow: acme/run/r1 (step 'ask' has begun, and is another in the "
      "new definition); let them end first, or stay with `troupe workflow policy pay auto`");
  CAF_CHECK_EQUAL(uint64_t{request<RevisionList>(pay, ListRevisions{}).workflow().revisions()}, 1u);
  CAF_CHECK_EQUAL(uint64_t{publish(definition("2")).number()}, 2u);
  CAF_CHECK_EQUAL(revision_of("r1"), 2u);
  node->advance(1min);
  CAF_CHECK_EQUAL(counts(), "2: 1 moved, 0 stayed");
}

CAF_TEST(a checked publication that comes twice is answered as the first time) {
  publish(definition("1"));
  let(UPGRADE_MIGRATE);
  begin("r1");
  PublishWorkflow cmd;
  *cmd.mutable_definition() = definition("2");
  cmd.mutable_context()->set_command_id(command_id());
  CAF_CHECK_EQUAL(uint64_t{request<WorkflowRevision>(pay, cmd).number()}, 2u);
  auto third = publish(definition("3"));
  crash_and_recover();
  CAF_CHECK_EQUAL(uint64_t{request<WorkflowRevision>(pay, cmd).number()}, 2u);
  CAF_CHECK_EQUAL(uint64_t{request<RevisionList>(pay, ListRevisions{}).workflow().revisions()}, 3u);
}

CAF_TEST(too many open runs are not checked) {
  publish(definition("1"));
  let(UPGRADE_MIGRATE);
  write_batch rows_of_runs;
  for (size_t i = 0; i <= limits::rollout_checked; ++i) {
    WorkSummary row;
    row.set_ref(fmt::format("acme/run/many-{}", i));
    row.set_title("pay");
    auto key =
        index_key(identify(row.ref(), rows->naming_key()), index_table::runs, "summary", rows->naming_key());
    rows_of_runs.push_back({space::index, key, row.SerializeAsString()});
  }
  CAF_REQUIRE(!rows->write(rows_of_runs));
  PublishWorkflow cmd;
  *cmd.mutable_definition() = definition("2");
  CAF_CHECK_EQUAL(refusal<WorkflowRevision>(pay, cmd), ec::overloaded);
}

CAF_TEST(a run on its way is found by the second look unless somebody chose its revision) {
  publish(definition("1"));
  let(UPGRADE_AUTO);
  publish(definition("2"));
  node->advance(1ms);
  begin_late("r1", 1, true);
  begin_late("r2", 1, false);
  CAF_CHECK_EQUAL(revision_of("r1"), 1u);
  crash_and_recover();
  node->advance(limits::request_timeout);
  CAF_CHECK_EQUAL(revision_of("r1"), 2u);
  CAF_CHECK_EQUAL(revision_of("r2"), 1u);
  CAF_CHECK_EQUAL(counts(), "2: 1 moved, 0 stayed");
}

CAF_TEST(runs of others and those that steps have begun stay and do not count) {
  publish(definition("1"));
  let(UPGRADE_MIGRATE);
  begin_late("child", 1, true, "acme/run/parent");
  begin_late("unpublished", 0, true);
  publish(definition("2"));
  node->advance(1min);
  CAF_CHECK_EQUAL(revision_of("child"), 1u);
  CAF_CHECK_EQUAL(revision_of("unpublished"), 0u);
  CAF_CHECK_EQUAL(counts(), "2: 0 moved, 0 stayed");
}

CAF_TEST(the next publication ends what the one before began) {
  publish(definition("1"));
  let(UPGRADE_AUTO);
  for (int i = 0; i < 40; ++i)
    begin(fmt::format("r{}", i));
  for (auto* label : {"2", "3"}) {
    PublishWorkflow cmd;
    *cmd.mutable_definition() = definition(label);
    post<WorkflowRevision>(pay, cmd, [](auto) {});
    for (int i = 0; i < 100; ++i)
      node->step();
  }
  node->settle();
  for (int i = 0; i < 40; ++i)
    CAF_CHECK_EQUAL(revision_of(fmt::format("r{}", i)), 3u);
  CAF_CHECK_EQUAL(counts(), "3: 40 moved, 0 stayed, at work");
  let(UPGRADE_PINNED);
  publish(definition("4"));
  CAF_CHECK_EQUAL(revision_of("r0"), 3u);
  CAF_CHECK(!request<RevisionList>(pay, ListRevisions{}).workflow().has_rollout());
}

CAF_TEST(the same run asked for again is the same though it has followed) {
  publish(definition("1"));
  let(UPGRADE_AUTO);
  begin("r1", 1);
  publish(definition("2"));
  CAF_CHECK_EQUAL(revision_of("r1"), 2u);
  begin("r1", 1);
  begin("r1", 2);
  StartPublished other;
  other.set_run("acme/run/r1");
  other.set_revision(3);
  CAF_CHECK_EQUAL(refusal<WorkflowAccepted>(pay, other), ec::already_exists);
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(a crash anywhere loses nobody and counts nobody twice) {
  for (int steps = 0; steps < 400; steps += 9) {
    published at;
    at.publish(definition("1"));
    at.let(UPGRADE_AUTO);
    for (int i = 0; i < 20; ++i)
      at.begin(fmt::format("r{}", i));
    PublishWorkflow cmd;
    *cmd.mutable_definition() = definition("2");
    cmd.mutable_context()->set_command_id(at.command_id());
    at.post<WorkflowRevision>(pay, cmd, [](auto) {});
    for (int i = 0; i < steps; ++i)
      at.node->step();
    at.crash_and_recover();
    at.request<WorkflowRevision>(pay, cmd);
    at.node->advance(2min);
    for (int i = 0; i < 20; ++i)
      CAF_CHECK_EQUAL(at.revision_of(fmt::format("r{}", i)), 2u);
    auto counted = at.counts();
    CAF_CHECK_EQUAL(counted, "2: 20 moved, 0 stayed");
  }
}
