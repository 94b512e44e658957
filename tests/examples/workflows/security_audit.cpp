// What was asked for is audited, mended only if that was said, and always accounted for.
#define CAF_SUITE examples.workflows.security_audit
#include "rehearsed.hpp"

using namespace troupe;

namespace {

const argument project{"projectName", "shop"};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(nothing is wrong with the definition) {
  check_definition("security_audit");
}

CAF_TEST(each side is looked at exactly if it is asked for) {
  for (auto mask = 0; mask < 16; ++mask) {
    auto run = rehearsed("security_audit");
    auto on = [&](int bit) { return (mask >> bit & 1) == 1; };
    CAF_REQUIRE(!run.start({project,
                            {"codeAudit", flag_text(on(0))},
                            {"dependencyAudit", flag_text(on(1))},
                            {"infrastructureAudit", flag_text(on(2))},
                            {"penetrationTest", flag_text(on(3))}}));
    CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
    CAF_CHECK_EQUAL(run.times("security.code"), on(0) ? 1 : 0);
    CAF_CHECK_EQUAL(run.times("security.dependencies"), on(1) ? 1 : 0);
    CAF_CHECK_EQUAL(run.times("security.infrastructure"), on(2) ? 1 : 0);
    CAF_CHECK_EQUAL(run.times("security.penetrate"), on(3) ? 1 : 0);
    CAF_CHECK_EQUAL(run.times("security.report"), 1);
  }
}

CAF_TEST(programs are attacked only when that is said) {
  auto run = rehearsed("security_audit");
  CAF_REQUIRE(!run.start({project}));
  CAF_CHECK_EQUAL(run.times("security.penetrate"), 0);
  CAF_CHECK_EQUAL(run.times("security.code"), 1);
}

CAF_TEST(things are mended only when that is said) {
  for (auto mends : {true, false}) {
    auto run = rehearsed("security_audit");
    CAF_REQUIRE(!run.start({project, {"autoRemediate", flag_text(mends)}}));
    CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
    CAF_CHECK_EQUAL(run.times("security.remediate"), mends ? 1 : 0);
    CAF_CHECK(contains(run.result(), mends ? R"("findings":0,"mended":1)" : R"("findings":1,"mended":0)"));
  }
}

CAF_TEST(a mend that fails does not keep the report back) {
  auto run = rehearsed("security_audit");
  run.fail("security.remediate", ec::invalid_argument);
  CAF_REQUIRE(!run.start({project, {"autoRemediate", "true"}}));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK(contains(run.result(), R"("findings":1,"mended":0)"));
}

CAF_TEST(the report is written unless it is not wanted) {
  for (auto wanted : {true, false}) {
    auto run = rehearsed("security_audit");
    CAF_REQUIRE(!run.start({project, {"report", flag_text(wanted)}}));
    CAF_CHECK(contains(run.result(), wanted ? R"("report":"reports/)" : R"("report":null)"));
  }
}

CAF_TEST(scope and standards reach those who need them) {
  auto run = rehearsed("security_audit");
  std::string scope, standards;
  run.fake("security.scope", [&](const TaskSpec& task) -> caf::expected<std::string> {
    standards = job_of_spec(task).text("standards");
    return std::string{"{}"};
  });
  run.fake("security.code", [&](const TaskSpec& task) {
    scope = job_of_spec(task).text("scope");
    return crew::fake_result("security.code", job_of_spec(task));
  });
  CAF_REQUIRE(!run.start({project, {"scope", R"(["bin"])"}, {"standards", R"(["GDPR"])"}}));
  CAF_CHECK_EQUAL(scope, R"(["bin"])");
  CAF_CHECK_EQUAL(standards, R"(["GDPR"])");
}

CAF_TEST(a check that fails fails the audit after a crash too) {
  auto run = rehearsed("security_audit");
  run.fail("security.code", ec::invalid_argument, "no such folder");
  run.fake("security.scope", "{}", std::chrono::seconds{5});
  CAF_REQUIRE(!run.start({project}));
  run.crash().pass(std::chrono::minutes{5});
  CAF_CHECK_EQUAL(run.status(), RUN_FAILED);
  CAF_CHECK_EQUAL(run.times("security.report"), 0);
}
