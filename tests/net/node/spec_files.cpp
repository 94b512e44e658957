// The example spec passes all of its gates, and nothing is published while one of them fails.
#define CAF_SUITE net.node.spec_files
#include "tests/support/typed.hpp"
#include <troupe/behaviors/workflow_form.hpp>

using namespace troupe;

namespace {

const std::string example = TROUPE_SOURCE_DIR "/examples/specs/answer";

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A copy of the example, with one text replaced in one of its files.
struct copied {
  scratch_directory home;
  std::string spec;

  explicit copied(const std::string& in = {}, std::string_view what = {}, const std::string& other = {}) {
    for (auto* name : {"spec.yaml", "workflow.yaml", "README.md"}) {
      std::ifstream file{example + "/" + name};
      std::string text{std::istreambuf_iterator<char>{file}, {}};
      if (in == name) {
        CAF_REQUIRE(holds(text, what));
        text.replace(text.find(what), what.size(), other);
      }
      write_file(home.path + "/" + name, text);
    }
    spec = home.path + "/spec.yaml";
  }
};

// The catalog of one workflow that has been published as `label`, or not yet.
void play_answer(control_node& node, const std::string& label) {
  WorkflowSummary row;
  row.set_workflow("default/workflow/answer");
  row.mutable_current()->set_label(label);
  add_name(*node.rows, row.workflow());
  add_row(*node.rows, row.workflow(), index_table::workflows, row);
  node.play(
      row.workflow(),
      [=](const PublishWorkflow& cmd) {
        WorkflowRevision made;
        made.set_number(2);
        made.set_label(cmd.definition().version());
        made.set_note(cmd.note());
        made.set_hash(content_hash(cmd.definition()));
        return made;
      },
      [=](const GetWorkflow&) {
        PublishedWorkflow answer;
        *answer.mutable_workflow() = row;
        answer.mutable_revision()->set_label(label);
        answer.mutable_revision()->set_hash("another");
        return answer;
      });
}

} // namespace

CAF_TEST(the example passes all of its gates) {
  auto said = type({"workflow", "validate", example + "/spec.yaml"});
  CAF_MESSAGE(said.out << said.err);
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK(holds(said.out, "PHASE") && holds(said.out, "case a better text is sent") &&
            holds(said.out, "passed"));
  CAF_CHECK(!holds(said.out, "failed "));
  CAF_CHECK(holds(said.out, "left out")); // no node was asked
  auto json = type({"workflow", "validate", example + "/spec.yaml", "--json"});
  CAF_CHECK(holds(json.out, "\"passed\": true") && holds(json.out, "\"phase\": \"deploy\""));
}

CAF_TEST(a gate that fails has its place and exit code 2) {
  copied spec{"spec.yaml", "failure: editor rejected it", "failure: nobody did"};
  auto said = type({"workflow", "validate", spec.spec});
  CAF_CHECK_EQUAL(said.code, 2);
  CAF_CHECK(holds(said.out, "case the editor says no") && holds(said.out, spec.spec + ":"));
  CAF_CHECK(holds(said.err, "against `answer`"));
  copied missing{"spec.yaml", "workflow.yaml", "none.yaml"};
  said = type({"workflow", "validate", missing.spec});
  CAF_CHECK_EQUAL(said.code, 2);
  CAF_CHECK(holds(said.out, "none.yaml"));
}

CAF_TEST(a spec is given alone) {
  copied spec;
  auto said = type({"workflow", "validate", spec.home.path + "/workflow.yaml", spec.spec});
  CAF_CHECK_EQUAL(said.code, 2);
  CAF_CHECK(holds(said.err, "give it alone"));
}

CAF_TEST(a spec is published when all gates pass) {
  control_node node;
  play_answer(node, "0.9.0");
  copied spec;
  auto said = type(node, {"workflow", "publish", spec.spec});
  CAF_MESSAGE(said.out << said.err);
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK(holds(said.out, "1.0.0") && holds(said.out, "first version"));
  CAF_CHECK_EQUAL(type(node, {"workflow", "publish", spec.spec, "--name", "acme/workflow/x"}).code, 2);
}

CAF_TEST(nothing is published under a version that is taken) {
  control_node node;
  play_answer(node, "1.0.0");
  copied spec;
  auto said = type(node, {"workflow", "publish", spec.spec});
  CAF_CHECK_EQUAL(said.code, 2);
  CAF_CHECK(holds(said.out, "is published as `1.0.0`; give this one a new version"));
  CAF_CHECK(!holds(said.out, "first version"));
}
