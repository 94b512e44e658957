// The tables of infrastructure rules, one per kind of file; infrastructure.hpp shows them together.
#pragma once

#include "hits.hpp"
#include "language.hpp"

#include <span>
#include <string_view>

namespace troupe::audit {

/// Rules about Dockerfiles.
std::span<const rule_info> docker_rules();

/// Adds the places where a Dockerfile is risky; commands of RUN are checked by the rules for shell scripts,
/// too.
void check_dockerfile(std::string_view text, hit_list& hits);

/// Rules about containers in Compose and Kubernetes files, and about GitHub workflows.
std::span<const rule_info> container_rules();

/// Adds the places where a YAML file runs containers or actions riskily. `path` and contents tell its kind.
void check_containers(std::string_view path, std::string_view text, hit_list& hits);

/// Rules about nginx.
std::span<const rule_info> nginx_rules();

/// Tells whether a file is a configuration of nginx, by its path, or by its contents if its name ends in
/// ".conf".
bool is_nginx(std::string_view path, std::string_view text);

/// Adds the places where an nginx configuration is risky.
void check_nginx(std::string_view text, hit_list& hits);

/// Rules about settings in configuration files, and about files as such.
std::span<const rule_info> settings_rules();

/// Adds the places where a file in `lang` switches off the checking of certificates, opens a network or a
/// bucket to everyone, or is a committed .env file.
void check_settings(std::string_view path, language lang, std::string_view text, hit_list& hits);

} // namespace troupe::audit
