// What fits is read, what does not is told with its place and what would fit.
#define CAF_SUITE behaviors.workflow_reader
#include <caf/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <google/protobuf/text_format.h>
#include <set>
#include <sstream>
#include <troupe/behaviors/workflow_form.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/workflow_limits.hpp>

using namespace troupe;

namespace {

std::string mistakes(std::string_view text) {
  return to_string(read_workflow(text).problems, "f");
}

// Of the only step there is.
std::string mistakes_of_step(const std::string& lines) {
  return mistakes("steps:\n  - id: a\n" + lines);
}

WorkflowDefinition definition(std::string_view text) {
  auto read = read_workflow(text);
  CAF_CHECK_EQUAL(to_string(read.problems, "f"), "");
  return read.definition;
}

WorkflowDefinition expected(const std::string& text) {
  WorkflowDefinition result;
  CAF_REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &result));
  return result;
}

std::string place_of(const workflow_text& read, const std::string& path) {
  auto place = read.places.find(path);
  if (place == read.places.end())
    return "nowhere";
  return std::to_string(place->second.line) + ":" + std::to_string(place->second.column);
}

constexpr std::string_view all_sorts = R"(name: order
version: 1.10
steps:
  - id: check
    needs: [a, "b"]
    with: {z: inputs.z, a: inputs.a}
    timeout: 1h30m
    may_fail: true
    task:
      required:
      - stock.check
      inputs:
        text: x
        number: 1.50
        truth: true
        none: null
        empty:
        list: [1, "x", {z: null, a: yes}]
        word: '5'
      retry: {max_retries: 3, initial_delay: 250ms, backoff_multiplier: 1.5}
      priority: high
  - id: done
    checkpoint: {}
)";

constexpr auto all_sorts_expected = R"(
  name: "order" version: "1.10"
  steps {
    id: "check" needs: "a" needs: "b" timeout_ms: 5400000 may_fail: true
    with { name: "a" value: "inputs.a" } with { name: "z" value: "inputs.z" }
    task {
      required: "stock.check" priority: PRIORITY_HIGH
      inputs { name: "empty" value: "null" }
      inputs { name: "list" value: "[1,\"x\",{\"z\":null,\"a\":\"yes\"}]" }
      inputs { name: "none" value: "null" }
      inputs { name: "number" value: "1.50" }
      inputs { name: "text" value: "x" }
      inputs { name: "truth" value: "true" }
      inputs { name: "word" value: "5" }
      retry { max_retries: 3 initial_delay_ms: 250 backoff_multiplier: 1.5 }
    }
  }
  steps { id: "done" checkpoint {} })";

} // namespace

CAF_TEST(yaml is read into every kind of field) {
  CAF_CHECK_EQUAL(definition(all_sorts), expected(all_sorts_expected));
}

CAF_TEST(json is read as yaml is) {
  auto read = definition("\xEF\xBB\xBF\n\t{\"name\": \"a\\ud83d\\ude00\\u0000\\/\",\n\t\"steps\": [{\"id\": "
                         "\"x\", \"timeout\": \"90s\","
                         "\"with\": {\"b\": \"1\", \"a\": [1.0, 12345678901234567890123, {\"k\": "
                         "\"\\u00e9\"}]},\"join\":{\"mode\":\"n_of\","
                         "\"count\":2}}]}");
  auto wanted = expected(R"(steps { id: "x" timeout_ms: 90000 join { mode: JOIN_N_OF count: 2 }
    with { name: "a" value: "[1.0,12345678901234567890123,{\"k\":\"\303\251\"}]" } with { name: "b" value: "1" } })");
  wanted.set_name(std::string{"a😀"} + '\0' + "/");
  CAF_CHECK_EQUAL(read, wanted);
}

CAF_TEST(every field has its place) {
  auto read = read_workflow(all_sorts);
  CAF_CHECK_EQUAL(place_of(read, ""), "1:1");
  CAF_CHECK_EQUAL(place_of(read, "name"), "1:7");
  CAF_CHECK_EQUAL(place_of(read, "steps"), "3:1");
  CAF_CHECK_EQUAL(place_of(read, "steps[0]"), "4:5");
  CAF_CHECK_EQUAL(place_of(read, "steps[0].needs[1]"), "5:16");
  CAF_CHECK_EQUAL(place_of(read, "steps[0].with.a"), "6:28");
  CAF_CHECK_EQUAL(place_of(read, "steps[0].with[0]"), "6:28");
  CAF_CHECK_EQUAL(place_of(read, "steps[0].with[1]"), "6:15");
  CAF_CHECK_EQUAL(place_of(read, "steps[0].timeout"), "7:14");
  CAF_CHECK_EQUAL(place_of(read, "steps[0].task.required[0]"), "11:9");
  CAF_CHECK_EQUAL(place_of(read, "steps[1].checkpoint"), "23:5");
  CAF_CHECK_EQUAL(place_of(read, "steps[2]"), "nowhere");
}

CAF_TEST(a block has steps and a result) {
  auto read = read_block("{\"steps\": [{\"id\": \"a\"}, {\"id\": \"b\"}], \"result\": \"a\"}");
  CAF_CHECK(read.problems.empty());
  CAF_CHECK_EQUAL(read.definition, expected("steps { id: \"a\" } steps { id: \"b\" } result: \"a\""));
  CAF_CHECK_EQUAL(place_of(read, "steps[1].id"), "1:32");
  CAF_CHECK_EQUAL(to_string(read_block("name: x\n").problems, "f"),
                  "f:1:1: there is no `name` here: known are steps, result\n");
}

CAF_TEST(unknown fields are told with the nearest known one) {
  CAF_CHECK_EQUAL(mistakes("nmae: x\n"), "f:1:1: there is no `nmae` here: did you mean `name`?\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    timeout_ms: 5\n"),
                  "f:3:5: there is no `timeout_ms` here: did you mean `timeout`?\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    join: {colour: red}\n"),
                  "f:3:12: there is no `colour` here: known are mode, count, cancel_rest\n");
  CAF_CHECK_EQUAL(mistakes("mayFail: true\n\"a\\nb\": 1\n"),
                  "f:1:1: there is no `mayFail` here: known are name, version, description, steps, result, "
                  "inputs, variables, deadline\n"
                  "f:2:1: there is no `a\\nb` here: known are name, version, description, steps, result, "
                  "inputs, variables, deadline\n");
}

CAF_TEST(repeated names are refused everywhere) {
  CAF_CHECK_EQUAL(mistakes("name: x\nname: y\n"),
                  "f:2:1: `name` stands here a second time, first in line 1\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    with:\n      a: x\n      \"a\": y\n"),
                  "f:5:7: `a` stands here a second time, first in line 4\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    with:\n      a: [{b: 1, b: 2}]\n"),
                  "f:4:18: `b` stands here a second time, first in line 4\n");
  CAF_CHECK_EQUAL(mistakes("{\"name\": \"x\",\n \"name\": \"x\"}"),
                  "f:2:2: `name` stands here a second time, first in line 1\n");
}

CAF_TEST(a step has one kind) {
  CAF_CHECK_EQUAL(mistakes_of_step("    task: {}\n    join: {}\n"),
                  "f:4:5: only one of `task` and `join` is allowed here\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    wait: {for: 1s}\n    loop: {}\n    map: {}\n"),
                  "f:4:5: only one of `wait` and `loop` is allowed here\nf:5:5: only one of `wait` and `map` "
                  "is allowed here\n");
}

CAF_TEST(times need a unit) {
  CAF_CHECK_EQUAL(mistakes_of_step("    timeout: 90\n"),
                  "f:3:14: `90` needs a unit: one of d, h, m, s, ms, as in `90s`\n");
  for (auto text : {"1.5h", "90 s", "\"90\"", "1m1h", "soon"})
    CAF_CHECK(mistakes_of_step(std::string{"    timeout: "} + text + "\n")
                  .find("`1h30m` or the like (whole numbers, each with a unit of d, h, m, s, ms, the larger "
                        "first) is expected, not ") != std::string::npos);
  CAF_CHECK_EQUAL(mistakes("{\"deadline\": \"1h\"}"), "");
  CAF_CHECK_EQUAL(mistakes("deadline: 99999999999999999d\n"),
                  "f:1:11: `1h30m` or the like (whole numbers, each with a unit of d, h, m, s, ms, the "
                  "larger first) is expected, not "
                  "`99999999999999999d`\n");
  CAF_CHECK_EQUAL(mistakes("deadline: [1h]\n"), "f:1:11: `1h30m` or the like (whole numbers, each with a "
                                                "unit of d, h, m, s, ms, the larger first) is expected, not "
                                                "a list\n");
}

CAF_TEST(numbers are whole and in range) {
  for (auto text : {"-1", "1.0", "4294967296", "1e3", "01", "0x1", "+1", "one", "\"1\"", "[1]", "", "true"})
    CAF_CHECK(mistakes_of_step(std::string{"    join: {count: "} + text + "}\n")
                  .starts_with("f:3:19: a whole number from 0 to 4294967295 is expected, not "));
  CAF_CHECK_EQUAL(mistakes_of_step("    join: {count: 4294967295}\n"), "");
  CAF_CHECK_EQUAL(mistakes_of_step("    join: {count: \"1\"}\n"),
                  "f:3:19: a whole number from 0 to 4294967295 is expected, not the text `1`\n");
  CAF_CHECK_EQUAL(
      mistakes_of_step("    child: {revision: 18446744073709551616}\n"),
      "f:3:23: a whole number from 0 to 18446744073709551615 is expected, not `18446744073709551616`\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    task: {retry: {backoff_multiplier: .inf}}\n"),
                  "f:3:40: a number like 1.5, of 64 bits, is expected, not `.inf`\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    task: {retry: {backoff_multiplier: 1e999}}\n"),
                  "f:3:40: a number like 1.5, of 64 bits, is expected, not `1e999`\n");
}

CAF_TEST(truth is true or false) {
  CAF_CHECK_EQUAL(mistakes_of_step("    may_fail: yes\n"), "f:3:15: true or false is expected, not `yes`\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    may_fail: \"true\"\n"),
                  "f:3:15: true or false is expected, not the text `true`\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    may_fail: True\n"),
                  "f:3:15: true or false is expected, not `True`\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    may_fail:\n"), "f:3:5: true or false is expected, not nothing\n");
}

CAF_TEST(words are those of the enum) {
  CAF_CHECK_EQUAL(
      mistakes_of_step("    join: {mode: quroum}\n"),
      "f:3:18: one of all, any, n_of, quorum is expected, not `quroum`: did you mean `quorum`?\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    join: {mode: JOIN_ALL}\n"),
                  "f:3:18: one of all, any, n_of, quorum is expected, not `JOIN_ALL`\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    join: {mode: 1}\n"),
                  "f:3:18: one of all, any, n_of, quorum is expected, not `1`\n");
}

CAF_TEST(texts and lists and objects are not each other) {
  CAF_CHECK_EQUAL(mistakes("name: [x]\n"), "f:1:7: a text is expected, not a list\n");
  CAF_CHECK_EQUAL(mistakes("name: {x: y}\n"), "f:1:7: a text is expected, not an object\n");
  CAF_CHECK_EQUAL(mistakes("{\"name\": null}"), "f:1:10: a text is expected, not nothing\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    needs: b\n"),
                  "f:3:12: a list, like `[a, b]`, is expected, not `b`\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    needs: [b, [c]]\n"), "f:3:16: a text is expected, not a list\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    task: code.build\n"),
                  "f:3:11: an object is expected, not `code.build`\n");
  CAF_CHECK_EQUAL(mistakes_of_step("    with: [a]\n"),
                  "f:3:11: an object of names and values is expected, not a list\n");
  CAF_CHECK_EQUAL(mistakes("steps: [a]\n"), "f:1:9: an object is expected, not `a`\n");
  CAF_CHECK_EQUAL(mistakes(""), "f:1:1: an object is expected, not nothing\n");
  CAF_CHECK_EQUAL(mistakes("# x\n"), "f:1:1: an object is expected, not nothing\n");
  CAF_CHECK_EQUAL(mistakes("- x\n"), "f:1:1: an object is expected, not a list\n");
}

CAF_TEST(mistakes of syntax are told with their place) {
  CAF_CHECK_EQUAL(mistakes("name: a: b\n"),
                  "f:1:8: a `:` is not allowed here: indent with care, and put a text with `: ` in quotes\n");
  CAF_CHECK_EQUAL(mistakes("name: &a b\n"),
                  "f:1:7: anchors are not allowed: put a text that begins with `&` in quotes\n");
  CAF_CHECK_EQUAL(mistakes("{name: b}\n"),
                  "f:1:2: no JSON: syntax error; a text that begins with `{` is read as JSON\n");
}

CAF_TEST(a problem knows its path and what could be read stays) {
  auto read = read_workflow("name: x\nsteps:\n  - id: a\n  - id: b\n    map: {body: {steps: [{id: c, wehn: "
                            "d}]}}\n    timeout: 5\n");
  CAF_REQUIRE_EQUAL(read.problems.size(), size_t{2});
  CAF_CHECK_EQUAL(read.problems[0].path, "steps[1].map.body.steps[0].wehn");
  CAF_CHECK_EQUAL(read.problems[1].path, "steps[1].timeout");
  CAF_CHECK_EQUAL(
      read.definition,
      expected(R"(name: "x" steps { id: "a" } steps { id: "b" map { body { steps { id: "c" } } } })"));
}

CAF_TEST(size and the number of mistakes are bounded) {
  std::string text = "name: " + std::string(limits::definition_bytes - 6, 'x');
  CAF_CHECK_EQUAL(mistakes(text), "");
  CAF_CHECK_EQUAL(mistakes(text + "x"), "f:1:1: the text has 4194305 bytes, of at most 4194304\n");
  std::string wrong;
  for (size_t i = 0; i < 2 * limits::definition_problems; ++i)
    wrong += "x" + std::to_string(i) + ": 1\n";
  CAF_CHECK_EQUAL(read_workflow(wrong).problems.size(), size_t{limits::definition_problems});
  CAF_CHECK_EQUAL(
      mistakes(std::string(200, 'x') + ": 1\n"),
      "f:1:1: there is no `" + std::string(40, 'x') +
          "` here: known are name, version, description, steps, result, inputs, variables, deadline\n");
}

CAF_TEST(as many steps as are allowed are read) {
  std::string text = "name: many\nsteps:\n";
  for (size_t i = 0; i < limits::workflow_steps; ++i)
    text +=
        "  - id: s" + std::to_string(i) +
        "\n    needs: [s1, s2]\n    when: inputs.amount > 100\n    with: {a: inputs.a, b: inputs.b}\n"
        "    timeout: 5m\n    task: {required: [code.build], retry: {max_retries: 3, initial_delay: 1s}}\n";
  auto read = read_workflow(text);
  CAF_CHECK(read.problems.empty());
  CAF_CHECK_EQUAL(static_cast<size_t>(read.definition.steps_size()), size_t{limits::workflow_steps});
}

CAF_TEST(there is an example of every kind of step and its printed forms say the same) {
  std::set<std::string> kinds;
  for (auto& file : std::filesystem::directory_iterator{TROUPE_SOURCE_DIR "/examples/workflows"}) {
    std::ifstream in{file.path()};
    std::stringstream text;
    text << in.rdbuf();
    auto example = definition(text.str());
    CAF_CHECK_EQUAL(definition(to_yaml(example)), example);
    CAF_CHECK_EQUAL(definition(to_json(example)), example);
    for (auto& step : example.steps())
      if (auto* kind = step.GetReflection()->GetOneofFieldDescriptor(
              step, StepDefinition::descriptor()->oneof_decl(0));
          kind && kind->name() == file.path().stem())
        kinds.insert(kind->name());
  }
  CAF_CHECK_EQUAL(static_cast<int>(kinds.size()), StepDefinition::descriptor()->oneof_decl(0)->field_count());
}
