// The result of an audit, for people and for programs.
#pragma once

#include "finding.hpp"
#include "inventory.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace troupe::audit {

/// Everything a report tells. Equal values give equal reports, byte for byte: no clock, no host, no paths
/// outside.
struct report {
  std::string name;                  ///< of what was audited, UTF-8
  std::size_t files_checked = 0;     ///< files whose text went through the checks
  std::vector<finding> findings;     ///< in any order
  std::vector<skipped_path> skipped; ///< as inventory::left_out tells them
};

/// Markdown (CommonMark with tables): totals by category and severity, the worst findings with how to mend
/// them, all findings by file, and what was left out and why.
std::string markdown_report(const report& audit);

/// SARIF 2.1.0: one run, all rules with their metadata, one result per finding with a fingerprint that
/// survives moved lines. Columns count code points; files are percent-encoded and relative to the base
/// `SRCROOT`. Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0";
/// `security-severity` as GitHub code scanning reads it, on the scale of CVSS from 0 to 10.
std::string sarif_report(const report& audit);

} // namespace troupe::audit
