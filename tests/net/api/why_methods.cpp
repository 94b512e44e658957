// Why looks at what a run waits for, a bounded number of times, and says so when somebody does not answer.
#define CAF_SUITE net.api.why_methods
#include "tests/support/served.hpp"
#include <troupe/runtime/inquiry_limits.hpp>

namespace troupe {
namespace {

struct why_desk : desk_house {
  why_desk() {
    play(std::string{services::scheduler}, [questions = questions](const ExplainTasks& question) {
      ++*questions;
      TaskStandings answer;
      for (int i = 0; i < question.tasks_size(); ++i) {
        auto* one = answer.add_standings();
        one->set_place(PLACE_NO_AGENT);
        one->set_reason("nobody can 'gpu'");
      }
      return answer;
    });
    play(std::string{services::shard_host}, [](const ListQuarantined&) {
      QuarantineList list;
      auto* one = list.add_entities();
      one->set_ref("default/run/bad");
      one->set_crashes(5);
      one->set_last("poison");
      return list;
    });
  }

  // A run of one step of this kind.
  void play_run(const std::string& id, const std::function<void(StepState&)>& step) {
    add_name(*rows, "default/run/" + id);
    play("default/run/" + id, [=, asked = asked](const GetRun&) {
      ++*asked;
      RunDescription description;
      description.mutable_state()->set_created_ms(1);
      auto* one = description.mutable_state()->add_steps();
      one->set_id("a");
      one->set_status(STEP_ACTIVE);
      step(*one);
      return description;
    });
  }
  static void queue(StepState& step) {
    step.mutable_task()->set_attempt(1);
    step.mutable_task()->mutable_spec()->add_required("gpu");
  }
  Reasons why(const std::string& id) {
    AskWhy in;
    in.set_id(id);
    return answered(call<Reasons>(in));
  }
  std::shared_ptr<int> questions = std::make_shared<int>(0), asked = std::make_shared<int>(0);
};

} // namespace
} // namespace troupe

using namespace troupe;

CAF_TEST_FIXTURE_SCOPE(why_method_tests, why_desk)

CAF_TEST(a task that is not assigned says why) {
  play_run("r1", queue);
  auto answer = why("r1");
  CAF_CHECK_EQUAL(answer.ref(), "default/run/r1");
  CAF_CHECK_EQUAL(answer.status(), "running");
  CAF_REQUIRE_EQUAL(answer.reasons_size(), 1);
  CAF_CHECK_EQUAL(std::string{answer.reasons(0).text()}, std::string{"no agent can do it (gpu): nobody can 'gpu'"});
  CAF_CHECK_EQUAL(*questions, 1);
  CAF_CHECK_EQUAL(answer.looked_at(), 1u);
}

CAF_TEST(what a run waits for is asked in its turn) {
  play_run("r1", [](StepState& step) { step.set_child("default/run/r2"); });
  play_run("r2", queue);
  auto answer = why("r1");
  CAF_REQUIRE_EQUAL(answer.reasons_size(), 2);
  CAF_CHECK_EQUAL(std::string{answer.reasons(0).command()}, std::string{"troupe why r2"});
  CAF_CHECK_EQUAL(answer.reasons(1).depth(), 1u);
  CAF_CHECK_EQUAL(std::string{answer.reasons(1).about()}, std::string{"default/run/r2"});
}

CAF_TEST(a chain without end is looked at so far and no further) {
  for (int i = 0; i < 20; ++i)
    play_run("r" + std::to_string(i), [=](StepState& step) { step.set_child("default/run/r" + std::to_string((i + 1) % 20)); });
  auto answer = why("r0");
  CAF_CHECK_EQUAL(answer.looked_at(), limits::why_depth);
  CAF_CHECK_EQUAL(static_cast<uint32_t>(*asked), limits::why_depth);
  CAF_CHECK_EQUAL(answer.left_out(), 1u);
}

CAF_TEST(a run with many children is read a bounded number of times) {
  add_name(*rows, "default/run/wide");
  play("default/run/wide", [](const GetRun&) {
    RunDescription description;
    for (int i = 0; i < 200; ++i) {
      auto* step = description.mutable_state()->add_steps();
      step->set_id("s" + std::to_string(i));
      step->set_status(STEP_ACTIVE);
      step->set_child("default/run/c" + std::to_string(i));
    }
    return description;
  });
  for (int i = 0; i < 200; ++i)
    play_run("c" + std::to_string(i), queue);
  auto answer = why("wide");
  CAF_CHECK_EQUAL(answer.looked_at(), limits::why_looks);
  CAF_CHECK_EQUAL(static_cast<size_t>(*asked), limits::why_looks - 1);
  CAF_CHECK_EQUAL(static_cast<size_t>(answer.reasons_size()), limits::why_reasons);
  CAF_CHECK(answer.left_out() > 0);
}

CAF_TEST(who is set aside or does not answer is told with what would help) {
  add_name(*rows, "default/run/bad");
  play("default/run/bad", [](const GetRun&) -> caf::result<RunDescription> {
    return make_error(ec::quarantined, "it crashes");
  });
  auto answer = why("bad");
  CAF_REQUIRE_EQUAL(answer.reasons_size(), 1);
  CAF_CHECK_EQUAL(std::string{answer.reasons(0).text()},
                  std::string{"it is set aside: it crashed 5 times in a row, last: poison"});
  CAF_CHECK_EQUAL(std::string{answer.reasons(0).command()}, std::string{"troupe dlq requeue bad"});
  play_run("r1", queue);
  node->outside()->names->erase(std::string{services::scheduler}, nullptr, make_error(ec::unavailable, "gone"));
  answer = why("r1");
  CAF_REQUIRE_EQUAL(answer.reasons_size(), 2);
  CAF_CHECK(answer.reasons(0).text().starts_with("the scheduler does not answer"));
}

CAF_TEST(a child that has not begun is told and nobody is woken) {
  play_run("r1", [](StepState& step) { step.set_child("default/run/none"); });
  auto answer = why("r1");
  CAF_REQUIRE_EQUAL(answer.reasons_size(), 2);
  CAF_CHECK(answer.reasons(1).text().starts_with("it has not begun"));
}

CAF_TEST(a node that takes no work says so first) {
  play_run("r1", queue);
  desk.hooks.refuse_work = [] { return make_error(ec::disk_full, "no room"); };
  CAF_CHECK_EQUAL(std::string{why("r1").reasons(0).text()}, std::string{"the node takes no new work: no room"});
}

CAF_TEST(an agent that fails is told with the last failures that were its own) {
  add_name(*rows, "default/agent/a");
  play(std::string{services::registry}, [](const GetAgent& question) {
    AgentRecord record;
    record.set_id(question.id());
    record.mutable_metadata()->set_completed(1);
    record.mutable_metadata()->set_failed(3);
    return record;
  });
  AgentEvent counted;
  counted.mutable_task_counted()->set_time_ms(77);
  add_event(*rows, "default/agent/a", 1, counted);
  for (auto id : {"mine", "other"}) {
    auto name = std::string{"default/task/"} + id;
    DeadLetter letter;
    letter.set_owner(name);
    letter.mutable_failure()->set_text("broken");
    add_row(*rows, name, index_table::dead_letters, letter);
    play(name, [=](const GetTask&) {
      TaskDescription description;
      description.mutable_state()->set_agent(std::string{"default/agent/"} + (id == std::string{"mine"} ? "a" : "b"));
      return description;
    });
  }
  auto answer = why("a");
  CAF_REQUIRE_EQUAL(answer.reasons_size(), 2);
  CAF_CHECK_EQUAL(std::string{answer.reasons(0).text()}, std::string{"3 of 4 tasks have failed (75 %); 1 of the last 1"});
  CAF_CHECK_EQUAL(std::string{answer.reasons(1).command()}, std::string{"troupe why mine"});
}

CAF_TEST(nobody is asked about what is not there) {
  AskWhy in;
  in.set_id("nobody");
  CAF_CHECK_EQUAL(code_of(call<Reasons>(in).error()), ec::not_found);
}

CAF_TEST_FIXTURE_SCOPE_END()
