// YAML line by line, as far as rules about single keys need it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// One line with contents. Quotes around key and value are taken off, comments are cut.
struct yaml_line {
  std::size_t offset;       ///< of the first byte that is no blank
  std::size_t indent;       ///< columns before the key or the value, those of "- " included
  bool item = false;        ///< begins with "- "
  std::string_view key;     ///< empty when the line is a plain value
  std::string_view value;   ///< empty when lines below hold it
  std::string_view section; ///< key of the nearest line above that is indented less and has no value
};

/// All lines with contents in order. Blocks of text (`|`, `>`) are read as lines, too.
std::vector<yaml_line> yaml_lines(std::string_view text);

/// The parts of a flow list, `["a", 'b']`, or `value` alone when it is none; without quotes.
std::vector<std::string_view> yaml_list(std::string_view value);

/// Tells whether a value means true in YAML 1.1, which most readers of configurations still follow.
bool yaml_true(std::string_view value);

} // namespace troupe::audit
