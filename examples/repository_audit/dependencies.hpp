// Dependencies that may change by themselves, or come over an insecure way.
#pragma once

#include "finding.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// All rules of check_dependencies; their category is `dependency`.
std::span<const rule_info> dependency_rules();

/// Tells whether `path` is a file that check_dependencies can read.
bool declares_dependencies(std::string_view path);

/// Tells whether a lock file of npm, pip, Poetry, uv, Cargo or Go stands beside the manifest `path` or in a folder above
/// it. `paths` are all files of the repository, sorted byte by byte.
bool has_lock_file(std::string_view path, std::span<const std::string> paths);

/// Reports loose dependencies in a package.json, a requirements file, a pyproject.toml, a setup.cfg, a
/// Cargo.toml, a go.mod, a debian/control or a CMake file; nothing for every other path. `locked` is what has_lock_file says: then ranges are no finding.
/// Ranges in pyproject.toml and setup.cfg are none either: a library should not pin.
std::vector<finding> check_dependencies(std::string_view path, std::string_view text, bool locked);

} // namespace troupe::audit
