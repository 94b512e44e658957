// Makes any protobuf message a CAF message: log text, equality, bytes. The only file that knows how.
#pragma once

#include <caf/all.hpp>
#include <concepts>
#include <google/protobuf/message.h>
#include <string>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

/// Any generated message class.
template <class T>
concept proto_message =
    std::derived_from<T, google::protobuf::Message> && !std::same_as<T, google::protobuf::Message>;

/// A command: a message whose first field is its Context.
template <class T>
concept command_message = proto_message<T> && requires(const T& x) {
  x.context().command_id();
};

/// One line of text for logs: type name and fields, long strings cut at limits::log_field_bytes.
std::string to_log_text(const google::protobuf::Message& message);

/// The name of an event: its type and the member of its oneof `kind` that is set, e.g. "TaskEvent.created".
std::string event_name(const google::protobuf::Message& event);

/// True if both have the same type and the same fields.
bool equal(const google::protobuf::Message& a, const google::protobuf::Message& b);

/// Refuses a message above limits::message_bytes with ec::invalid_argument naming type and size.
/// CAF would deliver an empty message instead, so senders check.
caf::error check_size(const google::protobuf::Message& message);

/// Teaches a CAF configuration every message of runtime/proto (generated). Call before the actor system exists.
void add_messages(caf::actor_system_config& config);

} // namespace troupe

// Found by argument-dependent lookup for every generated class.
namespace google::protobuf {

/// One line for logs, as to_log_text() makes it.
inline std::string to_string(const Message& message) {
  return troupe::to_log_text(message);
}

/// Lets CAF carry any message as its serialized bytes. Errors: above limits::message_bytes, ec::corrupt.
template <class Inspector, troupe::proto_message T>
typename Inspector::result_type inspect(Inspector& f, T& x) {
  if constexpr (std::is_void_v<typename Inspector::result_type>) {
    f(to_string(x));
  } else if constexpr (Inspector::reads_state) {
    if (auto oversize = troupe::check_size(x))
      return oversize;
    std::string bytes = x.SerializeAsString();
    return f(bytes);
  } else {
    std::string bytes;
    if (auto failed = f(bytes))
      return failed;
    if (bytes.size() > troupe::limits::message_bytes || !x.ParseFromString(bytes))
      return troupe::make_error(troupe::ec::corrupt, "bytes are no " + T::descriptor()->full_name());
    return {};
  }
}

template <troupe::proto_message T>
bool operator==(const T& a, const T& b) {
  return troupe::equal(a, b);
}

} // namespace google::protobuf
