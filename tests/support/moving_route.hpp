// A route whose shards come and go as a test says; what goes to the other node is kept.
#pragma once

#include <set>
#include <string>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/ref_route.hpp>
#include <utility>
#include <vector>

namespace troupe {

/// All entities are in shards, services stay. At first every shard is open here.
class moving_route final : public ref_route {
public:
  std::string node_of(const std::string& name) const override {
    return is_service(name) ? std::string{} : node_of(shard_of(name));
  }
  std::string node_of(uint8_t shard) const override {
    return away.count(shard) > 0 ? "other" : "";
  }
  bool is_open(uint8_t shard) const override {
    return away.count(shard) == 0 && shut.count(shard) == 0;
  }
  bool take(const std::string& name, caf::mailbox_element_ptr& message) override {
    if (node_of(name).empty())
      return false;
    taken.emplace_back(name, std::move(message));
    return true;
  }
  caf::error refusal(const std::string& name) const override {
    return is_service(name) || is_open(shard_of(name)) ? caf::error{}
                                                       : make_error(ec::unavailable, name + " is not here");
  }
  std::vector<std::string> others() const override {
    return {"other"};
  }

  std::set<uint8_t> shut; ///< open nowhere
  std::set<uint8_t> away; ///< of the other node
  std::vector<std::pair<std::string, caf::mailbox_element_ptr>> taken;

private:
  static bool is_service(const std::string& name) {
    return name.find("/service/") != std::string::npos;
  }
};

} // namespace troupe
