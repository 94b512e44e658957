// EXPRESSION: conditions and input mappings of workflows, in a part of Lua 5.4 that always ends and changes nothing.
// docs/reference/expressions.md has the language, its functions and its bounds.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Bounds of every expression. Whoever exceeds one gets ec::invalid_argument with a text that names it: it will not help to repeat.
struct expression_limits {
  /// Source, bytes: a screen of text; what is longer is a step with code of its own.
  static constexpr size_t source_bytes = 4096;
  /// Brackets, functions and arguments in each other: a quarter of what Lua calls too deep.
  static constexpr size_t nesting = 50;
  /// Instructions of Lua, plus what functions charge for items and bytes: less than a tenth of a second. A list of 10 000 items,
  /// the most a map step has, may be walked several times.
  static constexpr uint64_t steps = 1'000'000;
  /// Memory taken by one evaluation, bytes, with what it drops on the way: each worker has one at a time.
  static constexpr size_t memory_bytes = 32u << 20;
  /// One document that is read, bytes: as much as one message holds.
  static constexpr size_t document_bytes = 16u << 20;
  /// Values in one document, keys included: 10 000 items with a dozen fields.
  static constexpr size_t document_values = 250'000;
  /// Lists and objects in each other, in documents and in results.
  static constexpr size_t depth = 64;
  /// A result, bytes: far below what one message holds.
  static constexpr size_t result_bytes = 4u << 20;
  /// Sources whose compiled form a worker keeps, bytes in all; compiled they take some ten times as much.
  static constexpr size_t cached_bytes = 256u << 10;
};

/// What an expression may read: the JSON of a name (`inputs`), or of one field of a name (`build` of `steps`). If any document of
/// a name has a field, all of that name are looked up by field, and a field without document is nil; a name whose fields are all
/// still to come is given as `{}`. Views: what they show must live until the evaluation has ended. It is parsed only if it is read.
struct named_json {
  std::string_view name;
  std::string_view field; ///< empty: the document is the whole name
  std::string_view json;
};
using expression_scope = std::span<const named_json>;

/// A name that an expression reads, once for each different field, in the order of the source.
struct expression_read {
  std::string name;  ///< e.g. `steps`
  std::string field; ///< e.g. `build`; empty if the whole is read, or a field known only when it is evaluated
  size_t line = 1;   ///< from 1, of where it is read first
  size_t column = 1; ///< from 1, in bytes
};

struct expression_program;

/// A compiled expression: immutable, cheap to copy, and evaluated on any thread. Equal documents give equal bytes.
class expression {
public:
  /// Errors: ec::invalid_argument with line and column, what was found and what is allowed.
  static caf::expected<expression> compile(std::string_view source);

  /// The result as JSON. A source that only selects, as `inputs.order.lines[1].sku`, gives the bytes as they stand in the document;
  /// whatever selects inside of what is built does so too, if it selects a list or an object. Objects that are built have sorted
  /// keys. Errors: ec::invalid_argument with the line, for values that do not fit, documents that are no JSON, and exceeded bounds.
  caf::expected<std::string> evaluate(expression_scope scope) const;

  /// The result, which must be true or false: a result that is neither is an error, not a guess. Errors as of evaluate().
  caf::expected<bool> holds(expression_scope scope) const;

  /// What it may read besides the functions; whoever validates compares them with what there is.
  const std::vector<expression_read>& reads() const;

  /// The text it was compiled from.
  const std::string& source() const;

private:
  explicit expression(std::shared_ptr<const expression_program> program) : program_(std::move(program)) {}

  std::shared_ptr<const expression_program> program_;
};

} // namespace troupe
