// A registry makes what it knows and names what is nearest to what it does not.
#define CAF_SUITE behaviors.registry
#include "tests/behaviors/scripted.hpp"
#include <caf/test/unit_test.hpp>
#include <troupe/behaviors/registry.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

struct greeter final : behavior {
  explicit greeter(std::string w = "hello") : word{std::move(w)} {}
  manifest describe() const override {
    return manifest{"greeter"}.can("text.greet").can("text.write");
  }
  action run(const Task&) override {
    return finish(word);
  }
  std::string word;
};

behavior_registry::factory none() {
  return [] { return nullptr; };
}

} // namespace

CAF_TEST(a behavior is made by name with the arguments it was added with) {
  behavior_registry all;
  all.add<greeter>("good day");
  auto made = all.make("greeter");
  CAF_REQUIRE(made);
  CAF_CHECK_EQUAL(rehearsal{std::move(*made)}.result().text(), "good day");
  CAF_CHECK_EQUAL(all.find("greeter")->capabilities().size(), 2u);
}

CAF_TEST(an unknown name is answered with the nearest known one) {
  behavior_registry all;
  CAF_CHECK_EQUAL(text_of(all.make("greter").error()), "no behavior is named 'greter'; none is registered");
  all.add<greeter>();
  CAF_CHECK(!all.add(manifest{"reviewer"}, none()));
  CAF_CHECK_EQUAL(code_of(all.make("greter").error()), ec::not_found);
  CAF_CHECK_EQUAL(text_of(all.make("greter").error()),
                  "no behavior is named 'greter'; the nearest is 'greeter'");
  CAF_CHECK_EQUAL(text_of(all.find("viewer").error()),
                  "no behavior is named 'viewer'; the nearest is 'reviewer'");
}

CAF_TEST(a capability leads to everybody who has it) {
  behavior_registry all;
  CAF_CHECK(!all.add(manifest{"writer"}.can("text.write"), none()));
  all.add<greeter>();
  CAF_CHECK_EQUAL(all.who_can("text.write"), (std::vector<std::string>{"greeter", "writer"}));
  CAF_CHECK_EQUAL(all.who_can("text.greet"), std::vector<std::string>{"greeter"});
  CAF_CHECK(all.who_can("code.review").empty());
  CAF_CHECK_EQUAL(all.all().size(), 2u);
  CAF_CHECK_EQUAL(all.all()[0].name(), "greeter");
}

CAF_TEST(a name is taken once and must be one) {
  behavior_registry all;
  all.add<greeter>();
  CAF_CHECK(breaks([&] { all.add<greeter>(); }));
  CAF_CHECK_EQUAL(code_of(all.add(manifest{"greeter"}.can("x"), none())), ec::already_exists);
  CAF_CHECK(all.who_can("x").empty());
  for (auto& name : {std::string{}, std::string{"a b"}, std::string(limits::name_bytes + 1, 'a')})
    CAF_CHECK_EQUAL(code_of(all.add(manifest{name}, none())), ec::invalid_argument);
  CAF_CHECK(!all.add(manifest{std::string(limits::name_bytes, 'a')}, none()));
}
