// The mistakes of a definition. Invariant: whatever is wrong, hints cost no more than limits::definition_hints
// comparisons.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <troupe/actors/workflow/definition/mistakes.hpp>
#include <troupe/runtime/nearest.hpp>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe::definitions {
namespace {

// Positions of the steps around a path: {2, 0} of `steps[2].map.body.steps[0].when`. A step has one kind, so they name
// it.
std::vector<size_t> steps_of(std::string_view path) {
  constexpr std::string_view word = "steps[";
  std::vector<size_t> result;
  for (auto at = path.find(word); at != path.npos; at = path.find(word, at + 1))
    std::from_chars(path.data() + at + word.size(), path.data() + path.size(), result.emplace_back());
  return result;
}

} // namespace

std::string named(std::string_view name) {
  auto shown = cut_utf8(name, limits::definition_name_bytes);
  return fmt::format("'{}{}'", shown, shown.size() < name.size() ? "…" : "");
}

std::string listed(const std::vector<std::string_view>& names) {
  constexpr size_t shown = 10;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), shown); ++i)
    text += (i ? ", " : "") + named(names[i]);
  return names.size() > shown ? text + fmt::format(" and {} more", names.size() - shown) : text;
}

void mistakes::add(std::string path, std::string text) {
  all_.push_back({std::move(path), std::move(text), {}, {}});
}

bool mistakes::may_compare(size_t names) {
  compared_ += names;
  return compared_ <= limits::definition_hints;
}

std::string mistakes::hint(std::string_view word, std::span<const std::string_view> candidates) {
  if (!may_compare(candidates.size()))
    return {};
  auto near = nearest(word, candidates);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

workflow_problems mistakes::sorted() const {
  std::vector<std::pair<std::vector<size_t>, size_t>> order;
  for (size_t i = 0; i < all_.size(); ++i)
    order.emplace_back(steps_of(all_[i].path), i);
  std::sort(order.begin(), order.end());
  workflow_problems result;
  for (auto& [steps, i] : order)
    result.push_back(all_[i]);
  return result;
}

} // namespace troupe::definitions
