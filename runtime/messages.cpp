// MESSAGES: text, equality and size of protobuf messages.

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <troupe/runtime/messages.hpp>

namespace troupe {

std::string to_log_text(const google::protobuf::Message& message) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.SetUseShortRepeatedPrimitives(true);
  printer.SetTruncateStringFieldLongerThan(limits::log_field_bytes);
  std::string text;
  printer.PrintToString(message, &text);
  if (!text.empty() && text.back() == ' ')
    text.pop_back();
  return message.GetDescriptor()->name() + "{" + text + "}";
}

std::string event_name(const google::protobuf::Message& event) {
  auto* oneof = event.GetDescriptor()->FindOneofByName("kind");
  auto* field = oneof ? event.GetReflection()->GetOneofFieldDescriptor(event, oneof) : nullptr;
  return event.GetDescriptor()->name() + (field ? "." + field->name() : "");
}

bool equal(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return a.GetDescriptor() == b.GetDescriptor() && google::protobuf::util::MessageDifferencer::Equals(a, b);
}

caf::error check_size(const google::protobuf::Message& message) {
  auto size = message.ByteSizeLong();
  if (size <= limits::message_bytes)
    return {};
  return make_error(ec::invalid_argument, message.GetDescriptor()->full_name() + " has " +
                                              std::to_string(size) + " bytes; at most " +
                                              std::to_string(limits::message_bytes) + " are allowed");
}

} // namespace troupe
