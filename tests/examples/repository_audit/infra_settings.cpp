// Settings that open or unguard are found in each format, their opposites are not.
#define CAF_SUITE examples.repository_audit.infra_settings
#include "rows.hpp"

#include "examples/repository_audit/infra_rules.hpp"
#include "examples/repository_audit/infrastructure.hpp"

using namespace troupe::audit;

namespace {

std::vector<finding> check(std::string_view path, std::string_view text) {
  if (path == "mode")
    return check_file_mode(path, static_cast<std::uint32_t>(std::stoul(std::string{text}, nullptr, 8)));
  return check_infrastructure(path, text);
}

} // namespace

CAF_TEST(each rule holds where it should and nowhere else) {
  check_rows(
      {
          {".npmrc", "strict-ssl=false", "tls-unverified "},
          {".gitconfig", "[http]\n\tsslVerify = false", "tls-unverified "},
          {"a.yml", "validate_certs: no", "tls-unverified "},
          {"a.yml", "insecure-skip-tls-verify: true", "tls-unverified "},
          {"a.json", "{\n  \"rejectUnauthorized\": false,\n}", "tls-unverified "},
          {"a.toml", "http.ssl_verify = false # why", "tls-unverified "},
          {"nginx.conf", "proxy_ssl_verify off;", "tls-unverified "},
          {"a.env", "NODE_TLS_REJECT_UNAUTHORIZED=\"0\"", "tls-unverified "},
          {"a.yml",
           "validate_certs: yes\ninsecureSkipVerify: false\n# strict-ssl: false\nnote: ssl_verify false", ""},
          {"a.md", "strict-ssl=false", ""},
          {".env", "# note\nA=b\nC=d\n", "env-file "},
          {"a/.env.production", "A=b", "env-file "},
          {".env", "A=\nB=${C}\n", ""},
          {".env.example", "A=b", ""},
          {"a.tf", "ingress {\n  cidr_blocks = [\"0.0.0.0/0\"]\n}", "open-to-internet "},
          {"a.tf",
           "resource \"aws_security_group_rule\" \"a\" {\n  type = \"ingress\"\n  cidr_blocks = "
           "[\"::/0\"]\n}",
           "open-to-internet "},
          {"a.tf", "resource \"aws_vpc_security_group_ingress_rule\" \"a\" {\n  cidr_ipv4 = \"0.0.0.0/0\"\n}",
           "open-to-internet "},
          {"a.tf",
           "egress {\n  cidr_blocks = [\"0.0.0.0/0\"]\n}\ningress {\n  # \"0.0.0.0/0\"\n}\nx = \"0.0.0.0/0\"",
           ""},
          {"a.tf", "acl = \"public-read-write\"", "public-bucket "},
          {"a.tf", "acl = \"private\"", ""},
          {"mode", "646", "world-writable "},
          {"mode", "4755", "set-user-id "},
          {"mode", "2775", "set-user-id "},
          {"mode", "1755", ""},
          {"mode", "0", ""},
      },
      settings_rules(), check);
}

CAF_TEST(a text of four megabytes is read in bounded steps) {
  for (const auto* path : {".env", "a.tf", "a.yml", "a.json"})
    for (const auto* part : {"strict-ssl=false ", "ingress {\n", "=", "a\n", "- ", "\"0.0.0.0/0\"\n"})
      CAF_CHECK(check_infrastructure(path, repeated(part)).size() <= 201u);
}
