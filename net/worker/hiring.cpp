// HIRING: asks, retires what has changed, registers.
// Invariant: whoever waits hears once, whatever becomes of the registry.

#include <fmt/format.h>
#include <troupe/net/worker/hello.hpp>
#include <troupe/net/worker/hiring.hpp>
#include <troupe/persistence/effects.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

struct application {
  doors_ptr outside;
  AgentCreationRequest agent;
  std::string principal;
  std::function<void(caf::error)> then;

  template <class Command>
  Command command() const {
    Command cmd;
    cmd.mutable_context()->set_principal(principal);
    cmd.mutable_context()->set_command_id(outside->ids->next(outside->time->now_ms()));
    return cmd;
  }
};

using application_ptr = std::shared_ptr<const application>;
const std::string registry{services::registry};

void end(caf::event_based_actor* self, const application_ptr& one, const caf::error& refused) {
  one->then(refused);
  self->quit();
}

void sign_on(caf::event_based_actor* self, const application_ptr& one) {
  auto cmd = one->command<RegisterAgent>();
  *cmd.mutable_request() = one->agent;
  ask<AgentRecord>(self, *one->outside->names, registry, limits::request_timeout, std::move(cmd))
      .then([=](const AgentRecord&) { end(self, one, {}); },
            [=](const caf::error& why) { end(self, one, why); });
}

void judge(caf::event_based_actor* self, const application_ptr& one, const AgentRecord& known) {
  auto owner = owner_of(known.request());
  if (known.unregistered())
    return sign_on(self, one);
  if (owner.empty())
    return end(self, one,
               make_error(ec::already_exists,
                          fmt::format("'{}' is an agent of the node; choose another name", known.id())));
  if (owner != one->principal)
    return end(self, one,
               make_error(ec::permission_denied,
                          fmt::format("the name '{}' belongs to another principal", known.id())));
  if (equal(known.request(), one->agent))
    return end(self, one, {});
  auto cmd = one->command<UnregisterAgent>();
  cmd.set_id(known.id());
  ask<AgentRecord>(self, *one->outside->names, registry, limits::request_timeout, std::move(cmd))
      .then([=](const AgentRecord&) { sign_on(self, one); },
            [=](const caf::error& why) { end(self, one, why); });
}

} // namespace

void hire_worker(caf::actor_system& system, doors_ptr outside, AgentCreationRequest agent,
                 const std::string& principal, std::function<void(caf::error refused)> then) {
  auto one = std::make_shared<const application>(
      application{std::move(outside), std::move(agent), principal, std::move(then)});
  system.spawn([one](caf::event_based_actor* self) {
    house_rules(self);
    GetAgent known;
    known.set_id(one->agent.id());
    ask<AgentRecord>(self, *one->outside->names, registry, limits::request_timeout, std::move(known))
        .then([=](const AgentRecord& record) { judge(self, one, record); },
              [=](const caf::error& why) {
                if (code_of(why) == ec::not_found)
                  sign_on(self, one);
                else
                  end(self, one, why);
              });
  });
  // Spawning has given this thread, which may be gRPC's, a share in the system's logger; until it is given back, the system cannot end.
  caf::logger::set_current_actor_system(nullptr);
}

} // namespace troupe
