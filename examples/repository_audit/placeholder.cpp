// Real secrets and stand-ins.
// Invariant: pure and linear; a longer list of stand-in words only ever removes findings.

#include "placeholder.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace troupe::audit {
namespace {

/// Shorter values are rarely accepted as passwords, and short strings are mostly plain words.
constexpr std::size_t least_secret_bytes = 8;

constexpr std::string_view variable_marks = "${ $( {{ %( %s %d <% @@ getenv environ process.env";

constexpr std::string_view stand_in_words = "example changeme change-me change_me placeholder your dummy "
                                            "sample test fake foobar todo redacted insert replace "
                                            "default password passwd secret token apikey api_key api-key "
                                            "xxxx **** .... 0000 11111 12345678 abcdefg qwerty "
                                            "deadbeef undefined null none";

constexpr char_set digits{"0-9"};
constexpr char_set lower_letters{"a-z"};
constexpr char_set upper_letters{"A-Z"};
constexpr char_set name_signs{"_.-/:=\\"};

} // namespace

double entropy_bits(std::string_view text) {
  std::array<double, 256> seen{};
  for (auto c : text)
    ++seen[static_cast<unsigned char>(c)];
  double bits = 0;
  const auto size = static_cast<double>(text.size());
  for (auto count : seen)
    if (count > 0)
      bits -= count / size * std::log2(count / size);
  return bits;
}

bool is_placeholder(std::string_view value) {
  const bool enclosed = (value.starts_with('<') && value.ends_with('>')) || value.starts_with('$') ||
                        (value.starts_with('%') && value.ends_with('%'));
  return enclosed || contains_any(value, variable_marks) || contains_any(lower(value), stand_in_words);
}

bool looks_secret(std::string_view value) {
  if (value.size() < least_secret_bytes || value.find("://") != std::string_view::npos ||
      value.starts_with('/') || value.starts_with("./"))
    return false;
  const auto has = [&](const char_set& set) {
    return std::any_of(value.begin(), value.end(), [&](char c) { return set.has(c); });
  };
  const bool letters = has(lower_letters) || has(upper_letters);
  const bool signs = std::any_of(value.begin(), value.end(),
                                 [](char c) { return !word_bytes.has(c) && !name_signs.has(c); });
  if (has(space_bytes) || !letters || !(has(digits) || signs))
    return false;
  return entropy_bits(value) >= secret_entropy_bits && !is_placeholder(value);
}

} // namespace troupe::audit
