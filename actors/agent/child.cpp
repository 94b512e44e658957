// CHILD: what a supervisor does to one child.
// Invariant: a ref means a child only between open() and leave(), so nobody is sent to one that starts or is
// gone.

#include <troupe/actors/agent/child.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

caf::expected<caf::actor> start_child(const child_spec& spec, caf::scheduled_actor* parent) {
  try {
    if (auto child = spec.start(parent))
      return child;
    return make_error(ec::internal, "start failed: no actor was returned");
  } catch (const std::exception& e) {
    return make_error(ec::internal, std::string{"start failed: "} + e.what());
  } catch (...) {
    return make_error(ec::internal, "start failed: something that is no std::exception was thrown");
  }
}

void end_child(caf::scheduled_actor* self, const caf::actor& child, caf::exit_reason reason) {
  child->enqueue(self->ctrl(), caf::make_message_id(caf::message_priority::high),
                 caf::make_message(caf::exit_msg{self->address(), reason}), self->context());
}

std::string failure_of(const caf::error& reason) {
  if (!reason || reason == caf::exit_reason::normal || reason == caf::exit_reason::user_shutdown)
    return {};
  return reason.category() == caf::atom("exit") ? caf::to_string(reason) : describe(reason);
}

void child_places::enter(const std::string& path, const child_spec& spec, const caf::actor& child) const {
  if (board)
    board->watch(path, spec.ref, child);
}

void child_places::open(const child_spec& spec, const caf::actor& child) const {
  if (names && !spec.ref.empty())
    names->put(spec.ref, child);
}

void child_places::leave(const child_spec& spec, const caf::actor& child) const {
  if (board)
    board->forget(child.id());
  if (names && !spec.ref.empty())
    names->erase(spec.ref, child,
                 make_error(ec::unavailable, spec.ref + " is down for now; repeat in a second"));
}

} // namespace troupe
