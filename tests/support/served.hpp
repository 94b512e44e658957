// Methods of the control service without a transport, in virtual time. Include after CAF_SUITE is defined.
#pragma once

#include <tests/support/control_node.hpp>
#include <tests/support/fixture.hpp>
#include <troupe/net/api/methods.hpp>

namespace troupe {

/// A house with a door to it.
template <class House>
struct with_desk : House {
  using House::node;

  template <class... Parts>
  explicit with_desk(Parts&&... parts) : House{std::forward<Parts>(parts)...} {
    desk.node = "n1";
    desk.version = "0.1.0";
    desk.started_ms = 1'600'000'000'000;
  }

  /// The actor behind a ref.
  template <class... Handlers>
  caf::actor play(const std::string& ref, Handlers... handlers) {
    auto actor = node->system().spawn([=](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      return {handlers...};
    });
    node->outside()->names->put(ref, actor);
    return actor;
  }

  /// Calls a method as principal ada, waiting 20 s of virtual time; lets that time pass if `wait` is set.
  template <class Reply, class In>
  caf::expected<Reply> call(const In& in, bool wait = false) {
    auto result = std::make_shared<caf::expected<Reply>>(make_error(ec::internal, "no reply"));
    desk.outside = node->outside();
    control_call how;
    how.desk = std::make_shared<control_desk>(desk);
    how.context.set_principal("ada");
    how.patience = std::chrono::seconds{20};
    // Held, as the door holds it: who has gone is not worked for.
    auto worker = node->system().spawn([=, root = node->root()](caf::event_based_actor* self) mutable {
      house_rules(self);
      self->link_to(root);
      how.self = self;
      serve(how, in, [=](caf::expected<Reply> answer) {
        *result = std::move(answer);
        self->quit();
      });
    });
    node->settle();
    if (wait)
      node->advance(std::chrono::seconds{20});
    return *result;
  }

  control_desk desk;
};

/// A house whose services are stubs, and a door to it.
using desk_house = with_desk<house>;

} // namespace troupe
