// WORKFLOW PROBLEM: mistakes, by place.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/behaviors/workflow_problem.hpp>
#include <tuple>

namespace troupe {
namespace {

// Fields are written without their unit; what is around `a.b[2]` is `a.b`, then `a`.
std::string_view around(std::string_view path) {
  for (std::string_view unit : {"_ms", "_bytes"})
    if (path.ends_with(unit))
      return path.substr(0, path.size() - unit.size());
  auto end = path.find_last_of(".[");
  return path.substr(0, end == std::string_view::npos ? 0 : end);
}

} // namespace

void locate(workflow_problems& problems, const workflow_places& places) {
  for (auto& problem : problems)
    for (std::string path = problem.path;; path = std::string{around(path)}) {
      if (auto known = places.find(path); known != places.end()) {
        problem.at = known->second;
        break;
      }
      if (path.empty())
        break;
    }
}

std::string to_string(const workflow_problems& problems, const std::string& file) {
  auto sorted = problems;
  std::stable_sort(sorted.begin(), sorted.end(), [](auto& a, auto& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  std::string out;
  for (auto& problem : sorted) {
    auto place = problem.at.line > 0    ? fmt::format(":{}:{}", problem.at.line, problem.at.column)
                 : problem.path.empty() ? std::string{}
                                        : ": " + problem.path;
    auto rule = problem.rule.empty() ? std::string{} : fmt::format(" [{}]", problem.rule);
    out += fmt::format("{}{}: {}{}\n", file, place, problem.text, rule);
  }
  return out;
}

} // namespace troupe
