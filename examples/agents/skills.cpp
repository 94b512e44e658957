// SKILLS: four agents, what each can do, and how a task becomes one call of a tool.
// Invariant: a task requires one skill; its inputs and its id are all that the tool is given.

#include "skills.hpp"

#include "fakes.hpp"
#include "test_runner.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe::crew {
namespace {

constexpr skill all_skills[] = {
    {"code.generate", "code-generator", "writes programs and tests for `requirements` on a branch",
     generate_code, fakes::generate_code},
    {"code.document", "code-generator", "writes a page about them on the same branch", document_code,
     fakes::document_code},
    {"code.diagnose", "code-generator", "finds the commit since which the tests fail", diagnose_bug,
     fakes::diagnose_bug},
    {"code.fix", "code-generator", "takes back that commit on a branch", fix_bug, fakes::fix_bug},
    {"code.merge", "code-generator", "brings a branch into main", merge_branch, fakes::merge_branch},
    {"code.discard", "code-generator", "removes a branch", discard_branch, fakes::discard_branch},
    {"test.run", "test-runner", "runs the test command of a project at a commit", run_tests,
     fakes::run_tests},
    {"code.review", "security-auditor", "looks for secrets and risky code in what a commit changes",
     review_code, fakes::review_code},
    {"security.scope", "security-auditor", "says what is to be audited", take_scope, fakes::take_scope},
    {"security.code", "security-auditor", "looks for secrets and risky code", audit_code, fakes::audit_code},
    {"security.dependencies", "security-auditor", "looks for dependencies that change by themselves",
     audit_dependencies, fakes::audit_code},
    {"security.infrastructure", "security-auditor", "looks for risky settings and permissions",
     audit_infrastructure, fakes::audit_infrastructure},
    {"security.penetrate", "security-auditor", "gives the programs in `bin` hostile arguments",
     probe_programs, fakes::audit_code},
    {"security.remediate", "security-auditor", "mends what can be mended safely", remediate,
     fakes::remediate},
    {"security.report", "security-auditor", "maps findings to standards and writes the report", report_audit,
     fakes::report_audit},
    {"deploy.plan", "deployer", "looks at an environment and says what is to be done", plan_deployment,
     fakes::plan_deployment},
    {"deploy.install", "deployer", "puts a release beside what runs", install_release, fakes::echo_plan},
    {"deploy.switch", "deployer", "gives all traffic to the other slot", switch_slots, fakes::echo_plan},
    {"deploy.shift", "deployer", "gives a share of the traffic to a release", shift_traffic,
     fakes::shift_traffic},
    {"deploy.replace", "deployer", "replaces one replica", replace_replica, fakes::echo_plan},
    {"deploy.health", "deployer", "asks a release how it is", sample_health, fakes::sample_health},
    {"deploy.record", "deployer", "makes a release the one that runs", record_deployment, fakes::echo_plan},
    {"deploy.roll-back", "deployer", "puts an environment back as it was", roll_back_deployment,
     fakes::roll_back_deployment},
};

// Around the test command there are copies of commits.
constexpr std::chrono::seconds tool_limit = 4 * test_limit;

class specialist final : public behavior {
public:
  explicit specialist(std::string name) : name_{std::move(name)} {}

  manifest describe() const override {
    manifest who{name_};
    std::string does;
    for (auto& one : all_skills)
      if (one.agent == name_) {
        who.can(std::string{one.capability});
        does += (does.empty() ? "" : ", ") + std::string{one.what};
      }
    return who.max_concurrent(4).describe(does + ".");
  }

  action run(const Task& task) override {
    auto mine = [&](const std::string& wanted) {
      return std::any_of(std::begin(all_skills), std::end(all_skills),
                         [&](auto& one) { return one.agent == name_ && one.capability == wanted; });
    };
    auto& required = task.spec().required();
    auto wanted = std::find_if(required.begin(), required.end(), mine);
    if (wanted == required.end())
      return fail(ec::invalid_argument,
                  name_ + " needs to know which of its skills is meant: require one of them");
    auto arguments = task.inputs();
    std::erase_if(arguments, [](auto& one) { return one.name == "task"; });
    arguments.push_back({"task", task.id()}); // names what is made, so that a repeat finds it
    return call_tool("crew/" + *wanted, std::move(arguments));
  }

private:
  std::string name_;
};

job job_of(const tool_call& call) {
  std::map<std::string, std::string, std::less<>> inputs;
  for (auto& one : call.request().arguments())
    inputs.emplace(one.name(), one.value());
  return job{std::move(inputs)};
}

} // namespace

std::span<const skill> skills() {
  return all_skills;
}

caf::expected<std::string> fake_result(std::string_view capability, const job& what) {
  for (auto& one : all_skills)
    if (one.capability == capability)
      return one.fake(what);
  return make_error(ec::not_found, fmt::format("no agent can {}", capability));
}

void add_agents(behavior_registry& behaviors, toolbox& tools, std::shared_ptr<workspace> at) {
  for (auto& one : all_skills) {
    tool made;
    made.name = fmt::format("crew/{}", one.capability);
    made.description = one.what;
    made.repeatable = true;
    made.timeout = tool_limit;
    if (at)
      made.run = [at, work = one.real](const tool_call& call) { return work(*at, job_of(call)); };
    else
      made.run = [work = one.fake](const tool_call& call) { return work(job_of(call)); };
    tools.add(std::move(made));
  }
  for (auto* name : {"code-generator", "test-runner", "security-auditor", "deployer"})
    behaviors.add<specialist>(std::string{name});
}

} // namespace troupe::crew
