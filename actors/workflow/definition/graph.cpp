// The graph of one block. Depth-first search (Tarjan, Depth-first search and linear graph algorithms, 1972) without
// recursion: an edge to a step that is still open closes a cycle, and steps are done in an order in which they may
// begin.

#include <algorithm>
#include <troupe/actors/workflow/definition/graph.hpp>

namespace troupe::definitions {
namespace {

enum mark : char { unseen, open, done };

} // namespace

block_graph::block_graph(const step_list& steps)
    : steps_(steps), into_(size()), undoes_(size()), marks_(size(), unseen) {
  for (size_t n = 0; n < size(); ++n)
    if (!step(n).id().empty()) // a mistake; nothing is called so
      by_id_.emplace(step(n).id(), n);
  for (size_t n = 0; n < size(); ++n) {
    auto add = [&](auto& ids, bool catches) {
      for (int at = 0; at < ids.size(); ++at)
        if (auto from = find(ids[at]))
          into_[n].push_back({*from, catches, at});
    };
    add(step(n).needs(), false);
    add(step(n).catches(), true);
    if (auto undo = find(step(n).compensation()); undo && !undoes_[*undo])
      undoes_[*undo] = n;
  }
  for (size_t n = 0; n < size(); ++n)
    if (marks_[n] == unseen)
      walk(n);
}

void block_graph::walk(size_t root) {
  std::vector<std::pair<size_t, size_t>> path{{root, 0}}; // open steps, each with its next edge
  marks_[root] = open;
  auto has_cycle = false;
  while (!path.empty()) {
    auto [n, next] = path.back();
    if (next == into_[n].size()) {
      marks_[n] = done;
      order_.push_back(n);
      path.pop_back();
      continue;
    }
    ++path.back().second;
    ++looked_at_;
    auto from = into_[n][next].from;
    if (marks_[from] == unseen) {
      marks_[from] = open;
      path.emplace_back(from, 0);
    } else if (marks_[from] == open && !has_cycle) {
      has_cycle = true;
      auto& cycle = cycles_.emplace_back();
      auto begin = std::find_if(path.begin(), path.end(), [&](auto& one) { return one.first == from; });
      for (; begin != path.end(); ++begin)
        cycle.push_back(begin->first);
    }
  }
}

size_t block_graph::size() const {
  return static_cast<size_t>(steps_.size());
}

const StepDefinition& block_graph::step(size_t n) const {
  return steps_[static_cast<int>(n)];
}

std::optional<size_t> block_graph::find(std::string_view id) const {
  auto found = by_id_.find(id);
  return found == by_id_.end() ? std::nullopt : std::optional{found->second};
}

const std::vector<block_graph::edge>& block_graph::into(size_t n) const {
  return into_[n];
}

std::optional<size_t> block_graph::undoes(size_t n) const {
  return undoes_[n];
}

const std::vector<size_t>& block_graph::order() const {
  return order_;
}

const std::vector<std::vector<size_t>>& block_graph::cycles() const {
  return cycles_;
}

std::vector<bool> block_graph::comes_before(const std::vector<std::pair<size_t, size_t>>& pairs) const {
  constexpr size_t at_once = 64; // bits of a word: so many first steps are followed in one pass
  std::vector<size_t> firsts;
  for (auto& [first, second] : pairs)
    firsts.push_back(first);
  std::sort(firsts.begin(), firsts.end());
  firsts.erase(std::unique(firsts.begin(), firsts.end()), firsts.end());
  std::vector<std::vector<size_t>> asked((firsts.size() + at_once - 1) / at_once); // pairs of each pass
  auto rank = [&](size_t first) {
    return static_cast<size_t>(std::lower_bound(firsts.begin(), firsts.end(), first) - firsts.begin());
  };
  for (size_t i = 0; i < pairs.size(); ++i)
    asked[rank(pairs[i].first) / at_once].push_back(i);
  std::vector<bool> result(pairs.size());
  std::vector<uint64_t> before(size()), own(size());
  for (size_t pass = 0; pass < asked.size(); ++pass) {
    std::fill(before.begin(), before.end(), 0);
    std::fill(own.begin(), own.end(), 0);
    auto bit = [&](size_t first) { return uint64_t{1} << rank(first) % at_once; };
    for (auto i : asked[pass])
      own[pairs[i].first] = bit(pairs[i].first);
    for (auto n : order_)
      for (auto& one : into_[n]) {
        ++looked_at_;
        before[n] |= before[one.from] | own[one.from];
      }
    for (auto i : asked[pass])
      result[i] = (before[pairs[i].second] & bit(pairs[i].first)) != 0;
  }
  return result;
}

size_t block_graph::looked_at() const {
  return looked_at_;
}

} // namespace troupe::definitions
