// RUN EFFECTS: rows and messages of a run's own events; those of its tasks are in task_effects.cpp.
#pragma once

#include <troupe/actors/workflow/run/course.hpp>
#include <troupe/persistence/effects.hpp>

namespace troupe {
class FundsReserved;
}

namespace troupe::run_effects {

/// Rows that an event makes obsolete; called before it is applied.
void tidy(const run_course& before, const RunEvent& event, effects& out);
/// Rows and messages an event brings about; called after it is applied.
void bring_about(const run_course& after, const RunEvent& event, effects& out);
/// What a due timer sends again: `timer` is what follows the step in its id.
void resend(const run_course& run, const std::string& step, std::string_view timer, effects& out);

/// Earlier versions wrote a row for each call.
void replace_call_row(const run_course& run, const std::string& old_row, effects& out);

/// The same of grants of ledgers, see budgets.cpp.
void tidy_budget(const run_course& before, const RunEvent& event, effects& out);
void bring_about_budget(const run_course& after, const RunEvent& event, effects& out);
void resend_budget(const run_course& run, std::string_view timer, effects& out);
/// A ledger has promised what nobody waits for any more: it is told so.
void give_back(const run_course& run, const FundsReserved& granted, effects& out);

/// The row that lists and retention read.
WorkSummary summary_of(const run_course& run);
/// Lower-case word for people, e.g. `running`.
std::string_view word(RunStatus status);

} // namespace troupe::run_effects
