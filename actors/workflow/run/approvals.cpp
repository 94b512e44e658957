// RUN COMMANDS: people answer what approvals ask.
// Invariant: nobody answers twice, and nobody who is not asked.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/workflow/run/commands.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

using decision = run_commands::decision;

/// The approval a person means. Errors: ec::not_found; ec::permission_denied for who is not asked.
caf::expected<step_place> run_commands::approval_of(const std::string& step,
                                                    const std::string& principal) const {
  auto at = run_.find(step);
  if (!at || !at->plan->definition->has_approval() || at->step->begun_ms() == 0)
    return make_error(ec::not_found,
                      fmt::format("run {} asks for no approval at step '{}'", run_.own_ref, step));
  auto& asked = at->step->asked();
  if (std::find(asked.begin(), asked.end(), principal) == asked.end())
    return make_error(ec::permission_denied, fmt::format("'{}' is not asked at step '{}'", principal, step));
  return *at;
}

decision run_commands::decide(const AnswerApproval& cmd) const {
  auto& by = cmd.context().principal();
  auto at = approval_of(cmd.step(), by);
  if (!at)
    return std::move(at.error());
  for (auto& answer : at->step->answers())
    if (answer.by() == by) {
      if (answer.approve() == cmd.approve())
        return std::vector<RunEvent>{};
      return make_error(ec::conflict, fmt::format("'{}' has {} it already", by,
                                                  answer.approve() ? "approved" : "rejected"));
    }
  if (at->step->status() != STEP_ACTIVE)
    return make_error(ec::conflict, fmt::format("the approval '{}' is decided", cmd.step()));
  RunEvent happened;
  happened.mutable_answered()->set_step(cmd.step());
  auto* answer = happened.mutable_answered()->mutable_answer();
  answer->set_by(by);
  answer->set_approve(cmd.approve());
  answer->set_reason(cmd.reason());
  answer->set_time_ms(now_ms_);
  return std::vector<RunEvent>{std::move(happened)};
}

decision run_commands::decide(const DelegateApproval& cmd) const {
  auto& by = cmd.context().principal();
  auto at = approval_of(cmd.step(), by);
  if (!at)
    return std::move(at.error());
  if (at->step->status() != STEP_ACTIVE)
    return make_error(ec::conflict, fmt::format("the approval '{}' is decided", cmd.step()));
  auto& asked = at->step->asked();
  if (cmd.to().empty() || cmd.to().size() > limits::name_bytes ||
      std::find(asked.begin(), asked.end(), cmd.to()) != asked.end())
    return make_error(ec::invalid_argument, "delegate to a principal who is not asked yet");
  for (auto& answer : at->step->answers())
    if (answer.by() == by)
      return make_error(ec::conflict, fmt::format("'{}' has answered already", by));
  RunEvent happened;
  auto* delegated = happened.mutable_delegated();
  delegated->set_step(cmd.step());
  delegated->set_by(by);
  delegated->set_to(cmd.to());
  delegated->set_time_ms(now_ms_);
  return std::vector<RunEvent>{std::move(happened)};
}

} // namespace troupe
