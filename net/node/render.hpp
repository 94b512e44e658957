// RENDER: tables, trees, times and colours for a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// How things look where they are shown.
struct text_look {
  bool colour = false;
  int64_t now_ms = 0; ///< Unix time; times are shown relative to its day
};

/// What a text means; shown as a colour where there are colours.
enum class text_tone : uint8_t { plain, good, busy, warning, bad, faint };

/// The text in its colour.
std::string paint(std::string_view text, text_tone meaning, const text_look& how);

/// The text without what a terminal would act on: control characters become U+FFFD, line breaks and tabs too
/// unless `lines`.
std::string printable(std::string_view text, bool lines = false);

/// A Unix time in local time, as short as it is clear: `14:05:01` today, `25 Nov 14:05` this year, else
/// `2023-11-14`; `-` for 0.
std::string short_time(int64_t unix_ms, const text_look& how);

/// A span of time for people, two units at most: `12 ms`, `3.4 s`, `2 min 5 s`, `3 h 12 min`, `4 d 3 h`.
std::string human_duration(int64_t ms);

/// One field of a table.
struct text_cell {
  text_cell(std::string shown, text_tone meant = text_tone::plain) : text{std::move(shown)}, meaning{meant} {}
  text_cell(const char* shown) : text{shown} {}
  std::string text;
  text_tone meaning = text_tone::plain;
};

/// Rows with aligned columns, two spaces apart, without spaces at the end of a line. Columns without a single
/// text are left out. Wide characters count as one.
class text_table {
public:
  /// Empty titles = a table without a head.
  explicit text_table(std::vector<std::string> titles) : titles_{std::move(titles)} {}
  void add(std::vector<text_cell> row);
  /// A row of a name and what is known under it; nothing if that is empty.
  void add_fact(std::string name, text_cell value);
  std::string show(const text_look& how) const;

private:
  std::vector<std::string> titles_;
  std::vector<std::vector<text_cell>> rows_;
};

/// A node of a drawn tree.
struct text_tree {
  std::string text;
  std::vector<text_tree> below;
};

/// A tree in box characters, a line per node.
std::string draw(const text_tree& root);

} // namespace troupe
