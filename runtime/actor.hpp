// The words of CAF that differ between its versions, and the rules every actor of the house follows.
#pragma once

#include <memory>
#include <string>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/words.hpp>
#include <utility>

namespace troupe {

/// Default, error, exception and down handlers: nothing is printed, an exception's text becomes the exit
/// reason, an unknown message is answered ec::invalid_argument. Every actor calls this first.
void house_rules(caf::scheduled_actor* self);

/// Sets up the scheduler: threads, fairness, and how threads wait for work. Call before the actor system exists.
void set_scheduler(caf::actor_system_config& config, size_t threads);

/// Asks and returns CAF's response handle; call `.then(on_answer, on_error)` on it. For leaves with few
/// questions open; hubs use tell() and a correlation map of their own.
template <class Self, class Handle, proto_message M>
auto ask(Self* self, const Handle& to, caf::timespan timeout, M message) {
  ensure(!check_size(message), "message within limits::message_bytes");
  return self->request(to, timeout, std::move(message));
}

/// Sends without expecting an answer.
template <class Self, class Handle, proto_message M>
void tell(Self* self, const Handle& to, M message) {
  ensure(!check_size(message), "message within limits::message_bytes");
  self->send(to, std::move(message));
}

/// Sends on the high-priority lane: supervision, cancel, approval. Handled before all normal messages.
template <class Self, class Handle, proto_message M>
void tell_urgent(Self* self, const Handle& to, M message) {
  ensure(!check_size(message), "message within limits::message_bytes");
  self->template send<caf::message_priority::high>(to, std::move(message));
}

/// Sends after a delay. It cannot be taken back: put an epoch into the message if it may become stale.
template <class Self, class Handle, proto_message M>
void tell_in(Self* self, caf::timespan delay, const Handle& to, M message) {
  ensure(!check_size(message), "message within limits::message_bytes");
  self->delayed_send(to, delay, std::move(message));
}

/// Asks for an urgent DOWN message when the actor ends.
template <class Self, class Handle>
void watch(Self* self, const Handle& handle) {
  self->template monitor<caf::message_priority::high>(handle);
}

/// A question taken out of an actor's hands. It answers once; destroyed unanswered, it answers ec::internal.
/// Unlike CAF's promises it needs neither its actor alive nor the actor's turn, and does not keep it alive.
class pending_answer {
public:
  /// Takes the question that `self` is handling now; a note is a question nobody waits for.
  explicit pending_answer(caf::local_actor* self);
  pending_answer(const pending_answer&) = delete;
  pending_answer& operator=(const pending_answer&) = delete;
  ~pending_answer();

  /// Answers, the first time.
  void deliver(caf::message answer);

private:
  caf::strong_actor_ptr asker_; // null = answered
  caf::weak_actor_ptr answerer_;
  caf::message_id id_;
};

/// An answer given later. Copies share one answer; when the last copy is gone unanswered, the asker
/// gets ec::internal instead of silence. One thread at a time.
template <class T>
class promise {
public:
  promise() = default;

  /// Takes the question that `self` is handling now.
  explicit promise(caf::local_actor* self) : question_{std::make_shared<pending_answer>(self)} {}

  /// Answers with a value or an error; later answers are ignored.
  void deliver(T answer) const {
    if (question_)
      question_->deliver(caf::make_message(std::move(answer)));
  }
  void deliver(caf::error reason) const {
    if (question_)
      question_->deliver(caf::make_message(std::move(reason)));
  }

  /// What the handler returns.
  caf::result<T> pending() const {
    return caf::delegated<T>{};
  }

private:
  std::shared_ptr<pending_answer> question_;
};

} // namespace troupe
