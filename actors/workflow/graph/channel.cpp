// CHANNEL: rows by the left edge, under who has to run above whom.

#include <algorithm>
#include <map>
#include <set>
#include <troupe/actors/workflow/graph/channel.hpp>

namespace troupe {
namespace {

struct extent {
  int low, high;
};

extent extent_of(const channel_line& line) {
  auto [begin, end] = std::minmax_element(line.from.begin(), line.from.end());
  auto [low, high] = std::minmax_element(line.to.begin(), line.to.end());
  return {std::min(*begin, *low), std::max(*end, *high)};
}

} // namespace

channel_rows route(const std::vector<channel_line>& lines) {
  channel_rows found{std::vector<int>(lines.size(), -1), 0};
  std::vector<extent> extents;
  std::map<int, std::vector<size_t>> coming; // by column, lines that come down there and have to run across
  std::set<std::pair<int, size_t>> waiting;  // left end, line
  for (size_t i = 0; i < lines.size(); ++i) {
    auto [low, high] = extents.emplace_back(extent_of(lines[i]));
    if (low == high)
      continue;
    waiting.emplace(low, i);
    for (auto column : lines[i].from)
      coming[column].push_back(i);
  }
  std::vector<std::set<size_t>> above(lines.size()); // by line, those that have to run above it
  for (auto& [low, line] : waiting)
    for (auto column : lines[line].to)
      if (auto there = coming.find(column); there != coming.end())
        for (auto other : there->second)
          if (other != line)
            above[line].insert(other);
  std::vector<std::vector<extent>> rows; // what is taken
  std::vector<bool> placed(lines.size());
  while (!waiting.empty()) {
    auto free = std::find_if(waiting.begin(), waiting.end(), [&](auto& one) {
      return std::all_of(above[one.second].begin(), above[one.second].end(),
                         [&](auto other) { return placed[other]; });
    });
    if (free == waiting.end()) // each waits for another: one has to run over what it meets
      free = waiting.begin();
    auto line = free->second;
    waiting.erase(free);
    placed[line] = true;
    size_t row = 0;
    for (auto other : above[line])
      row = std::max(row, static_cast<size_t>(found.row[other] + 1));
    auto taken = extents[line];
    auto meets = [&](auto& other) { return other.low <= taken.high && taken.low <= other.high; };
    while (row < rows.size() && std::any_of(rows[row].begin(), rows[row].end(), meets))
      ++row;
    rows.resize(std::max(rows.size(), row + 1));
    rows[row].push_back(taken);
    found.row[line] = static_cast<int>(row);
  }
  found.rows = static_cast<int>(rows.size());
  return found;
}

} // namespace troupe
