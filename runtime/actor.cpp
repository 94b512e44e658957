// ACTOR: the handlers every actor of the house installs, and questions answered later.
// Invariant: a question is answered exactly once.

#include <troupe/runtime/actor.hpp>

namespace troupe {

// A thread without work looks a few times, then sleeps until it is woken. CAF's default sleeps 50 us five hundred times first, which
// on a machine with few cores costs the journal's thread more than it gains: every event then has a share in the polling.
void set_scheduler(caf::actor_system_config& config, size_t threads) {
  config.set("scheduler.max-threads", threads);
  config.set("scheduler.max-throughput", limits::messages_per_turn);
  config.set("work-stealing.aggressive-poll-attempts", limits::idle_looks);
  config.set("work-stealing.moderate-poll-attempts", size_t{0});
}

void house_rules(caf::scheduled_actor* self) {
  self->set_default_handler([](caf::scheduled_actor* actor,
                               caf::message_view& view) -> caf::result<caf::message> {
    return make_error(ec::invalid_argument,
                      std::string{actor->name()} + " does not understand " + caf::to_string(view.content()));
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

pending_answer::pending_answer(caf::local_actor* self) : answerer_{self->ctrl()} {
  auto* message = self->current_mailbox_element();
  ensure(message != nullptr, "a promise is made while a message is handled");
  id_ = message->mid;
  if (!id_.is_request() || id_.is_answered())
    return;
  asker_ = message->sender;
  message->mid.mark_as_answered(); // CAF answers nothing of its own
}

pending_answer::~pending_answer() {
  if (asker_)
    deliver(caf::make_message(make_error(ec::internal, "the question was dropped without an answer")));
}

void pending_answer::deliver(caf::message answer) {
  if (auto asker = std::exchange(asker_, nullptr))
    asker->enqueue(answerer_.lock(), id_.response_id(), std::move(answer), nullptr);
}

} // namespace troupe
