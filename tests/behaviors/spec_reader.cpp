// A working spec is told from a definition, and its mistakes have places.
#define CAF_SUITE behaviors.spec_reader
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/spec_reader.hpp>

using namespace troupe;

CAF_TEST(what has a spec is one and what has a name is a definition) {
  CAF_CHECK(is_spec("spec: answer\nplan: {goal: g}\n"));
  CAF_CHECK(is_spec(R"( {"plan":{}, "spec":"answer"})"));
  CAF_CHECK(!is_spec("name: answer\nsteps: []\n"));
  CAF_CHECK(!is_spec("[1, 2]"));
  CAF_CHECK(!is_spec("{{{"));
}

CAF_TEST(a spec is read as definitions are) {
  auto read = read_spec(R"(
spec: answer
validate:
  cases:
    - name: one
      inputs: {question: 'Why?', count: 3}
      then: [{pass: 3h, approve: read, by: ann}]
      expect: {status: completed, result: {a: 1}}
)");
  CAF_REQUIRE(read.problems.empty());
  auto& one = read.spec.validate().cases(0);
  CAF_CHECK_EQUAL(one.inputs_size(), 2);
  CAF_CHECK_EQUAL(one.then(0).pass_ms(), 3 * 3'600'000);
  CAF_CHECK_EQUAL(one.expect().result(), R"({"a":1})");
  CAF_CHECK_EQUAL(read.places.at("validate.cases[0].name").line, 5u);
}

CAF_TEST(an unknown name has its place and what was meant) {
  auto read = read_spec("spec: answer\nplan:\n  gaol: x\n");
  CAF_REQUIRE_EQUAL(read.problems.size(), 1u);
  CAF_CHECK_EQUAL(read.problems[0].at.line, 3u);
  CAF_CHECK(read.problems[0].text.find("did you mean `goal`?") != std::string::npos);
}
