// The fakes of the skills; what each answers follows from its inputs.
#pragma once

#include "job.hpp"

#include "examples/repository_audit/finding.hpp"

namespace troupe::crew::fakes {

// Each is named as the work it stands for.
caf::expected<std::string> generate_code(const job& what);
caf::expected<std::string> document_code(const job& what);
caf::expected<std::string> diagnose_bug(const job& what);
caf::expected<std::string> fix_bug(const job& what);
caf::expected<std::string> merge_branch(const job& what);
caf::expected<std::string> discard_branch(const job& what);
caf::expected<std::string> run_tests(const job& what);
caf::expected<std::string> review_code(const job& what);
caf::expected<std::string> take_scope(const job& what);
caf::expected<std::string> audit_code(const job& what);
caf::expected<std::string> audit_infrastructure(const job& what);
caf::expected<std::string> remediate(const job& what);
caf::expected<std::string> report_audit(const job& what);
caf::expected<std::string> plan_deployment(const job& what);
caf::expected<std::string> shift_traffic(const job& what);
caf::expected<std::string> sample_health(const job& what);
caf::expected<std::string> roll_back_deployment(const job& what);

/// Whatever is done to a plan goes well.
caf::expected<std::string> echo_plan(const job& what);

} // namespace troupe::crew::fakes
