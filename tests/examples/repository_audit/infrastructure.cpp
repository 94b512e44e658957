// Each kind of file gets its own rules, and all rules are shown together.
#define CAF_SUITE examples.repository_audit.infrastructure
#include "rows.hpp"

#include "examples/repository_audit/infrastructure.hpp"

using namespace troupe::audit;

CAF_TEST(the kind of file decides which rules are asked) {
  const std::string text = "FROM a\nprivileged: true\nautoindex on;\nstrict-ssl: false\n";
  CAF_CHECK_EQUAL(rules_of(check_infrastructure("a.dockerfile", text)),
                  "docker-floating-image docker-healthcheck docker-root ");
  CAF_CHECK_EQUAL(rules_of(check_infrastructure("compose.yml", text)),
                  "container-privileged tls-unverified ");
  CAF_CHECK_EQUAL(rules_of(check_infrastructure("nginx.conf", text)), "tls-unverified ");
  CAF_CHECK_EQUAL(rules_of(check_infrastructure("a.ini", text)), "tls-unverified ");
  CAF_CHECK_EQUAL(rules_of(check_infrastructure("a.txt", text)), "");
  CAF_CHECK_EQUAL(rules_of(check_infrastructure("a.conf", "server { listen 80; autoindex on; }")),
                  "nginx-no-tls nginx-listing ");
}

CAF_TEST(all rules are listed once and in order) {
  const auto rules = infrastructure_rules();
  CAF_CHECK(rules.size() >= 30u);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    CAF_CHECK_EQUAL(category_of(rules[i].id), "infra");
    CAF_CHECK(i == 0 || rules[i - 1].id < rules[i].id);
  }
}
