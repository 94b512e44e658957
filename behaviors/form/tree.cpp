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

bool tree_collector::add(written_value value) {
  if (++values_ > limits::definition_values)
    return refuse(fmt::format("at most {} values are allowed in one definition", limits::definition_values),
                  value.at);
  auto& around = open_.back();
  auto is_key = around.as == written_as::object && around.keys.size() == around.items.size();
  if (is_key && value.as == written_as::null)
    value = {written_as::plain, value.at, "null", {}, {}};
  if (is_key && !value.scalar())
    return refuse("a name is expected here: a list or an object cannot be one", value.at);
  (is_key ? around.keys : around.items).push_back(std::move(value));
  return true;
}

bool tree_collector::scalar(written_as as, std::string text, text_place at) {
  return add({as, at, std::move(text), {}, {}});
}

bool tree_collector::open(written_as as, text_place at) {
  if (open_.size() > limits::definition_depth)
    return refuse(
        fmt::format("at most {} lists and objects in one another are allowed", limits::definition_depth), at);
  auto& around = open_.back();
  if (around.as == written_as::object && around.keys.size() == around.items.size())
    return refuse("a name is expected here: a list or an object cannot be one", at);
  open_.push_back({as, at, {}, {}, {}});
  return true;
}

void tree_collector::close() {
  auto done = std::move(open_.back());
  open_.pop_back();
  add(std::move(done));
}

written_value tree_collector::take() {
  auto& roots = open_.front().items;
  return roots.empty() ? written_value{} : std::move(roots.front());
}

} // namespace troupe
