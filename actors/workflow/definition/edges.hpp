// Are the steps of one block joined so that each may begin, and only once?
#pragma once

#include <string>
#include <troupe/actors/workflow/definition/graph.hpp>
#include <troupe/actors/workflow/definition/mistakes.hpp>
#include <unordered_map>

namespace troupe::definitions {

/// Where each id of a definition stands first.
using step_places = std::unordered_map<std::string_view, std::string>;

/// Needs and caught steps that exist, no cycle, nobody unreachable, decisions that choose among those who need them,
/// joins that can hold, compensations that are nothing else, a result there is. `prefix` is that of the block's fields;
/// `result` is nullptr for a block without one.
void check_edges(const block_graph& graph, const std::string* result, const std::string& prefix,
                 const step_places& everywhere, mistakes& found);

} // namespace troupe::definitions
