// TREE: collecting. Invariant: no list and no object is deeper than limits::definition_depth, so that whoever walks a tree may recur.

#include <fmt/format.h>
#include <troupe/behaviors/form/tree.hpp>
#include <troupe/runtime/workflow_limits.hpp>
#include <utility>

namespace troupe {

bool tree_collector::refuse(std::string text, text_place at) {
  problem_ = workflow_problem{{}, std::move(text), {}, at};
  return false;
}

bool tree_collector::allowed(written_as as, text_place at) {
  if (++values_ > limits::definition_values)
    return refuse(fmt::format("at most {} values are allowed in one definition", limits::definition_values),
                  at);
  auto is_scalar = as != written_as::list && as != written_as::object;
  if (!is_scalar && open_.size() > limits::definition_depth)
    return refuse(
        fmt::format("at most {} lists and objects in one another are allowed", limits::definition_depth), at);
  if (!is_scalar && wants_key())
    return refuse("a name is expected here: a list or an object cannot be one", at);
  return true;
}

bool tree_collector::wants_key() const {
  auto& around = open_.back();
  return around.as == written_as::object && around.keys.size() == around.items.size();
}

bool tree_collector::scalar(written_as as, std::string text, text_place at) {
  if (!allowed(as, at))
    return false;
  auto& around = open_.back();
  auto is_null = as == written_as::null;
  if (wants_key()) {
    around.keys.push_back({is_null ? written_as::plain : as, at, is_null ? "null" : std::move(text), {}, {}});
    return true;
  }
  // What is left empty has no place of its own: yaml-cpp gives it that of whatever follows.
  if (is_null && !around.keys.empty() && around.keys.back().at.line != at.line)
    at = around.keys.back().at;
  around.items.push_back({as, at, std::move(text), {}, {}});
  return true;
}

bool tree_collector::open(written_as as, text_place at) {
  if (!allowed(as, at))
    return false;
  open_.push_back({as, at, {}, {}, {}});
  return true;
}

void tree_collector::close() {
  auto done = std::move(open_.back());
  open_.pop_back();
  open_.back().items.push_back(std::move(done));
}

written_value tree_collector::take() {
  auto& roots = open_.front().items;
  return roots.empty() ? written_value{} : std::move(roots.front());
}

} // namespace troupe
