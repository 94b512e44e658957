// Templates are listed with their inputs, printed, and started with the children they need.
#define CAF_SUITE net.node.template_commands
#include "tests/support/typed.hpp"
#include <troupe/net/node/workflow_templates.hpp>

using namespace troupe;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A node that takes runs, and has published what is named or takes a publication.
struct taking_node : control_node {
  std::vector<std::string> published;
  std::string begun;

  explicit taking_node(bool has_deployment) {
    if (has_deployment)
      add_name(*rows, "default/workflow/deployment");
    play(
        "default/workflow/deployment", [](const GetWorkflow&) { return PublishedWorkflow{}; },
        [this](const PublishWorkflow& in) {
          published.push_back(in.definition().name());
          return WorkflowRevision{};
        });
    play("default/run/r1", [this](const StartWorkflow& in) {
      begun = in.definition().name();
      for (auto& input : in.inputs())
        begun += " " + input.name() + "=" + input.value();
      return WorkflowAccepted{};
    });
  }
};

} // namespace

CAF_TEST(all templates are listed with what they are for and what they are given) {
  auto said = type({"workflow", "templates"});
  CAF_CHECK_EQUAL(said.code, 0);
  for (auto& one : workflow_templates())
    CAF_CHECK(contains(said.out, std::string{one.name} + "\n  "));
  for (auto* part : {"requirements", "needed", "rollbackOnFailure", "blue-green", "deploy.install",
                     "Audits code", "  runs: deployment\n"})
    CAF_CHECK(contains(said.out, part));
  auto json = type({"workflow", "templates", "--json"});
  CAF_CHECK(contains(json.out, "\"name\": \"autoRemediate\"") && contains(json.out, "\"security.report\""));
}

CAF_TEST(the text of a template is printed as it is) {
  auto said = type({"workflow", "templates", "deployment"});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK_EQUAL(said.out, std::string{find_template("deployment")->text});
  auto none = type({"workflow", "templates", "deploy"});
  CAF_CHECK_EQUAL(none.code, 3);
  CAF_CHECK(contains(none.err, "there are development, bug_fix, deployment, security_audit"));
}

CAF_TEST(a template is started with its inputs and its children are published before) {
  taking_node node{false};
  auto said = type(node, {"run", "start", "--template", "development", "--id", "r1", "--input", "name=shop"});
  CAF_CHECK_EQUAL(said.err, std::string{});
  CAF_CHECK_EQUAL(said.out, std::string{"r1\n"});
  CAF_CHECK_EQUAL(node.begun, std::string{"development name=shop"});
  CAF_CHECK((node.published == std::vector<std::string>{"deployment"}));
}

CAF_TEST(what somebody has published is kept) {
  taking_node node{true};
  CAF_CHECK_EQUAL(type(node, {"run", "start", "--template", "bug-fix", "--id", "r1"}).code, 0);
  CAF_CHECK_EQUAL(node.begun, std::string{"bug_fix"});
  CAF_CHECK(node.published.empty());
}

CAF_TEST(run alone with a template means start) {
  taking_node node{false};
  for (auto& words : std::vector<std::vector<std::string>>{{"run", "--template", "deployment", "--id", "r1"},
                                                           {"run", "--template=deployment", "--id", "r1"}})
    CAF_CHECK_EQUAL(type(node, words).out, std::string{"r1\n"});
  CAF_CHECK(node.published.empty());
}

CAF_TEST(an unknown template is not started and one kind of work is enough) {
  taking_node node{false};
  auto said = type(node, {"run", "start", "--template", "develop", "--id", "r1"});
  CAF_CHECK_EQUAL(said.code, 3);
  CAF_CHECK(contains(said.err, "there is no template 'develop'"));
  CAF_CHECK_EQUAL(type(node, {"run", "start", "--template", "deployment", "--capability", "x"}).code, 2);
  CAF_CHECK(node.begun.empty());
}
