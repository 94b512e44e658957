// Rules about nginx.
// Sources: nginx.org documentation; Mozilla "Server Side TLS" 5.7; RFC 8996 (TLS 1.0 and 1.1 are deprecated);
// gixy.

#include "infra_rules.hpp"

#include "nginx_conf.hpp"
#include "text.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

constexpr rule_info rules[] = {
    {"infra.nginx-old-protocol", "NginxOldProtocol", "SSL and TLS before 1.2 are broken.",
     "Write ssl_protocols TLSv1.2 TLSv1.3.", severity::high},
    {"infra.nginx-weak-cipher", "NginxWeakCipher", "This list has ciphers that are broken or do not encrypt.",
     "Take the list of Mozilla's configuration generator.", severity::medium},
    {"infra.nginx-version-shown", "NginxVersionShown", "Every answer tells the version of nginx.",
     "Write server_tokens off.", severity::low},
    {"infra.nginx-listing", "NginxListing", "Everyone may list the files of this folder.",
     "Write autoindex off.", severity::medium},
    {"infra.nginx-no-tls", "NginxNoTls", "No server of this file listens with TLS.",
     "Add listen 443 ssl, unless something in front ends TLS.", severity::low},
    {"infra.nginx-no-headers", "NginxNoHeaders", "Answers over TLS do not carry the usual security headers.",
     "Add Strict-Transport-Security, X-Content-Type-Options and Content-Security-Policy.", severity::info},
    {"infra.nginx-alias-traversal", "NginxAliasTraversal",
     "A location without '/' at its end with an alias that has one lets requests leave the folder.",
     "End both with '/'.", severity::high},
};

constexpr const rule_info& old_protocol = rule_in(rules, "infra.nginx-old-protocol");
constexpr const rule_info& weak_cipher = rule_in(rules, "infra.nginx-weak-cipher");
constexpr const rule_info& version_shown = rule_in(rules, "infra.nginx-version-shown");
constexpr const rule_info& listing = rule_in(rules, "infra.nginx-listing");
constexpr const rule_info& no_tls = rule_in(rules, "infra.nginx-no-tls");
constexpr const rule_info& no_headers = rule_in(rules, "infra.nginx-no-headers");
constexpr const rule_info& alias_traversal = rule_in(rules, "infra.nginx-alias-traversal");

constexpr std::string_view old_protocols = "SSLv2 SSLv3 TLSv1 TLSv1.1";
constexpr std::string_view weak_ciphers = "RC4 DES MD5 NULL EXP EXPORT aNULL eNULL LOW 3DES";

/// Tells whether an OpenSSL cipher list has a weak cipher that no '!' or '-' takes out.
bool has_weak_cipher(std::string_view list) {
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(":, "), list.size());
    const auto cipher = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (cipher.empty() || cipher.front() == '!' || cipher.front() == '-')
      continue;
    for (auto part = cipher; !part.empty();) {
      const auto stop = std::min(part.find_first_of("-+_"), part.size());
      if (listed(part.substr(0, stop), weak_ciphers))
        return true;
      part.remove_prefix(std::min(stop + 1, part.size()));
    }
  }
  return false;
}

/// Tells whether an alias stands in a prefix location that lets "/name../" climb out of the folder.
bool climbs(const nginx_directive& alias, const std::vector<nginx_directive>& all) {
  if (alias.block == std::string_view::npos || alias.arguments.empty() || !alias.arguments[0].ends_with('/'))
    return false;
  const auto& location = all[alias.block];
  if (location.name != "location" || location.arguments.empty())
    return false;
  const bool prefix = location.arguments.size() == 1 || location.arguments[0] == "^~";
  return prefix && !location.arguments.back().ends_with('/');
}

bool listens_with_tls(const nginx_directive& listen) {
  return listen.has("ssl") || listen.has("quic") ||
         (!listen.arguments.empty() &&
          (listen.arguments[0] == "443" || listen.arguments[0].ends_with(":443")));
}

} // namespace

std::span<const rule_info> nginx_rules() {
  return rules;
}

bool is_nginx(std::string_view path, std::string_view text) {
  if (language_of(path, {}) == language::nginx)
    return true;
  const bool in_folder = ("/" + std::string{path}).find("/nginx/") != std::string::npos;
  const bool conf = path.ends_with(".conf") || path.find("sites-available/") != std::string_view::npos ||
                    path.find("sites-enabled/") != std::string_view::npos;
  const bool has_server =
      text.find("server {") != std::string_view::npos || text.find("server{") != std::string_view::npos;
  return conf && (in_folder || (has_server && text.find("listen ") != std::string_view::npos));
}

void check_nginx(std::string_view text, hit_list& hits) {
  const auto all = nginx_directives(text);
  const nginx_directive* first_listen = nullptr;
  const nginx_directive* tls_listen = nullptr;
  bool headers = false;
  for (const auto& d : all) {
    if (d.name == "ssl_protocols" &&
        std::any_of(d.arguments.begin(), d.arguments.end(), [](auto p) { return listed(p, old_protocols); }))
      hits.add(d.offset, old_protocol);
    else if (d.name == "ssl_ciphers" && !d.arguments.empty() && has_weak_cipher(d.arguments[0]))
      hits.add(d.offset, weak_cipher);
    else if (d.name == "server_tokens" && d.has("on"))
      hits.add(d.offset, version_shown);
    else if (d.name == "autoindex" && d.has("on"))
      hits.add(d.offset, listing);
    else if (d.name == "alias" && climbs(d, all))
      hits.add(d.offset, alias_traversal);
    else if (d.name == "add_header")
      headers = headers || d.has("Strict-Transport-Security");
    else if (d.name == "listen") {
      first_listen = first_listen == nullptr ? &d : first_listen;
      tls_listen = tls_listen == nullptr && listens_with_tls(d) ? &d : tls_listen;
    }
  }
  if (first_listen != nullptr && tls_listen == nullptr)
    hits.add(first_listen->offset, no_tls);
  if (tls_listen != nullptr && !headers)
    hits.add(tls_listen->offset, no_headers);
}

} // namespace troupe::audit
