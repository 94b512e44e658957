// Random workflows are valid, end as they are meant to, and have every kind of step.
#define CAF_SUITE sim.workflows
#include <caf/test/unit_test.hpp>
#include <set>
#include <tests/simulator/random_edit.hpp>
#include <tests/simulator/workflow_facts.hpp>

using namespace troupe;

namespace {

using step_list = google::protobuf::RepeatedPtrField<StepDefinition>;

struct census {
  std::set<int> kinds;
  std::set<JoinMode> joins;
  size_t steps = 0, catches = 0, undone = 0, forgiven = 0;

  void count(const step_list& all) {
    for (auto& step : all) {
      ++steps;
      kinds.insert(step.kind_case());
      joins.insert(step.has_join() ? step.join().mode() : step.parallel().join().mode());
      catches += static_cast<size_t>(step.catches_size());
      undone += step.compensation().empty() ? 0 : 1;
      forgiven += step.may_fail() ? 1 : 0;
      count(step.parallel().steps());
      count(step.map().body().steps());
      count(step.loop().body().steps());
    }
  }
};

} // namespace

CAF_TEST(three hundred random workflows end as they are meant to and have every kind of step) {
  std::map<std::string, random_workflow> children;
  std::vector<random_child> published;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    auto name = "child" + std::to_string(seed);
    auto made = make_random_workflow(seed, name, {});
    published.push_back({name, made.fails});
    children.emplace(name, made);
  }
  census all;
  size_t failed = 0, effects = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    auto made = make_random_workflow(seed, "w", published);
    made.inputs.push_back({"run", "w"});
    all.count(made.definition.steps());
    auto end = end_of(made, children);
    if (!end.refused.empty())
      CAF_ERROR("seed " << seed << ": " << end.refused);
    else if (end.status != (made.fails ? RUN_FAILED : RUN_COMPLETED))
      CAF_ERROR("seed " << seed << ": " << RunStatus_Name(end.status) << " " << end.facts["outcome"]);
    failed += made.fails ? 1 : 0;
    effects += end.effects.size();
  }
  CAF_CHECK_EQUAL(all.kinds.size(), size_t{13});
  CAF_CHECK_EQUAL(all.joins.size(), size_t{4});
  CAF_CHECK(failed > 60 && failed < 200);
  CAF_CHECK(all.catches > 20 && all.undone > 100 && all.forgiven > 10);
  CAF_MESSAGE(all.steps << " steps, " << effects << " effects, " << failed << " failed");
}

CAF_TEST(what is mendable fails until it is mended and an edited workflow ends as definitely) {
  std::map<std::string, random_workflow> children;
  auto child = make_random_workflow(3, "child", {}, random_end::mendable);
  std::vector<random_child> published{{"child", child.fails, child.mendable}};
  children.emplace("child", child);
  size_t grown = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    auto broken = make_random_workflow(seed, "w", published, random_end::mendable);
    broken.inputs.push_back({"run", "w"});
    CAF_CHECK(broken.fails && broken.mendable);
    for (auto mended : {false, true}) {
      auto end = end_of(start_of(broken), "w", mended, children);
      if (end.status != (mended ? RUN_COMPLETED : RUN_FAILED))
        CAF_ERROR("seed " << seed << ": " << RunStatus_Name(end.status) << " " << end.facts["outcome"]);
    }
    auto good = make_random_workflow(seed, "w", published, random_end::good);
    good.inputs.push_back({"run", "w"});
    for (uint64_t change = 1; change <= 4; ++change) {
      auto next = edit_workflow(seed * 10 + change, good.definition, {}, [](auto&) { return true; });
      grown += next.steps_size() > good.definition.steps_size() ? 1 : 0;
      good.definition = next;
      auto end = end_of(good, children);
      if (end.status != RUN_COMPLETED)
        CAF_ERROR("seed " << seed << ", change " << change << ": " << end.refused << end.facts["outcome"]);
    }
  }
  CAF_CHECK(grown > 100);
}

CAF_TEST(the same seed makes the same workflow and another seed another) {
  auto one = make_random_workflow(7, "w", {}), same = make_random_workflow(7, "w", {}),
       other = make_random_workflow(8, "w", {});
  CAF_CHECK_EQUAL(one.definition.SerializeAsString(), same.definition.SerializeAsString());
  CAF_CHECK(one.definition.SerializeAsString() != other.definition.SerializeAsString());
  CAF_CHECK(one.inputs == same.inputs);
}

CAF_TEST(people read what they are to answer) {
  CAF_CHECK_EQUAL(answer_in("ann yes, bob no", "bob"), std::string{"no"});
  CAF_CHECK_EQUAL(answer_in("ann yes, bob no", "ann"), std::string{"yes"});
  CAF_CHECK_EQUAL(answer_in("ann yes, bob no", "eve"), std::string{});
}
