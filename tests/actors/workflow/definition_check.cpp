// A definition is right, or each of its mistakes is named with its place.
#define CAF_SUITE actors.workflow.definition_check
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/definition/given.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/workflow_limits.hpp>

using namespace troupe;

namespace {

std::string nested(size_t depth) {
  return depth == 0 ? task("s0")
                    : step("s" + std::to_string(depth), "parallel { " + nested(depth - 1) + " }");
}

std::string many(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i)
    text += task("s" + std::to_string(i));
  return text;
}

std::string refused(const caf::error& error) {
  if (!error)
    return "right";
  CAF_CHECK_EQUAL(code_of(error), ec::invalid_workflow);
  return text_of(error);
}

} // namespace

CAF_TEST(a definition with every kind of step is right) {
  CAF_CHECK_EQUAL(checked(R"def(
    name: "release" deadline_ms: 3600000 result: "notes"
    inputs { name: "services" type: TYPE_LIST } inputs { name: "dry" optional: true type: TYPE_BOOLEAN default_value: "false" }
    variables { name: "built" type: TYPE_INTEGER initial: "0" } variables { name: "by" initial: "inputs.dry" }
    steps { id: "build" task { required: "build" inputs { name: "mode" value: "fast" } retry { max_retries: 2 } }
            with { name: "all" value: "inputs.services" } set { name: "built" value: "vars.built + #result" }
            compensation: "remove" }
    steps { id: "remove" task { required: "build" } with { name: "what" value: "steps.build" } }
    steps { id: "which" needs: "build" decision { cases { name: "big" when: "vars.built > 3" then: "ask" }
            otherwise: "each" } }
    steps { id: "ask" needs: "which" approval { message: "go?" approvers: "ann" approvers: "bob" timeout_ms: 1000
            rule { mode: JOIN_N_OF count: 2 } on_timeout: TIMEOUT_ESCALATE escalate_to: "eve" } }
    steps { id: "each" needs: "which" needs: "ask" when: "not inputs.dry" map { over: "inputs.services" max_parallel: 4 body {
      steps { id: "try" loop { until: "last.ok and index > 1 and item ~= nil" max_rounds: 5 pause_ms: 100 body {
        steps { id: "push" task { required: "deploy" }
                with { name: "n" value: "{item, index, last, steps.build, steps.which}" } } } } } } } }
    steps { id: "both" needs: "each" parallel { join { mode: JOIN_ANY cancel_rest: true }
      steps { id: "left" wait { for_ms: 5 } } steps { id: "right" wait { until: "at(inputs, 'start')" } } } }
    steps { id: "watch" needs: "both" monitor { sample { required: "probe" } healthy: "sample.errors < 3"
            every_ms: 10 for_ms: 100 } }
    steps { id: "mend" catches: "watch" expand { task { required: "plan" } max_steps: 5 capabilities: "deploy" }
            with { name: "why" value: "error.text" } }
    steps { id: "done" needs: "watch" needs: "mend" join { mode: JOIN_N_OF count: 1 } }
    steps { id: "go" needs: "done" signal { name: "go" type: TYPE_OBJECT } }
    steps { id: "kept" needs: "go" checkpoint { label: "released" } }
    steps { id: "notes" needs: "kept" child { workflow: "notes" on_close: CLOSE_ABANDON } })def"),
                  "right");
}

CAF_TEST(a workflow has between one and ten thousand steps with those inside) {
  CAF_CHECK_EQUAL(checked(""), "steps: the workflow has no steps; at least one is asked for");
  CAF_CHECK_EQUAL(checked(many(limits::workflow_steps)), "right");
  CAF_CHECK_EQUAL(checked(many(limits::workflow_steps) + step("p", "parallel { " + task("q") + " }")),
                  "steps: there are 10002 steps; at most 10000 are allowed");
}

CAF_TEST(blocks have steps and are not nested without end) {
  CAF_CHECK_EQUAL(checked(step("p", "parallel {}")),
                  "steps[0].parallel.steps: the block has no steps; at least one is asked for");
  CAF_CHECK_EQUAL(checked(nested(limits::workflow_depth)), "right");
  CAF_CHECK(
      checked(nested(limits::workflow_depth + 1)).ends_with("at most 8 blocks may be inside one another"));
}

CAF_TEST(an id is of small letters and digits and used once in the whole definition) {
  for (std::string bad : {"", "A", "a b", "a.b", "a/b", "\xc3\xa4"})
    CAF_CHECK_EQUAL(checked(task("ok") + task(bad)),
                    "steps[1].id: '" + bad + "' is no step id; allowed are a-z 0-9 _ -, at most 64 bytes");
  CAF_CHECK_EQUAL(checked(task("a_b-9") + task(std::string(limits::definition_name_bytes, 'a'))), "right");
  CAF_CHECK_EQUAL(checked(task(std::string(limits::definition_name_bytes + 1, 'a'))),
                  "steps[0].id: '" + std::string(limits::definition_name_bytes, 'a') +
                      "…' is no step id; allowed are a-z 0-9 _ -, at most 64 bytes");
  CAF_CHECK_EQUAL(checked(task("a") + step("m", "map { over: 'inputs' body { " + task("a") + "} }")),
                  "steps[1].map.body.steps[0].id: the id 'a' is that of steps[0] already; each is used "
                  "once in the whole "
                  "definition");
}

CAF_TEST(all mistakes are told in the order of the steps) {
  CAF_CHECK_EQUAL(
      checked(task("a", "needs: 'ghost'") + step("p", "parallel { " + task("A") + "} when: '1 +'") +
              "name: 'x' deadline_ms: -1"),
      "deadline: it is -1 ms; between 0 and 316224000000 ms (ten years) are allowed\n"
      "steps[0].needs[0]: 'a' needs 'ghost', which does not exist\n"
      "steps[1].when: line 1, column 4: found the end, expected a value\n"
      "steps[1].parallel.steps[0].id: 'A' is no step id; allowed are a-z 0-9 _ -, at most 64 bytes");
  CAF_CHECK_EQUAL(refused(validate(definition_of(task("a", "needs: 'ghost'") + task("a")))),
                  "steps[0].needs[0]: 'a' needs 'ghost', which does not exist");
  CAF_CHECK_EQUAL(refused(validate(definition_of(task("a")))), "right");
}

CAF_TEST(inputs and variables have names that expressions can read) {
  CAF_CHECK_EQUAL(
      checked(task("a") +
              "inputs { name: '2a' } inputs { name: 'end' } inputs { name: 'x' } inputs { name: 'x' }"),
      "inputs[0].name: '2a' cannot name an input; allowed are A-Z a-z 0-9 _, no digit in front, at "
      "most 64 bytes\n"
      "inputs[1].name: 'end' is a word of expressions, which could not read it; choose another name\n"
      "inputs[3].name: 'x' is declared twice");
  CAF_CHECK_EQUAL(checked(task("a") + "variables { name: 'a-b' } variables { name: '_A9' }"),
                  "variables[0].name: 'a-b' cannot name a variable; allowed are A-Z a-z 0-9 _, no "
                  "digit in front, at most 64 bytes");
  std::string names;
  for (size_t i = 0; i <= limits::definition_names; ++i)
    names += "variables { name: 'v" + std::to_string(i) + "' }";
  CAF_CHECK_EQUAL(checked(task("a") + names), "variables: there are 201; at most 200 are allowed");
}

CAF_TEST(defaults and first values are of the declared type) {
  auto input = [](const std::string& type, const std::string& value) {
    return checked(task("a") + "inputs { name: 'n' optional: true type: TYPE_" + type + " default_value: '" +
                   value + "' }");
  };
  CAF_CHECK_EQUAL(input("INTEGER", "12"), "right");
  CAF_CHECK_EQUAL(input("INTEGER", "1.5"),
                  "inputs[0].default_value: the default of 'n' does not fit: it is number, not integer");
  CAF_CHECK_EQUAL(input("STRING", "any text"), "right");
  CAF_CHECK_EQUAL(input("ANY", "any text"), "right");
  CAF_CHECK(input("LIST", "[1").starts_with("inputs[0].default_value: the default of 'n' does not fit: "));
  CAF_CHECK_EQUAL(checked(task("a") + "inputs { name: 'n' default_value: 'x' }"),
                  "inputs[0].default_value: the input 'n' is not optional, so its default is never used; "
                  "add `optional: true`");
  auto variable = [](const std::string& type, const std::string& value) {
    return checked(task("a") + "inputs { name: 'n' } variables { name: 'v' type: TYPE_" + type +
                   " initial: \"" + value + "\" }");
  };
  CAF_CHECK_EQUAL(variable("BOOLEAN", "1 > 2"), "right");
  CAF_CHECK_EQUAL(variable("BOOLEAN", "nil"), "right");
  CAF_CHECK_EQUAL(variable("BOOLEAN", "inputs.n"), "right");
  CAF_CHECK_EQUAL(variable("BOOLEAN", "'yes'"),
                  "variables[0].initial: the first value of 'v' does not fit: it is string, not boolean");
  CAF_CHECK_EQUAL(variable("ANY", "inputs.m"),
                  "variables[0].initial: line 1, column 1: it reads `inputs.m`, but no such input is "
                  "declared; did you mean 'n'?");
  CAF_CHECK_EQUAL(variable("ANY", "vars.v"), "variables[0].initial: line 1, column 1: nothing is called "
                                             "'vars' here; a first value is made of inputs alone");
  CAF_CHECK_EQUAL(variable("ANY", "nil .. ''"),
                  "variables[0].initial: line 1: attempt to concatenate a nil value");
}

CAF_TEST(every expression of a step is compiled) {
  auto bad = [](const std::string& step_text) { return checked(step("a", step_text)); };
  auto mistake = std::string{": line 1, column 2: found the end, expected a value"};
  CAF_CHECK_EQUAL(bad("checkpoint {} when: '-'"), "steps[0].when" + mistake);
  CAF_CHECK_EQUAL(bad("checkpoint {} with { name: 'n' value: '-' }"), "steps[0].with.n" + mistake);
  CAF_CHECK_EQUAL(bad("decision { cases { when: '-' } }"), "steps[0].decision.cases[0].when" + mistake);
  CAF_CHECK_EQUAL(bad("map { over: '-' body { " + task("b") + "} }"), "steps[0].map.over" + mistake);
  CAF_CHECK_EQUAL(bad("loop { until: '-' max_rounds: 1 body { " + task("b") + "} }"),
                  "steps[0].loop.until" + mistake);
  CAF_CHECK_EQUAL(
      bad("loop { until: 'last' max_rounds: 1 budget { ledger: 'l' per_round: 1 cost: '-' } body { " +
          task("b") + "} }"),
      "steps[0].loop.budget.cost" + mistake);
  CAF_CHECK_EQUAL(bad("wait { until: '-' }"), "steps[0].wait.until" + mistake);
  CAF_CHECK_EQUAL(bad("monitor { sample { required: 'x' } healthy: '-' every_ms: 1 for_ms: 1 }"),
                  "steps[0].monitor.healthy" + mistake);
  CAF_CHECK_EQUAL(checked(task("a", "set { name: 'v' value: '-' }") + "variables { name: 'v' }"),
                  "steps[0].set.v" + mistake);
  CAF_CHECK_EQUAL(bad("decision { cases { } }"),
                  "steps[0].decision.cases[0].when: an expression is asked for");
  CAF_CHECK_EQUAL(bad("map { body { " + task("b") + "} }"), "steps[0].map.over: an expression is asked for");
  CAF_CHECK_EQUAL(bad("checkpoint {} with { name: 'n' value: '1' } with { name: 'n' value: '2' }"),
                  "steps[0].with.n: 'n' is given twice");
  CAF_CHECK_EQUAL(bad("checkpoint {} with { value: '1' }"), "steps[0].with.: a name is asked for");
}

CAF_TEST(only declared variables are written) {
  CAF_CHECK_EQUAL(
      checked(task("a", "set { name: 'coutn' value: 'result' }") + "variables { name: 'count' }"),
      "steps[0].set.coutn: the variable 'coutn' is not declared; add it to `variables`; did you mean "
      "'count'?");
}

CAF_TEST(capabilities and workflows are known if somebody is asked) {
  definition_surroundings around;
  around.knows_capability = [](auto& name) { return name == "x"; };
  around.knows_workflow = [](auto& name) { return name == "w"; };
  CAF_CHECK_EQUAL(checked(task("a") + step("b", "child { workflow: 'w' }"), around), "right");
  CAF_CHECK_EQUAL(checked(step("a", "task { required: 'x' required: 'y' optional: 'z' }") +
                              step("b", "child { workflow: 'v' }"),
                          around),
                  "steps[0].task.required[1]: no agent has the capability 'y'\n"
                  "steps[0].task.optional[0]: no agent has the capability 'z'\n"
                  "steps[1].child.workflow: no workflow 'v' is published");
}

CAF_TEST(a returned block is bound to its capabilities and its depth) {
  auto block = [](const std::string& text) {
    Block result;
    google::protobuf::TextFormat::ParseFromString(text, &result);
    return result;
  };
  auto allowed = std::vector<std::string>{"x", "deploy"};
  CAF_CHECK_EQUAL(
      refused(validate(block(task("a") + task("b", "needs: 'a' when: 'steps.a and inputs.any and vars.any'")),
                       1, allowed)),
      "right");
  CAF_CHECK_EQUAL(refused(validate(block(""), 1, allowed)),
                  "steps: the block has no steps; at least one is asked for");
  CAF_CHECK_EQUAL(refused(validate(block(step("a", "task { required: 'depoly' }")), 1, allowed)),
                  "steps[0].task.required[0]: the capability 'depoly' is not among those a returned "
                  "block may require: 'x', 'deploy'; did "
                  "you mean 'deploy'?");
  CAF_CHECK_EQUAL(
      refused(validate(block(step("a", "child { workflow: 'w' }")), 1, allowed)),
      "steps[0].child: a returned block runs no other workflow, which could require what it likes");
  CAF_CHECK_EQUAL(refused(validate(block(task("a", "set { name: 'v' value: '1' }")), 1, allowed)),
                  "steps[0].set.v: a returned block writes no variables");
  CAF_CHECK_EQUAL(refused(validate(block(nested(1)), limits::workflow_depth - 1, allowed)), "right");
  CAF_CHECK_EQUAL(refused(validate(block(nested(1)), limits::workflow_depth, allowed)),
                  "steps[0].parallel.steps: at most 8 blocks may be inside one another");
}
