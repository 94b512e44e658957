// What a Python project depends on.
// Invariant: reads line by line; each line is looked at once.

#include "python_manifest.hpp"

#include "text.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

constexpr char_set name_bytes{"A-Za-z0-9_.-"};

/// Splits "name[extra]>=1 ; marker" or "--option value"; empty name when `text` is neither.
python_requirement split(std::string_view text, std::size_t offset, bool fixed_place) {
  const auto end = skip(text, 0, name_bytes);
  auto rest = trim(text.substr(end));
  if (text.starts_with('-') && rest.starts_with('='))
    rest = trim(rest.substr(1));
  return {text.substr(0, end), rest, offset, fixed_place};
}

/// `line` without a comment: '#' at its beginning or after a blank, as pip reads it.
std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i)
    if (line[i] == '#' && (i == 0 || blank_bytes.has(line[i - 1])))
      return line.substr(0, i);
  return line;
}

std::vector<python_requirement> in_requirements(std::string_view text) {
  std::vector<python_requirement> result;
  bool continued = false; // the line before ended with a backslash
  for (const auto& line : lines_of(text)) {
    const auto bare = trim(without_comment(line.text));
    const bool goes_on = bare.ends_with('\\');
    if (continued && !result.empty()) // hashes of the requirement above
      result.back().rest = text.substr(static_cast<std::size_t>(result.back().rest.data() - text.data()),
                                       line.offset + line.text.size() -
                                           static_cast<std::size_t>(result.back().rest.data() - text.data()));
    else if (!bare.empty())
      result.push_back(split(bare, static_cast<std::size_t>(bare.data() - text.data()), true));
    continued = goes_on;
  }
  std::erase_if(result, [](const auto& r) { return r.name.empty(); });
  return result;
}

/// Adds every quoted string of `line`, up to a closing bracket outside of quotes; true when there was one.
bool add_strings(std::string_view line, std::size_t offset, std::vector<python_requirement>& result) {
  for (std::size_t i = 0; i < line.size() && line[i] != '#'; ++i) {
    if (line[i] == ']')
      return true;
    if (line[i] != '"' && line[i] != '\'')
      continue;
    const auto end = std::min(line.find(line[i], i + 1), line.size());
    if (auto one = split(line.substr(i + 1, end - i - 1), offset + i + 1, false); !one.name.empty())
      result.push_back(one);
    i = end;
  }
  return false;
}

std::vector<python_requirement> in_pyproject(std::string_view text) {
  std::vector<python_requirement> result;
  std::string_view table;
  bool in_list = false;
  for (const auto& line : lines_of(text)) {
    const auto bare = trim(line.text);
    if (in_list) {
      in_list = !add_strings(line.text, line.offset, result);
      continue;
    }
    if (bare.starts_with('[')) {
      table = bare;
      continue;
    }
    const auto sign = line.text.find('=');
    if (sign == std::string_view::npos || bare.starts_with('#'))
      continue;
    const auto key = trim(line.text.substr(0, sign));
    const auto value = trim(line.text.substr(sign + 1));
    const bool lists = (table == "[project]" && key == "dependencies") ||
                       table == "[project.optional-dependencies]" ||
                       (table == "[build-system]" && key == "requires") || table == "[dependency-groups]";
    if (lists && value.starts_with('[')) {
      const auto open = line.text.find('[', sign);
      in_list = !add_strings(line.text.substr(open + 1), line.offset + open + 1, result);
    } else if (table.starts_with("[tool.poetry") && table.ends_with("dependencies]") && key != "python" &&
               (value == "\"*\"" || value == "'*'")) {
      result.push_back({key, {}, static_cast<std::size_t>(key.data() - text.data()), false});
    }
  }
  return result;
}

std::vector<python_requirement> in_setup_cfg(std::string_view text) {
  std::vector<python_requirement> result;
  bool in_list = false;
  for (const auto& line : lines_of(text)) {
    auto value = without_comment(line.text);
    const bool indented = !value.empty() && blank_bytes.has(value.front());
    if (!indented && !value.empty()) {
      in_list = value.starts_with("install_requires") || value.starts_with("setup_requires");
      value = value.substr(std::min(value.find('='), value.size() - 1) + 1);
    }
    value = trim(value);
    if (in_list && !value.empty())
      result.push_back(split(value, static_cast<std::size_t>(value.data() - text.data()), false));
  }
  std::erase_if(result, [](const auto& r) { return r.name.empty(); });
  return result;
}

} // namespace

bool is_requirements_file(std::string_view path) {
  const auto name = file_name(path);
  const auto folder = path.substr(0, path.size() - name.size());
  return name.ends_with(".txt") && (name.starts_with("requirements") || name.starts_with("constraints") ||
                                    name.ends_with("requirements.txt") || folder.ends_with("requirements/"));
}

std::vector<python_requirement> python_requirements(std::string_view path, std::string_view text) {
  if (is_requirements_file(path))
    return in_requirements(text);
  if (file_name(path) == "pyproject.toml")
    return in_pyproject(text);
  if (file_name(path) == "setup.cfg")
    return in_setup_cfg(text);
  return {};
}

} // namespace troupe::audit
