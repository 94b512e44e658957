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
  self->delayed_send(to, delay, std::move(message));
}

/// Asks for an urgent DOWN message when the actor ends.
template <class Self, class Handle>
void watch(Self* self, const Handle& handle) {
  self->template monitor<caf::message_priority::high>(handle);
}

/// An answer given later. Copies share one answer; when the last copy is gone unanswered, the asker
/// gets ec::internal instead of silence.
template <class T>
class promise {
public:
  promise() = default;

  /// Takes the question that `self` is handling now.
  template <class Self>
  explicit promise(Self* self) : box_{std::make_shared<box>(self->template make_response_promise<T>())} {
  }

  /// Answers with a value or an error; later answers are ignored.
  template <class X>
  void deliver(X&& answer) const {
    if (box_ && !std::exchange(box_->done, true))
      box_->promise.deliver(std::forward<X>(answer));
  }

  /// What the handler returns.
  caf::result<T> pending() const {
    return box_->promise;
  }

private:
  struct box {
    explicit box(caf::typed_response_promise<T> p) : promise{std::move(p)} {
    }
    box(const box&) = delete;
    box& operator=(const box&) = delete;
    ~box() {
      if (!done)
        promise.deliver(make_error(ec::internal, "the question was dropped without an answer"));
    }
    caf::typed_response_promise<T> promise;
    bool done = false;
  };
  std::shared_ptr<box> box_;
};

} // namespace troupe
