// What the four specialised agents can do, each skill with its real work and a fake of it.
#pragma once

#include "job.hpp"
#include "workspace.hpp"

#include <span>
#include <troupe/actors/agent/toolbox.hpp>
#include <troupe/behaviors/registry.hpp>

namespace troupe::crew {

/// A JSON object as text, or why there is none. May be called again with the same job: the answer and what is on disk are the same.
using skilled_work = caf::expected<std::string> (*)(workspace& at, const job& what);
/// The same without a workspace: what the inputs say, and nothing else, decides the answer.
using fake_work = caf::expected<std::string> (*)(const job& what);

/// One thing an agent can do.
struct skill {
  std::string_view capability; ///< e.g. `code.generate`
  std::string_view agent;      ///< `code-generator`, `security-auditor`, `test-runner` or `deployer`
  std::string_view what;       ///< one sentence
  skilled_work real;
  fake_work fake;
};

/// All skills; those of an agent stand together.
std::span<const skill> skills();

/// The fake of a skill. Errors: ec::not_found; and those the real one has for the same inputs.
caf::expected<std::string> fake_result(std::string_view capability, const job& what);

/// Adds the four agents, each skill of theirs as a tool `crew/CAPABILITY` that works in `at`; with none, the fakes.
void add_agents(behavior_registry& behaviors, toolbox& tools, std::shared_ptr<workspace> at);

/// Whether a bug may have this severity. Errors: ec::invalid_argument, with those it may have.
caf::error check_severity(const std::string& word);

// The work of the code generator: git, and files written by a fixed pattern.
caf::expected<std::string> generate_code(workspace& at, const job& what);
caf::expected<std::string> document_code(workspace& at, const job& what);
caf::expected<std::string> diagnose_bug(workspace& at, const job& what);
caf::expected<std::string> fix_bug(workspace& at, const job& what);
caf::expected<std::string> merge_branch(workspace& at, const job& what);
caf::expected<std::string> discard_branch(workspace& at, const job& what);

// The work of the test runner.
caf::expected<std::string> run_tests(workspace& at, const job& what);

// The work of the security auditor: the checks of the repository audit.
caf::expected<std::string> review_code(workspace& at, const job& what);
caf::expected<std::string> take_scope(workspace& at, const job& what);
caf::expected<std::string> audit_code(workspace& at, const job& what);
caf::expected<std::string> audit_dependencies(workspace& at, const job& what);
caf::expected<std::string> audit_infrastructure(workspace& at, const job& what);
caf::expected<std::string> probe_programs(workspace& at, const job& what);
caf::expected<std::string> remediate(workspace& at, const job& what);
caf::expected<std::string> report_audit(workspace& at, const job& what);

// The work of the deployer: releases in folders, traffic as symbolic links.
caf::expected<std::string> plan_deployment(workspace& at, const job& what);
caf::expected<std::string> install_release(workspace& at, const job& what);
caf::expected<std::string> switch_slots(workspace& at, const job& what);
caf::expected<std::string> shift_traffic(workspace& at, const job& what);
caf::expected<std::string> replace_replica(workspace& at, const job& what);
caf::expected<std::string> sample_health(workspace& at, const job& what);
caf::expected<std::string> record_deployment(workspace& at, const job& what);
caf::expected<std::string> roll_back_deployment(workspace& at, const job& what);

} // namespace troupe::crew
