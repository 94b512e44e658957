// Rules about settings in configuration files, and about files as such.
// Sources: CWE-295, 284, 732; the documentation of npm, git, pip, Ansible, kubectl, PostgreSQL and Terraform.

#include "infra_rules.hpp"

#include "infrastructure.hpp"
#include "placeholder.hpp"
#include "text.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace troupe::audit {
namespace {

constexpr rule_info rules[] = {
    {"infra.tls-unverified", "TlsUnverified", "This setting switches off the checking of certificates.",
     "Leave it out, or name the right CA file.", severity::high},
    {"infra.env-file", "EnvFile", "A .env file with values is part of the repository.",
     "Take it out, ignore it, and commit a .env.example without values.", severity::medium},
    {"infra.open-to-internet", "OpenToInternet", "Every address on the internet may come in.",
     "Name the networks that need to.", severity::medium},
    {"infra.public-bucket", "PublicBucket", "Everyone may read this bucket.",
     "Make it private and grant access to single principals.", severity::high},
    {"infra.world-writable", "WorldWritable", "Everyone on the machine may change this file.",
     "Run chmod o-w.", severity::medium},
    {"infra.set-user-id", "SetUserId", "This file runs with the rights of its owner or group.",
     "Run chmod ug-s.", severity::medium},
};

constexpr const rule_info& tls_unverified = rule_in(rules, "infra.tls-unverified");
constexpr const rule_info& env_file = rule_in(rules, "infra.env-file");
constexpr const rule_info& open_to_internet = rule_in(rules, "infra.open-to-internet");
constexpr const rule_info& public_bucket = rule_in(rules, "infra.public-bucket");
constexpr const rule_info& world_writable = rule_in(rules, "infra.world-writable");
constexpr const rule_info& set_user_id = rule_in(rules, "infra.set-user-id");

/// Settings that must be on, and settings that must be off; lower case, without the signs between words.
constexpr std::string_view checks =
    "strictssl sslverify verifyssl httpsslverify tlsverify verifytls rejectunauthorized validatecerts "
    "checkcertificate "
    "verifycertificates proxysslverify nodetlsrejectunauthorized pythonhttpsverify sslverification";
constexpr std::string_view skips = "insecureskiptlsverify insecureskipverify skiptlsverify tlsinsecure "
                                   "gitsslnoverify noverifyssl sslinsecure";

/// A line "name = value", "name: value" or "name value"; both parts without quotes.
struct setting {
  std::string_view name;
  std::string_view value;
  std::size_t offset; ///< of the name, in bytes
};

setting setting_in(const text_line& line) {
  constexpr char_set before{" \t\"'-,{"};
  constexpr char_set name_bytes{"A-Za-z0-9_.-"};
  constexpr char_set between{" \t\"'=:"};
  constexpr std::size_t longest = 64; // names of settings are shorter
  const auto begin = skip(line.text, 0, before, longest);
  const auto end = skip(line.text, begin, name_bytes, longest);
  const auto from = skip(line.text, end, between, longest);
  const auto rest = line.text.substr(from, longest);
  return {line.text.substr(begin, end - begin), rest.substr(0, rest.find_first_of(" \t\r\"',;}#")),
          line.offset + begin};
}

bool switches_off_tls(const setting& s) {
  auto name = lower(s.name.substr(s.name.find_last_of('.') + 1)); // npos + 1 == 0
  std::erase_if(name, [](char c) { return c == '_' || c == '-'; });
  const auto value = lower(s.value);
  return (listed(name, checks) && listed(value, "false 0 no off none")) ||
         (listed(name, skips) && listed(value, "true 1 yes on"));
}

bool is_real_env_file(std::string_view path) {
  const auto name = lower(file_name(path));
  return (name == ".env" || name.starts_with(".env.")) &&
         !contains_any(name, "example sample template dist default test");
}

/// Reports what a Terraform file opens to everyone: addresses inside of an `ingress` block or rule, and
/// buckets.
void check_terraform(const std::vector<text_line>& lines, hit_list& hits) {
  std::vector<bool> ingress; // for each open block
  bool rule_is_ingress = false;
  for (const auto& line : lines) {
    const auto bare = trim(line.text);
    if (bare.starts_with('#') || bare.starts_with("//"))
      continue;
    const auto place = line.offset + static_cast<std::size_t>(bare.data() - line.text.data());
    if (bare.starts_with("type") && bare.find("\"ingress\"") != std::string_view::npos)
      rule_is_ingress = true;
    const bool inside = rule_is_ingress || (!ingress.empty() && ingress.back());
    if (inside && contains_any(bare, "\"0.0.0.0/0\" \"::/0\""))
      hits.add(place, open_to_internet);
    if (bare.starts_with("acl") && bare.find("\"public-read") != std::string_view::npos)
      hits.add(place, public_bucket);
    if (bare.ends_with('{'))
      ingress.push_back(bare.starts_with("ingress") ||
                        bare.find("_ingress_rule\"") != std::string_view::npos ||
                        (!ingress.empty() && ingress.back()));
    if (bare.starts_with('}') && !ingress.empty()) {
      ingress.pop_back();
      rule_is_ingress = rule_is_ingress && !ingress.empty();
    }
  }
}

} // namespace

std::span<const rule_info> settings_rules() {
  return rules;
}

void check_settings(std::string_view path, language lang, std::string_view text, hit_list& hits) {
  const auto lines = lines_of(text);
  const bool env = is_real_env_file(path);
  bool reported = false;
  for (const auto& line : lines) {
    if (trim(line.text).starts_with('#'))
      continue;
    const auto s = setting_in(line);
    if (switches_off_tls(s))
      hits.add(s.offset, tls_unverified);
    if (env && !reported && !s.name.empty() && !s.value.empty() && !is_placeholder(s.value)) {
      hits.add(s.offset, env_file);
      reported = true;
    }
  }
  if (lang == language::terraform)
    check_terraform(lines, hits);
}

std::vector<finding> check_file_mode(std::string_view path, std::uint32_t mode) {
  constexpr std::uint32_t others_write = 0002;
  constexpr std::uint32_t set_ids = 06000;
  hit_list hits;
  if ((mode & others_write) != 0)
    hits.add(0, world_writable);
  if ((mode & set_ids) != 0)
    hits.add(0, set_user_id);
  return std::move(hits).take(path, {});
}

} // namespace troupe::audit
