// HELLO: bounds and forms.

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <troupe/net/worker/hello.hpp>
#include <troupe/net/worker/worker_behavior.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/rule_text.hpp>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/worker_limits.hpp>

namespace troupe {
namespace {

constexpr std::string_view principal_setting = "principal";

bool is_capability(const std::string& text) {
  return !text.empty() && text.size() <= limits::worker_capability_bytes &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/-") ==
             std::string::npos;
}

std::string shown(const std::string& text) {
  return clean_utf8(cut_utf8(text, limits::worker_version_bytes));
}

} // namespace

caf::error check_hello(const WorkerHello& hello) {
  auto refuse = [](std::string why) { return make_error(ec::invalid_argument, "hello." + std::move(why)); };
  if (!is_rule_name(hello.name()))
    return refuse(fmt::format("name: '{}' is no name: 1 to {} bytes of A-Z a-z 0-9 _ . -",
                              shown(hello.name()), limits::name_bytes));
  if (hello.capabilities_size() < 1 || hello.capabilities_size() > limits::worker_capabilities)
    return refuse(fmt::format("capabilities: {} of them; 1 to {} are allowed", hello.capabilities_size(),
                              limits::worker_capabilities));
  for (auto& one : hello.capabilities())
    if (!is_capability(one))
      return refuse(fmt::format("capabilities: '{}' is none: 1 to {} bytes of A-Z a-z 0-9 _ . : / -",
                                shown(one), limits::worker_capability_bytes));
  if (hello.slots() < 1 || hello.slots() > limits::worker_slots)
    return refuse(fmt::format("slots: {}; 1 to {} are allowed", hello.slots(), limits::worker_slots));
  if (hello.version().size() > limits::worker_version_bytes)
    return refuse(fmt::format("version: {} bytes; at most {} are allowed", hello.version().size(),
                              limits::worker_version_bytes));
  if (hello.description().size() > limits::worker_description_bytes)
    return refuse(fmt::format("description: {} bytes; at most {} are allowed", hello.description().size(),
                              limits::worker_description_bytes));
  return {};
}

AgentCreationRequest agent_of(const WorkerHello& hello, const std::string& principal) {
  AgentCreationRequest agent;
  agent.set_id(hello.name());
  agent.set_name(hello.name());
  agent.set_description(hello.description());
  agent.set_behavior(std::string{worker_behavior});
  agent.set_behavior_version(hello.version());
  std::set<std::string> capabilities{hello.capabilities().begin(), hello.capabilities().end()};
  agent.mutable_capabilities()->Assign(capabilities.begin(), capabilities.end());
  agent.mutable_config()->set_max_concurrent(hello.slots());
  auto* setting = agent.mutable_config()->add_settings();
  setting->set_name(std::string{principal_setting});
  setting->set_value(principal);
  return agent;
}

std::string owner_of(const AgentCreationRequest& agent) {
  if (agent.behavior() == worker_behavior)
    for (auto& setting : agent.config().settings())
      if (setting.name() == principal_setting)
        return setting.value();
  return {};
}

} // namespace troupe
