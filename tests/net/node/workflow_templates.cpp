// The program knows the files of examples/workflows/ by name, and which of them need each other.
#define CAF_SUITE net.node.workflow_templates
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <sstream>
#include <troupe/net/node/workflow_templates.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

CAF_TEST(each template is the file of its name) {
  std::string names;
  for (auto& one : workflow_templates()) {
    names += std::string{one.name} + " ";
    std::ifstream in{TROUPE_SOURCE_DIR "/examples/workflows/" + std::string{one.name} + ".yaml"};
    std::stringstream text;
    text << in.rdbuf();
    CAF_CHECK_EQUAL(std::string{one.text}, text.str());
    auto read = read_template(one.name);
    CAF_REQUIRE(read);
    CAF_CHECK_EQUAL(std::string{read->name()}, std::string{one.name});
  }
  CAF_CHECK_EQUAL(names, std::string{"development bug_fix deployment security_audit "});
}

CAF_TEST(an unknown name is refused with those there are) {
  auto none = find_template("deploymint");
  CAF_REQUIRE(!none);
  CAF_CHECK_EQUAL(to_string(code_of(none.error())), std::string{"not_found"});
  CAF_CHECK_EQUAL(text_of(none.error()),
                  std::string{"there is no template 'deploymint'; did you mean deployment?; there are "
                              "development, bug_fix, deployment, security_audit"});
  CAF_CHECK(!read_template(""));
  CAF_CHECK(find_template("bug-fix"));
}

CAF_TEST(templates that run as children are found) {
  for (auto& [name, below] :
       {std::pair{"development", 1}, {"bug_fix", 1}, {"deployment", 0}, {"security_audit", 0}}) {
    auto read = read_template(name);
    CAF_REQUIRE(read);
    auto found = templates_below(*read);
    CAF_CHECK_EQUAL(static_cast<int>(found.size()), below);
    if (below > 0)
      CAF_CHECK_EQUAL(std::string{found.front().name}, std::string{"deployment"});
  }
}
