// PROXY: messages to an actor of another node become envelopes.
// Invariant: a request is answered by the session or here, once.

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <troupe/net/link/proxy.hpp>

namespace troupe {
namespace {

// An actor that waits for an answer from another node.
class waiting_actor final : public link_caller {
public:
  waiting_actor(caf::strong_actor_ptr asker, caf::strong_actor_ptr proxy, caf::message_id id,
                const link_method* method)
      : asker_{std::move(asker)}, proxy_{std::move(proxy)}, id_{id}, method_{method} {}

  void answer(Envelope& reply) override {
    caf::message content;
    if (auto wrong = method_->decode_answer(reply, content))
      return fail(wrong);
    asker_->enqueue(proxy_, id_.response_id(), std::move(content), nullptr);
  }

  void fail(const caf::error& reason) override {
    asker_->enqueue(proxy_, id_.response_id(), caf::make_message(reason), nullptr);
  }

  bool waits() const override {
    return !asker_->get()->getf(caf::abstract_actor::is_terminated_flag |
                                caf::abstract_actor::is_cleaned_up_flag);
  }

private:
  caf::strong_actor_ptr asker_;
  caf::strong_actor_ptr proxy_;
  caf::message_id id_;
  const link_method* method_;
};

class remote_actor final : public caf::monitorable_actor {
public:
  remote_actor(caf::actor_config& config, const proxy_place& place, session_ptr over, std::string target,
               const link_interface& interface, std::set<std::string> types)
      : caf::monitorable_actor{config}, place_{place}, over_{std::move(over)}, target_{std::move(target)},
        interface_{interface}, types_{std::move(types)} {}

  ~remote_actor() override {
    over_->cancel(watch_);
  }

  // Once it has an address.
  void watch() {
    watch_ = over_->watch(target_, [weak = caf::weak_actor_ptr{ctrl()}](const caf::error& reason) {
      if (auto self = weak.lock()) {
        caf::error why = caf::exit_reason::user_shutdown;
        if (reason)
          why = reason;
        static_cast<remote_actor*>(self->get())->cleanup(std::move(why), nullptr);
      }
    });
  }

  const char* name() const override {
    return "remote_actor";
  }

  std::set<std::string> message_types() const override {
    return types_;
  }

  using caf::abstract_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* here) override {
    if (what->mid.is_response() || handle_system_message(*what, here, false))
      return;
    if (auto wrong = send(*what))
      refuse(*what, wrong);
  }

private:
  caf::error send(caf::mailbox_element& what) {
    if (getf(is_terminated_flag | is_cleaned_up_flag))
      return make_error(ec::unavailable, "the proxy of " + target_ + " has ended; resolve the name again");
    const Context* context = nullptr;
    const google::protobuf::Message* message = nullptr;
    auto method = std::find_if(interface_.methods.begin(), interface_.methods.end(), [&](auto& one) {
      message = one.find(what.content(), &context);
      return message != nullptr;
    });
    if (!message)
      return make_error(ec::invalid_argument, target_ + " does not understand " + what.content().stringify());
    if (auto oversize = check_size(*message))
      return oversize;
    auto patience = limits::link_answer;
    Envelope envelope;
    if (context && context->deadline_ms() != 0) {
      patience = std::chrono::milliseconds{context->deadline_ms() - place_.time->now_ms()};
      if (patience.count() <= 0 && what.mid.is_request())
        return make_error(ec::timeout, "the deadline of " + method->type + " has passed before it was sent");
      envelope.set_left_ms(patience.count() != 0 ? patience.count() : -1); // 0 = none
    }
    envelope.set_target(target_);
    envelope.set_type(method->type);
    envelope.set_urgent(what.is_high_priority());
    message->SerializeToString(envelope.mutable_payload());
    if (!what.mid.is_request())
      return over_->note(std::move(envelope));
    over_->request(
        std::move(envelope),
        std::make_unique<waiting_actor>(what.sender, caf::strong_actor_ptr{ctrl()}, what.mid, &*method),
        patience);
    return {};
  }

  void refuse(caf::mailbox_element& what, const caf::error& reason) {
    if (what.mid.is_request() && what.sender)
      what.sender->enqueue(ctrl(), what.mid.response_id(), caf::make_message(reason), nullptr);
    else
      place_.dropped.add();
  }

  void on_cleanup(const caf::error&) override {
    over_->cancel(watch_);
  }

  const proxy_place place_;
  const session_ptr over_;
  const std::string target_;
  const link_interface& interface_;
  const std::set<std::string> types_;
  std::atomic<uint64_t> watch_ = 0;
};

} // namespace

caf::strong_actor_ptr make_proxy(const proxy_place& place, session_ptr over, std::string target,
                                 const link_interface& interface, std::set<std::string> types) {
  caf::actor_config config;
  auto& system = *place.system;
  auto proxy = caf::make_actor<remote_actor, caf::strong_actor_ptr>(
      system.next_actor_id(), system.node(), &system, config, place, std::move(over), std::move(target),
      interface, std::move(types));
  static_cast<remote_actor*>(proxy->get())->watch();
  return proxy;
}

} // namespace troupe
