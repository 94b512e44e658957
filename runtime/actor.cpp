// ACTOR: the handlers every actor of the house installs.

#include <troupe/runtime/actor.hpp>

namespace troupe {

void house_rules(caf::scheduled_actor* self) {
  self->set_default_handler([](caf::scheduled_actor* actor, caf::message_view& view) -> caf::result<caf::message> {
    return make_error(ec::invalid_argument, std::string{actor->name()} + " does not understand " +
                                                caf::to_string(view.content()));
  });
  self->set_error_handler([](caf::scheduled_actor*, caf::error&) {});
  self->set_down_handler([](caf::scheduled_actor*, caf::down_msg&) {});
  self->set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      return make_error(ec::internal, e.what());
    } catch (...) {
      return make_error(ec::internal, "something that is no std::exception was thrown");
    }
  });
}

} // namespace troupe
