// JSON as a plain tree, so that only json.cpp sees a JSON library.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::audit {

struct json;

/// A JSON array.
using json_list = std::vector<json>;

/// A JSON object; members keep the order in which they were written.
using json_object = std::vector<std::pair<std::string, json>>;

/// Any JSON value. Strings are UTF-8.
struct json {
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, json_list, json_object> value;

  /// null
  json() = default;

  /// A number, string, list or object; text literals become strings.
  template <class T>
  requires(!std::same_as<std::remove_cvref_t<T>, json>) json(T&& content) {
    if constexpr (std::convertible_to<T, std::string_view>)
      value = std::string{std::string_view{content}};
    else if constexpr (std::integral<std::remove_cvref_t<T>> && !std::same_as<std::remove_cvref_t<T>, bool>)
      value = static_cast<std::int64_t>(content);
    else
      value = std::forward<T>(content);
  }

  /// The value as a T, or nullptr when it is of another type.
  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
};

/// The member `key` of an object, or nullptr when `object` is no object or has no such member.
const json* member(const json& object, std::string_view key);

/// Why a text is not JSON.
struct json_error {
  std::string text;
};

/// Reads JSON (RFC 8259). Fails on bytes that are no JSON or no UTF-8, on more than 32 levels of nesting, and
/// on integers that do not fit in 64 signed bits.
std::variant<json, json_error> parse_json(std::string_view text);

/// Writes JSON without any blanks; equal trees give equal bytes.
std::string write_json(const json& tree);

} // namespace troupe::audit
