// REGISTRY: the behaviors a node knows, by name and by capability.
#pragma once

#include <caf/expected.hpp>
#include <map>
#include <set>
#include <troupe/behaviors/behavior.hpp>
#include <tuple>

namespace troupe {

/// Names and factories. Filled at start, before anybody reads; afterwards only read, from any thread.
class behavior_registry {
public:
  using factory = std::function<std::unique_ptr<behavior>()>;

  /// Adds a behavior that is made with copies of `args`, under the name in its manifest. A name that is
  /// taken, or is no name, is a defect of the program: throws std::logic_error.
  template <class T, class... Args>
  void add(Args... args) {
    factory make_one = [kept = std::make_tuple(std::move(args)...)] {
      return std::apply([](const auto&... each) { return troupe::make<T>(each...); }, kept);
    };
    auto who = make_one()->describe();
    if (auto refused = add(std::move(who), std::move(make_one)))
      ensure(false, describe(refused));
  }

  /// Adds what `make_one` makes. Errors: ec::invalid_argument (the name; what is allowed),
  /// ec::already_exists.
  [[nodiscard]] caf::error add(manifest who, factory make_one);

  /// A fresh behavior. Errors: ec::not_found, naming the nearest known name.
  caf::expected<std::unique_ptr<behavior>> make(const std::string& name) const;

  /// What a behavior said of itself. Errors: ec::not_found, naming the nearest known name.
  caf::expected<manifest> find(const std::string& name) const;

  /// Names of behaviors with a capability, sorted; empty if nobody has it.
  std::vector<std::string> who_can(const std::string& capability) const;

  /// Manifests of all, sorted by name.
  std::vector<manifest> all() const;

private:
  struct entry {
    manifest who;
    factory make_one;
  };
  caf::error unknown(const std::string& name) const;

  std::map<std::string, entry> entries_;
  std::map<std::string, std::set<std::string>> capable_;
};

} // namespace troupe
