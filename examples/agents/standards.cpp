// STANDARDS: rules of the audit -> requirements of PCI DSS v4.0.1 and of the GDPR (Regulation (EU) 2016/679).

#include "standards.hpp"

#include "examples/repository_audit/text.hpp"

#include <algorithm>
#include <array>

namespace troupe::crew {
namespace {

constexpr std::array<std::string_view, 2> standards{"PCI-DSS", "GDPR"};

constexpr standard_requirement inbound{"PCI-DSS", "1.3.1",
                                       "inbound traffic is restricted to what is necessary"};
constexpr standard_requirement not_direct{
    "PCI-DSS", "1.4.4",
    "components that store cardholder data are not directly accessible from untrusted networks"};
constexpr standard_requirement parameters{"PCI-DSS", "2.2.6",
                                          "system security parameters are configured to prevent misuse"};
constexpr standard_requirement transmission{
    "PCI-DSS", "4.2.1", "strong cryptography and trusted certificates during transmission"};
constexpr standard_requirement attacks{"PCI-DSS", "6.2.4",
                                       "software is engineered to prevent common attacks"};
constexpr standard_requirement components{"PCI-DSS", "6.3.2",
                                          "an inventory of third-party components is maintained"};
constexpr standard_requirement least_privilege{
    "PCI-DSS", "7.2.5", "application and system accounts have the least privileges necessary"};
constexpr standard_requirement hard_coded{"PCI-DSS", "8.6.2",
                                          "passwords are not hard coded in scripts, configuration or code"};
constexpr standard_requirement penetration{"PCI-DSS", "11.4.4",
                                           "what penetration testing finds is corrected"};
constexpr standard_requirement by_default{
    "GDPR", "Art. 25(2)", "by default data are not accessible to an indefinite number of persons"};
constexpr standard_requirement encryption{"GDPR", "Art. 32(1)(a)", "encryption of personal data"};
constexpr standard_requirement integrity{"GDPR", "Art. 32(1)(b)",
                                         "ongoing confidentiality, integrity, availability and resilience"};

struct mapped_rules {
  std::string_view rules; ///< ids, separated by blanks; what ends in `.` stands for all that begin so
  const standard_requirement* requirement;
};

constexpr mapped_rules table[] = {
    {"infra.open-to-internet", &inbound},
    {"infra.container-database-port", &not_direct},
    {"infra.", &parameters},
    {"infra.tls-unverified infra.nginx-old-protocol infra.nginx-weak-cipher infra.nginx-no-tls "
     "code.python-tls-context "
     "code.python-tls-unverified code.javascript-tls-environment code.javascript-tls-unverified "
     "code.shell-tls-unverified",
     &transmission},
    {"code. pentest.", &attacks},
    {"dependency.", &components},
    {"infra.container-privileged infra.container-host-network infra.container-host-processes "
     "infra.container-host-path "
     "infra.container-engine-socket infra.container-root infra.container-escalation "
     "infra.container-capabilities infra.container-unconfined infra.container-root-allowed infra.docker-root "
     "infra.world-writable "
     "infra.set-user-id infra.workflow-write-all",
     &least_privilege},
    {"secret. infra.docker-secret infra.container-secret infra.env-file", &hard_coded},
    {"pentest.", &penetration},
    {"infra.open-to-internet infra.public-bucket infra.container-database-port", &by_default},
    {"infra.tls-unverified infra.nginx-old-protocol infra.nginx-weak-cipher infra.nginx-no-tls "
     "code.python-tls-context "
     "code.python-tls-unverified code.javascript-tls-environment code.javascript-tls-unverified "
     "code.shell-tls-unverified",
     &encryption},
    {"secret. code. pentest. dependency. infra.", &integrity},
};

} // namespace

std::span<const std::string_view> known_standards() {
  return standards;
}

std::vector<const standard_requirement*> requirements_of(std::string_view rule,
                                                         const std::vector<std::string>& wanted) {
  std::vector<const standard_requirement*> result;
  for (auto& [rules, requirement] : table)
    if (std::find(wanted.begin(), wanted.end(), requirement->standard) != wanted.end() &&
        audit::any_word(rules, [&](std::string_view one) {
          return one == rule || (one.ends_with('.') && rule.starts_with(one));
        }))
      result.push_back(requirement);
  return result;
}

} // namespace troupe::crew
