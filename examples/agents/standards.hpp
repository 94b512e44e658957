// Which requirements of PCI DSS and of the GDPR a finding bears on. A map for whoever has to mend things, no statement of compliance.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::crew {

/// One requirement of a standard.
struct standard_requirement {
  std::string_view standard; ///< `PCI-DSS` or `GDPR`
  std::string_view id;       ///< `8.6.2`, `Art. 32(1)(a)`
  std::string_view text;     ///< what it asks for, in short
};

/// The standards that are known: `PCI-DSS`, `GDPR`.
std::span<const std::string_view> known_standards();

/// The requirements of these standards that findings of a rule bear on, in the order of the table; none if none is known.
/// Source: PCI Security Standards Council, Payment Card Industry Data Security Standard, Requirements and Testing Procedures,
/// version 4.0.1, 2024; Regulation (EU) 2016/679 (General Data Protection Regulation).
std::vector<const standard_requirement*> requirements_of(std::string_view rule,
                                                         const std::vector<std::string>& standards);

} // namespace troupe::crew
