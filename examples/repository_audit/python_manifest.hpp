// What a Python project depends on.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// One requirement or option of pip.
struct python_requirement {
  std::string_view name; ///< of the package, or of the option, such as "--index-url"
  std::string_view
      rest;           ///< what follows the name: extras, version, marker, hashes, URL; the value of an option
  std::size_t offset; ///< of the name, in bytes
  bool fixed_place = false; ///< stands in a requirements file, which is for installing, not for publishing
};

/// Tells whether `path` is a requirements or constraints file of pip.
bool is_requirements_file(std::string_view path);

/// Requirements of a requirements file, of `dependencies`, `requires` and optional dependencies in a
/// pyproject.toml (PEP 621, and tables of Poetry), or of `install_requires` in a setup.cfg; empty for every
/// other path.
std::vector<python_requirement> python_requirements(std::string_view path, std::string_view text);

} // namespace troupe::audit
