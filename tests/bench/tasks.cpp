// Tasks from their creation to their durable end, all parts of a node in between.
//
// client -> task entity (created) -> scheduler -> agent -> task entity (opened) -> behavior -> task entity
// (ended, durable) -> client. Three synced appends per task: created, ended, and the agent's count of it.

#include <fmt/format.h>
#include <mutex>
#include <tests/bench/bench.hpp>
#include <tests/bench/cell.hpp>
#include <thread>
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

// Creates a task, waits for its end, creates the next.
void start_client(node& over, std::shared_ptr<tally> seen, std::shared_ptr<std::atomic<size_t>> open,
                  std::shared_ptr<std::mutex> guard) {
  over.system().spawn([=, outside = over.shared_doors()](caf::event_based_actor* self) {
    house_rules(self);
    auto next = std::make_shared<std::function<void()>>();
    auto took = std::make_shared<std::vector<double>>();
    auto stop = [=] {
      std::lock_guard lock{*guard};
      seen->latencies_s.insert(seen->latencies_s.end(), took->begin(), took->end());
      *next = nullptr;
      self->quit();
      if (--*open == 0)
        seen->done.set_value();
    };
    auto give_up = [=](const caf::error& reason) {
      remark("a client gave up: " + describe(reason));
      stop();
    };
    *next = [=] {
      auto id = outside->ids->next(outside->time->now_ms());
      auto ref = "default/task/" + id;
      CreateTask cmd;
      cmd.mutable_context()->set_command_id(id);
      cmd.mutable_spec()->add_required("text.echo");
      auto* text = cmd.mutable_spec()->add_inputs();
      text->set_name("text");
      text->set_value(std::string(payload_bytes, 'x'));
      auto since = now_s();
      ask<TaskAccepted>(self, *outside->names, ref, std::chrono::seconds{10}, std::move(cmd))
          .then(
              [=](const TaskAccepted&) {
                ask<TaskDescription>(self, *outside->names, ref, std::chrono::seconds{10}, AwaitTask{})
                    .then(
                        [=](const TaskDescription& end) {
                          ensure(end.state().status() == TASK_COMPLETED, "the task completes");
                          seen->kept.fetch_add(1, std::memory_order_relaxed);
                          took->push_back(now_s() - since);
                          if (seen->stop)
                            return stop();
                          auto go_on = *next;
                          go_on();
                        },
                        give_up);
              },
              give_up);
    };
    auto first = *next;
    first();
  });
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
    auto seen = std::make_shared<tally>();
    auto open = std::make_shared<std::atomic<size_t>>(in_flight);
    auto guard = std::make_shared<std::mutex>();
    for (size_t i = 0; i < in_flight; ++i)
      start_client(over, seen, open, guard);
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
    auto before = seen->kept.load();
    auto began = now_s(), cpu_before = cpu_s();
    std::this_thread::sleep_for(std::chrono::duration<double>(window_s));
    auto count = static_cast<double>(seen->kept - before);
    auto rate = count / (now_s() - began), used = 1e6 * (cpu_s() - cpu_before) / std::max(count, 1.0);
    seen->stop = true;
    seen->done.get_future().wait();
    if (round == 0)
      continue;
    rates.push_back(rate);
    cpu.push_back(used);
    p50.push_back(1e3 * quantile(seen->latencies_s, 0.5));
    p95.push_back(1e3 * quantile(seen->latencies_s, 0.95));
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
