// EXPORTS: what other nodes may speak to.
#pragma once

#include <map>
#include <troupe/net/link/codec.hpp>
#include <troupe/runtime/directory.hpp>

namespace troupe {

/// Refs and the interface behind each. Whatever is not here does not exist for other nodes. Filled before the first link; then
/// only read, by any thread.
class link_exports {
public:
  /// Lets other nodes speak to a service.
  template <class Interface>
  void offer(std::string_view ref) {
    refs_.insert_or_assign(std::string{ref}, &interface_of<Interface>());
  }

  /// Lets other nodes speak to all entities of a kind, asleep or awake.
  template <class Interface>
  void offer_kind(std::string_view kind) {
    kinds_.insert_or_assign(std::string{kind}, &interface_of<Interface>());
  }

  /// The interface behind a ref. Errors: ec::invalid_argument (it is no ref), ec::not_found (it is not offered).
  caf::expected<const link_interface*> find(const std::string& name) const;

  /// Whether a ref is one of an entity: then it has no end that one could watch, it only sleeps.
  bool is_entity(const std::string& name) const;

private:
  std::map<std::string, const link_interface*> refs_;
  std::map<std::string, const link_interface*> kinds_;
};

} // namespace troupe
