// The code generator makes commits that follow from what it is asked, finds the change that broke a test, and takes it back.
#define CAF_SUITE examples.agents.code_generator
#include "shop.hpp"

using namespace troupe::crew;
using troupe::audit::member;

namespace {

const std::string two = R"(["Greets a customer!","counts the money"])";

struct generator : shop {
  // A shop whose third change breaks the greeting; gives that commit.
  std::string broken() {
    auto built = answer("code.generate", {{"requirements", two}});
    answer("code.merge", {{"branch", text_in(built, "branch")}, {"commit", text_in(built, "commit")}});
    for (int i = 0; i < 3; ++i)
      commit("notes/" + std::to_string(i), "fine\n", "a note");
    auto bad = commit("bin/greets-a-customer.sh", "#!/bin/sh\necho nothing\n", "Greet shorter");
    for (int i = 3; i < 6; ++i)
      commit("notes/" + std::to_string(i), "fine\n", "a note");
    return bad;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(code_generator_tests, generator)

CAF_TEST(requirements become programs and tests on a branch and main stays) {
  auto built = answer("code.generate", {{"requirements", two}});
  auto commit = text_in(built, "commit");
  CAF_CHECK_EQUAL(head(), first);
  CAF_CHECK_EQUAL(head(text_in(built, "branch")), commit);
  CAF_CHECK(text_in(built, "branch").starts_with("feature/greets-a-customer-"));
  CAF_CHECK_EQUAL(member(built, "files")->as<troupe::audit::json_list>()->size(), size_t{4});
  auto verdict = answer("test.run", {{"commit", commit}});
  CAF_CHECK(*member(verdict, "passed")->as<bool>());
  CAF_CHECK_EQUAL(text_in(verdict, "output"), std::string{"all tests passed"});
}

CAF_TEST(a repeat finds what was made and another task makes its own) {
  auto once = text_in(answer("code.generate", {{"requirements", two}}), "commit");
  CAF_CHECK_EQUAL(text_in(answer("code.generate", {{"requirements", two}}), "commit"), once);
  auto other = answer("code.generate", {{"requirements", two}, {"task", "default/run/other/step"}});
  CAF_CHECK_EQUAL(text_in(other, "commit"), once); // the same parent and the same work
  CAF_CHECK(head(text_in(other, "branch")) == once);
}

CAF_TEST(a requirement cannot leave its line) {
  auto built = answer("code.generate", {
    {"requirements", R"-(["x\nrm -rf / #'$(id)"])-"}});
  auto text = at.git(project, {"show", text_in(built, "commit") + ":bin/x-rm-rf-id.sh"});
      CAF_REQUIRE(text);
      CAF_CHECK(holds(*text, "# x rm -rf / #'$(id)\nset -eu\n"));
      CAF_CHECK(answer("test.run", {{"commit", text_in(built, "commit")}}).as<troupe::audit::json_object>());
    }

    CAF_TEST(a page is written once on the same branch) {
      auto built = answer("code.generate", {{"requirements", two}});
      std::map<std::string, std::string, std::less<>> inputs{
          {"requirements", two}, {"branch", text_in(built, "branch")}, {"commit", text_in(built, "commit")}};
      auto page = text_in(answer("code.document", inputs), "commit");
      CAF_CHECK_EQUAL(text_in(answer("code.document", inputs), "commit"), page);
      CAF_CHECK_EQUAL(head(page + "~1"), text_in(built, "commit"));
      inputs["commit"] = first;
      CAF_CHECK(holds(refusal("code.document", inputs), "has moved on"));
    }

    CAF_TEST(a branch is merged once and forward only) {
      auto built = answer("code.generate", {{"requirements", two}});
      std::map<std::string, std::string, std::less<>> inputs{{"branch", text_in(built, "branch")},
                                                             {"commit", text_in(built, "commit")}};
      for (int i = 0; i < 2; ++i)
        CAF_CHECK(*member(answer("code.merge", inputs), "merged")->as<bool>());
      CAF_CHECK_EQUAL(head(), text_in(built, "commit"));
      CAF_CHECK(std::filesystem::exists(project / "bin/greets-a-customer.sh"));
      auto late = answer("code.generate", {{"requirements", R"(["late"])"}, {"task", "t2"}});
      commit("other", "x");
      CAF_CHECK(holds(refusal("code.merge", {{"branch", "late"}, {"commit", text_in(late, "commit")}}),
                      "main has moved on"));
    }

    CAF_TEST(a branch is discarded and nothing else is) {
      auto branch = text_in(answer("code.generate", {{"requirements", two}}), "branch");
      for (int i = 0; i < 2; ++i)
        answer("code.discard", {{"branch", branch}});
      CAF_CHECK(head(branch).empty());
      CAF_CHECK(holds(refusal("code.discard", {{"branch", "main"}}), "is no branch of a feature"));
      CAF_CHECK_EQUAL(head(), first);
    }

    CAF_TEST(the change that broke a test is found and taken back) {
      auto bad = broken();
      auto cause = answer("code.diagnose", {{"components", R"(["."])"}});
      CAF_CHECK_EQUAL(text_in(cause, "commit"), bad);
      CAF_CHECK_EQUAL(text_in(cause, "subject"), std::string{"Greet shorter"});
      CAF_CHECK(*member(cause, "tested")->as<int64_t>() <= 4);
      std::map<std::string, std::string, std::less<>> inputs{
          {"bugId", "BUG-7"},          {"title", "no greeting"}, {"description", "it says nothing"},
          {"reportedBy", "ann"},       {"severity", "low"},      {"culprit", bad},
          {"components", R"(["bin"])"}};
      auto fix = answer("code.fix", inputs);
      CAF_CHECK_EQUAL(text_in(answer("code.fix", inputs), "commit"), text_in(fix, "commit"));
      answer("test.run", {{"commit", text_in(fix, "commit")}});
      auto message = at.git(project, {"log", "-1", "--format=%B", text_in(fix, "branch")});
      CAF_REQUIRE(message);
      for (auto* part : {"Fix BUG-7: no greeting", "it says nothing", "Reported-by: ann", "Severity: low",
                         "Components: bin", "Greet shorter"})
        CAF_CHECK(holds(*message, part));
    }

    CAF_TEST(without an analysis the newest change to the components is suspected) {
      auto bad = broken();
      auto fix = answer("code.fix", {{"bugId", "b"}, {"severity", "low"}, {"components", R"(["bin"])"}});
      auto message = at.git(project, {"log", "-1", "--format=%B", text_in(fix, "commit")});
      CAF_REQUIRE(message);
      CAF_CHECK(holds(*message, "Takes back: " + bad));
    }

    CAF_TEST(what cannot be asked is refused with what is allowed) {
      CAF_CHECK(holds(refusal("code.generate", {{"requirements", "[]"}}), "name at least one"));
      CAF_CHECK(holds(refusal("code.generate", {{"requirements", "[1]"}}), "no text"));
      CAF_CHECK(holds(refusal("code.generate", {{"project", "../x"}, {"requirements", two}}), "is no name"));
      CAF_CHECK(holds(refusal("code.fix", {{"bugId", "b"}, {"severity", "urgent"}}),
                      "allowed are low medium high critical"));
      CAF_CHECK(holds(refusal("code.diagnose", {{"components", R"(["nowhere"])"}}),
                      "no commit has changed nowhere"));
      CAF_CHECK(holds(refusal("test.run", {{"project", "none"}}), "there is no project 'none'"));
    }

    CAF_TEST(a verdict that was not expected is a failure) {
      auto bad = broken();
      CAF_CHECK(holds(refusal("test.run", {{"commit", bad}}),
                      "the tests fail: failed: tests/greets-a-customer.sh"));
      CAF_CHECK(!*member(answer("test.run", {{"commit", bad}, {"expect", "fail"}}), "passed")->as<bool>());
      CAF_CHECK(holds(refusal("test.run", {{"commit", first}, {"expect", "fail"}}), "no test fails"));
      CAF_CHECK(*member(answer("test.run", {{"commit", first}, {"expect", "either"}}), "passed")->as<bool>());
      CAF_CHECK(holds(refusal("test.run", {{"expect", "luck"}}), "allowed are pass, fail, either"));
    }

    CAF_TEST_FIXTURE_SCOPE_END()
