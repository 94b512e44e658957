// EXPORTS: what other nodes may speak to.

#include <troupe/net/link/exports.hpp>

namespace troupe {

caf::expected<const link_interface*> link_exports::find(const std::string& name) const {
  if (auto i = refs_.find(name); i != refs_.end())
    return i->second;
  auto read = parse_ref(name);
  if (!read)
    return std::move(read.error());
  if (auto i = kinds_.find(read->kind); i != kinds_.end())
    return i->second;
  return make_error(ec::not_found, "no actor called " + name + " is offered to other nodes");
}

bool link_exports::is_entity(const std::string& name) const {
  auto read = parse_ref(name);
  return refs_.count(name) == 0 && read && kinds_.count(read->kind) > 0;
}

} // namespace troupe
