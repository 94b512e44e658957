// CHANNEL: lines between two layers, each across in a row of its own where others are in its way.
#pragma once

#include <cstddef>
#include <vector>

namespace troupe {

/// A line that comes down at some columns, runs across, and goes down at others. None of the two is empty.
struct channel_line {
  std::vector<int> from;
  std::vector<int> to;
};

/// The row of each line, from 0, and how many there are; a line that only goes down has none, -1.
struct channel_rows {
  std::vector<int> row;
  int rows = 0;
};

/// Chooses rows so that no two lines run over each other where that can be had: a line that comes down where another one goes down
/// runs above it. A. Hashimoto, J. Stevens, Wire routing by optimizing channel assignment within large apertures (1971): the left
/// edge first, here under those constraints. Cost: lines * rows.
channel_rows route(const std::vector<channel_line>& lines);

} // namespace troupe
