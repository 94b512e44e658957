// RUN HISTORY: one line for people about each event of a run.

#include <fmt/format.h>
#include <troupe/net/api/history.hpp>
#include <troupe/runtime/unix_time.hpp>

namespace troupe {
namespace {

std::string because(const std::string& reason) {
  return reason.empty() ? "" : ": " + first_line(reason);
}

std::string summarize(const RunEvent::StepEnded& ended) {
  switch (ended.status()) {
  case STEP_SKIPPED:
    return fmt::format("step {} is skipped{}", ended.step(), because(ended.reason()));
  case STEP_CANCELLED:
    return fmt::format("step {} is cancelled{}", ended.step(), because(ended.outcome().failure().text()));
  default:
    return ended.chosen_size() > 0
               ? fmt::format("step {} chose {}", ended.step(), fmt::join(ended.chosen(), ", "))
               : fmt::format("step {} {}", ended.step(), ending(ended.outcome()));
  }
}

} // namespace

std::string summarize(const RunEvent& event) {
  switch (event.kind_case()) {
  case RunEvent::kStarted:
    return fmt::format("{} starts {} {}, {} steps", event.started().principal(),
                       event.started().definition().name(), event.started().definition().version(),
                       event.started().definition().steps_size());
  case RunEvent::kStep:
    return fmt::format("step {}: {}", event.step().step(), summarize(event.step().event()));
  case RunEvent::kEnded:
    return event.ended().status() == RUN_CANCELLED
               ? "cancelled" + because(event.ended().outcome().failure().text())
           : event.ended().status() == RUN_RUNNING ? "goes on"
                                                   : ending(event.ended().outcome());
  case RunEvent::kStepBegun: {
    auto& begun = event.step_begun();
    return fmt::format("step {} begins{}{}", begun.step(),
                       begun.items_size() > 0 ? fmt::format(", {} items", begun.items_size()) : "",
                       begun.due_ms() > 0 ? ", due " + to_rfc3339(begun.due_ms()) : "");
  }
  case RunEvent::kStepEnded:
    return summarize(event.step_ended());
  case RunEvent::kScopeBegun:
    return fmt::format("step {} begins its {}. block", event.scope_begun().step(),
                       event.scope_begun().number());
  case RunEvent::kScopeEnded:
    return fmt::format("block {} of step {} {}", event.scope_ended().number(), event.scope_ended().step(),
                       ending(event.scope_ended().outcome()));
  case RunEvent::kExpanded:
    return fmt::format("step {} returned {} steps", event.expanded().step(),
                       event.expanded().block().steps_size());
  case RunEvent::kSampled:
    return event.sampled().sample().empty()
               ? fmt::format("step {} pauses until {}", event.sampled().step(),
                             to_rfc3339(event.sampled().next_ms()))
               : fmt::format("step {} takes a {} sample: {}", event.sampled().step(),
                             event.sampled().healthy() ? "good" : "bad",
                             first_line(event.sampled().sample()));
  case RunEvent::kVariable:
    return fmt::format("{} sets {} to {}", event.variable().by(), event.variable().name(),
                       first_line(event.variable().value()));
  case RunEvent::kSignalled:
    return event.signalled().step().empty()
               ? fmt::format("{} signals {} {}", event.signalled().by(), event.signalled().name(),
                             first_line(event.signalled().payload()))
               : fmt::format("step {} takes the signal {}", event.signalled().step(),
                             event.signalled().name());
  case RunEvent::kAnswered: {
    auto& answer = event.answered().answer();
    return fmt::format("{} {} step {}{}", answer.by(), answer.approve() ? "approves" : "rejects",
                       event.answered().step(), because(answer.reason()));
  }
  case RunEvent::kDelegated:
    return fmt::format("{} lets {} answer at step {}", event.delegated().by(), event.delegated().to(),
                       event.delegated().step());
  case RunEvent::kEscalated:
    return fmt::format("step {} asks {} besides", event.escalated().step(),
                       fmt::join(event.escalated().to(), ", "));
  case RunEvent::kPaused:
    return event.paused().by() + " pauses it" + because(event.paused().reason());
  case RunEvent::kUpgraded:
    return event.upgraded().by() + " lets it go on with " +
           (event.upgraded().revision() > 0 ? fmt::format("revision {}", event.upgraded().revision())
                                            : std::string{"another definition"});
  case RunEvent::kUnpaused:
    return event.unpaused().by() + " lets it go on";
  case RunEvent::kClosing:
    return ending(event.closing().outcome()) + "; what was done is undone";
  case RunEvent::kParentNoted:
    return "its parent knows";
  case RunEvent::kPutOff:
    return event.put_off().due_ms() > 0 ? "more follows in a moment" : "what was put off goes on";
  case RunEvent::kReset:
    return fmt::format("step {} begins anew", event.reset().step());
  case RunEvent::kChildClosed:
    return event.child_closed().child() + " has ended, too";
  case RunEvent::kBudgetAsked:
    return fmt::format("step {} asks {} for {}, for round {}", event.budget_asked().step(),
                       event.budget_asked().ledger(), event.budget_asked().amount(),
                       event.budget_asked().round());
  case RunEvent::kBudgetAnswered:
    return event.budget_answered().has_failure()
               ? fmt::format("step {} gets nothing{}", event.budget_answered().step(),
                             because(event.budget_answered().failure().text()))
               : fmt::format("step {} gets it", event.budget_answered().step());
  case RunEvent::kBudgetSettled:
    return fmt::format("step {} has spent {} of it", event.budget_settled().step(),
                       event.budget_settled().spent());
  case RunEvent::kBudgetNoted:
    return "the ledger knows";
  case RunEvent::kCharged:
    return fmt::format("{} charges {} {} to {}{}", event.charged().by(), event.charged().amount(),
                       event.charged().unit(), event.charged().ledger(), because(event.charged().purpose()));
  case RunEvent::KIND_NOT_SET:
    break;
  }
  return "";
}

} // namespace troupe
