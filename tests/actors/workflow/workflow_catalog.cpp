// A published workflow keeps every revision, answers when it is on disk, and starts any of them, once for each run.
#define CAF_SUITE actors.workflow.workflow_catalog
#include "tests/support/fixture.hpp"
#include <random>
#include <troupe/actors/spawn.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/proto/run.pb.h>

using namespace troupe;

namespace {

const std::string pay = "acme/workflow/pay";
const std::string run_1 = "acme/run/r1";

WorkflowDefinition definition(const std::string& label, int steps = 1, const std::string& text = {}) {
  WorkflowDefinition made;
  made.set_name("pay");
  made.set_version(label);
  made.set_description(text);
  for (int i = 0; i < steps; ++i) {
    auto* step = made.add_steps();
    step->set_id("s" + std::to_string(i));
    step->mutable_task()->add_required("text.greet");
  }
  return made;
}

PublishWorkflow publication(const WorkflowDefinition& of, uint64_t parent = 0) {
  PublishWorkflow cmd;
  *cmd.mutable_definition() = of;
  cmd.set_parent(parent);
  cmd.mutable_context()->set_principal("ada");
  return cmd;
}

StartPublished a_run(uint64_t revision = 0, const std::string& run = run_1) {
  StartPublished cmd;
  cmd.set_run(run);
  cmd.set_revision(revision);
  return cmd;
}

using begun_run_actor = caf::typed_actor<rpc<StartWorkflow, WorkflowAccepted>, rpc<GetRun, RunDescription>>;

// A run that has begun and does nothing else.
struct begun_run {
  using event = RunEvent;
  static inline const char* name = "begun_run";
  static constexpr uint16_t version = 1;

  void born(const std::string& ref_text) {
    run.set_run(ref_text);
  }
  bool exists() const {
    return run.state().created_ms() > 0;
  }
  caf::expected<std::vector<RunEvent>> decide(const StartWorkflow& cmd, int64_t now_ms) const {
    auto& known = run.state();
    if (exists() && equal(cmd.definition(), known.definition()) && cmd.inputs_size() == known.inputs_size())
      return std::vector<RunEvent>{};
    if (exists())
      return make_error(ec::already_exists, "it is another one");
    std::vector<RunEvent> events(1);
    auto* started = events[0].mutable_started();
    *started->mutable_definition() = cmd.definition();
    *started->mutable_inputs() = cmd.inputs();
    started->set_revision(cmd.revision());
    started->set_parent(cmd.parent());
    started->set_time_ms(now_ms);
    return events;
  }
  void apply(const RunEvent& happened) {
    *run.mutable_state()->mutable_definition() = happened.started().definition();
    *run.mutable_state()->mutable_inputs() = happened.started().inputs();
    run.mutable_state()->set_revision(happened.started().revision());
    run.mutable_state()->set_parent(happened.started().parent());
    run.mutable_state()->set_created_ms(happened.started().time_ms());
  }
  WorkflowAccepted reply(const StartWorkflow&) const {
    WorkflowAccepted answer;
    answer.set_run(run.run());
    return answer;
  }

  RunDescription run;
};

begun_run_actor::behavior_type begin_run(begun_run_actor::stateful_pointer<begun_run> self,
                                         entity_log<begun_run> log) {
  return {
      [=](const StartWorkflow& cmd) mutable { return log.handle(cmd); },
      [=](const GetRun&) mutable {
        return log.answer(self->state.exists() ? caf::expected<RunDescription>{self->state.run}
                                               : make_error(ec::not_found, "there is no such run"));
      },
  };
}

// A catalog, and runs that begin.
struct library : house {
  library()
      : house{[](caf::scheduled_actor* root, doors_ptr outside) {
          outside->names->put(std::string{services::shard_host},
                              caf::actor_cast<caf::actor>(spawn_shard_host(
                                  root, outside, {workflow_kind(), make_kind<begun_run>("run", begin_run)})));
        }} {}

  WorkflowRevision publish(const WorkflowDefinition& of, uint64_t parent = 0) {
    return request<WorkflowRevision>(pay, publication(of, parent));
  }
  PublishedWorkflow get(uint64_t revision = 0, const std::string& hash = {}) {
    GetWorkflow cmd;
    cmd.set_revision(revision);
    cmd.set_hash(hash);
    return request<PublishedWorkflow>(pay, cmd);
  }
  std::string bytes_of(uint64_t revision) {
    return get(revision).definition().SerializeAsString();
  }
  RollbackWorkflow back_to(uint64_t revision) {
    RollbackWorkflow cmd;
    cmd.set_to(revision);
    return cmd;
  }
  uint64_t events_of(const std::string& ref) {
    uint64_t count = 0;
    auto id = identify(ref, rows->naming_key());
    CAF_REQUIRE(!rows->scan(space::journal, entity_begin(id), entity_end(id), [&](auto, auto) {
      ++count;
      return true;
    }));
    return count;
  }
  RunState run_state(const std::string& ref) {
    return request<RunDescription>(ref, GetRun{}).state();
  }
};

// Somebody who waits for runs, and writes down what he hears.
struct parent {
  explicit parent(library& in) {
    in.node->outside()->names->put(
        ref, in.node->system().spawn([heard = heard](caf::event_based_actor* self) -> caf::behavior {
          house_rules(self);
          return {[=](const ChildEnded& ended) { heard->push_back(ended); }};
        }));
  }
  std::string ref = "acme/service/parent";
  std::shared_ptr<std::vector<ChildEnded>> heard = std::make_shared<std::vector<ChildEnded>>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(workflow_catalog_tests, library)

CAF_TEST(a publication is numbered and remembered with who and when and what changed) {
  auto first = publish(definition("1.0.0"));
  CAF_CHECK_EQUAL(uint64_t{first.number()}, 1u);
  CAF_CHECK_EQUAL(uint64_t{first.parent()}, 0u);
  CAF_CHECK_EQUAL(std::string{first.label()}, "1.0.0");
  CAF_CHECK_EQUAL(std::string{first.by()}, "ada");
  CAF_CHECK(first.changes().empty());
  auto second = publish(definition("1.1.0", 2));
  CAF_CHECK_EQUAL(uint64_t{second.number()}, 2u);
  CAF_CHECK_EQUAL(uint64_t{second.parent()}, 1u);
  CAF_CHECK(second.hash() != first.hash());
  CAF_CHECK(second.changes().find("1 step added") != std::string::npos);
  CAF_CHECK_EQUAL(int64_t{second.time_ms()}, time->now_ms());
}

CAF_TEST(the definition that is current is published once) {
  publish(definition("1.0.0"));
  CAF_CHECK_EQUAL(uint64_t{publish(definition("1.0.0")).number()}, 1u);
  CAF_CHECK_EQUAL(events_of(pay), 1u);
}

CAF_TEST(what is no workflow or has another name is refused) {
  WorkflowDefinition none;
  none.set_name("pay");
  CAF_CHECK_EQUAL(refusal<WorkflowRevision>(pay, publication(none)), ec::invalid_workflow);
  auto other = definition("1.0.0");
  other.set_name("ship");
  CAF_CHECK_EQUAL(refusal<WorkflowRevision>(pay, publication(other)), ec::invalid_argument);
  CAF_CHECK_EQUAL(refusal<PublishedWorkflow>(pay, GetWorkflow{}), ec::not_found);
  CAF_CHECK_EQUAL(events_of(pay), 0u);
}

CAF_TEST(who expects another revision than the current one publishes nothing) {
  auto first = publication(definition("1.0.0"));
  first.set_expected(1);
  CAF_CHECK_EQUAL(refusal<WorkflowRevision>(pay, first), ec::conflict);
  first.set_expected(0);
  CAF_CHECK_EQUAL(uint64_t{request<WorkflowRevision>(pay, first).number()}, 1u);
  auto ada = publication(definition("1.1.0")), bob = publication(definition("1.2.0"));
  ada.set_expected(1);
  bob.set_expected(1);
  std::vector<ec> answers; // both at once
  for (auto& cmd : {ada, bob})
    post<WorkflowRevision>(pay, cmd,
                           [&](auto answer) { answers.push_back(answer ? ec{} : code_of(answer.error())); });
  node->settle();
  std::sort(answers.begin(), answers.end());
  CAF_CHECK(answers == (std::vector{ec{}, ec::conflict}));
  CAF_CHECK_EQUAL(uint64_t{get().revision().number()}, 2u);
}

CAF_TEST(many who publish at once each get a revision of their own) {
  std::set<uint64_t> numbers;
  for (int i = 0; i < 50; ++i)
    post<WorkflowRevision>(pay, publication(definition("1." + std::to_string(i))),
                           [&](auto answer) { numbers.insert(answer ? answer->number() : 0); });
  node->settle();
  CAF_CHECK_EQUAL(numbers.size(), 50u);
  CAF_CHECK_EQUAL(*numbers.begin(), 1u);
  CAF_CHECK_EQUAL(*numbers.rbegin(), 50u);
}

CAF_TEST(a publication may follow an older revision and nothing else) {
  publish(definition("1.0.0"));
  publish(definition("2.0.0"));
  CAF_CHECK_EQUAL(uint64_t{publish(definition("1.0.1"), 1).parent()}, 1u);
  CAF_CHECK_EQUAL(refusal<WorkflowRevision>(pay, publication(definition("9.0.0"), 4)), ec::not_found);
}

CAF_TEST(a rollback restores the definition byte by byte even after a restart) {
  auto first = publish(definition("1.0.0", 3, "as it was"));
  auto stored = bytes_of(1);
  publish(definition("2.0.0"));
  crash_and_recover();
  auto back = request<WorkflowRevision>(pay, back_to(1));
  CAF_CHECK_EQUAL(uint64_t{back.number()}, 3u);
  CAF_CHECK_EQUAL(uint64_t{back.parent()}, 2u);
  CAF_CHECK_EQUAL(uint64_t{back.restores()}, 1u);
  CAF_CHECK(back.hash() == first.hash());
  CAF_CHECK(stored == definition("1.0.0", 3, "as it was").SerializeAsString());
  CAF_CHECK(bytes_of(0) == stored);
  crash_and_recover();
  CAF_CHECK(bytes_of(0) == stored);
  CAF_CHECK(bytes_of(3) == stored);
  CAF_CHECK_EQUAL(refusal<WorkflowRevision>(pay, back_to(4)), ec::not_found);
  CAF_CHECK_EQUAL(refusal<WorkflowRevision>(pay, back_to(0)), ec::invalid_argument);
  request<WorkflowRevision>(pay, back_to(1)); // which is current
  CAF_CHECK_EQUAL(uint64_t{get().revision().number()}, 3u);
}

CAF_TEST(every revision can be read again however long the history) {
  std::vector<std::string> stored;
  for (uint64_t i = 0; i < limits::snapshot_every + 20; ++i) {
    auto one = definition("1." + std::to_string(i));
    stored.push_back(one.SerializeAsString());
    publish(one);
  }
  crash_and_recover();
  for (uint64_t i :
       {uint64_t{0}, limits::snapshot_every / 2, limits::snapshot_every - 1, limits::snapshot_every + 19})
    CAF_CHECK(bytes_of(i + 1) == stored[i]);
}

CAF_TEST(a definition too large for a row is kept too) {
  publish(definition("1.0.0", 2, std::string(2 * limits::record_bytes, 'x')));
  auto stored = bytes_of(1);
  publish(definition("2.0.0"));
  crash_and_recover();
  CAF_CHECK(stored.size() > limits::record_bytes);
  CAF_CHECK(bytes_of(1) == stored);
}

CAF_TEST(a revision is found by the first digits of its hash) {
  auto first = publish(definition("1.0.0"));
  publish(definition("2.0.0"));
  CAF_CHECK_EQUAL(uint64_t{get(0, first.hash().substr(0, 12)).revision().number()}, 1u);
  GetWorkflow unknown;
  unknown.set_hash("xyz");
  CAF_CHECK_EQUAL(refusal<PublishedWorkflow>(pay, unknown), ec::not_found);
}

CAF_TEST(a run is started with the current revision and keeps it) {
  publish(definition("1.0.0"));
  publish(definition("2.0.0", 2));
  CAF_CHECK_EQUAL(std::string{request<WorkflowAccepted>(pay, a_run()).run()}, run_1);
  CAF_CHECK_EQUAL(uint64_t{run_state(run_1).revision()}, 2u);
  CAF_CHECK_EQUAL(std::string{run_state(run_1).definition().version()}, "2.0.0");
}

CAF_TEST(an old revision can still be started) {
  publish(definition("1.0.0"));
  publish(definition("2.0.0"));
  crash_and_recover();
  request<WorkflowAccepted>(pay, a_run(1));
  CAF_CHECK_EQUAL(std::string{run_state(run_1).definition().version()}, "1.0.0");
  CAF_CHECK_EQUAL(refusal<WorkflowAccepted>(pay, a_run(7, "acme/run/r7")), ec::not_found);
}

CAF_TEST(the same run asked for again is the same whatever was published meanwhile) {
  publish(definition("1.0.0"));
  request<WorkflowAccepted>(pay, a_run());
  publish(definition("2.0.0"));
  request<WorkflowAccepted>(pay, a_run());
  crash_and_recover();
  CAF_CHECK_EQUAL(std::string{request<WorkflowAccepted>(pay, a_run()).run()}, run_1);
  CAF_CHECK_EQUAL(uint64_t{run_state(run_1).revision()}, 1u);
  CAF_CHECK_EQUAL(refusal<WorkflowAccepted>(pay, a_run(2)), ec::already_exists);
  auto other = a_run();
  other.add_inputs()->set_name("sum");
  CAF_CHECK_EQUAL(refusal<WorkflowAccepted>(pay, other), ec::already_exists);
  request<WorkflowSummary>(pay, ArchiveWorkflow{});
  request<WorkflowAccepted>(pay, a_run());
}

CAF_TEST(two who ask for the same run at once get one in whatever order all happens) {
  publish(definition("1.0.0"));
  std::minstd_rand random{7};
  size_t accepted = 0;
  for (int i = 0; i < 200; ++i) {
    auto wanted = a_run(0, "acme/run/r" + std::to_string(i));
    auto count = [&](auto answer) { accepted += answer ? 1 : 0; };
    post<WorkflowAccepted>(pay, wanted, count);
    post<WorkflowRevision>(pay, publication(definition("2." + std::to_string(i))), [](auto) {});
    post<WorkflowAccepted>(pay, wanted, count);
    while (node->step([&](size_t jobs) { return random() % jobs; }))
      continue;
  }
  CAF_CHECK_EQUAL(accepted, 400u);
}

CAF_TEST(what is published can be read before it is on the disk) {
  std::string label;
  post<WorkflowRevision>(pay, publication(definition("1.0.0")), [](auto) {});
  post<PublishedWorkflow>(pay, GetWorkflow{},
                          [&](auto answer) { label = answer ? answer->definition().version() : "none"; });
  node->settle();
  CAF_CHECK_EQUAL(label, "1.0.0");
}

CAF_TEST(only runs of the same tenant are started) {
  publish(definition("1.0.0"));
  for (auto* wrong : {"", "r1", "other/run/r1", "acme/task/r1"})
    CAF_CHECK_EQUAL(refusal<WorkflowAccepted>(pay, a_run(0, wrong)), ec::invalid_argument);
}

CAF_TEST(what is deprecated or archived is not started until that is undone) {
  publish(definition("1.0.0"));
  publish(definition("2.0.0"));
  DeprecateRevision old;
  old.set_revision(1);
  old.set_reason("pays twice");
  CAF_CHECK_EQUAL(std::string{request<WorkflowRevision>(pay, old).deprecated()}, "pays twice");
  CAF_CHECK_EQUAL(refusal<WorkflowAccepted>(pay, a_run(1)), ec::conflict);
  CAF_CHECK_EQUAL(refusal<WorkflowRevision>(pay, back_to(1)), ec::conflict);
  old.set_undo(true);
  request<WorkflowRevision>(pay, old);
  request<WorkflowAccepted>(pay, a_run(1));
  old.set_undo(false);
  old.set_revision(2);
  CAF_CHECK_EQUAL(refusal<WorkflowRevision>(pay, old), ec::conflict);
  CAF_CHECK(request<WorkflowSummary>(pay, ArchiveWorkflow{}).archived());
  crash_and_recover();
  CAF_CHECK_EQUAL(refusal<WorkflowAccepted>(pay, a_run(0, "acme/run/r2")), ec::conflict);
  CAF_CHECK_EQUAL(refusal<WorkflowRevision>(pay, publication(definition("3.0.0"))), ec::conflict);
  ArchiveWorkflow open;
  open.set_undo(true);
  CAF_CHECK(!request<WorkflowSummary>(pay, open).archived());
  request<WorkflowAccepted>(pay, a_run(0, "acme/run/r2"));
}

CAF_TEST(a parent hears of a refusal that stays and of no other) {
  parent waits{*this};
  publish(definition("1.0.0"));
  auto wanted = a_run(9);
  wanted.set_parent(waits.ref);
  wanted.set_parent_key("step/pay");
  node->outside()->names->tell(pay, wanted);
  node->settle();
  CAF_REQUIRE_EQUAL(waits.heard->size(), 1u);
  auto& told = waits.heard->front();
  CAF_CHECK_EQUAL(std::string{told.parent_key()}, "step/pay");
  CAF_CHECK_EQUAL(std::string{told.child()}, run_1);
  CAF_CHECK(told.outcome().failure().code() == static_cast<uint32_t>(ec::not_found));
  wanted.set_revision(0);
  node->outside()->names->tell(pay, wanted);
  node->settle();
  CAF_CHECK_EQUAL(waits.heard->size(), 1u);
  CAF_CHECK_EQUAL(uint64_t{run_state(run_1).revision()}, 1u);
}

CAF_TEST(a workflow is listed as it stands) {
  publish(definition("1.0.0"));
  SetUpgradePolicy policy;
  policy.set_policy(UPGRADE_MIGRATE);
  auto answer = request<WorkflowSummary>(pay, policy);
  CAF_CHECK(answer.policy() == UPGRADE_MIGRATE);
  auto id = identify(pay, rows->naming_key());
  std::vector<WorkflowSummary> listed;
  CAF_REQUIRE(!rows->scan(space::index, index_begin(id.shard, index_table::workflows),
                          index_end(id.shard, index_table::workflows), [&](auto, auto value) {
                            listed.emplace_back().ParseFromString(std::string{value});
                            return true;
                          }));
  CAF_REQUIRE_EQUAL(listed.size(), 1u);
  CAF_CHECK(equal(listed[0], answer));
  CAF_CHECK_EQUAL(request<RevisionList>(pay, ListRevisions{}).revisions_size(), 1);
}

CAF_TEST_FIXTURE_SCOPE_END()
