// Whoever holds a thread is named, with what it handles: entities and services alike.
#define CAF_SUITE journey.stuck
#include "tests/support/platform.hpp"
#include <troupe/actors/agent/watchdog.hpp>
#include <troupe/runtime/proto/ops.pb.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string task_ref = "default/task/one";
std::function<void()> in_the_behavior, in_the_factory;

void call(const std::function<void()>& what) {
  if (what)
    what();
}

std::shared_ptr<agent_parts> crew() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "thinker", "think", [](const Task&) {
    call(in_the_behavior);
    return finish("thought");
  });
  ensure(!parts->behaviors.add(manifest{"slow"}.can("slow"), [] {
    call(in_the_factory);
    return std::make_unique<improvised>("slow", "slow", [](const Task&) { return finish(""); });
  }));
  return parts;
}

struct guarded : platform {
  guarded() : platform{crew()} {
    in_the_behavior = in_the_factory = nullptr;
    hire("thinker", "thinker", {"think"});
    node->system().spawn([this](caf::event_based_actor* self) {
      watchdog_options options;
      options.board = node->outside()->board;
      options.report = [this](const StuckActor& one) { reports.push_back(one); };
      node->outside()->names->put(std::string{services::watchdog}, spawn_watchdog(self, options));
    });
    node->settle();
  }
  // What was reported since the last call.
  std::vector<std::string> told() {
    std::vector<std::string> result;
    for (auto& one : std::exchange(reports, {}))
      result.push_back(one.path() + " " + one.ref() + " " + one.why() + " " + one.message());
    return result;
  }
  StuckList stuck_now() {
    return request<StuckList>(std::string{services::watchdog}, GetStuck{});
  }

  std::vector<StuckActor> reports;
};

using lines = std::vector<std::string>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(stuck_journey, guarded)

CAF_TEST(an agent whose behavior hangs is named by its ref with the message it handles) {
  in_the_behavior = [this] {
    node->advance(limits::watchdog_every);
    CAF_CHECK_EQUAL(told(), (lines{"agent default/agent/thinker holds_thread troupe::RunTask"}));
    auto list = stuck_now();
    CAF_REQUIRE_EQUAL(list.actors_size(), 1);
    CAF_CHECK_EQUAL(std::string{list.actors(0).ref()}, "default/agent/thinker");
    CAF_CHECK(list.actors(0).for_ms() >= limits::thread_hold.count());
  };
  request<TaskAccepted>(task_ref, job("think"));
  node->advance(limits::watchdog_every);
  CAF_CHECK_EQUAL(task_state(task_ref).status(), TASK_COMPLETED);
  CAF_CHECK_EQUAL(told().size(), 2u); // slow, and recovered
  CAF_CHECK_EQUAL(stuck_now().actors_size(), 0);
}

CAF_TEST(a service that hangs is named with the message it handles) {
  in_the_factory = [this] {
    node->advance(limits::watchdog_every);
    CAF_CHECK_EQUAL(told(), (lines{"registry  holds_thread troupe::RegisterAgent"}));
  };
  hire("slow", "slow", {"slow"});
  CAF_CHECK(reports.empty());
}

CAF_TEST(an agent that works without pause but never for long is not named) {
  int thoughts = 0;
  in_the_behavior = [&] {
    ++thoughts;
    node->advance(limits::thread_hold - 1ms);
  };
  for (int i = 0; i < 40; ++i)
    request<TaskAccepted>("default/task/" + std::to_string(i), job("think"));
  node->advance(limits::watchdog_answer + limits::watchdog_every);
  CAF_CHECK_EQUAL(thoughts, 40);
  CAF_CHECK(told().empty());
}

CAF_TEST(who sleeps or has crashed leaves the board) {
  request<TaskAccepted>(task_ref, job("think"));
  auto id = node->outside()->names->find("default/agent/thinker").id();
  CAF_CHECK(node->board().look(id));
  node->advance(2 * limits::entity_idle);
  CAF_CHECK(!node->board().look(id));
}

CAF_TEST_FIXTURE_SCOPE_END()
