// Tasks from their creation to their durable end, all parts of a node in between.
//
// client -> task entity (created) -> scheduler -> agent -> task entity (opened) -> behavior -> task entity
// (ended, durable) -> client. Three synced appends per task: created, ended, and the agent's count of it.

#include <fmt/format.h>
#include <tests/bench/bench.hpp>
#include <tests/bench/clients.hpp>
#include <troupe/behaviors/library.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe::bench {
namespace {

constexpr size_t in_flight = 1000;
constexpr size_t agents = 16;
constexpr uint32_t slots = 64;
constexpr size_t payload_bytes = 100;
constexpr double window_s = 2;
constexpr unsigned rounds = 3;

// One action: it finishes with its input.
class echo final : public behavior {
public:
  manifest describe() const override {
    return manifest{"echo"}.can("text.echo");
  }
  action run(const Task& task) override {
    return finish(std::string{task.input("text")});
  }
};

// Creates a task and waits for its end.
turn complete_one(doors_ptr outside) {
  return [=](caf::event_based_actor* self, std::function<void(caf::error)> over) {
    auto id = outside->ids->next(outside->time->now_ms());
    auto ref = "default/task/" + id;
    CreateTask cmd;
    cmd.mutable_context()->set_command_id(id);
    cmd.mutable_spec()->add_required("text.echo");
    auto* text = cmd.mutable_spec()->add_inputs();
    text->set_name("text");
    text->set_value(std::string(payload_bytes, 'x'));
    ask_once<TaskAccepted>(self, *outside, ref, std::move(cmd), [=](const caf::error& failed) {
      if (failed)
        return over(failed);
      ask_once<TaskDescription>(self, *outside, ref, AwaitTask{}, over, [](const TaskDescription& end) {
        return end.state().status() == TASK_COMPLETED;
      });
    });
  };
}

void hire(node& over) {
  caf::scoped_actor self{over.system()};
  for (size_t i = 0; i < agents; ++i) {
    RegisterAgent cmd;
    cmd.mutable_request()->set_id(fmt::format("echo_{}", i));
    cmd.mutable_request()->set_behavior("echo");
    cmd.mutable_request()->add_capabilities("text.echo");
    cmd.mutable_request()->mutable_config()->set_max_concurrent(slots);
    auto registry =
        caf::actor_cast<agent_registry_actor>(over.outside().names->find(std::string{services::registry}));
    self->request(registry, std::chrono::seconds{10}, std::move(cmd))
        .receive([](const AgentRecord&) {},
                 [](const caf::error& reason) { ensure(false, describe(reason).c_str()); });
  }
}

void run() {
  std::vector<double> rates, p50, p95, cpu;
  for (unsigned round = 0; round <= rounds; ++round) {
    auto parts = std::make_shared<agent_parts>();
    ensure(!parts->behaviors.add(echo{}.describe(), [] { return std::make_unique<echo>(); }), "a behavior");
    node over{[&](caf::scheduled_actor* root, doors_ptr outside) {
      put(*outside, std::string{services::shard_host},
          spawn_shard_host(root, outside, {agent_kind(parts), task_kind()}));
      put(*outside, std::string{services::timers}, spawn_timers(root, outside));
      put(*outside, std::string{services::registry}, spawn_agent_registry(root, outside, parts));
      put(*outside, std::string{services::scheduler}, spawn_task_scheduler(root, outside));
    }};
    hire(over);
    auto found = measure(over, in_flight, complete_one(over.shared_doors()), window_s);
    if (round == 0)
      continue;
    rates.push_back(found.per_s);
    cpu.push_back(found.cpu_us);
    p50.push_back(1e3 * quantile(found.latencies_s, 0.5));
    p95.push_back(1e3 * quantile(found.latencies_s, 0.95));
  }
  metric("tasks.rate", median(rates), "tasks_per_s");
  target("tasks.rate", median(rates), ">=", 10'000);
  metric("tasks.p50", median(p50), "ms");
  metric("tasks.p95", median(p95), "ms");
  target("tasks.p95", median(p95), "<", 100);
  metric("tasks.cpu", median(cpu), "us_per_task");
}

const benchmark end_to_end{"tasks", "tasks of one action from creation to durable end, 1000 in flight", run};

} // namespace
} // namespace troupe::bench
