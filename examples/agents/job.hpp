// What a skill is given, and how it answers: named texts in, a JSON object out.
#pragma once

#include "examples/repository_audit/json.hpp"

#include <caf/expected.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::crew {

/// The inputs of one task.
class job {
public:
  explicit job(std::map<std::string, std::string, std::less<>> inputs) : inputs_{std::move(inputs)} {}

  /// An input; empty if there is none.
  std::string text(std::string_view name) const;
  /// Is it `true`?
  bool flag(std::string_view name) const;
  /// A JSON value; null if there is none. Errors: ec::invalid_argument.
  caf::expected<audit::json> tree(std::string_view name) const;
  /// A list of texts, at most `list_items` of them. Errors: ec::invalid_argument.
  caf::expected<std::vector<std::string>> list(std::string_view name) const;

private:
  std::map<std::string, std::string, std::less<>> inputs_;
};

/// Requirements, components, folders in one task.
inline constexpr std::size_t list_items = 200;

/// A member of an object that is a text; empty if there is none.
std::string text_in(const audit::json& object, std::string_view key);

/// Letters and digits of a text in lower case, all else as single dashes, at most 40 bytes: `greets-a-customer`.
std::string slug(std::string_view text);

/// 16 hexadecimal digits; equal texts have equal ones. FNV-1a, 64 bits: names things, protects nothing.
std::string fingerprint(std::string_view text);

} // namespace troupe::crew
