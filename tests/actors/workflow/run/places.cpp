// A path names one step of a run, however deep it stands.
#define CAF_SUITE actors.workflow.run.places
#include "given.hpp"

using namespace troupe;

namespace {

run_course at_work() {
  auto run = given(R"(
name: w
steps:
  - id: outer
    map:
      over: '{"x", "y"}'
      body:
        steps:
          - id: inner
            loop: {until: 'true', max_rounds: 2, body: {steps: [{id: "1", task: {required: [never]}}]}}
)");
  CAF_REQUIRE(!run.start());
  run_course course;
  for (auto& event : run.journal())
    course.apply(event);
  return course;
}

} // namespace

CAF_TEST(a path leads through items and rounds) {
  auto run = at_work();
  auto at = run.find("outer.2.inner.1.1");
  CAF_REQUIRE(at);
  CAF_CHECK_EQUAL(at->step->id(), std::string{"1"});
  CAF_CHECK_EQUAL(at->scopes.size(), 3u);
  CAF_CHECK_EQUAL(at->scope().path, std::string{"outer.2.inner.1"});
  CAF_CHECK_EQUAL(at->scope().path_of("1"), at->path);
  CAF_CHECK_EQUAL(run.find_scope("outer.2")->owner->id(), std::string{"outer"});
  CAF_CHECK(run.find_scope("")->state == nullptr);
}

CAF_TEST(a path to nowhere finds nothing) {
  auto run = at_work();
  for (auto path : {"", "nobody", "outer.3.inner", "outer.0.inner", "outer.2", "outer.x.inner",
                    "outer.2.inner.1.1.1.1", "outer.", ".outer", "outer..inner"})
    CAF_CHECK(!run.find(path));
  CAF_CHECK(!run.find_scope("outer.3"));
  CAF_CHECK(!run_course{}.find("outer"));
}
