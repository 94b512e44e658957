// RENDER: plain text with columns, boxes and colours.
// Invariant: text from outside reaches the terminal through printable() only.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <fmt/format.h>
#include <troupe/net/node/render.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

// Characters, not bytes.
size_t width(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::tm local(int64_t unix_ms) {
  auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

void draw_below(const text_tree& node, const std::string& indent, std::string& out) {
  for (size_t i = 0; i < node.below.size(); ++i) {
    auto last = i + 1 == node.below.size();
    out += indent + (last ? "└── " : "├── ") + node.below[i].text + '\n';
    draw_below(node.below[i], indent + (last ? "    " : "│   "), out);
  }
}

} // namespace

std::string paint(std::string_view text, text_tone meaning, const text_look& how) {
  constexpr std::array<std::string_view, 6> codes{"",   "32", "36",
                                                  "33", "31", "2"}; // SGR, ECMA-48 section 8.3.117
  if (!how.colour || meaning == text_tone::plain || text.empty())
    return std::string{text};
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<size_t>(meaning)], text);
}

std::string printable(std::string_view text, bool lines) {
  std::string out;
  auto clean = clean_utf8(text);
  for (size_t i = 0; i < clean.size(); ++i) {
    auto c = static_cast<unsigned char>(clean[i]);
    auto c1 = c == 0xc2 && i + 1 < clean.size() &&
              static_cast<unsigned char>(clean[i + 1]) < 0xa0; // U+0080 to U+009F
    if ((c < 0x20 && !(lines && (c == '\n' || c == '\t'))) || c == 0x7f || c1)
      out += "\uFFFD";
    else
      out += clean[i];
    i += c1 ? 1 : 0;
  }
  return out;
}

std::string short_time(int64_t unix_ms, const text_look& how) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (unix_ms == 0)
    return "-";
  auto then = local(unix_ms), now = local(how.now_ms);
  if (then.tm_year == now.tm_year && then.tm_yday == now.tm_yday)
    return fmt::format("{:02}:{:02}:{:02}", then.tm_hour, then.tm_min, then.tm_sec);
  if (then.tm_year == now.tm_year)
    return fmt::format("{} {} {:02}:{:02}", then.tm_mday, months[static_cast<size_t>(then.tm_mon)],
                       then.tm_hour, then.tm_min);
  return fmt::format("{:04}-{:02}-{:02}", then.tm_year + 1900, then.tm_mon + 1, then.tm_mday);
}

std::string human_duration(int64_t ms) {
  constexpr int64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
  auto two = [](int64_t large, std::string_view unit, int64_t small, std::string_view part) {
    return small == 0 ? fmt::format("{} {}", large, unit)
                      : fmt::format("{} {} {} {}", large, unit, small, part);
  };
  if (ms < second)
    return fmt::format("{} ms", ms);
  if (ms < minute)
    return fmt::format("{}.{} s", ms / second, ms % second / 100);
  if (ms < hour)
    return two(ms / minute, "min", ms % minute / second, "s");
  if (ms < day)
    return two(ms / hour, "h", ms % hour / minute, "min");
  return two(ms / day, "d", ms % day / hour, "h");
}

void text_table::add(std::vector<text_cell> row) {
  for (auto& field : row)
    field.text = printable(field.text);
  rows_.push_back(std::move(row));
}

void text_table::add_fact(std::string name, text_cell value) {
  if (!value.text.empty())
    add({std::move(name), std::move(value)});
}

std::string text_table::show(const text_look& how) const {
  std::vector<size_t> widths;
  for (auto& row : rows_)
    for (size_t i = 0; i < row.size(); ++i) {
      widths.resize(std::max(widths.size(), row.size()), 0);
      widths[i] = std::max(widths[i], width(row[i].text));
    }
  for (size_t i = 0; i < std::min(titles_.size(), widths.size()); ++i)
    widths[i] = widths[i] == 0 ? 0 : std::max(widths[i], width(titles_[i]));
  std::string out;
  auto line = [&](const std::vector<text_cell>& row) {
    std::string text;
    size_t gap = 0;
    for (size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      if (widths[i] == 0)
        continue;
      if (!row[i].text.empty()) {
        text += std::string(gap, ' ') + paint(row[i].text, row[i].meaning, how);
        gap = 0;
      }
      gap += widths[i] - width(row[i].text) + 2;
    }
    out += text + '\n';
  };
  std::vector<text_cell> head;
  for (auto& title : titles_)
    head.emplace_back(title, text_tone::faint);
  if (!head.empty())
    line(head);
  for (auto& row : rows_)
    line(row);
  return out;
}

std::string draw(const text_tree& root) {
  auto out = root.text + '\n';
  draw_below(root, "", out);
  return out;
}

} // namespace troupe
