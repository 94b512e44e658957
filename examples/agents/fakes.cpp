// FAKES: what each skill answers when nothing is there to work on. Pure: a rehearsal with them takes no time and no disk.

#include "skills.hpp"

#include "fakes.hpp"

#include <fmt/format.h>
#include <troupe/runtime/error.hpp>

namespace troupe::crew {
namespace {

using namespace audit;
using answer = caf::expected<std::string>;

constexpr std::string_view no_findings = R"({"v":1,"findings":[]})";

std::string hash(std::string_view of) { // as long as one of git
  auto half = fingerprint(of);
  return half + half + half.substr(0, 8);
}

answer branch(std::string name, std::string commit, json_list files) {
  return write_json(
      json_object{{"branch", std::move(name)}, {"commit", std::move(commit)}, {"files", std::move(files)}});
}

} // namespace

namespace fakes {

answer generate_code(const job& what) {
  auto requirements = what.list("requirements");
  if (!requirements)
    return std::move(requirements.error());
  if (requirements->empty())
    return make_error(ec::invalid_argument,
                      "requirements is an empty list; name at least one thing to build");
  json_list files;
  for (auto& one : *requirements)
    files.push_back("bin/" + slug(one) + ".sh");
  return branch("feature/" + slug(requirements->front()), hash(what.text("requirements")), std::move(files));
}

answer document_code(const job& what) {
  return branch(what.text("branch"), hash(what.text("commit") + " documented"), {"docs/features.md"});
}

answer diagnose_bug(const job& what) {
  return write_json(json_object{{"commit", hash(what.text("components"))},
                                {"files", json_list{}},
                                {"subject", "The change that broke it"},
                                {"tested", 3}});
}

answer fix_bug(const job& what) {
  if (auto wrong = check_severity(what.text("severity")))
    return wrong;
  return branch("fix/" + slug(what.text("bugId")), hash(what.text("bugId") + what.text("culprit")), {});
}

answer merge_branch(const job& what) {
  return write_json(
      json_object{{"branch", what.text("branch")}, {"commit", what.text("commit")}, {"merged", true}});
}

answer discard_branch(const job& what) {
  return write_json(json_object{{"discarded", what.text("branch")}});
}

answer run_tests(const job& what) {
  auto passes = what.text("expect") != "fail";
  return write_json(json_object{{"code", passes ? 0 : 1},
                                {"commit", what.text("commit")},
                                {"output", passes ? "all tests passed" : "failed: tests/it.sh"},
                                {"passed", passes},
                                {"timed_out", false}});
}

answer review_code(const job&) {
  return write_json(json_object{{"approved", true}, {"files", 1}, {"remarks", 0}});
}

answer take_scope(const job&) {
  return write_json(json_object{{"commit", hash("main")}, {"files", 1}});
}

answer audit_code(const job&) {
  return std::string{no_findings};
}

answer audit_infrastructure(const job&) {
  return encode(std::vector<finding>{{"infra.world-writable", severity::medium, "bin/it.sh", 1, 1,
                                      "Everyone on the machine may change this file.", ""}});
}

answer remediate(const job&) {
  return std::string{
      R"({"left":0,"mended":[{"done":"others may no longer write it","finding":"infra.world-writable bin/it.sh:1"}]})"};
}

answer report_audit(const job& what) {
  auto mended = what.text("mends").find("finding") != std::string::npos;
  return write_json(
      json_object{{"findings", mended ? 0 : 1},
                  {"mended", mended ? 1 : 0},
                  {"project", what.text("project")},
                  {"report", what.flag("write") ? json{"reports/security-report.md"} : json{}}});
}

answer plan_deployment(const job& what) {
  return write_json(json_object{{"application", what.text("applicationName")},
                                {"commit", what.text("sourceCommit").empty() ? hash(what.text("sourceBranch"))
                                                                             : what.text("sourceCommit")},
                                {"environment", what.text("environment")},
                                {"previous", "1.0.0"},
                                {"replicas", json_list{1, 2, 3}},
                                {"slot", "green"},
                                {"strategy", what.text("strategy")},
                                {"version", what.text("version")}});
}

answer echo_plan(const job& what) {
  auto plan = what.tree("plan");
  if (!plan)
    return std::move(plan.error());
  return write_json(json_object{{"environment", text_in(*plan, "environment")},
                                {"strategy", text_in(*plan, "strategy")},
                                {"version", text_in(*plan, "version")}});
}

answer shift_traffic(const job& what) {
  auto weight = what.tree("weight");
  if (!weight)
    return std::move(weight.error());
  return write_json(json_object{{"weight", *weight}});
}

answer sample_health(const job&) {
  return std::string{R"({"ok":true,"said":"well"})"};
}

answer roll_back_deployment(const job&) {
  return std::string{R"({"restored":"1.0.0"})"};
}

} // namespace fakes
} // namespace troupe::crew
