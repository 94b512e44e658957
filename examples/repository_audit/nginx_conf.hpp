// The directives of an nginx configuration.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// One directive.
struct nginx_directive {
  std::string_view name;
  std::vector<std::string_view> arguments; ///< without quotes, at most 64
  std::size_t offset;                      ///< of the name, in bytes
  std::size_t block;                       ///< index of the directive whose block holds this one, or npos

  /// Tells whether one of the arguments is `argument`.
  bool has(std::string_view argument) const;
};

/// All directives in order; those with a block come before what is inside. Source: nginx.org, "Configuration
/// file's structure".
std::vector<nginx_directive> nginx_directives(std::string_view text);

} // namespace troupe::audit
