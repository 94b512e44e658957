// Credentials that show by where they stand.
// Invariant: every look-ahead is bounded by a constant, so the time is linear in the text.

#include "credentials.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace troupe::audit {
namespace {

constexpr std::size_t longest_name = 64;   // longer names are generated, or no names
constexpr std::size_t longest_value = 200; // longer strings are texts, or keys with a format of their own
constexpr std::size_t longest_gap = 16;    // blanks around the sign of an assignment
constexpr std::size_t aws_secret_bytes = 40;

constexpr char_set name_bytes{"A-Za-z0-9_.-"};
constexpr char_set base64_bytes{"A-Za-z0-9+/="};
constexpr char_set user_bytes{"A-Za-z0-9._~%!*+,;=-"};
constexpr char_set host_bytes{"A-Za-z0-9.-"};
constexpr char_set url_value_bytes{"A-Za-z0-9._~%!$&()*+,;=?#^|{}[]-"};

constexpr std::array<std::string_view, 13> telling_ends{
    "password",  "passwd",    "passphrase", "pwd",        "secret",    "token",     "apikey",
    "accesskey", "secretkey", "privatekey", "signingkey", "masterkey", "credential"};

/// Lower case, without the signs between words: "Api-Key", "api_key" and "apiKey" are one name.
std::string normal_name(std::string_view name) {
  auto result = lower(name);
  std::erase_if(result, [](char c) { return c == '_' || c == '-' || c == '.'; });
  return result;
}

/// Position behind a backslash that escapes a quote, as in JSON inside of a string; `at` when there is none.
std::size_t after_escape(std::string_view text, std::size_t at) {
  const bool escape =
      at + 1 < text.size() && text[at] == '\\' && (text[at + 1] == '"' || text[at + 1] == '\'');
  return escape ? at + 1 : at;
}

/// Position behind the sign of an assignment that follows `at`, or npos.
std::size_t after_sign(std::string_view text, std::size_t at) {
  at = after_escape(text, at);
  if (at < text.size() && (text[at] == '"' || text[at] == '\''))
    ++at; // the name itself was quoted
  at = skip(text, at, blank_bytes, longest_gap);
  for (std::string_view sign : {":=", "=>", "=", ":"})
    if (text.substr(at, sign.size()) == sign)
      return after_escape(text, skip(text, at + sign.size(), blank_bytes, longest_gap));
  return std::string_view::npos;
}

/// The string at `at`, without quotes; empty when there is none or it does not end in time.
std::string_view quoted_value(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (auto end = at + 1; end < text.size() && end - at <= longest_value && text[end] != '\n'; ++end)
    if (text[end] == quote)
      return text.substr(at + 1, end - at - (text[end - 1] == '\\' ? 2 : 1));
  return {};
}

/// The bare word at `at`; empty when it is a call, a reference or a block rather than a value.
std::string_view bare_value(std::string_view text, std::size_t at) {
  constexpr std::string_view ends = " \t\r\n#;,\"'`";
  const auto rest = text.substr(at, longest_value);
  const auto value = rest.substr(0, rest.find_first_of(ends));
  return value.find_first_of("()[]{}<>") == std::string_view::npos ? value : std::string_view{};
}

} // namespace

bool is_telling_name(std::string_view name) {
  const auto normal = normal_name(name);
  return std::any_of(telling_ends.begin(), telling_ends.end(),
                     [&](std::string_view end) { return normal.ends_with(end); });
}

std::vector<credential> find_assignments(std::string_view text, bool unquoted) {
  std::vector<credential> result;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = skip(text, at, name_bytes);
    const auto name = text.substr(at, end - at);
    at = std::max(end, at + 1);
    if (name.empty() || name.size() > longest_name)
      continue;
    const auto sign_end = after_sign(text, end);
    if (sign_end >= text.size())
      continue;
    if (!is_telling_name(name))
      continue;
    const bool quoted = text[sign_end] == '"' || text[sign_end] == '\'' || text[sign_end] == '`';
    const auto value = quoted     ? quoted_value(text, sign_end)
                       : unquoted ? bare_value(text, sign_end)
                                  : std::string_view{};
    if (value.empty())
      continue;
    credential found{name, value, static_cast<std::size_t>(value.data() - text.data()), false, {}};
    const auto normal = normal_name(name);
    found.aws_secret = (normal.ends_with("secretaccesskey") || normal.ends_with("awssecretkey")) &&
                       value.size() == aws_secret_bytes && skip(value, 0, base64_bytes) == aws_secret_bytes;
    result.push_back(found);
    at = found.offset + value.size();
  }
  return result;
}

std::vector<credential> find_url_passwords(std::string_view text) {
  constexpr std::string_view mark = "://";
  std::vector<credential> result;
  for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at)) {
    at += mark.size();
    const auto colon = skip(text, at, user_bytes, longest_name);
    if (colon >= text.size() || text[colon] != ':')
      continue;
    const auto end = skip(text, colon + 1, url_value_bytes, longest_value);
    if (end > colon + 1 && end < text.size() && text[end] == '@')
      result.push_back({{},
                        text.substr(colon + 1, end - colon - 1),
                        colon + 1,
                        false,
                        text.substr(end + 1, skip(text, end + 1, host_bytes, longest_name) - end - 1)});
  }
  return result;
}

} // namespace troupe::audit
