// NEAREST: the word somebody meant.
#pragma once

#include <span>
#include <string_view>

namespace troupe {

/// The candidate nearest to a mistyped word, or an empty view when none is near: at most a third of its
/// letters may be inserted, left out, replaced, or swapped with their neighbour (Damerau and Levenshtein,
/// restricted). Case does not count,
/// `-` counts as `_`. Of equally near candidates the first wins.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

} // namespace troupe
