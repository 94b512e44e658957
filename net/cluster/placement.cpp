// PLACEMENT: fit, then best.
// Invariant: no clock, no chance: candidates in any order give the same nodes.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/net/cluster/placement.hpp>
#include <troupe/net/cluster/rendezvous.hpp>
#include <troupe/runtime/error.hpp>
#include <tuple>

namespace troupe {
namespace {

// What a node lacks, or has too much; empty = it is fit.
std::string unfit(const place_candidate& one, const Placement& wish) {
  for (auto& name : wish.near())
    if (one.has.count(name) == 0)
      return fmt::format("{} has no {}", one.node, name);
  for (auto& name : wish.apart())
    if (one.has.count(name) > 0)
      return fmt::format("{} has {}", one.node, name);
  return {};
}

constexpr double least_health = 0.01; // one that fails always gets its chance now and then

double work_of(const place_candidate& one, uint32_t placed) {
  auto busy = one.slots - std::min(one.free, one.slots);
  return static_cast<double>(busy + one.queued + placed) / std::max(one.health, least_health);
}

} // namespace

std::vector<place_candidate> candidates_of(const ServiceList& known, const std::string& members) {
  std::map<std::string, place_candidate> nodes;
  for (auto& one : known.nodes())
    if (one.state() == "this node" || one.state() == "passing") {
      nodes[one.node()].node = one.node();
      nodes[one.node()].queued = one.queued();
    }
  for (auto& one : known.services()) {
    auto found = nodes.find(one.node());
    if (found == nodes.end() || !one.row().passing())
      continue;
    auto& node = found->second;
    auto& capabilities = one.row().capabilities();
    node.has.insert(one.row().agent());
    node.has.insert(capabilities.begin(), capabilities.end());
    node.slots += one.row().slots();
    node.free += one.row().free();
    node.health = (node.health * node.agents + one.row().success_rate()) / (node.agents + 1);
    ++node.agents;
    node.members += std::find(capabilities.begin(), capabilities.end(), members) != capabilities.end();
  }
  std::vector<place_candidate> all;
  for (auto& [name, node] : nodes)
    all.push_back(std::move(node));
  return all;
}

caf::expected<std::vector<std::string>> place(std::vector<place_candidate> nodes, const Placement& wish,
                                              uint32_t count) {
  auto& how = wish.how();
  if (!how.empty() && how != "least-load" && how != "spread" && how != "pack")
    return make_error(ec::invalid_argument,
                      fmt::format("'{}' is no placement: least-load, spread or pack", how));
  std::string reasons;
  auto lacks = [&](const place_candidate& one) {
    auto why = unfit(one, wish);
    if (!why.empty())
      reasons += (reasons.empty() ? "" : ", ") + why;
    return !why.empty();
  };
  std::sort(nodes.begin(), nodes.end(), [](auto& a, auto& b) { return a.node < b.node; });
  nodes.erase(std::remove_if(nodes.begin(), nodes.end(), lacks), nodes.end());
  if (nodes.empty())
    return make_error(ec::no_agent,
                      "no node is fit: " +
                          (reasons.empty() ? std::string{"none passes its health check"} : reasons));
  std::vector<uint32_t> placed(nodes.size());
  std::vector<std::string> chosen;
  for (uint32_t i = 0; i < count; ++i) {
    auto rank = [&](size_t at) {
      auto& one = nodes[at];
      auto members = static_cast<double>(one.members);
      auto first = how == "spread" ? members : how == "pack" ? -members : 0;
      return std::tuple{first, work_of(one, placed[at]), one.agents, at};
    };
    size_t best = 0;
    for (size_t at = 1; at < nodes.size(); ++at)
      if (rank(at) < rank(best))
        best = at;
    ++placed[best];
    ++nodes[best].members;
    ++nodes[best].agents;
    chosen.push_back(nodes[best].node);
  }
  return chosen;
}

std::vector<std::string> shrink(std::vector<FleetPool> pools, uint32_t by) {
  std::vector<std::string> gone;
  std::sort(pools.begin(), pools.end(), [](auto& a, auto& b) { return a.node() > b.node(); });
  for (; by > 0; --by) {
    auto most =
        std::max_element(pools.begin(), pools.end(), [](auto& a, auto& b) { return a.size() < b.size(); });
    if (most == pools.end() || most->size() == 0)
      break;
    most->set_size(most->size() - 1);
    gone.push_back(most->node());
  }
  return gone;
}

std::vector<size_t> take_turns(const std::vector<weighted_node>& nodes, size_t count) {
  std::vector<double> credit(nodes.size());
  double total = 0;
  for (auto& one : nodes)
    total += one.weight;
  std::vector<size_t> turns;
  for (size_t i = 0; i < count && !nodes.empty(); ++i) {
    for (size_t at = 0; at < nodes.size(); ++at)
      credit[at] += nodes[at].weight;
    auto best = static_cast<size_t>(std::max_element(credit.begin(), credit.end()) - credit.begin());
    credit[best] -= total;
    turns.push_back(best);
  }
  return turns;
}

const std::string& node_for_key(std::string_view key, const std::vector<std::string>& nodes) {
  ensure(!nodes.empty(), "a key belongs to one of some nodes");
  auto thing = name_hash(key);
  return *std::max_element(nodes.begin(), nodes.end(), [&](auto& a, auto& b) {
    return std::tuple{rendezvous_weight(a, thing), std::string_view{a}} <
           std::tuple{rendezvous_weight(b, thing), std::string_view{b}};
  });
}

} // namespace troupe
