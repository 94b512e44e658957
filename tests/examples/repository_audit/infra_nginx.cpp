// Risky nginx configurations are found, careful ones are not.
#define CAF_SUITE examples.repository_audit.infra_nginx
#include "rows.hpp"

#include "examples/repository_audit/infra_rules.hpp"
#include "examples/repository_audit/infrastructure.hpp"

using namespace troupe::audit;

CAF_TEST(each rule holds where it should and nowhere else) {
  check_rows(
      {
          {"nginx.conf", "ssl_protocols TLSv1 TLSv1.2;", "nginx-old-protocol "},
          {"nginx.conf", "ssl_protocols TLSv1.2 TLSv1.3; # SSLv3", ""},
          {"nginx.conf", "ssl_ciphers HIGH:RC4-SHA;", "nginx-weak-cipher "},
          {"nginx.conf", "ssl_ciphers 'ECDHE-RSA-DES-CBC3-SHA';", "nginx-weak-cipher "},
          {"nginx.conf", "ssl_ciphers \"HIGH:!aNULL:!MD5:!RC4\";", ""},
          {"nginx.conf", "server_tokens on;", "nginx-version-shown "},
          {"nginx.conf", "server_tokens off; autoindex off;", ""},
          {"nginx.conf", "location / { autoindex on; }", "nginx-listing "},
          {"nginx.conf", "server { listen 80; }", "nginx-no-tls "},
          {"nginx.conf",
           "server { listen 80; } server { listen 443 ssl; add_header Strict-Transport-Security x; }", ""},
          {"nginx.conf", "server { listen [::]:443; }", "nginx-no-headers "},
          {"nginx.conf", "location /a { alias /b/; }", "nginx-alias-traversal "},
          {"nginx.conf", "location ^~ /a { alias /b/; }", "nginx-alias-traversal "},
          {"nginx.conf",
           "location /a/ { alias /b/; } location /c { alias /d; } location ~ /e { alias /f/; } alias /g/;",
           ""},
      },
      nginx_rules(), check_infrastructure);
}

CAF_TEST(a configuration is known by name or folder or contents) {
  CAF_CHECK(is_nginx("nginx.conf", ""));
  CAF_CHECK(is_nginx("etc/nginx/conf.d/a.conf", ""));
  CAF_CHECK(is_nginx("a.conf", "server {\n listen 80;\n}"));
  CAF_CHECK(is_nginx("sites-enabled/a", "server{ listen 80; }"));
  CAF_CHECK(!is_nginx("a.conf", "listen = 80"));
  CAF_CHECK(!is_nginx("a.js", "server { listen 80"));
}

CAF_TEST(a text of four megabytes on one line is read in bounded steps) {
  for (const auto* part : {"alias /a/;", "location /a{alias /b/;", "ssl_ciphers RC4-", "listen "})
    CAF_CHECK(check_infrastructure("nginx.conf", repeated(part)).size() <= 201u);
}
