// The mistakes of a definition: collected in any order, handed out in that of its steps.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <troupe/behaviors/workflow_problem.hpp>
#include <vector>

namespace troupe::definitions {

/// A name as texts show it: in quotes, cut where it is longer than any name may be.
std::string named(std::string_view name);

/// `'a', 'b', 'c'`, and how many more there are than can be read.
std::string listed(const std::vector<std::string_view>& names);

/// Collects mistakes, and finds what was meant.
class mistakes {
public:
  /// One more, at the path of a field.
  void add(std::string path, std::string text);

  /// May so many more names be looked at to say what was meant? limits::definition_hints in all.
  bool may_compare(size_t names);

  /// `; did you mean 'build'?`, or nothing when none is near, or no more may be compared.
  std::string hint(std::string_view word, std::span<const std::string_view> candidates);

  /// All of them by the steps they are in, in the order of the definition; those of one step in the order they came.
  workflow_problems sorted() const;

private:
  workflow_problems all_;
  size_t compared_ = 0;
};

} // namespace troupe::definitions
