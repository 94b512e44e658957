// TREE: what YAML and JSON have in common: texts, lists and objects, each with its place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <troupe/behaviors/workflow_problem.hpp>
#include <vector>

namespace troupe {

/// How a value is written: `plain` without quotes, so that it may be a number; `quoted` is always a text.
enum class written_as : uint8_t { null, plain, quoted, list, object };

/// A value as somebody wrote it.
struct written_value {
  written_as as = written_as::null;
  text_place at;
  std::string text;                ///< of `plain` and `quoted`
  std::vector<written_value> keys; ///< of an object: its names in the order written, each `plain` or `quoted`
  std::vector<written_value> items; ///< of a list, or of an object for its keys

  bool scalar() const {
    return as == written_as::plain || as == written_as::quoted;
  }
};

/// What a text holds, or why it holds nothing.
struct written_text {
  written_value root;
  std::optional<workflow_problem> problem;
};

/// Collects a tree in the order of its text. Bounds: limits::definition_depth, limits::definition_values.
class tree_collector {
public:
  /// A text, or null; a key where an object waits for one. False: problem() says why this is the end.
  bool scalar(written_as as, std::string text, text_place at);

  /// A list or an object begins. False: as above.
  bool open(written_as as, text_place at);

  /// The list or object begun last ends.
  void close();

  /// What was collected.
  written_value take();

  const std::optional<workflow_problem>& problem() const {
    return problem_;
  }

private:
  bool refuse(std::string text, text_place at);
  bool allowed(written_as as, text_place at);
  bool wants_key() const;

  std::vector<written_value> open_{1}; // a list around the root, then what is not complete
  size_t values_ = 0;
  std::optional<workflow_problem> problem_;
};

/// YAML 1.2 without tags, anchors and aliases: one document. Its places are those of the text as it is.
written_text read_yaml_tree(std::string_view text);

/// JSON (RFC 8259).
written_text read_json_tree(std::string_view text);

/// True for a plain text that JSON has a value for: a number as in RFC 8259, true, false.
bool is_json_literal(std::string_view plain);

/// Prints a tree, indented by two, with a line end behind it. Plain texts are printed without quotes where the form allows it.
std::string print_yaml(const written_value& tree);
std::string print_json(const written_value& tree);

/// One line of JSON without spaces, keys in the order written.
std::string print_compact_json(const written_value& tree);

} // namespace troupe
