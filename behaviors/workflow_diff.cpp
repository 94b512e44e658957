// WORKFLOW DIFF: rows of fields against rows of fields.
// Invariant: what two definitions have in common is never told of.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/behaviors/workflow_diff.hpp>
#include <troupe/behaviors/workflow_fields.hpp>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

// What both lists have, in the order of the first; each element as often as it is in both.
std::vector<std::string> common(const std::vector<std::string>& of, const std::vector<std::string>& other) {
  std::map<std::string_view, size_t> left;
  for (auto& word : other)
    ++left[word];
  std::vector<std::string> found;
  for (auto& word : of)
    if (auto& count = left[word]; count > 0) {
      --count;
      found.push_back(word);
    }
  return found;
}

// What the first has and the second has not, in its order.
std::vector<std::string> missing(const std::vector<std::string>& of, const std::vector<std::string>& other) {
  std::map<std::string_view, size_t> left;
  for (auto& word : other)
    ++left[word];
  std::vector<std::string> found;
  for (auto& word : of)
    if (auto& count = left[word]; count > 0)
      --count;
    else
      found.push_back(word);
  return found;
}

// Another order of what both have.
void compare_order(const std::string& path, const std::vector<std::string>& before,
                   const std::vector<std::string>& after, std::vector<field_change>& found) {
  if (auto was = common(before, after), is = common(after, before); was != is)
    found.push_back({path, joined(was), joined(is)});
}

struct field_values {
  std::vector<std::string> before, after;
  bool listed = false;
};

std::vector<field_change> compare(const workflow_fields& before, const workflow_fields& after) {
  std::map<std::string_view, field_values> by_path;
  std::vector<std::string_view> order;
  auto collect = [&](const workflow_fields& rows, std::vector<std::string> field_values::*side) {
    for (auto& row : rows) {
      auto [place, is_new] = by_path.try_emplace(row.path);
      if (is_new)
        order.push_back(row.path);
      place->second.listed |= row.listed;
      (place->second.*side).push_back(row.value);
    }
  };
  collect(before, &field_values::before);
  collect(after, &field_values::after);
  std::vector<field_change> found;
  for (auto path : order) {
    auto& values = by_path.at(path);
    if (!values.listed) {
      if (values.before != values.after)
        found.push_back({std::string{path}, joined(values.before), joined(values.after)});
      continue;
    }
    for (auto& gone : missing(values.before, values.after))
      found.push_back({std::string{path}, gone, {}});
    for (auto& added : missing(values.after, values.before))
      found.push_back({std::string{path}, {}, added});
    compare_order(std::string{path}, values.before, values.after, found);
  }
  return found;
}

using steps_by_id = std::map<std::string_view, const placed_step*>;

steps_by_id index(const std::vector<placed_step>& steps) {
  steps_by_id found;
  for (auto& one : steps)
    found.emplace(one.step->id(), &one);
  return found;
}

// The ids in each block, as elements of its list.
std::map<std::string, std::vector<std::string>> orders(const std::vector<placed_step>& steps) {
  std::map<std::string, std::vector<std::string>> found;
  for (auto& one : steps)
    found[one.inside].push_back(one.step->id());
  return found;
}

step_change changed(const placed_step& before, const placed_step& after) {
  step_change change{step_fate::changed, after.step->id(), kind_of(*after.step), {}};
  if (auto was = kind_of(*before.step); was != change.kind)
    change.fields.push_back({"kind", was, change.kind});
  if (before.inside != after.inside)
    change.fields.push_back({"in", before.inside, after.inside});
  for (auto& one : compare(before.fields, after.fields))
    change.fields.push_back(std::move(one));
  return change;
}

std::string shown(const std::string& value) {
  auto text = std::string{cut_utf8(value, limits::shown_value)};
  if (text.size() < value.size())
    text += "...";
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.empty() ? "\"\"" : text;
}

std::string line_of(const field_change& change) {
  if (change.before.empty())
    return fmt::format("+ {}: {}\n", change.path, shown(change.after));
  if (change.after.empty())
    return fmt::format("- {}: {}\n", change.path, shown(change.before));
  return fmt::format("~ {}: {} -> {}\n", change.path, shown(change.before), shown(change.after));
}

} // namespace

workflow_difference difference(const WorkflowDefinition& before, const WorkflowDefinition& after) {
  workflow_difference found{compare(fields_of(before), fields_of(after)), {}};
  auto old_steps = steps_of(before), new_steps = steps_of(after);
  auto was = index(old_steps), is = index(new_steps);
  auto old_orders = orders(old_steps), new_orders = orders(new_steps);
  compare_order("steps", old_orders[""], new_orders[""], found.fields);
  for (auto& one : new_steps) {
    auto old = was.find(one.step->id());
    if (old == was.end()) {
      found.steps.push_back({step_fate::added, one.step->id(), kind_of(*one.step), compare({}, one.fields)});
      continue;
    }
    auto change = changed(*old->second, one);
    for (auto list = new_orders.lower_bound(one.step->id() + ".");
         list != new_orders.end() && list->first.rfind(one.step->id() + ".", 0) == 0; ++list)
      compare_order(list->first.substr(one.step->id().size() + 1), old_orders[list->first], list->second,
                    change.fields);
    if (!change.fields.empty())
      found.steps.push_back(std::move(change));
  }
  for (auto& one : old_steps)
    if (is.count(one.step->id()) == 0)
      found.steps.push_back(
          {step_fate::removed, one.step->id(), kind_of(*one.step), compare(one.fields, {})});
  return found;
}

std::string to_string(const workflow_difference& changes) {
  std::string text;
  for (auto& one : changes.fields)
    text += line_of(one);
  for (auto& step : changes.steps) {
    text += fmt::format("{} step {} ({})\n", "+-~"[static_cast<size_t>(step.fate)], step.id, step.kind);
    for (auto& one : step.fields)
      if (step.fate != step_fate::removed)
        text += "    " + line_of(one);
  }
  return text;
}

std::string summary(const workflow_difference& changes) {
  std::vector<std::string> parts, fields;
  for (auto [fate, word] : {std::pair{step_fate::added, "added"},
                            {step_fate::removed, "removed"},
                            {step_fate::changed, "changed"}}) {
    auto count = std::count_if(changes.steps.begin(), changes.steps.end(),
                               [&](auto& one) { return one.fate == fate; });
    if (count > 0)
      parts.push_back(
          fmt::format("{} {}{}", count, parts.empty() ? count == 1 ? "step " : "steps " : "", word));
  }
  for (auto& one : changes.fields)
    if (auto name = one.path.substr(0, one.path.find('.')); fields.empty() || fields.back() != name)
      fields.push_back(name);
  auto text = joined(parts) + (parts.empty() || fields.empty() ? "" : "; ") + joined(fields);
  return text.empty() ? "nothing" : text;
}

} // namespace troupe
