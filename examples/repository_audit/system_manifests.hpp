// Manifests of compiled languages and of Debian packages; dependencies.hpp shows all manifests together.
#pragma once

#include "hits.hpp"

#include <span>
#include <string_view>

namespace troupe::audit {

/// Rules about Cargo.toml, go.mod and debian/control; more severe ones are those of dependencies.hpp.
std::span<const rule_info> system_manifest_rules();

/// What check_cargo, check_go and check_debian report of rules that other manifests have, too.
struct shared_dependency_rules {
  const rule_info& git_not_pinned;
  const rule_info& insecure_source;
};

/// Tells whether `path` is one of these manifests.
bool is_system_manifest(std::string_view path);

/// The names of its lock files, separated by blanks; empty if it has none.
std::string_view lock_files_of(std::string_view path);

/// Adds what is loose in one of these manifests. `locked` = one of its lock files is there.
void check_system_manifest(std::string_view path, std::string_view text, bool locked,
                           const shared_dependency_rules& shared, hit_list& hits);

} // namespace troupe::audit
