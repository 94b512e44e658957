// JSON: how messages are written for people and programs outside, and read from them.
#pragma once

#include <caf/error.hpp>
#include <cstdint>
#include <google/protobuf/message.h>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Spread over lines or on one; with fields at their defaults or without.
struct json_style {
  bool pretty = true;
  bool defaults = true;
};

/// Protobuf's JSON mapping (names in lowerCamelCase, 64-bit integers as strings, enums by name), with two
/// differences that from_json() understands: `bytes` are written as text (U+FFFD for what is no UTF-8), and
/// Unix times as ISO 8601 in UTC, or null when they are 0. Fields come in the order of their numbers.
std::string to_json(const google::protobuf::Message& message, json_style style = {});

/// Fills a message. Errors: ec::invalid_argument with line and column for what is no JSON, with the path and
/// the nearest known field for what does not fit the message.
caf::error from_json(std::string_view text, google::protobuf::Message& message);

/// A Unix time in milliseconds as ISO 8601 in UTC, e.g. `2023-11-14T22:13:20.000Z`, and back; nothing if it
/// is no such time.
std::string iso_time(int64_t unix_ms);
std::optional<int64_t> parse_iso_time(std::string_view text);

} // namespace troupe
