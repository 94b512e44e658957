// Workers of a node under virtual time: their tasks are tasks as any agent's, whatever becomes of them.
#define CAF_SUITE net.worker.desk
#include "tests/support/improvised_worker.hpp"
#include "tests/support/platform.hpp"

#include <troupe/net/worker/desk.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const std::string job_ref = "default/task/job";
constexpr auto lease = 15s;

std::shared_ptr<agent_parts> parts_for(const std::shared_ptr<worker_desk>& desk) {
  auto parts = std::make_shared<agent_parts>();
  add_worker_parts(*parts, desk);
  teach(*parts, "printer", "print", [](const Task&) { return finish("printed here"); });
  return parts;
}

struct shop : platform {
  shop() : shop{std::make_shared<worker_desk>()} {}
  explicit shop(std::shared_ptr<worker_desk> at) : platform{parts_for(at)}, desk{std::move(at)} {
    open();
  }
  ~shop() override {
    desk->stop();
    for (auto& one : workers)
      std::exchange(one->session, nullptr)->closed(); // which has the line
  }

  void open() {
    desk->open({&node->system(), node->outside(), "n1", lease});
  }
  improvised_worker& connect(const std::string& principal = "wilma") {
    auto one = std::make_shared<improvised_worker>();
    workers.push_back(one);
    auto session = desk->greet(one, principal, "here");
    if (!session)
      CAF_FAIL(describe(session.error()));
    one->session = *session;
    return *one;
  }
  improvised_worker& hire(const std::string& name, const std::string& capability = "print",
                          uint32_t slots = 2) {
    auto& one = connect();
    one.greet(name, {capability}, slots);
    settle();
    if (!one.welcome)
      CAF_FAIL("not in: " << (one.ended ? describe(*one.ended) : std::string{"silence"}));
    return one;
  }
  // Until nobody has anything to say any more.
  void settle() {
    node->settle();
    for (auto& one : workers)
      one->read();
    node->settle();
  }
  // Time passes, the desk looks at its clock, and whoever lives says so.
  void pass(std::chrono::milliseconds by, const std::vector<improvised_worker*>& alive = {}) {
    for (; by > 0ms; by -= 1s) {
      node->advance(std::min<std::chrono::milliseconds>(by, 1s));
      for (auto* one : alive)
        one->say({});
      desk->tick();
      settle();
    }
  }
  void begin(const std::string& capability = "print", int64_t timeout_ms = 0) {
    auto cmd = job(capability, {{"page", "7"}});
    cmd.mutable_spec()->set_timeout_ms(timeout_ms);
    request<TaskAccepted>(job_ref, cmd);
    settle();
  }
  void die(improvised_worker& one) {
    one.session->closed();
    settle();
  }
  std::string status_of(const std::string& id) {
    GetAgent question;
    question.set_id(id);
    return AgentStatus_Name(request<AgentRecord>(std::string{services::registry}, question).status());
  }
  std::string ending_of(const improvised_worker& one) {
    return one.ended ? describe(*one.ended) : "goes on";
  }

  std::shared_ptr<worker_desk> desk;
  std::vector<std::shared_ptr<improvised_worker>> workers;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(desk_tests, shop)

CAF_TEST(a worker does a task and its result is the result of the task) {
  auto& worker = hire("w1");
  CAF_CHECK_EQUAL(worker.welcome->node(), "n1");
  CAF_CHECK_EQUAL(worker.welcome->lease_ms(), 15'000);
  CAF_CHECK_EQUAL(worker.welcome->heartbeat_ms(), 5'000);
  begin();
  CAF_REQUIRE_EQUAL(worker.tasks.size(), 1u);
  auto& task = worker.tasks[0];
  CAF_CHECK_EQUAL(task.task(), job_ref);
  CAF_CHECK_EQUAL(task.attempt(), 1u);
  CAF_CHECK_EQUAL(task.required(0), "print");
  CAF_CHECK_EQUAL(task.inputs(0).name(), "page");
  CAF_CHECK_EQUAL(task.inputs(0).value(), "7");
  CAF_CHECK_EQUAL(task.checkpoint(), "");
  CAF_CHECK(task.timeout_ms() > 0 && task.timeout_ms() <= limits::task_timeout.count());
  worker.answer(task.lease(), "printed there");
  settle();
  CAF_CHECK_EQUAL(task_state(job_ref).agent(), agent_ref("w1"));
  CAF_CHECK_EQUAL(result_of(job_ref), "printed there");
  CAF_CHECK(worker.cancelled.empty() && worker.refusals.empty());
  pass(2s, {&worker}); // the agent counts
  GetAgent question;
  question.set_id("w1");
  auto record = request<AgentRecord>(std::string{services::registry}, question);
  CAF_CHECK_EQUAL(record.metadata().completed(), 1u);
  CAF_CHECK_EQUAL(record.request().behavior_version(), "1");
}

CAF_TEST(a failure is that of the attempt and its kind decides whether it is tried again) {
  auto& worker = hire("w1");
  begin();
  worker.fail(worker.tasks[0].lease(), WORKER_UNAVAILABLE, "no paper");
  settle();
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_RETRYING);
  pass(2s, {&worker});
  CAF_REQUIRE_EQUAL(worker.tasks.size(), 2u);
  CAF_CHECK_EQUAL(worker.tasks[1].attempt(), 2u);
  CAF_CHECK(worker.tasks[1].lease() != worker.tasks[0].lease());
  worker.fail(worker.tasks[1].lease(), WORKER_INVALID_INPUT, "no such page");
  settle();
  auto state = task_state(job_ref);
  CAF_CHECK_EQUAL(state.status(), TASK_FAILED);
  CAF_CHECK_EQUAL(state.outcome().failure().code(), static_cast<uint32_t>(ec::invalid_argument));
  CAF_CHECK_EQUAL(state.outcome().failure().text(), "no such page");
}

CAF_TEST(a worker never has more tasks than slots) {
  auto& worker = hire("w1", "print", 2);
  for (auto name : {"a", "b", "c"})
    request<TaskAccepted>(std::string{"default/task/"} + name, job("print"));
  settle();
  CAF_REQUIRE_EQUAL(worker.tasks.size(), 2u);
  worker.answer(worker.tasks[1].lease(), "done");
  settle();
  CAF_CHECK_EQUAL(worker.tasks.size(), 3u);
}

CAF_TEST(a lost connection is a failed attempt and somebody else does the next with its checkpoint) {
  auto& first = hire("w1");
  begin();
  auto lease_1 = first.tasks[0].lease();
  first.mark(lease_1, "half");
  settle();
  CAF_CHECK_EQUAL(first.kept.size(), 1u);
  auto& second = hire("w2");
  die(first);
  CAF_CHECK_EQUAL(status_of("w1"), "AGENT_OFFLINE");
  auto state = task_state(job_ref);
  CAF_CHECK_EQUAL(state.status(), TASK_RETRYING);
  CAF_CHECK_EQUAL(state.reason(), "worker 'w1' lost the lease of attempt 1: its connection ended");
  pass(2s, {&second});
  CAF_REQUIRE_EQUAL(second.tasks.size(), 1u);
  CAF_CHECK_EQUAL(second.tasks[0].attempt(), 2u);
  CAF_CHECK_EQUAL(second.tasks[0].checkpoint(), "half");
  second.answer(second.tasks[0].lease(), "whole");
  settle();
  CAF_CHECK_EQUAL(result_of(job_ref), "whole");
}

CAF_TEST(a late result of a lost lease is refused by name) {
  auto& first = hire("w1");
  begin();
  auto lost = first.tasks[0].lease();
  die(first);
  auto& again = hire("w1");
  again.answer(lost, "too late");
  settle();
  CAF_REQUIRE_EQUAL(again.refusals.size(), 1u);
  CAF_CHECK_EQUAL(again.refusals[0].lease(), lost);
  CAF_CHECK_EQUAL(again.refusals[0].code(), "stale");
  CAF_CHECK_EQUAL(
      again.refusals[0].text(),
      "worker 'w1': task default/task/job: worker 'w1' lost the lease of attempt 1: its connection ended");
  pass(2s, {&again});
  CAF_REQUIRE_EQUAL(again.tasks.size(), 1u);
  again.answer(again.tasks[0].lease(), "in time");
  again.answer(again.tasks[0].lease(), "twice");
  settle();
  CAF_CHECK_EQUAL(result_of(job_ref), "in time");
  CAF_REQUIRE_EQUAL(again.refusals.size(), 2u);
  CAF_CHECK_EQUAL(again.refusals[1].lease(), again.tasks[0].lease());
}

CAF_TEST(a silent worker loses its leases and one that sends empty messages does not ) {
  auto& silent = hire("w1");
  begin();
  CAF_REQUIRE_EQUAL(silent.tasks.size(), 1u);
  pass(60s, {&silent});
  CAF_CHECK_EQUAL(ending_of(silent), "goes on");
  pass(14s);
  CAF_CHECK_EQUAL(ending_of(silent), "goes on");
  pass(1s);
  CAF_CHECK_EQUAL(ending_of(silent), "timeout: nothing was heard for 15000 ms, and the lease is 15000 ms");
  CAF_CHECK_EQUAL(status_of("w1"), "AGENT_OFFLINE");
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_RETRYING);
}

CAF_TEST(a cancelled task is told to its worker and so is one that takes too long) {
  auto& worker = hire("w1");
  begin();
  CAF_REQUIRE_EQUAL(worker.tasks.size(), 1u);
  pass(2s, {&worker}); // its agent has said who works on it
  request<Done>(job_ref, CancelTask{});
  settle();
  CAF_REQUIRE_EQUAL(worker.cancelled.size(), 1u);
  CAF_CHECK_EQUAL(worker.cancelled[0], worker.tasks[0].lease());
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_CANCELLED);
  worker.answer(worker.tasks[0].lease(), "anyway");
  CAF_REQUIRE_EQUAL(worker.refusals.size(), 1u);
  CAF_CHECK_EQUAL(worker.refusals[0].text(),
                  "worker 'w1': task default/task/job: it was cancelled, has timed out, or "
                  "another one does it");
  auto slow = job("print");
  slow.mutable_spec()->set_timeout_ms(3'000);
  request<TaskAccepted>("default/task/slow", slow);
  settle();
  CAF_REQUIRE_EQUAL(worker.tasks.size(), 2u);
  CAF_CHECK(worker.tasks[1].timeout_ms() <= 3'000);
  pass(5s, {&worker});
  CAF_REQUIRE(worker.cancelled.size() >= 2);
  CAF_CHECK_EQUAL(worker.cancelled[1], worker.tasks[1].lease());
}

CAF_TEST(without its worker an agent is offline and its task waits until one comes) {
  die(hire("w1"));
  begin();
  CAF_CHECK_EQUAL(status_of("w1"), "AGENT_OFFLINE");
  CAF_CHECK_EQUAL(task_state(job_ref).status(), TASK_QUEUED);
  auto& again = hire("w1");
  CAF_CHECK_EQUAL(status_of("w1"), "AGENT_IDLE");
  CAF_REQUIRE_EQUAL(again.tasks.size(), 1u);
  CAF_CHECK_EQUAL(again.tasks[0].attempt(), 1u);
}

CAF_TEST(after a restart of the node the attempt goes on behind its checkpoint when its worker is back) {
  auto& before = hire("w1");
  begin();
  before.mark(before.tasks[0].lease(), "a");
  settle();
  before.mark(before.tasks[0].lease(), "b");
  settle();
  CAF_CHECK_EQUAL(before.kept.size(), 2u);
  desk->stop();
  before.read();
  CAF_CHECK_EQUAL(before.drained.value_or(""), "the node stops");
  CAF_CHECK_EQUAL(ending_of(before), "unavailable: the node stops; connect again");
  before.session->closed();
  crash_and_recover();
  open();
  settle();
  CAF_CHECK_EQUAL(status_of("w1"), "AGENT_OFFLINE");
  pass(5s);
  auto& after = hire("w1");
  pass(5s, {&after});
  CAF_REQUIRE_EQUAL(after.tasks.size(), 1u);
  CAF_CHECK_EQUAL(after.tasks[0].attempt(), 1u);
  CAF_CHECK_EQUAL(after.tasks[0].checkpoint(), "b");
  after.answer(after.tasks[0].lease(), "c");
  settle();
  CAF_CHECK_EQUAL(result_of(job_ref), "c");
}

CAF_TEST(what a worker says while its checkpoint is written waits for it) {
  auto& worker = hire("w1");
  begin();
  auto lease_1 = worker.tasks[0].lease();
  worker.mark(lease_1, "a");
  worker.mark(lease_1, "b");
  worker.answer(lease_1, "end");
  settle();
  CAF_CHECK_EQUAL(result_of(job_ref), "end");
  CAF_CHECK_EQUAL(worker.kept.size(), 2u);
  CAF_CHECK(worker.refusals.empty());
}

CAF_TEST(checkpoints are bounded one by one and together) {
  auto& worker = hire("w1");
  begin();
  auto lease_1 = worker.tasks[0].lease();
  worker.mark(lease_1, "");
  worker.mark(lease_1, std::string(limits::worker_checkpoint_bytes + 1, 'x'));
  CAF_CHECK_EQUAL(worker.refusals.size(), 2u);
  auto many = limits::worker_checkpoints_bytes / limits::worker_checkpoint_bytes;
  for (size_t i = 0; i < many; ++i) {
    worker.mark(lease_1, std::string(limits::worker_checkpoint_bytes, 'x'));
    settle();
  }
  CAF_CHECK_EQUAL(worker.kept.size(), many);
  worker.mark(lease_1, "y");
  settle();
  CAF_CHECK_EQUAL(task_state(job_ref).outcome().failure().text(),
                  "its checkpoints have more than 2097152 bytes together");
  CAF_REQUIRE_EQUAL(worker.cancelled.size(), 1u);
}

CAF_TEST(a worker that drains gets nothing more and ends when it has answered) {
  auto& worker = hire("w1");
  begin();
  FromWorker last;
  last.set_drain(true);
  worker.say(last);
  settle();
  CAF_CHECK_EQUAL(worker.drained.value_or(""), "as the worker has said");
  CAF_CHECK_EQUAL(status_of("w1"), "AGENT_OFFLINE");
  request<TaskAccepted>("default/task/next", job("print"));
  settle();
  CAF_CHECK_EQUAL(worker.tasks.size(), 1u);
  CAF_CHECK_EQUAL(ending_of(worker), "goes on");
  CAF_CHECK(desk->list().workers(0).draining());
  worker.answer(worker.tasks[0].lease(), "last");
  settle();
  CAF_CHECK(worker.ended && !*worker.ended);
  CAF_CHECK_EQUAL(result_of(job_ref), "last");
}

CAF_TEST(a name is one worker at a time and one principal for good) {
  auto& first = hire("w1");
  auto& second = connect();
  second.greet("w1", {"print"});
  CAF_CHECK_EQUAL(code_of(second.ended.value_or(caf::error{})), ec::already_exists);
  die(second);
  CAF_CHECK_EQUAL(status_of("w1"), "AGENT_IDLE");
  die(first);
  auto& stranger = connect("mallory");
  stranger.greet("w1", {"print"});
  settle();
  CAF_CHECK_EQUAL(ending_of(stranger), "permission_denied: the name 'w1' belongs to another principal");
  platform::hire("printer", "printer", {"print"});
  auto& usurper = connect();
  usurper.greet("printer", {"print"});
  settle();
  CAF_CHECK_EQUAL(ending_of(usurper),
                  "already_exists: 'printer' is an agent of the node; choose another name");
  CAF_CHECK_EQUAL(status_of("printer"), "AGENT_IDLE");
}

CAF_TEST(a worker of a new version is registered anew) {
  die(hire("w1"));
  auto& again = connect();
  again.greet("w1", {"print", "fold"}, 5, "2");
  settle();
  CAF_REQUIRE(again.welcome);
  GetAgent question;
  question.set_id("w1");
  auto record = request<AgentRecord>(std::string{services::registry}, question);
  CAF_CHECK_EQUAL(record.request().behavior_version(), "2");
  CAF_CHECK_EQUAL(record.request().capabilities_size(), 2);
  CAF_CHECK_EQUAL(record.status(), AGENT_IDLE);
  begin("fold");
  CAF_CHECK_EQUAL(again.tasks.size(), 1u);
}

CAF_TEST(a registry that starts anew knows who is there) {
  auto& worker = hire("w1");
  die(hire("w2", "fold"));
  restart_service(services::registry, [this](auto* parent, auto doors) {
    return spawn_agent_registry(parent, doors, parts_for(desk));
  });
  CAF_CHECK_EQUAL(status_of("w1"), "AGENT_IDLE");
  CAF_CHECK_EQUAL(status_of("w2"), "AGENT_OFFLINE");
  begin();
  CAF_CHECK_EQUAL(worker.tasks.size(), 1u);
}

CAF_TEST(a scheduler that starts anew leaves the tasks of workers where they are) {
  auto& worker = hire("w1");
  die(hire("w2"));
  begin();
  restart_service(services::scheduler,
                  [](auto* parent, auto doors) { return spawn_task_scheduler(parent, doors); });
  pass(30s, {&worker});
  CAF_CHECK_EQUAL(worker.tasks.size(), 1u);
  CAF_CHECK(worker.cancelled.empty());
  request<TaskAccepted>("default/task/next", job("print"));
  settle();
  CAF_CHECK_EQUAL(worker.tasks.size(), 2u);
  worker.answer(worker.tasks[0].lease(), "done");
  settle();
  CAF_CHECK_EQUAL(result_of(job_ref), "done");
}

CAF_TEST_FIXTURE_SCOPE_END()
