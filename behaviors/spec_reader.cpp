// SPEC READER: the form of definitions, for working specs.

#include <algorithm>
#include <troupe/behaviors/form/tree.hpp>
#include <troupe/behaviors/spec_reader.hpp>
#include <troupe/behaviors/workflow_reader.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {

bool is_spec(std::string_view text) {
  if (text.size() > limits::definition_bytes)
    return false;
  auto begin = text.find_first_not_of(" \t\r\n");
  auto is_json = begin != std::string_view::npos && text[begin] == '{';
  auto tree = is_json ? read_json_tree(text) : read_yaml_tree(text);
  return std::any_of(tree.root.keys.begin(), tree.root.keys.end(),
                     [](auto& key) { return key.text == "spec"; });
}

spec_text read_spec(std::string_view text) {
  spec_text out;
  read_form(text, out.spec, out.places, out.problems);
  return out;
}

} // namespace troupe
