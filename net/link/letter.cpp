// LETTER: mailbox elements become envelopes.
// Invariant: a question is answered by the session or by refuse_letter(), once.

#include <algorithm>
#include <troupe/net/link/letter.hpp>

namespace troupe {
namespace {

// An actor that waits for an answer from another node.
class waiting_actor final : public link_caller {
public:
  waiting_actor(caf::strong_actor_ptr asker, caf::strong_actor_ptr answerer, caf::message_id id,
                const link_method* method, bool may_repeat)
      : asker_{std::move(asker)}, answerer_{std::move(answerer)}, id_{id}, method_{method}, may_repeat_{
                                                                                                may_repeat} {}

  void answer(Envelope& reply) override {
    caf::message content;
    if (auto wrong = method_->decode_answer(reply, content))
      return fail(wrong);
    asker_->enqueue(answerer_, id_.response_id(), std::move(content), nullptr);
  }

  void fail(const caf::error& reason) override {
    asker_->enqueue(answerer_, id_.response_id(), caf::make_message(reason), nullptr);
  }

  void lost(const caf::error& reason) override {
    fail(may_repeat_ ? make_error(ec::outcome_unknown, text_of(reason) + "; " + method_->type +
                                                           " may have been done there all the same")
                     : reason);
  }

  bool waits() const override {
    return !asker_->get()->getf(caf::abstract_actor::is_terminated_flag |
                                caf::abstract_actor::is_cleaned_up_flag);
  }

private:
  caf::strong_actor_ptr asker_;
  caf::strong_actor_ptr answerer_;
  caf::message_id id_;
  const link_method* method_;
  const bool may_repeat_; // it has a command id: what it does, it does once
};

} // namespace

caf::error send_letter(caf::mailbox_element& what, const session_ptr& over, const std::string& target,
                       const link_interface& interface, const clock& time, const caf::strong_actor_ptr& as) {
  const Context* context = nullptr;
  const google::protobuf::Message* message = nullptr;
  auto method = std::find_if(interface.methods.begin(), interface.methods.end(), [&](auto& one) {
    message = one.find(what.content(), &context);
    return message != nullptr;
  });
  if (!message)
    return make_error(ec::invalid_argument, target + " does not understand " + what.content().stringify());
  if (auto oversize = check_size(*message))
    return oversize;
  auto patience = limits::link_answer;
  Envelope envelope;
  if (context && context->deadline_ms() != 0) {
    patience = std::chrono::milliseconds{context->deadline_ms() - time.now_ms()};
    if (patience.count() <= 0 && what.mid.is_request())
      return make_error(ec::timeout, "the deadline of " + method->type + " has passed before it was sent");
    envelope.set_left_ms(patience.count() != 0 ? patience.count() : -1); // 0 = none
  }
  envelope.set_target(target);
  envelope.set_type(method->type);
  envelope.set_urgent(what.is_high_priority());
  message->SerializeToString(envelope.mutable_payload());
  if (!what.mid.is_request())
    return over->note(std::move(envelope));
  auto may_repeat = context && !context->command_id().empty();
  over->request(std::move(envelope),
                std::make_unique<waiting_actor>(what.sender, as, what.mid, &*method, may_repeat), patience);
  return {};
}

void refuse_letter(caf::mailbox_element& what, const caf::error& reason, const caf::strong_actor_ptr& as,
                   const metric& dropped) {
  if (what.mid.is_request() && what.sender)
    what.sender->enqueue(as, what.mid.response_id(), caf::make_message(reason), nullptr);
  else
    dropped.add();
}

} // namespace troupe
