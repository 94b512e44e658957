// The tools of the audit: everything that touches files. They run on worker threads, and may be repeated.
#pragma once

#include <filesystem>
#include <troupe/actors/agent/toolbox.hpp>

namespace troupe::audit {

/// Files per tool call: enough to be worth a journaled result, few enough to lose little to a crash.
inline constexpr std::size_t batch_files = 200;

/// Adds the tools
///   audit/inventory  root                        -> list, files, batches, as `name value` lines; the list itself is a file in `work`
///   audit/secrets, audit/dependencies, audit/risky-code, audit/infrastructure
///                    root, list, batch           -> encoded findings of one batch
///   audit/report     root, list, out, findings   -> a summary; writes audit-report.md and audit-report.sarif into `out`
void add_audit_tools(toolbox& tools, const std::filesystem::path& work);

} // namespace troupe::audit
