// The security auditor finds what is in its scope, mends what is safe to mend, and says which requirements are concerned.
#define CAF_SUITE examples.agents.security_auditor
#include "shop.hpp"

#include <examples/agents/standards.hpp>
#include <examples/repository_audit/rules.hpp>

using namespace troupe::crew;
using troupe::audit::member;
namespace fs = std::filesystem;

namespace {

using inputs = std::map<std::string, std::string, std::less<>>;

struct audited : shop {
  std::string found(std::string_view capability, const std::string& scope = R"(["."])") {
    auto said = ask(capability, {{"scope", scope}});
    if (!said)
      CAF_FAIL(capability << ": " << troupe::describe(said.error()));
    return *said;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(security_auditor_tests, audited)

CAF_TEST(findings are those of the repository audit within the scope) {
  commit("lib/run.py", "import os\nos.system('ls ' + name)\n");
  CAF_CHECK(holds(found("security.code"), "code.python-os-command"));
  CAF_CHECK(holds(found("security.code", R"(["lib/"])"), "code.python-os-command"));
  CAF_CHECK(!holds(found("security.code", R"(["bin","li"])"), "code.python-os-command"));
  commit("package.json", R"({"dependencies":{"a":"*"}})");
  CAF_CHECK(holds(found("security.dependencies"), "dependency.npm-open-range"));
  fs::permissions(project / "README.md", fs::perms::others_write, fs::perm_options::add);
  CAF_CHECK(holds(found("security.infrastructure"), "infra.world-writable"));
}

CAF_TEST(a scope stays in the project and standards are known) {
  CAF_CHECK(holds(refusal("security.code", {{"scope", R"(["../x"])"}}), "leads out of the project"));
  CAF_CHECK(holds(refusal("security.code", {{"scope", R"(["/etc"])"}}), "leads out of the project"));
  CAF_CHECK(holds(refusal("security.scope", {{"scope", R"(["nothing"])"}}), "no file is in the scope"));
  CAF_CHECK(holds(refusal("security.scope", {{"standards", R"(["HIPAA"])"}}), "allowed are PCI-DSS, GDPR"));
  CAF_CHECK_EQUAL(text_in(answer("security.scope", {{"standards", R"(["GDPR"])"}}), "commit"), first);
}

CAF_TEST(a program that runs its argument is found and one that does not is not ) {
  commit("bin/safe.sh", "#!/bin/sh\nprintf '%s' \"$1\"\n");
  CAF_CHECK_EQUAL(found("security.penetrate"), std::string{R"({"v":1,"findings":[]})"});
  commit("bin/unsafe.sh", "#!/bin/sh\neval \"echo $1\"\n");
  auto said = found("security.penetrate");
  CAF_CHECK(holds(said, R"("pentest.command-injection","critical","bin/unsafe.sh")"));
  CAF_CHECK(!holds(said, "bin/safe.sh"));
  CAF_CHECK(!fs::exists(project / "troupe-was-here"));
}

CAF_TEST(a review refuses what is risky in a change and nothing else) {
  auto good = answer("code.generate", {{"requirements", R"(["greets"])"}});
  CAF_CHECK(*member(answer("code.review", {{"commit", text_in(good, "commit")}}), "approved")->as<bool>());
  CAF_REQUIRE(at.git(project, {"checkout", "-q", "-b", "risky"}));
  auto risky = commit("lib/x.c", "char* read_it(char* to) { return gets(to); }\n");
  CAF_REQUIRE(at.git(project, {"checkout", "-q", "-"}));
  auto tip = head("risky");
  CAF_CHECK(holds(refusal("code.review", {{"commit", tip}}), "the review found"));
  CAF_CHECK_EQUAL(risky, first); // main has not moved
}

CAF_TEST(what is safe is mended and may be mended again) {
  CAF_REQUIRE(!put_file(project / "Cargo.toml",
                        "[package]\nname = \"s\"\n[dependencies]\nserde = \"*\"\nother = \"*\"\n"));
  CAF_REQUIRE(!put_file(project / "Cargo.lock", "[[package]]\nname = \"serde\"\nversion = \"1.0.2\"\n"));
  fs::permissions(project / "README.md", fs::perms::others_write, fs::perm_options::add);
  auto checks = R"({"code":null,"dependencies":)" + found("security.dependencies") + R"(,"infrastructure":)" +
                found("security.infrastructure") + "}";
  std::string once;
  for (int i = 0; i < 2; ++i) {
    auto said = ask("security.remediate", {{"checks", checks}});
    CAF_REQUIRE(said);
    CAF_CHECK(holds(*said, "serde is pinned to 1.0.2") && holds(*said, "others may no longer write it"));
    CAF_CHECK(!holds(*said, "other is pinned"));
    CAF_CHECK(once.empty() || once == *said);
    once = *said;
  }
  CAF_CHECK(holds(get_file(project / "Cargo.toml"), "serde = \"=1.0.2\"\nother = \"*\"\n"));
  CAF_CHECK(!holds(found("security.infrastructure"), "world-writable"));
}

CAF_TEST(the report has what is open by requirement and what was mended) {
  auto checks =
      std::string{
          R"({"code":{"v":1,"findings":[["secret.private-key","critical","a.pem",1,1,"A key.","x"],)"} +
      R"(["infra.world-writable","medium","b",1,1,"Open.",""]]}})";
  auto mends = R"({"mended":[{"done":"closed","finding":"infra.world-writable b:1"}]})";
  auto said = answer(
      "security.report",
      {{"checks", checks}, {"mends", mends}, {"standards", R"(["PCI-DSS","GDPR"])"}, {"write", "true"}});
  CAF_CHECK_EQUAL(*member(said, "findings")->as<int64_t>(), 1);
  CAF_CHECK_EQUAL(*member(said, "mended")->as<int64_t>(), 1);
  auto text = get_file(place.path() / text_in(said, "report"));
  for (auto* part : {"8.6.2", "Art. 32(1)(b)", "a.pem:1", "closed", "secret.private-key"})
    CAF_CHECK(holds(text, part));
  CAF_CHECK(holds(get_file(place.path() / "reports/shop/security-report.sarif"), "secret.private-key"));
  auto quiet = answer("security.report", {{"checks", "{}"}, {"standards", "[]"}, {"write", "false"}});
  CAF_CHECK_EQUAL(*member(quiet, "findings")->as<int64_t>(), 0);
  CAF_CHECK(member(quiet, "report")->as<std::nullptr_t>());
}

CAF_TEST(every rule about security bears on a requirement of each standard) {
  for (auto& rule : troupe::audit::all_rules())
    if (troupe::audit::category_of(rule.id) != "audit")
      for (std::string standard : {"PCI-DSS", "GDPR"})
        if (requirements_of(rule.id, {standard}).empty())
          CAF_ERROR(std::string{rule.id} << " bears on nothing of " << standard);
  CAF_CHECK(requirements_of("secret.private-key", {}).empty());
  CAF_CHECK_EQUAL(std::string{requirements_of("infra.world-writable", {"PCI-DSS"}).back()->id},
                  std::string{"7.2.5"});
}

CAF_TEST_FIXTURE_SCOPE_END()
