// How programs are packed, run and reached: containers, web servers, settings, permissions of files.
#pragma once

#include "finding.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// All rules of check_infrastructure and check_file_mode, sorted by id; their category is `infra`.
std::span<const rule_info> infrastructure_rules();

/// Reports risky settings in Dockerfiles, Compose and Kubernetes files, GitHub workflows, nginx and other
/// configuration files, .env files and Terraform; nothing for other files. Commands in RUN instructions of a
/// Dockerfile are reported under the rules for shell scripts, whose category is `code`.
/// `path` is relative; it and the contents tell the kind of file.
std::vector<finding> check_infrastructure(std::string_view path, std::string_view text);

/// Reports a file that everyone may write, or that runs with the rights of its owner or group. `mode` has the
/// permission bits of stat(2). Not for symbolic links: their bits mean nothing.
std::vector<finding> check_file_mode(std::string_view path, std::uint32_t mode);

} // namespace troupe::audit
