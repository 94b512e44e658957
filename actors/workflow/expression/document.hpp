// JSON where each value still knows its bytes, so that what is only selected is copied untouched.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// JSON text and the place of each value in it. Keeps a view: the text must outlive it.
class json_document {
public:
  /// What a value is.
  enum class kind : uint8_t { null, boolean, number, text, list, object };

  /// One value: its bytes in the text, and where its children are found.
  struct value {
    uint32_t begin = 0, end = 0;
    uint32_t first = 0,
             count = 0; ///< items of a list, or twice the members of an object: key and value in turn
    kind is = kind::null;
  };

  /// Reads a whole text. Errors: ec::invalid_argument with line and column for what is no JSON (RFC 8259, UTF-8), is nested deeper
  /// than max_depth, is longer than 4 GiB or has more values than max_values.
  static caf::expected<json_document> read(std::string_view text, size_t max_depth, size_t max_values);

  /// The value of the whole text.
  const value& root() const {
    return values_.back();
  }

  /// The bytes of a value, as they stand in the text.
  std::string_view bytes(const value& of) const {
    return text_.substr(of.begin, of.end - of.begin);
  }

  /// The n-th child, from 0; n < of.count.
  const value& child(const value& of, size_t n) const {
    return values_[children_[of.first + n]];
  }

  /// The value with this key in an object, or nullptr; of several the last.
  const value* member(const value& object, std::string_view key) const;

  /// The characters of a text, without quotes and escapes: a view of the document, or of `buffer`.
  std::string_view characters(const value& text, std::string& buffer) const;

  /// Bytes of memory that it takes.
  size_t memory_bytes() const {
    return values_.capacity() * sizeof(value) + children_.capacity() * sizeof(uint32_t);
  }

private:
  uint32_t find(size_t& at, std::vector<uint32_t>& open);

  std::string_view text_;
  std::vector<value> values_; // children come before the value they belong to
  std::vector<uint32_t> children_;
};

} // namespace troupe
