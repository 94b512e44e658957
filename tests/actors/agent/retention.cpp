// A day after its end a run or task is gone, whole, whatever fails meanwhile; nobody who still needs it misses it.
#define CAF_SUITE actors.agent.retention
#include "tests/support/moving_route.hpp"
#include "tests/support/platform.hpp"
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/retention.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<agent_parts> forgetful_hands() {
  auto parts = std::make_shared<agent_parts>();
  teach(*parts, "echo", "echo", [](const Task& task) { return finish(std::string{task.input("text")}); });
  teach(*parts, "asker", "ask", [](const Task&) {
    return ask_human("boss", "may I?").then([](const Result& answer) { return finish(answer); });
  });
  teach(*parts, "failer", "fail", [](const Task&) { return fail(ec::guardrail, "no"); });
  teach(*parts, "lead", "lead", [](const Task&) {
    return call_agent("echo").then([](const Result&) { return ask_human("boss", "go on?"); });
  });
  teach(*parts, "starter", "start", [](const Task&) { return call_agent("ask"); });
  return parts;
}

struct archive : platform {
  archive() : platform{forgetful_hands()} {
    for (std::string who : {"echo", "asker", "failer", "lead", "starter"})
      hire(who, who, {who == "asker" ? "ask" : who == "failer" ? "fail" : who == "starter" ? "start" : who});
    begin();
  }
  // The service, as the tree would start it; once in every life.
  void begin() {
    auto doors = node->outside();
    node->system().spawn([=, rules = rules](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      doors->names->put(std::string{services::retention},
                        caf::actor_cast<caf::actor>(spawn_retention(self, doors, rules)));
      return {[](const Tick&) {}};
    });
    node->settle();
  }
  void restart() {
    crash_and_recover();
    begin();
  }
  void create(const std::string& ref, const std::string& capability, const std::string& text = {}) {
    request<TaskAccepted>(ref, job(capability, {{"text", text}}));
    node->settle();
  }
  void answer(const std::string& ref) {
    AnswerQuestion cmd;
    cmd.set_position(ref.ends_with("lead") ? "1" : "0");
    cmd.set_text("yes");
    request<Done>(ref, cmd);
    node->settle();
  }
  // What is left of an entity: events, name and listing; the same for all of them, or it is torn.
  std::string left_of(const std::string& ref) const {
    auto id = identify(ref, rows->naming_key());
    bool events = false;
    CAF_CHECK(!rows->scan(space::journal, entity_begin(id), entity_end(id),
                          [&](auto, auto) { return !(events = true); }));
    auto name = (*rows->get(space::meta, name_key(id))).has_value();
    auto listed = (*summary_of(*rows, ref)).has_value();
    return events && name && listed ? "all" : !events && !name && !listed ? "nothing" : "a part";
  }
  retention_rules rules{1, 1, {}};
};

const std::string one = "default/task/one", lead = "default/task/lead", helper = "default/task/lead.0-1";

} // namespace

CAF_TEST_FIXTURE_SCOPE(retention_service_tests, archive)

CAF_TEST(what ended a day ago is gone and what has not ended stays) {
  create(one, "echo", "x");
  create("default/task/open", "ask");
  CAF_CHECK_EQUAL(result_of(one), "x");
  node->advance(23h);
  CAF_CHECK_EQUAL(left_of(one), "all");
  node->advance(2h);
  CAF_CHECK_EQUAL(left_of(one), "nothing");
  CAF_CHECK_EQUAL(left_of("default/task/open"), "all");
  CAF_CHECK_EQUAL(refusal<TaskDescription>(one, GetTask{}), ec::not_found);
  CAF_CHECK_EQUAL(node->outside()->meters.retention_erased.with({"task"}).value(), 1);
}

CAF_TEST(what is awake when its time comes leaves a day later) {
  create(one, "echo", "x");
  node->advance(24h + 4min + 50s);
  CAF_CHECK_EQUAL(result_of(one), "x"); // awake for a minute from now on
  node->advance(1min);
  CAF_CHECK_EQUAL(left_of(one), "all");
  node->advance(24h);
  CAF_CHECK_EQUAL(left_of(one), "nothing");
}

CAF_TEST(of shards that move each node erases what is in its own) {
  const std::string other = "default/task/other";
  CAF_REQUIRE(shard_of(one) != shard_of(other));
  create(one, "echo", "x");
  create(other, "echo", "y");
  auto route = std::make_shared<moving_route>();
  node->outside()->names->set_route(route);
  node->advance(1h); // all asleep
  route->shut = {shard_of(one)};
  node->advance(25h);
  CAF_CHECK_EQUAL(left_of(one), "all");
  CAF_CHECK_EQUAL(left_of(other), "nothing");
  route->shut.clear();
  node->advance(24h);
  CAF_CHECK_EQUAL(left_of(one), "nothing");
}

CAF_TEST(whoever was killed while awake is not awake for ever) {
  create(one, "echo", "x");
  caf::anon_send_exit(node->outside()->names->find(one), caf::exit_reason::kill);
  node->advance(49h);
  CAF_CHECK_EQUAL(left_of(one), "nothing");
}

CAF_TEST(a dead letter stays until it is dropped) {
  create(one, "fail");
  node->advance(49h);
  CAF_CHECK_EQUAL(left_of(one), "all");
  request<Done>(one, DropTask{});
  node->advance(24h);
  CAF_CHECK_EQUAL(left_of(one), "nothing");
}

CAF_TEST(a task stays while the one that asked for it goes on) {
  create(lead, "lead");
  CAF_CHECK_EQUAL(task_state(helper).status(), TASK_COMPLETED);
  node->advance(49h);
  CAF_CHECK_EQUAL(left_of(helper), "all");
  answer(lead);
  CAF_CHECK_EQUAL(task_state(lead).status(), TASK_COMPLETED);
  node->advance(49h);
  CAF_CHECK_EQUAL(left_of(helper), "nothing");
  CAF_CHECK_EQUAL(left_of(lead), "nothing");
}

CAF_TEST(whoever asked for a task that goes on stays to be told of its end) {
  create(one, "start");
  auto child = "default/task/one.0-1";
  CAF_CHECK_EQUAL(task_state(child).status(), TASK_WAITING);
  request<Done>(one, CancelTask{});
  node->advance(49h);
  CAF_CHECK_EQUAL(left_of(one), "all");
  answer(child);
  node->advance(49h);
  CAF_CHECK_EQUAL(left_of(one), "nothing");
  CAF_CHECK_EQUAL(left_of(child), "nothing");
}

CAF_TEST(a child whose parent was erased is told that nobody waits) {
  ChildEnded word;
  word.set_parent_key("|0");
  word.set_child("t/stub/child");
  bool noted = false;
  node->outside()->names->put("t/stub/child",
                              node->system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
                                house_rules(self);
                                return {[&](const ChildNoted&) { noted = true; }};
                              }));
  node->outside()->names->tell(one, word);
  node->settle();
  CAF_CHECK(noted);
  CAF_CHECK_EQUAL(left_of(one), "nothing");
}

CAF_TEST(a late repetition of an erased command begins nothing and a new one does) {
  auto first = job("echo", {{"text", "x"}});
  first.mutable_context()->set_command_id(command_id());
  request<TaskAccepted>(one, first);
  node->advance(25h);
  CAF_CHECK_EQUAL(left_of(one), "nothing");
  CAF_CHECK_EQUAL(refusal<TaskAccepted>(one, first), ec::expired);
  CAF_CHECK_EQUAL(left_of(one), "nothing");
  restart();
  CAF_CHECK_EQUAL(refusal<TaskAccepted>(one, first), ec::expired);
  auto second = job("echo", {{"text", "y"}});
  second.mutable_context()->set_command_id(command_id());
  request<TaskAccepted>(one, second);
  node->settle();
  CAF_CHECK_EQUAL(result_of(one), "y");
}

CAF_TEST(a failing write costs a minute and tears nothing) {
  for (auto applied : {true, false}) {
    create(one, "echo", "x");
    node->advance(24h + 4min);
    auto writes = rows->writes();
    rows->fail_next_write(applied);
    node->advance(1min);
    CAF_CHECK_EQUAL(rows->writes(), writes + 1);
    CAF_CHECK_EQUAL(left_of(one), applied ? "nothing" : "all");
    node->advance(2min);
    CAF_CHECK_EQUAL(left_of(one), "nothing");
    restart();
  }
}

CAF_TEST(a crash between any two steps of an erasure leaves all or nothing) {
  size_t survived = 0;
  for (size_t steps = 0; survived < 2; ++steps) {
    restart(); // the service's day begins here
    for (std::string who : {"a", "b", "c"})
      create("default/task/" + who, "echo", std::string(limits::record_bytes, who[0]));
    node->advance(24h + 4min + 59s);
    auto before = rows->writes();
    auto& clock = dynamic_cast<caf::scheduler::test_coordinator&>(node->system().scheduler());
    for (int seconds = 0; seconds < 20 && rows->writes() == before; ++seconds) { // up to the first erasure
      clock.advance_time(100ms);
      while (rows->writes() == before && node->step())
        ;
    }
    for (size_t step = 0; step < steps; ++step)
      if (!node->step())
        clock.advance_time(100ms);
    restart();
    size_t kept = 0;
    for (std::string who : {"a", "b", "c"}) {
      auto left = left_of("default/task/" + who);
      CAF_CHECK_NOT_EQUAL(left, "a part");
      if (left != "all")
        continue;
      ++kept;
      CAF_CHECK_EQUAL(result_of("default/task/" + who), std::string(limits::record_bytes, who[0]));
    }
    survived += kept == 0;
    node->advance(24h + 10min);
    CAF_CHECK_EQUAL(objects->size(), 0u);
  }
}

CAF_TEST(a run of a megabyte goes through objects and comes back and leaves none behind) {
  std::string megabyte(1u << 20, 'm');
  workflow_builder flow{"heavy"};
  flow.step("first", "echo");
  flow.step("second", "echo").needs({"first"});
  StartWorkflow start;
  *start.mutable_definition() = flow.definition();
  auto* input = start.add_inputs();
  input->set_name("text");
  input->set_value(megabyte);
  request<WorkflowAccepted>("default/run/r", start);
  node->settle();
  CAF_CHECK_EQUAL(run_state("default/run/r").status(), RUN_COMPLETED);
  CAF_CHECK(objects->size() >= 3);
  size_t largest = 0;
  CAF_CHECK(!rows->scan(space::journal, std::string(1, '\0'), "\xff", [&](auto, std::string_view value) {
    largest = std::max(largest, value.size());
    return true;
  }));
  CAF_CHECK(largest <= limits::record_bytes + envelope_bytes);
  restart();
  CAF_CHECK(run_state("default/run/r").outcome().text() == megabyte);
  node->advance(49h);
  CAF_CHECK_EQUAL(left_of("default/run/r"), "nothing");
  CAF_CHECK_EQUAL(objects->size(), 0u);
}

CAF_TEST(objects that a crash left behind are swept) {
  create(one, "echo", std::string(limits::record_bytes, 'x'));
  CAF_REQUIRE(objects->put(scope_of(one), "left behind"));
  auto before = objects->size();
  restart();
  node->advance(6min);
  CAF_CHECK_EQUAL(objects->size(), before - 1);
  CAF_CHECK_EQUAL(result_of(one).size(), limits::record_bytes);
}

CAF_TEST_FIXTURE_SCOPE_END()
