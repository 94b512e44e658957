// Credentials that show by where they stand: assigned to a telling name, or inside a URL.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// A value given to a name that ends in "password", "secret", "token", "api_key" or the like.
struct credential {
  std::string_view name;   ///< as written, without quotes; empty for a URL
  std::string_view value;  ///< without quotes, at most 200 bytes
  std::size_t offset = 0;  ///< of the value, in bytes
  bool aws_secret = false; ///< the name is that of an AWS secret access key, and the value has its shape
  std::string_view host;   ///< of a URL, at most 64 bytes; else empty
};

/// Tells whether a name ends in "password", "secret", "token", "api_key" or the like, in any style of
/// writing.
bool is_telling_name(std::string_view name);

/// Assignments `name = "value"`, `name: 'value'`, `"name" => "value"` of telling names; with `unquoted`, also
/// `name=value` up to the next space, as in .env, YAML and shell files. All of them, placeholders too.
std::vector<credential> find_assignments(std::string_view text, bool unquoted);

/// Passwords in URLs, `scheme://user:password@host` (RFC 3986, section 3.2.1). All of them, placeholders too.
std::vector<credential> find_url_passwords(std::string_view text);

} // namespace troupe::audit
