// Published workflows as somebody sees them who types `troupe workflow ...` and `troupe run start`.
#define CAF_SUITE net.node.workflow_catalog_commands
#include "tests/support/typed.hpp"
#include <troupe/behaviors/workflow_form.hpp>
#include <troupe/net/node/views.hpp>

using namespace troupe;

namespace {

WorkflowDefinition pay_definition() {
  WorkflowDefinition made;
  made.set_name("pay");
  made.set_version("1.2.0");
  auto* step = made.add_steps();
  step->set_id("go");
  step->mutable_task()->add_required("text.greet");
  return made;
}

WorkflowRevision* add(RevisionList& list, uint64_t parent, const std::string& label) {
  auto* one = list.add_revisions();
  one->set_number(static_cast<uint64_t>(list.revisions_size()));
  one->set_parent(parent);
  one->set_label(label);
  one->set_hash(std::string(64, static_cast<char>('a' + one->number())));
  one->set_by("ada");
  *list.mutable_workflow()->mutable_current() = *one;
  return one;
}

// A workflow that repeats what it was told.
void play_pay(control_node& node) {
  WorkflowSummary row;
  row.set_workflow("default/workflow/pay");
  row.mutable_current()->set_number(3);
  row.mutable_current()->set_label("1.2.0");
  add_name(*node.rows, row.workflow());
  add_row(*node.rows, row.workflow(), index_table::workflows, row);
  auto told = [](const auto& cmd) {
    WorkflowRevision answer;
    answer.set_number(cmd.has_expected() ? cmd.expected() + 1 : 4);
    answer.set_note(cmd.note());
    answer.set_source(cmd.source());
    return answer;
  };
  node.play(
      row.workflow(),
      [=](const PublishWorkflow& cmd) {
        auto answer = told(cmd);
        answer.set_hash(content_hash(cmd.definition()));
        answer.set_parent(cmd.parent());
        return answer;
      },
      [=](const RollbackWorkflow& cmd) {
        auto answer = told(cmd);
        answer.set_restores(cmd.to());
        return answer;
      },
      [=](const GetWorkflow& cmd) -> caf::result<PublishedWorkflow> {
        if (cmd.revision() > 3)
          return make_error(ec::not_found, "pay has no such revision");
        PublishedWorkflow answer;
        *answer.mutable_workflow() = row;
        answer.mutable_revision()->set_number(cmd.revision());
        *answer.mutable_definition() = pay_definition();
        return answer;
      },
      [=](const SetUpgradePolicy& cmd) {
        auto answer = row;
        answer.set_policy(cmd.policy());
        return answer;
      },
      [=](const ArchiveWorkflow& cmd) {
        auto answer = row;
        answer.set_archived(!cmd.undo());
        return answer;
      },
      [=](const StartPublished& cmd) {
        WorkflowAccepted answer;
        answer.set_run(cmd.run());
        return answer;
      });
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(a history is shown as a tree) {
  RevisionList list;
  add(list, 0, "1.0.0");
  add(list, 1, "1.1.0");
  add(list, 2, "1.1.1")->set_deprecated("pays twice");
  add(list, 3, "1.1.2");
  add(list, 2, "2.0.0");
  auto* last = add(list, 5, "1.0.0");
  last->set_restores(1);
  last->set_changes("1 step removed");
  CAF_CHECK_EQUAL(show(list, {}),
                  "REVISION  LABEL  HASH        SOURCE  BY   WHEN  STATUS      CHANGES\n"
                  "1         1.0.0  bbbbbbbbbb  user    ada  -\n"
                  "2         1.1.0  cccccccccc  user    ada  -\n"
                  "├─ 3      1.1.1  dddddddddd  user    ada  -     deprecated\n"
                  "│  4      1.1.2  eeeeeeeeee  user    ada  -\n"
                  "5         2.0.0  ffffffffff  user    ada  -\n"
                  "6         1.0.0  gggggggggg  user    ada  -     current     as revision 1: 1 step "
                  "removed\n");
}

CAF_TEST(a history tells how open runs follow and who stayed) {
  RevisionList list;
  add(list, 0, "1.0.0");
  list.mutable_workflow()->set_policy(UPGRADE_AUTO);
  auto& rollout = *list.mutable_workflow()->mutable_rollout();
  rollout.set_revision(5);
  rollout.set_moved(12);
  rollout.set_stayed(2);
  auto* one = rollout.add_staying();
  one->set_run("default/run/pay-7");
  one->set_reason("step 'ask' has begun");
  CAF_CHECK(show(list, {}).ends_with("open runs, auto: revision 5: 12 moved, 2 stayed so far\n"
                                     "  default/run/pay-7 stayed: step 'ask' has begun\n"
                                     "  and 1 more\n"));
  rollout.set_looked_ms(1);
  CAF_CHECK(holds(show(list.workflow(), {}), "revision 5: 12 moved, 2 stayed\n"));
  CAF_CHECK(show_rollout(list.workflow(), "# ").starts_with("# open runs, auto: "));
  list.mutable_workflow()->clear_rollout();
  CAF_CHECK(!holds(show(list, {}), "open runs"));
}

CAF_TEST(a long history is no deep tree) {
  RevisionList list;
  for (uint64_t i = 0; i < 3000; ++i)
    add(list, i, "1");
  auto text = show(list, {});
  CAF_CHECK(holds(text, "\n3000 "));
  CAF_CHECK(!holds(text, "├"));
}

CAF_TEST(what is typed reaches the workflow) {
  control_node node;
  play_pay(node);
  auto file = write_file(node.home.path + "/pay.yaml", to_yaml(pay_definition()));
  auto said = type(
      node, {"workflow", "publish", file, "--note", "why not", "--parent", "2", "--source", "automated"});
  CAF_CHECK_EQUAL(said.err, "");
  for (auto* part : {"why not", "automated", "parent"})
    CAF_CHECK(holds(said.out, part));
  CAF_CHECK(holds(type(node, {"workflow", "publish", file, "--expect", "7"}).out, "8"));
  CAF_CHECK_EQUAL(type(node, {"workflow", "publish", file, "--expect", "x"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"workflow", "publish", file, "--source", "nobody"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"workflow", "publish", file + ".none"}).code, 3);
  CAF_CHECK(holds(type(node, {"workflow", "rollback", "pay", "--to", "2"}).out, "as revision 2"));
  CAF_CHECK(holds(type(node, {"workflow", "policy", "pay", "migrate"}).out, "migrate"));
  CAF_CHECK_EQUAL(type(node, {"workflow", "policy", "pay", "sometimes"}).code, 2);
  CAF_CHECK(holds(type(node, {"workflow", "archive", "pay"}).out, "archived"));
  CAF_CHECK(holds(type(node, {"workflow", "archive", "pay", "--undo"}).out, "open"));
  CAF_CHECK(holds(type(node, {"workflow", "list"}).out, "default/workflow/pay"));
  CAF_CHECK_EQUAL(type(node, {"workflow", "versions", "nobody"}).code, 3);
}

CAF_TEST(a file with a mistake is not published) {
  control_node node;
  play_pay(node);
  auto file = write_file(node.home.path + "/bad.yaml", "name: pay\nstepz: []\n");
  auto said = type(node, {"workflow", "publish", file});
  CAF_CHECK_EQUAL(said.code, 2);
  CAF_CHECK(holds(said.err, "bad.yaml:2:"));
}

CAF_TEST(a published definition is shown as it can be published) {
  control_node node;
  play_pay(node);
  auto yaml = type(node, {"workflow", "show", "pay", "--revision", "2"}).out;
  CAF_CHECK(yaml.starts_with("# default/workflow/pay, revision 2"));
  CAF_CHECK(yaml.ends_with(to_yaml(pay_definition())));
  CAF_CHECK_EQUAL(type(node, {"workflow", "show", "pay", "--format", "json"}).out, to_json(pay_definition()));
  CAF_CHECK_EQUAL(type(node, {"workflow", "show", "pay", "--format", "xml"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"workflow", "show", "pay", "--revision", "9"}).code, 3);
}

CAF_TEST(what is exported is imported from trusted signers only) {
  control_node node;
  play_pay(node);
  auto key = node.home.path + "/key", file = node.home.path + "/pay.json";
  auto signer = type({"workflow", "keygen", key}).out;
  CAF_REQUIRE_EQUAL(signer.size(), 65u);
  signer.pop_back();
  CAF_CHECK_EQUAL(type(node, {"workflow", "export", "pay", "--key", key, "--out", file}).code, 0);
  auto nobody = type(node, {"workflow", "import", file});
  CAF_CHECK_EQUAL(nobody.code, 4);
  CAF_CHECK(holds(nobody.err, "--trust " + signer));
  CAF_CHECK_EQUAL(type(node, {"workflow", "import", file, "--trust", std::string(64, '0')}).code, 4);
  CAF_CHECK(holds(type(node, {"workflow", "import", file, "--trust", signer}).out,
                  "imported, signed by " + signer));
  auto keys = write_file(node.home.path + "/trust", signer + "\n");
  CAF_CHECK_EQUAL(type(node, {"workflow", "import", file, "--trust", keys}).code, 0);
  CAF_CHECK_EQUAL(type(node, {"workflow", "import", file, "--trust-any"}).code, 0);
  write_file(file, "{}");
  CAF_CHECK_EQUAL(type(node, {"workflow", "import", file, "--trust-any"}).code, 2);
}

CAF_TEST(a run begins from a published workflow or from a file) {
  control_node node;
  play_pay(node);
  node.play("default/run/r2", [](const StartWorkflow& cmd) {
    WorkflowAccepted answer;
    answer.set_run(cmd.definition().name());
    return answer;
  });
  auto published =
      type(node, {"run", "start", "--workflow", "pay", "--revision", "2", "--id", "r1", "--input", "a=1"});
  CAF_CHECK_EQUAL(published.out, "r1\n");
  auto file = write_file(node.home.path + "/pay.yaml", to_yaml(pay_definition()));
  CAF_CHECK_EQUAL(type(node, {"run", "start", "--file", file, "--id", "r2"}).out, "r2\n");
  CAF_CHECK_EQUAL(type(node, {"run", "start", file, "--id", "r2"}).out, "r2\n"); // by its ending
  CAF_CHECK_EQUAL(type(node, {"run", "start", "--workflow", "nobody"}).code, 3);
  CAF_CHECK_EQUAL(type(node, {"run", "start", "--workflow", "pay", "--file", file}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"run", "start", "--file", file, "--revision", "2"}).code, 2);
}

CAF_TEST(a viewer looks and an operator publishes) {
  control_node node;
  play_pay(node);
  PublishWorkflow in;
  *in.mutable_definition() = pay_definition();
  CAF_CHECK(node.client(control_node::view).workflows());
  CAF_CHECK_EQUAL(refused(node.client(control_node::view).publish(in)), ec::permission_denied);
  CAF_CHECK(node.client(control_node::operate).publish(in));
}
