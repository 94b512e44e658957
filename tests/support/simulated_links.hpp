// The place of simulated links between nodes: who hears whom, and when. One node has none.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

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

} // namespace troupe
