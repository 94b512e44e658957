// STORE ADDRESS: only what can be told without libpq.
// Invariant: no reason holds a part of the address.

#include <cctype>
#include <troupe/runtime/store_address.hpp>

namespace troupe {
namespace {

// Percent-encoded bytes as they are meant.
std::string decoded(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    auto digit = [&](size_t at) {
      return at < text.size() && std::isxdigit(static_cast<unsigned char>(text[at]));
    };
    if (text[i] == '%' && digit(i + 1) && digit(i + 2)) {
      plain += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// Is there a key of this name, between blanks or as a part of a query?
bool has_key(std::string_view text, std::string_view name) {
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    if (at > 0 && std::string_view{" \t?&"}.find(text[at - 1]) == std::string_view::npos)
      continue;
    auto behind = text.find_first_not_of(" \t", at + name.size());
    if (behind != std::string_view::npos && text[behind] == '=')
      return true;
  }
  return false;
}

bool has_password(std::string_view text, bool is_uri) {
  if (is_uri) {
    auto host = text.substr(text.find("://") + 3);
    host = host.substr(0, host.find_first_of("/?"));
    auto user = host.substr(0, host.rfind('@') == std::string_view::npos ? 0 : host.rfind('@'));
    if (user.find(':') != std::string_view::npos)
      return true;
  }
  auto plain = decoded(text);
  return has_key(plain, "password") || has_key(plain, "sslpassword");
}

} // namespace

std::optional<std::string> check_store_address(std::string_view text) {
  if (text.find_first_not_of(" \t") == std::string_view::npos)
    return {};
  auto is_uri = text.starts_with("postgresql://") || text.starts_with("postgres://");
  if (!is_uri && text.find('=') == std::string_view::npos)
    return "it is neither a postgresql:// URI nor key=value pairs such as host=db dbname=troupe";
  if (has_password(text, is_uri))
    return "it holds a password: put that into a file of mode 0600 and say passfile=PATH, or into PGPASSWORD";
  return {};
}

} // namespace troupe
