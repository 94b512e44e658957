// The commands of a CMake file.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// One command with its arguments. Quotes are taken off; variables are not replaced.
struct cmake_call {
  std::string_view name; ///< as written; CMake does not care about its case
  std::vector<std::string_view> arguments;
  std::size_t offset; ///< of the name, in bytes

  /// The argument right after the keyword `key`, or an empty view.
  std::string_view after(std::string_view key) const;
};

/// All commands in order. Source: the grammar in cmake-language(7); bracket arguments and comments included.
std::vector<cmake_call> cmake_calls(std::string_view text);

} // namespace troupe::audit
