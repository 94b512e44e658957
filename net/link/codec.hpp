// CODEC: the messages of an interface as bytes and back. One table per interface, which the compiler makes.
#pragma once

#include <functional>
#include <string>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/link.pb.h>
#include <vector>

namespace troupe {

/// Puts into the context of a message from elsewhere what this node stands for; an error refuses the message.
using context_rule = std::function<caf::error(Context&)>;

/// One message that an interface understands.
struct link_method {
  std::string type; ///< full name of the message

  /// The message, if this is what a mailbox element holds; else null. And its context; null if it has none.
  const google::protobuf::Message* (*find)(const caf::type_erased_tuple& content, const Context** context);

  /// A request or note from bytes. Errors: ec::invalid_argument, and those of the rule.
  caf::error (*decode)(const std::string& bytes, const context_rule& rule,
                       const caf::strong_actor_ptr& sender, caf::message_id id,
                       caf::mailbox_element_ptr& into);

  /// The answer from bytes. Errors: ec::invalid_argument.
  caf::error (*decode_answer)(const Envelope& reply, caf::message& into);

  /// The answer as bytes. Errors: ec::internal if it is none of this method, or too large.
  caf::error (*encode_answer)(const caf::type_erased_tuple& content, Envelope& reply);
};

/// All messages of an interface.
struct link_interface {
  std::vector<link_method> methods;

  /// The method for a message's full name, or null.
  const link_method* find(const std::string& type) const;
};

/// Says that bytes are not the message they should be.
caf::error not_a(const std::string& type, size_t bytes);

/// Says that an actor gave an answer that cannot be sent.
caf::error no_answer(const std::string& type, const std::string& why);

/// What a signature is made of.
template <class Signature>
struct link_signature;

/// One message in, one out; `void` = it is a note.
template <class In, class Out>
struct link_signature<caf::typed_mpi<caf::detail::type_list<In>, caf::output_tuple<Out>>> {
  /// Its row in the table.
  static link_method method() {
    return {In::descriptor()->full_name(), find, decode, decode_answer, encode_answer};
  }

private:
  static const google::protobuf::Message* find(const caf::type_erased_tuple& content,
                                               const Context** context) {
    if (!content.match_elements<In>())
      return nullptr;
    auto& message = content.get_as<In>(0);
    if constexpr (command_message<In>)
      *context = &message.context();
    return &message;
  }

  static caf::error decode(const std::string& bytes, const context_rule& rule,
                           const caf::strong_actor_ptr& sender, caf::message_id id,
                           caf::mailbox_element_ptr& into) {
    In message;
    if (!message.ParseFromString(bytes))
      return not_a(In::descriptor()->full_name(), bytes.size());
    if constexpr (command_message<In>)
      if (auto refused = rule(*message.mutable_context()))
        return refused;
    into = caf::make_mailbox_element(sender, id, {}, std::move(message));
    return {};
  }

  static caf::error decode_answer(const Envelope& reply, caf::message& into) {
    if constexpr (!std::is_void_v<Out>) {
      Out answer;
      if (reply.type() != Out::descriptor()->full_name() || !answer.ParseFromString(reply.payload()))
        return not_a(Out::descriptor()->full_name(), reply.payload().size());
      into = caf::make_message(std::move(answer));
    }
    return {};
  }

  static caf::error encode_answer(const caf::type_erased_tuple& content, Envelope& reply) {
    reply.set_kind(Envelope::REPLY);
    if constexpr (!std::is_void_v<Out>) {
      if (!content.match_elements<Out>())
        return no_answer(In::descriptor()->full_name(), "it is no " + Out::descriptor()->full_name());
      auto& answer = content.get_as<Out>(0);
      if (auto oversize = check_size(answer))
        return no_answer(In::descriptor()->full_name(), text_of(oversize));
      reply.set_type(Out::descriptor()->full_name());
      answer.SerializeToString(reply.mutable_payload());
    }
    return {};
  }
};

/// The table of an interface, made once.
template <class Interface>
struct link_table;

/// The same for a typed actor's interface.
template <class... Signatures>
struct link_table<caf::typed_actor<Signatures...>> {
  /// The one table of this interface.
  static const link_interface& get() {
    static const link_interface table{{link_signature<Signatures>::method()...}};
    return table;
  }
};

/// The table of a typed actor's interface. Lives for ever.
template <class Interface>
const link_interface& interface_of() {
  return link_table<Interface>::get();
}

} // namespace troupe
