// The place of simulated links between nodes: who hears whom, and when. One node has none.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

/// What happens to a message between two nodes.
class simulated_links {
public:
  virtual ~simulated_links() = default;
  /// How long a message from one node to another is under way; nothing = it never arrives.
  virtual std::optional<std::chrono::milliseconds> carry(std::string_view from, std::string_view to) = 0;
};

/// A world of one node: nobody is far away.
class no_links final : public simulated_links {
public:
  std::optional<std::chrono::milliseconds> carry(std::string_view, std::string_view) override {
    return std::chrono::milliseconds{0};
  }
};

/// Links that are slow by chance, slower one way on demand, and cut on demand, one way or both. The same seed gives the same delays.
class rough_links final : public simulated_links {
public:
  rough_links(uint64_t seed, std::chrono::milliseconds longest) : random_{seed}, longest_{longest} {}

  std::optional<std::chrono::milliseconds> carry(std::string_view from, std::string_view to) override {
    auto way = std::pair{std::string{from}, std::string{to}};
    if (cut_.count(way) > 0)
      return {};
    auto slower = slower_.find(way);
    return std::chrono::milliseconds{random_() % static_cast<uint64_t>(longest_.count() + 1)} +
           (slower == slower_.end() ? std::chrono::milliseconds{0} : slower->second);
  }

  /// From now on nothing arrives this way.
  void cut(const std::string& from, const std::string& to) {
    cut_.emplace(from, to);
  }
  /// Everything arrives again.
  void heal() {
    cut_.clear();
    slower_.clear();
  }
  /// From now on everything takes so much longer this way.
  void slow(const std::string& from, const std::string& to, std::chrono::milliseconds by) {
    slower_[{from, to}] = by;
  }

private:
  std::mt19937_64 random_;
  const std::chrono::milliseconds longest_;
  std::set<std::pair<std::string, std::string>> cut_;
  std::map<std::pair<std::string, std::string>, std::chrono::milliseconds> slower_;
};

} // namespace troupe
