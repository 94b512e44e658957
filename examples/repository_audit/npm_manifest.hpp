// What a package.json depends on.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// One line of "dependencies", "devDependencies" or "optionalDependencies".
struct npm_dependency {
  std::string_view name;
  std::string_view range; ///< as written: a semantic version range, a tag, a URL or a path
  std::size_t offset;     ///< of the range, in bytes
};

/// The dependencies in the order of the file. Bytes that are no JSON give what could be read before them.
/// Peer dependencies are left out: they are meant to be ranges.
std::vector<npm_dependency> npm_dependencies(std::string_view text);

} // namespace troupe::audit
