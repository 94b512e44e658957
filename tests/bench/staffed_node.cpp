// STAFFED NODE: the wiring that benchmarks of whole tasks and runs share.

#include <tests/bench/staffed_node.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe::bench {

staffed_node::staffed_node(std::shared_ptr<const agent_parts> parts, const std::string& kept_in)
    : node{[&](caf::scheduled_actor* root, doors_ptr outside) {
             put(*outside, std::string{services::shard_host},
                 spawn_shard_host(root, outside, {agent_kind(parts), task_kind(), run_kind()}));
             put(*outside, std::string{services::timers}, spawn_timers(root, outside));
             put(*outside, std::string{services::registry}, spawn_agent_registry(root, outside, parts));
             put(*outside, std::string{services::scheduler}, spawn_task_scheduler(root, outside));
           },
           kept_in} {}

void staffed_node::hire(const std::string& id, const std::string& behavior, const std::string& capability,
                        uint32_t slots) {
  caf::scoped_actor self{system()};
  RegisterAgent cmd;
  cmd.mutable_request()->set_id(id);
  cmd.mutable_request()->set_behavior(behavior);
  cmd.mutable_request()->add_capabilities(capability);
  cmd.mutable_request()->mutable_config()->set_max_concurrent(slots);
  auto registry =
      caf::actor_cast<agent_registry_actor>(outside().names->find(std::string{services::registry}));
  self->request(registry, std::chrono::seconds{10}, std::move(cmd))
      .receive([](const AgentRecord&) {},
               [](const caf::error& reason) { ensure(false, describe(reason).c_str()); });
}

turn complete_task(doors_ptr outside, std::string capability, size_t payload_bytes) {
  return [=](caf::event_based_actor* self, std::function<void(caf::error)> over) {
    auto id = outside->ids->next(outside->time->now_ms());
    auto ref = "default/task/" + id;
    CreateTask cmd;
    cmd.mutable_context()->set_command_id(id);
    cmd.mutable_spec()->add_required(capability);
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

} // namespace troupe::bench
