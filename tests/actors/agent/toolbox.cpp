// Tools are found by name, run no longer than the box allows, and whatever happens becomes an outcome.
#define CAF_SUITE actors.agent.toolbox
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <stdexcept>
#include <troupe/actors/agent/toolbox.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

tool tool_of(const std::string& name, std::function<caf::expected<std::string>(const tool_call&)> run = {}) {
  return {name, "does something", std::move(run)};
}

} // namespace

CAF_TEST(a tool is found by its name and replaced by the next of that name) {
  toolbox box;
  box.add(tool_of("a"));
  auto again = tool_of("a");
  again.description = "does more";
  box.add(again);
  CAF_REQUIRE(box.find("a"));
  CAF_CHECK_EQUAL(box.find("a")->description, "does more");
  CAF_CHECK(!box.find("b"));
}

CAF_TEST(no tool gets more time than the box allows) {
  toolbox box{90s};
  auto slow = tool_of("slow");
  slow.timeout = 2min;
  box.add(slow);
  box.add(tool_of("silent"));
  CAF_CHECK(box.find("slow")->timeout == 90s);
  CAF_CHECK(box.find("silent")->timeout == limits::tool_timeout);
}

CAF_TEST(answers and refusals and exceptions become outcomes) {
  ActionRequest request;
  auto* what = request.add_arguments();
  what->set_name("what");
  what->set_value("x");
  auto end = [&](std::function<caf::expected<std::string>(const tool_call&)> run) {
    auto outcome = toolbox::run(tool_of("t", std::move(run)), {&request}).front();
    return outcome.has_failure()
               ? describe(make_error(static_cast<ec>(outcome.failure().code()), outcome.failure().text()))
               : std::string{outcome.text()};
  };
  CAF_CHECK_EQUAL(end([](auto& call) { return std::string{call.argument("what")}; }), std::string{"x"});
  CAF_CHECK_EQUAL(end([](auto& call) { return std::string{call.argument("none")}; }), std::string{});
  CAF_CHECK_EQUAL(end([](auto&) { return make_error(ec::not_found, "no file"); }),
                  std::string{"not_found: no file"});
  CAF_CHECK_EQUAL(end([](auto&) -> caf::expected<std::string> { throw std::runtime_error("oops"); }),
                  std::string{"tool_failed: t threw: oops"});
  CAF_CHECK_EQUAL(end([](auto&) -> caf::expected<std::string> { throw 1; }),
                  std::string{"tool_failed: t threw something that is no std::exception"});
}

CAF_TEST(a tool that does several at once answers each) {
  std::vector<ActionRequest> requests(3);
  for (auto& request : requests) {
    auto* what = request.add_arguments();
    what->set_name("what");
    what->set_value(std::to_string(&request - requests.data()));
  }
  auto many = tool_of("t");
  many.run_many = [](const std::vector<tool_call>& calls) {
    std::vector<caf::expected<std::string>> answers;
    for (auto& call : calls)
      if (call.argument("what") == "1")
        answers.emplace_back(make_error(ec::not_found, "no one"));
      else
        answers.emplace_back("done " + std::string{call.argument("what")});
    return answers;
  };
  auto outcomes = toolbox::run(many, {&requests[0], &requests[1], &requests[2]});
  CAF_REQUIRE_EQUAL(outcomes.size(), 3u);
  CAF_CHECK_EQUAL(std::string{outcomes[0].text()}, "done 0");
  CAF_CHECK_EQUAL(std::string{outcomes[1].failure().text()}, "no one");
  CAF_CHECK_EQUAL(std::string{outcomes[2].text()}, "done 2");
  many.run_many = [](const std::vector<tool_call>&) { return std::vector<caf::expected<std::string>>{}; };
  outcomes = toolbox::run(many, {&requests[0], &requests[1]});
  CAF_CHECK_EQUAL(std::string{outcomes[1].failure().text()}, "t gave 0 answers to 2 calls");
}

CAF_TEST(only a tool that does several at once gathers its calls) {
  toolbox box;
  auto many = tool_of("many");
  many.run_many = [](const std::vector<tool_call>&) { return std::vector<caf::expected<std::string>>{}; };
  box.add(many);
  box.add(tool_of("one"));
  CAF_CHECK(box.gathering_of(*box.find("many")) != nullptr);
  CAF_CHECK(box.gathering_of(*box.find("one")) == nullptr);
  box.add(tool_of("many"));
  CAF_CHECK(box.gathering_of(*box.find("many")) == nullptr);
}
