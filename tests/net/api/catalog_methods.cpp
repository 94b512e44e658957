// Published workflows at the control service: by name or ref, listed in order, started by runs.
#define CAF_SUITE net.api.catalog_methods
#include "tests/support/served.hpp"

using namespace troupe;

namespace {

struct catalog_desk : desk_house {
  void keep(const std::string& ref_text, bool archived = false) {
    WorkflowSummary row;
    row.set_workflow(ref_text);
    row.mutable_current()->set_number(3);
    row.set_archived(archived);
    add_name(*rows, ref_text);
    add_row(*rows, ref_text, index_table::workflows, row);
  }
  // A workflow that writes down what it is told.
  void play_workflow(const std::string& ref_text) {
    auto revision = [=](const auto& cmd) {
      WorkflowRevision answer;
      answer.set_label(ref_text);
      answer.set_by(cmd.context().principal());
      return answer;
    };
    play(
        ref_text, [=](const PublishWorkflow& cmd) { return revision(cmd); },
        [=](const RollbackWorkflow& cmd) { return revision(cmd); },
        [=](const GetWorkflow& cmd) {
          PublishedWorkflow answer;
          answer.mutable_revision()->set_number(cmd.revision());
          return answer;
        },
        [=, heard = started](const StartPublished& cmd) {
          heard->push_back(cmd);
          WorkflowAccepted answer;
          answer.set_run(cmd.run());
          return answer;
        });
  }
  std::shared_ptr<std::vector<StartPublished>> started = std::make_shared<std::vector<StartPublished>>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(catalog_methods_tests, catalog_desk)

CAF_TEST(workflows are listed by their refs without archived ones unless all are asked for) {
  for (int i = 0; i < 12; ++i)
    keep("t" + std::to_string(i % 3) + "/workflow/w" + std::to_string(10 + i), i < 4);
  ListWorkflows in;
  in.set_limit(5);
  auto list = answered(call<WorkflowList>(in));
  CAF_CHECK_EQUAL(list.total(), 8u);
  CAF_REQUIRE_EQUAL(list.workflows_size(), 5);
  for (int i = 1; i < 5; ++i)
    CAF_CHECK(list.workflows(i - 1).workflow() < list.workflows(i).workflow());
  in.set_all(true);
  CAF_CHECK_EQUAL(answered(call<WorkflowList>(in)).total(), 12u);
}

CAF_TEST(a publication goes to the name in the definition or to a ref) {
  play_workflow("default/workflow/pay");
  play_workflow("acme/workflow/pay");
  PublishWorkflow in;
  in.mutable_definition()->set_name("pay");
  in.mutable_context()->set_principal("somebody else");
  auto answer = answered(call<WorkflowRevision>(in));
  CAF_CHECK_EQUAL(std::string{answer.label()}, "default/workflow/pay");
  CAF_CHECK_EQUAL(std::string{answer.by()}, "ada");
  in.set_workflow("acme/workflow/pay");
  CAF_CHECK_EQUAL(std::string{answered(call<WorkflowRevision>(in)).label()}, "acme/workflow/pay");
  for (auto wrong : {"a b", "acme/task/pay", "acme/workflow"}) {
    in.set_workflow(wrong);
    CAF_CHECK_EQUAL(refused(call<WorkflowRevision>(in)), ec::invalid_argument);
  }
  in.clear_workflow();
  in.mutable_definition()->clear_name();
  CAF_CHECK_EQUAL(refused(call<WorkflowRevision>(in)), ec::invalid_argument);
}

CAF_TEST(only what is published is asked) {
  play_workflow("default/workflow/pay");
  GetWorkflow in;
  in.set_workflow("pay");
  in.set_revision(2);
  CAF_CHECK_EQUAL(refused(call<PublishedWorkflow>(in)), ec::not_found);
  keep("default/workflow/pay");
  CAF_CHECK_EQUAL(uint64_t{answered(call<PublishedWorkflow>(in)).revision().number()}, 2u);
  RollbackWorkflow back;
  back.set_workflow("nobody");
  CAF_CHECK_EQUAL(refused(call<WorkflowRevision>(back)), ec::not_found);
}

CAF_TEST(a run of a published workflow is begun by the workflow in its tenant) {
  keep("acme/workflow/pay");
  play_workflow("acme/workflow/pay");
  StartRun in;
  in.set_id("r1");
  in.set_workflow("acme/workflow/pay");
  in.set_revision(2);
  for (auto* name : {"b", "a"})
    in.add_inputs()->set_name(name);
  CAF_CHECK_EQUAL(std::string{answered(call<RunStarted>(in)).ref()}, "acme/run/r1");
  CAF_REQUIRE_EQUAL(started->size(), 1u);
  auto& heard = started->front();
  CAF_CHECK_EQUAL(std::string{heard.run()}, "acme/run/r1");
  CAF_CHECK_EQUAL(uint64_t{heard.revision()}, 2u);
  CAF_CHECK_EQUAL(std::string{heard.inputs(0).name()}, "a");
  CAF_CHECK_EQUAL(std::string{heard.context().principal()}, "ada");
  in.set_workflow("nobody");
  CAF_CHECK_EQUAL(refused(call<RunStarted>(in)), ec::not_found);
  in.mutable_definition();
  CAF_CHECK_EQUAL(refused(call<RunStarted>(in)), ec::invalid_argument);
}

CAF_TEST_FIXTURE_SCOPE_END()
