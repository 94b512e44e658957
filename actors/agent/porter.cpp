// PORTER: stands behind the ref for a moment, and is given what is held.
// Invariant: a message is delivered once more, with its sender and its id; the porter ends when nobody knows it and it has nothing
// left.

#include <troupe/actors/agent/porter.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {
namespace {

caf::behavior porter(caf::event_based_actor* self, std::shared_ptr<directory> names, const std::string& ref) {
  house_rules(self);
  self->set_default_handler([names = std::move(names), ref](caf::scheduled_actor* me,
                                                            caf::message_view&) -> caf::result<caf::message> {
    auto* current = me->current_mailbox_element();
    auto id = current->mid;
    current->mid.mark_as_answered();
    names->deliver(ref, caf::make_mailbox_element(std::move(current->sender), id, std::move(current->stages),
                                                  current->move_content_to_message()));
    return caf::delegated<caf::message>{};
  });
  return {[](const RestMark&) {}};
}

} // namespace

void send_on(caf::scheduled_actor* self, const std::shared_ptr<directory>& names, const std::string& ref) {
  if (names->release(ref))
    return;
  auto made = self->home_system().spawn(porter, names, ref);
  names->put(ref, made);
  names->erase(ref, made, {});
}

} // namespace troupe
