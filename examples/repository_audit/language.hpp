// Which language a file is written in, from its name and its first line.
#pragma once

#include <cstdint>
#include <string_view>

namespace troupe::audit {

/// Languages and formats that some check knows, and `other`.
enum class language : std::uint8_t {
  other,
  c,
  cpp,
  python,
  javascript,
  typescript,
  shell,
  json,
  yaml,
  toml,
  ini,
  cmake,
  dockerfile,
  nginx,
  terraform,
  markdown,
};

/// Lower-case name of a language, for tables in reports.
std::string_view name_of(language lang);

/// The language of a file. `path` is relative, separated by '/'; `first_line` may be empty, and is read only
/// for a
/// "#!" line of a file whose name tells nothing.
language language_of(std::string_view path, std::string_view first_line);

} // namespace troupe::audit
