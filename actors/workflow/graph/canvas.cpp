// CANVAS: cells that remember the arms of their lines. Invariant: a cell belongs to one line, or to two that only cross.

#include <algorithm>
#include <array>
#include <troupe/actors/workflow/graph/canvas.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

constexpr uint8_t up = 1, lower = 2, left = 4, right = 8;

// By arms; Unicode 15, Box Drawing.
constexpr std::u32string_view joints = U" │││─┘┐┤─└┌├─┴┬┼";

char32_t glyph(uint8_t arms, stroke how) {
  auto upright = (arms & (left | right)) == 0, flat = (arms & (up | lower)) == 0;
  if (how == stroke::dashed && (upright || flat))
    return upright ? U'┆' : U'┄';
  if (how == stroke::dotted && (upright || flat))
    return upright ? U'┊' : U'┈';
  return joints[arms];
}

void append(std::string& out, char32_t letter) { // RFC 3629
  auto put = [&](uint32_t bits) { out += static_cast<char>(bits); };
  if (letter < 0x80)
    return put(letter);
  if (letter < 0x800)
    put(0xC0 | letter >> 6);
  else if (letter < 0x10000)
    put(0xE0 | letter >> 12), put(0x80 | (letter >> 6 & 0x3F));
  else
    put(0xF0 | letter >> 18), put(0x80 | (letter >> 12 & 0x3F)), put(0x80 | (letter >> 6 & 0x3F));
  put(0x80 | (letter & 0x3F));
}

std::u32string letters(std::string_view text) {
  std::u32string found;
  for (auto c : clean_utf8(text)) {
    auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) == 0x80)
      found.back() = found.back() << 6 | (byte & 0x3F);
    else
      found += byte < 0x80 ? byte : byte < 0xE0 ? byte & 0x1F : byte < 0xF0 ? byte & 0x0F : byte & 0x07;
  }
  for (auto& letter : found)
    if (letter < 0x20 || (letter >= 0x7F && letter < 0xA0))
      letter = U'\uFFFD';
  return found;
}

} // namespace

text_canvas::text_canvas(int columns, int rows)
    : columns_{columns}, rows_{rows}, cells_(static_cast<size_t>(columns) * static_cast<size_t>(rows)) {}

text_canvas::cell* text_canvas::at(int column, int row) {
  if (column < 0 || row < 0 || column >= columns_ || row >= rows_)
    return nullptr;
  return &cells_[static_cast<size_t>(row) * static_cast<size_t>(columns_) + static_cast<size_t>(column)];
}

void text_canvas::write(int column, int row, std::string_view text) {
  for (auto letter : letters(text))
    if (auto* to = at(column++, row))
      *to = {letter};
}

int text_canvas::room(int column, int row) const {
  auto end = column;
  for (; end >= 0 && end < columns_ && row >= 0 && row < rows_; ++end)
    if (auto& one =
            cells_[static_cast<size_t>(row) * static_cast<size_t>(columns_) + static_cast<size_t>(end)];
        one.arms != 0 || one.letter != U' ')
      break;
  return end - column;
}

void text_canvas::join(int column, int row, uint8_t arms, stroke how, uint32_t owner) {
  auto* to = at(column, row);
  if (!to || arms == 0)
    return;
  if (to->arms == 0 || to->owner == owner) {
    to->how = to->arms == 0 ? how : std::min(to->how, how);
    to->arms |= arms;
    to->owner = owner;
  } else if ((to->arms & (up | lower)) == 0) {
    *to = {U' ', arms, how, owner};
  }
}

void text_canvas::across(int from, int to, int row, stroke how, uint32_t owner) {
  if (from > to)
    std::swap(from, to);
  for (auto column = from; column <= to; ++column)
    join(column, row, static_cast<uint8_t>((column > from ? left : 0) | (column < to ? right : 0)), how,
         owner);
}

void text_canvas::down(int column, int from, int to, stroke how, uint32_t owner) {
  for (auto row = from; row <= to; ++row)
    join(column, row, static_cast<uint8_t>((row > from ? up : 0) | (row < to ? lower : 0)), how, owner);
}

void text_canvas::paste(int column, int row, const text_canvas& other) {
  for (int y = 0; y < other.rows_; ++y)
    for (int x = 0; x < other.columns_; ++x)
      if (auto* to = at(column + x, row + y))
        *to = other.cells_[static_cast<size_t>(y) * static_cast<size_t>(other.columns_) +
                           static_cast<size_t>(x)];
}

std::string text_canvas::show(size_t most) const {
  std::string out;
  auto begin = cells_.begin();
  for (int row = 0; row < rows_; ++row, begin += columns_) {
    auto end = begin + columns_;
    while (end != begin && end[-1].arms == 0 && end[-1].letter == U' ')
      --end;
    auto cut = static_cast<size_t>(end - begin) > most;
    if (cut)
      end = begin + static_cast<std::ptrdiff_t>(most == 0 ? 0 : most - 1);
    for (auto one = begin; one != end; ++one)
      append(out, one->arms == 0 ? one->letter : glyph(one->arms, one->how));
    out += cut ? "…\n" : "\n";
  }
  return out;
}

int text_columns(std::string_view text) {
  return static_cast<int>(letters(text).size());
}

std::string cut_columns(std::string_view text, int columns) {
  auto all = letters(text);
  std::string out;
  auto fits = static_cast<int>(all.size()) <= columns;
  for (auto letter : fits ? all : all.substr(0, static_cast<size_t>(std::max(0, columns - 1))))
    append(out, letter);
  return fits || columns <= 0 ? out : out + "…";
}

} // namespace troupe
