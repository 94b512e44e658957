// A whole node without doors: every service and kind, and a few behaviors to work with.
#pragma once

#include "tests/support/fixture.hpp"
#include "tests/support/improvised.hpp"
#include <troupe/behaviors/library.hpp>
#include <troupe/runtime/proto/run.pb.h>

namespace troupe {

/// What a test changes about its node; read at the start of each life.
struct platform_wishes {
  TaskDefaults defaults;
  scheduler_options scheduler; ///< but for its default_slots, which are those of the parts
  size_t most_agents = limits::resident_entities;
  std::chrono::milliseconds agent_idle = limits::entity_idle;
  std::shared_ptr<workers> hands; ///< null = those of the life
  logger log;
};

/// A node with its services under the test scheduler.
struct platform : house {
  explicit platform(std::shared_ptr<agent_parts> parts,
                    std::shared_ptr<platform_wishes> wishes = std::make_shared<platform_wishes>())
      : house{[parts, wishes](caf::scheduled_actor* root, doors_ptr given) {
          auto outside = std::make_shared<doors>(*given);
          outside->log = wishes->log;
          if (wishes->hands)
            outside->hands = wishes->hands;
          auto agents = agent_kind(parts);
          agents.most_awake = wishes->most_agents;
          agents.idle = wishes->agent_idle;
          auto name = [&](std::string_view ref_text, const auto& handle) {
            outside->names->put(std::string{ref_text}, caf::actor_cast<caf::actor>(handle));
          };
          name(services::shard_host,
               spawn_shard_host(root, outside,
                                {agents, task_kind(wishes->defaults), run_kind(wishes->defaults),
                                 ledger_kind(), schedule_kind(), workflow_kind(),
                                 make_kind<probe_state>("probe", probe)}));
          name(services::timers, spawn_timers(root, outside));
          name(services::registry, spawn_agent_registry(root, outside, parts));
          auto options = wishes->scheduler;
          options.default_slots = parts->default_slots;
          name(services::scheduler, spawn_task_scheduler(root, outside, options));
        }} {}

  /// Ends a service and brings up another one in its place, as its supervisor would. `meanwhile` happens in between.
  template <class Spawn>
  void restart_service(std::string_view ref_text, Spawn spawn, const std::function<void()>& meanwhile = {}) {
    auto doors = node->outside();
    std::string service{ref_text};
    caf::anon_send_exit(doors->names->find(service), caf::exit_reason::kill);
    doors->names->erase(service, {}, make_error(ec::unavailable, "it restarts"));
    node->settle();
    if (meanwhile)
      meanwhile();
    node->system().spawn([=](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      doors->names->put(service, caf::actor_cast<caf::actor>(spawn(self, doors)));
      return {[](const Tick&) {}};
    });
    node->settle();
  }

  AgentRecord hire(const std::string& id, const std::string& behavior, std::vector<std::string> capabilities,
                   uint32_t slots = 0) {
    RegisterAgent cmd;
    cmd.mutable_request()->set_id(id);
    cmd.mutable_request()->set_behavior(behavior);
    for (auto& capability : capabilities)
      cmd.mutable_request()->add_capabilities(capability);
    cmd.mutable_request()->mutable_config()->set_max_concurrent(slots);
    return request<AgentRecord>(std::string{services::registry}, std::move(cmd));
  }

  static CreateTask job(const std::string& capability, const std::vector<argument>& inputs = {}) {
    CreateTask cmd;
    cmd.mutable_spec()->add_required(capability);
    cmd.mutable_spec()->set_title(capability);
    for (auto& input : inputs) {
      auto* field = cmd.mutable_spec()->add_inputs();
      field->set_name(input.name);
      field->set_value(input.text);
    }
    return cmd;
  }

  TaskState task_state(const std::string& ref_text) {
    return request<TaskDescription>(ref_text, GetTask{}).state();
  }
  std::string result_of(const std::string& ref_text) { // by value: CAF_CHECK_EQUAL keeps references
    return task_state(ref_text).outcome().text();
  }
  RunState run_state(const std::string& ref_text) {
    return request<RunDescription>(ref_text, GetRun{}).state();
  }
};

/// Shorthand for a behavior out of a function.
inline void teach(agent_parts& parts, const std::string& name, const std::string& capability,
                  improvised::script run) {
  ensure(!parts.behaviors.add(manifest{name}.can(capability),
                              [=] { return std::make_unique<improvised>(name, capability, run); }));
}

} // namespace troupe
