// A run at work goes on with another definition, as if it had begun with it; what has begun stays what it is.
#define CAF_SUITE actors.workflow.run.upgrade
#include "given.hpp"

#include <fmt/format.h>

using namespace troupe;

namespace {

constexpr auto first = R"(
name: order
variables: [{name: seen, type: integer, initial: '1'}]
steps:
  - {id: pack, task: {required: [pack]}, compensation: unpack}
  - {id: paid, needs: [pack], signal: {name: paid}}
  - {id: ship, needs: [paid], task: {required: [ship]}}
  - {id: unpack, task: {required: [unpack]}}
)";

constexpr auto second = R"(
name: order
variables: [{name: seen, type: integer, initial: '1'}, {name: note, type: string, initial: '"new"'}]
steps:
  - {id: label, needs: [pack], task: {required: [label]}}
  - {id: pack, task: {required: [pack]}, compensation: unpack}
  - {id: paid, needs: [pack], signal: {name: paid}}
  - {id: thank, needs: [paid, label], task: {required: [thank]}, with: {note: vars.note}}
  - {id: unpack, task: {required: [unpack]}}
result: thank
)";

UpgradeRun to(const std::string& text, uint64_t revision = 2) {
  UpgradeRun command;
  *command.mutable_definition() = definition_of(text);
  command.set_revision(revision);
  return command;
}

run_rehearsal begun(const std::string& text) {
  auto run = given(text);
  run.fake("pack", "packed").fake("ship", "shipped").fake("label", "labelled").fake("unpack", "unpacked");
  run.fake("thank",
           [](const TaskSpec& task) -> caf::expected<std::string> { return task.inputs(0).value(); });
  return run;
}

// Where a run stands, but for times and attempts.
std::string standing(const run_rehearsal& run) {
  std::string all;
  for (auto& step : run.state().steps())
    all += fmt::format("{} {} open {} live {} failed {}\n", step.id(), static_cast<int>(step.status()),
                       step.open(), step.live(), step.failed());
  return all + fmt::format("unsettled {}", run.state().unsettled());
}

} // namespace

CAF_TEST(steps that have not begun are those of the new definition) {
  auto run = begun(first);
  CAF_REQUIRE(!run.start());
  CAF_CHECK(!run.send(to(second)));
  CAF_CHECK_EQUAL(run.status_of("label"), STEP_COMPLETED); // what it needs had ended
  CAF_CHECK_EQUAL(uint64_t{run.state().revision()}, 2u);
  CAF_CHECK(!run.signal("paid"));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.result(), std::string{"new"});
  CAF_CHECK_EQUAL(run.times("ship"), 0);
  CAF_CHECK_EQUAL(run.times("pack"), 1);
}

CAF_TEST(the run stands where it would had it begun with the new definition) {
  auto run = begun(first);
  CAF_REQUIRE(!run.start());
  CAF_REQUIRE(!run.send(to(second)));
  auto other = begun(second);
  CAF_REQUIRE(!other.start());
  CAF_CHECK_EQUAL(standing(run), standing(other));
}

CAF_TEST(an upgrade survives crashes with and without a snapshot) {
  for (auto with_snapshot : {false, true}) {
    auto run = begun(first);
    CAF_REQUIRE(!run.start());
    run.crash(with_snapshot);
    CAF_REQUIRE(!run.send(to(second)));
    auto before = standing(run);
    run.crash(with_snapshot);
    CAF_CHECK_EQUAL(standing(run), before);
    CAF_CHECK(!run.signal("paid"));
    CAF_CHECK_EQUAL(run.result(), std::string{"new"});
    CAF_CHECK_EQUAL(run.times("label"), 1);
  }
}

CAF_TEST(the same definition again changes nothing) {
  auto run = begun(first);
  CAF_REQUIRE(!run.start());
  auto events = run.journal().size();
  CAF_CHECK(!run.send(to(first, 0)));
  CAF_CHECK_EQUAL(run.journal().size(), events);
}

CAF_TEST(the same definition as another revision is one event) {
  auto run = begun(first);
  CAF_REQUIRE(!run.start());
  CAF_CHECK(!run.send(to(first, 7)));
  CAF_CHECK_EQUAL(uint64_t{run.state().revision()}, 7u);
  auto events = run.journal().size();
  CAF_CHECK(!run.send(to(first, 7)));
  CAF_CHECK(!run.send(to(first, 0)));
  CAF_CHECK_EQUAL(run.journal().size(), events);
}

CAF_TEST(who only asks changes nothing) {
  auto run = begun(first);
  CAF_REQUIRE(!run.start());
  auto events = run.journal().size();
  auto question = to(second);
  question.set_check_only(true);
  CAF_CHECK(!run.send(question));
  question.mutable_definition()->mutable_steps(1)->mutable_task()->set_required(0, "wrap");
  CAF_CHECK_EQUAL(code_of(run.send(question)), ec::conflict);
  CAF_CHECK_EQUAL(run.journal().size(), events);
}

CAF_TEST(a step that has begun must stay what it is) {
  auto run = begun(first);
  CAF_REQUIRE(!run.start());
  auto refused = [&](std::string from, const std::string& with) {
    std::string text = first;
    text.replace(text.find(from), from.size(), with);
    auto events = run.journal().size();
    auto why = run.send(to(text));
    CAF_CHECK_EQUAL(run.journal().size(), events);
    return describe(why);
  };
  CAF_CHECK_EQUAL(refused("{required: [pack]}", "{required: [wrap]}"),
                  std::string{"conflict: step 'pack' has begun, and is another in the new definition"});
  CAF_CHECK_EQUAL(refused("signal: {name: paid}", "signal: {name: payed}"),
                  std::string{"conflict: step 'paid' has begun, and is another in the new definition"});
  CAF_CHECK_EQUAL(refused("name: order", "name: other"),
                  std::string{"invalid_argument: the run is one of workflow 'order', not of 'other'"});
  CAF_CHECK_EQUAL(refused("type: integer, initial: '1'", "type: list, initial: '{1}'"),
                  std::string{"conflict: variable 'seen' has a value that is not of type list"});
  CAF_CHECK_EQUAL(refused("variables:", "inputs: [{name: whom}]\nvariables:"),
                  std::string{"invalid_argument: input 'whom' is missing: any"});
  std::string removed = "name: order\nsteps:\n  - {id: paid, signal: {name: paid}}\n";
  CAF_CHECK(describe(run.send(to(removed)))
                .find("step 'pack' has begun, and the new definition does not have it") != std::string::npos);
  std::string cyclic = "name: order\nsteps:\n  - {id: a, needs: [a], task: {required: [x]}}\n";
  CAF_CHECK_EQUAL(code_of(run.send(to(cyclic))), ec::invalid_workflow);
}

CAF_TEST(a failure that somebody answers for has to be answered for) {
  constexpr auto text = R"(
name: race
steps:
  - {id: bad, task: {required: [break]}}
  - {id: slow, signal: {name: slow}}
  - {id: one, needs: [bad, slow], join: {mode: any}}
)";
  auto run = started(text);
  std::string next = text;
  next.replace(next.find("mode: any"), 9, "mode: all");
  CAF_CHECK_EQUAL(describe(run.send(to(next))),
                  "conflict: step 'bad' has failed, and nobody in the new definition answers for that");
  next = text;
  next.replace(next.find("mode: any"), 9, "mode: n_of, count: 1");
  CAF_CHECK(!run.send(to(next)));
  next += "  - {id: sorry, catches: [bad], task: {required: [say]}}\n";
  CAF_CHECK(!run.send(to(next, 3)));
  CAF_CHECK_EQUAL(run.status_of("sorry"), STEP_COMPLETED);
}

CAF_TEST(a run that has ended or is being undone is not upgraded) {
  auto run = begun(first);
  CAF_CHECK_EQUAL(code_of(run.send(to(second))), ec::not_found);
  CAF_REQUIRE(!run.start());
  CAF_REQUIRE(!run.signal("paid"));
  CAF_CHECK_EQUAL(code_of(run.send(to(second))), ec::conflict);
}

CAF_TEST(a run of another run stays as that one asks for it) {
  auto run = begun(first);
  StartWorkflow start;
  *start.mutable_definition() = definition_of(first);
  start.set_parent("default/run/parent");
  start.set_parent_key("child");
  CAF_REQUIRE(!run.send(start));
  CAF_CHECK_EQUAL(describe(run.send(to(second))),
                  "conflict: the run belongs to default/run/parent, which asks for it as it was begun");
}

CAF_TEST(what was done before and after is undone in reverse order) {
  auto run = begun(first);
  std::vector<std::string> story;
  run.fake("unpack", [&](const TaskSpec&) -> caf::expected<std::string> {
    story.push_back("unpack");
    return std::string{};
  });
  run.fake("unlabel", [&](const TaskSpec&) -> caf::expected<std::string> {
    story.push_back("unlabel");
    return std::string{};
  });
  CAF_REQUIRE(!run.start());
  std::string text = second;
  text.replace(text.find("{required: [label]}"), 19, "{required: [label]}, compensation: unlabel");
  text.replace(text.find("result:"), 7, "  - {id: unlabel, task: {required: [unlabel]}}\nresult:");
  CAF_REQUIRE(!run.send(to(text)));
  CAF_CHECK(!run.send(CancelRun{}));
  CAF_CHECK_EQUAL(run.status(), RUN_CANCELLED);
  CAF_CHECK(story == (std::vector<std::string>{"unlabel", "unpack"}));
}

CAF_TEST(a map in the middle and a join that counts go on) {
  constexpr auto text = R"(
name: many
steps:
  - {id: each, map: {over: '{1, 2, 3}', body: {steps: [{id: go, signal: {name: go}}]}}}
  - {id: quick, task: {required: [pack]}}
  - {id: slow, signal: {name: slow}}
  - {id: any, needs: [quick, slow], join: {mode: all}}
  - {id: last, needs: [each, any], task: {required: [ship]}}
)";
  auto run = begun(text);
  CAF_REQUIRE(!run.start());
  CAF_REQUIRE(!run.signal("go"));
  std::string next = text;
  next.replace(next.find("{required: [ship]}"), 18, "{required: [label]}");
  CAF_REQUIRE(!run.send(to(next)));
  run.crash(true);
  CAF_CHECK(!run.signal("go"));
  CAF_CHECK(!run.signal("slow"));
  CAF_CHECK_EQUAL(run.status(), RUN_RUNNING);
  CAF_CHECK(!run.signal("go"));
  CAF_CHECK_EQUAL(run.status(), RUN_COMPLETED);
  CAF_CHECK_EQUAL(run.result(), std::string{"labelled"});
}
