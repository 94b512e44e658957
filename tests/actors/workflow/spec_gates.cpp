// Every gate passes for a spec that keeps what it says, and each reason against one has its phase and place.
#define CAF_SUITE actors.workflow.spec_gates
#include <caf/test/unit_test.hpp>
#include <troupe/actors/workflow/spec_gates.hpp>
#include <troupe/behaviors/workflow_form.hpp>

using namespace troupe;

namespace {

const std::string workflow = R"(name: order
version: "2"
description: Buys something.
deadline: 1d
steps:
  - id: price
    description: what it costs
    task: {required: [shop.price]}
  - id: pack
    description: into a box
    needs: [price]
    task: {required: [shop.pack]}
)";

const std::string spec = R"(spec: order
plan:
  goal: Things are bought.
  requirements:
    - {id: bought, text: It is bought., accept: It is in a box., cases: [good]}
implement:
  workflows: [order.yaml]
validate:
  cases:
    - name: good
      fakes: [{step: price, result: 1}, {step: pack, result: box}]
      expect: {status: completed, result: box}
document:
  pages: [order.md]
deploy: {version: "2", note: boxes}
)";

std::string with(std::string text, std::string_view what, const std::string& other) {
  auto at = text.find(what);
  CAF_REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), other);
}

spec_material material(const std::string& spec_yaml = spec, const std::string& workflow_yaml = workflow) {
  spec_material made;
  made.file = "spec.yaml";
  made.read = read_spec(spec_yaml);
  made.workflows.push_back({"order.yaml", read_workflow(workflow_yaml), {}});
  made.pages["order.md"] = "How to order.";
  made.published.emplace();
  return made;
}

// phase/gate of what failed, with the line.
std::vector<std::string> failed(const spec_material& given) {
  std::vector<std::string> all;
  auto report = run_gates(given);
  for (auto& gate : report.gates())
    if (gate.status() == "failed") {
      CAF_MESSAGE(gate.gate() << " " << gate.file() << ":" << gate.line() << " " << gate.text());
      all.push_back(gate.phase() + "/" + gate.gate() + ":" + std::to_string(gate.line()));
    }
  return all;
}

using reasons = std::vector<std::string>;

} // namespace

CAF_TEST(every gate of a spec that keeps its word passes) {
  auto report = run_gates(material());
  CAF_CHECK(report.passed());
  CAF_CHECK_EQUAL(report.spec(), "order");
  reasons gates;
  for (auto& gate : report.gates()) {
    CAF_CHECK_EQUAL(gate.status(), "passed");
    gates.push_back(gate.phase() + "/" + gate.gate());
  }
  CAF_CHECK(gates ==
            (reasons{"plan/form", "plan/goal", "plan/requirements", "plan/covered", "implement/workflows",
                     "validate/lint", "validate/case good", "document/descriptions", "document/pages",
                     "deploy/version", "deploy/note", "deploy/published"}));
}

CAF_TEST(a plan names its goal and requirements that cases show) {
  CAF_CHECK(failed(material(with(spec, "  goal: Things are bought.\n", ""))) == reasons{"plan/goal:2"});
  CAF_CHECK(failed(material(with(spec, ", accept: It is in a box.", ""))) == reasons{"plan/requirements:5"});
  CAF_CHECK(failed(material(with(spec, "cases: [good]", "cases: [other]"))) == reasons{"plan/covered:5"});
  CAF_CHECK(failed(material(with(spec, ", cases: [good]", ""))) == reasons{"plan/covered:5"});
}

CAF_TEST(mistakes of the form are told with their places) {
  CAF_CHECK(failed(material(with(spec, "goal:", "gaol:"))) == (reasons{"plan/form:3", "plan/goal:2"}));
}

CAF_TEST(a workflow with mistakes is rehearsed by nobody) {
  auto wrong = failed(material(spec, with(workflow, "needs: [price]", "needs: [prize]")));
  CAF_CHECK(wrong == (reasons{"implement/workflows:11", "validate/case good:10"}));
  auto given = material();
  given.workflows[0] = {"order.yaml", {}, "there is no file order.yaml"};
  CAF_CHECK(failed(given) == (reasons{"implement/workflows:0", "validate/case good:10"}));
}

CAF_TEST(warnings fail unless the spec says that they are known) {
  auto endless = with(workflow, "deadline: 1d\n", "");
  CAF_CHECK(failed(material(spec, endless)) == reasons{"validate/lint:1"});
  CAF_CHECK(failed(material(with(spec, "validate:\n", "validate:\n  allow: [timeouts]\n"), endless)).empty());
}

CAF_TEST(a case that comes out otherwise fails) {
  CAF_CHECK(failed(material(with(spec, "result: box}\n", "result: bag}\n"))) ==
            reasons{"validate/case good:10"});
  auto none = with(spec, "cases: [good]", "cases: []");
  none = none.substr(0, none.find("validate:")) + none.substr(none.find("document:"));
  auto wrong = failed(material(none));
  CAF_CHECK(std::find(wrong.begin(), wrong.end(), "validate/cases:1") != wrong.end());
}

CAF_TEST(every step is described and every page names the workflow) {
  CAF_CHECK(failed(material(spec, with(workflow, "    description: into a box\n", ""))) ==
            reasons{"document/descriptions:9"});
  auto given = material();
  given.pages["order.md"] = "nothing";
  CAF_CHECK(failed(given) == reasons{"document/pages:0"});
  given.pages.clear();
  CAF_CHECK(failed(given) == reasons{"document/pages:14"});
}

CAF_TEST(what is deployed has a version of its own) {
  CAF_CHECK(failed(material(with(spec, "version: \"2\"", "version: \"3\""))) == reasons{"deploy/version:2"});
  CAF_CHECK(failed(material(with(spec, ", note: boxes", ""))) == reasons{"deploy/note:15"});
  auto given = material();
  (*given.published)["order"] = {"2", "another"};
  CAF_CHECK(failed(given) == reasons{"deploy/published:2"});
  (*given.published)["order"] = {"1", "another"};
  CAF_CHECK(failed(given).empty());
  (*given.published)["order"] = {"2", content_hash(given.workflows[0].read.definition)};
  CAF_CHECK(failed(given).empty()); // it is published as it is
}

CAF_TEST(a gate that nobody could be asked about is left out) {
  auto given = material();
  given.published.reset();
  given.not_asked = "no node";
  auto report = run_gates(given);
  CAF_CHECK(report.passed());
  auto& last = *report.gates().rbegin();
  CAF_CHECK_EQUAL(last.status(), "left out");
  CAF_CHECK_EQUAL(last.text(), "no node");
}
