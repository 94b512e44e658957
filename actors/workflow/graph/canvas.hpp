// CANVAS: a page of characters on which lines join.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// How a line is drawn: `─`, `┄`, `┈`.
enum class stroke : uint8_t { solid, dashed, dotted };

/// Rows of equal length. What falls outside is not drawn. A character counts as one column; control characters, and bytes that are
/// no UTF-8, become U+FFFD.
class text_canvas {
public:
  text_canvas(int columns, int rows);

  /// Writes a text from there to the right.
  void write(int column, int row, std::string_view text);

  /// How many cells from there to the right are empty.
  int room(int column, int row) const;

  /// Lines between two cells, which they fill. Where lines of one `owner` meet they join; a line of another owner that comes
  /// downwards goes over what runs across.
  void across(int from, int to, int row, stroke how, uint32_t owner);
  void down(int column, int from, int to, stroke how, uint32_t owner);

  /// Draws another canvas there.
  void paste(int column, int row, const text_canvas& other);

  int columns() const {
    return columns_;
  }
  int rows() const {
    return rows_;
  }

  /// All rows, at most so many columns, without spaces at their ends; a row that is longer ends in an ellipsis.
  std::string show(size_t most) const;

private:
  struct cell {
    char32_t letter = U' ';
    uint8_t arms = 0; // of lines: up 1, down 2, left 4, right 8
    stroke how = stroke::solid;
    uint32_t owner = 0;
  };
  cell* at(int column, int row);
  void join(int column, int row, uint8_t arms, stroke how, uint32_t owner);

  int columns_;
  int rows_;
  std::vector<cell> cells_;
};

/// How many columns a text takes.
int text_columns(std::string_view text);

/// The text, or its beginning and an ellipsis in so many columns.
std::string cut_columns(std::string_view text, int columns);

} // namespace troupe
