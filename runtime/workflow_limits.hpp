// Every bound of workflows and their definitions, with its unit and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::limits {

using namespace std::chrono_literals;

/// Steps of one workflow: a run's state stays well below one message.
inline constexpr size_t workflow_steps = 10'000;

/// Items of one map, each with a state of some hundred bytes; those at work at a time unless the map says otherwise, and at most.
inline constexpr size_t map_items = 10'000;
inline constexpr uint32_t map_parallel = 16;
inline constexpr uint32_t map_parallel_most = 1'000;

/// Rounds of one loop: what has to go on for ever is a schedule.
inline constexpr uint32_t loop_rounds = 10'000;

/// A loop whose budget is spent asks again after as long as it has waited, between these: two records each time.
inline constexpr std::chrono::milliseconds loop_budget_again = 1min;
inline constexpr std::chrono::milliseconds loop_budget_again_most = 1h;

/// Blocks inside one another: bounds the length of a step's path and the stack.
inline constexpr size_t workflow_depth = 8;

/// Steps that a task may return to be done, unless its step says otherwise; and at most.
inline constexpr uint32_t expanded_steps = 100;
inline constexpr uint32_t expanded_steps_most = 1'000;

/// An approval that says nothing else waits so long (row K1); approvers of one.
inline constexpr std::chrono::milliseconds approval_timeout = 1h;
inline constexpr size_t approvers = 100;

/// The longest wait, timeout or deadline of a definition: what is longer is a mistake in the unit.
inline constexpr std::chrono::hours workflow_longest{24 * 366 * 10};

/// A definition as YAML or JSON, bytes: 10 000 steps of 400 bytes; and lists and objects in one another.
inline constexpr size_t definition_bytes = 4u << 20;
inline constexpr size_t definition_depth = 64;

/// Texts, lists, objects and names in a definition: 50 for each of 10 000 steps, some 100 bytes of memory each.
inline constexpr size_t definition_values = 500'000;

/// Brackets, commas and colons of a YAML text that its parser keeps, some 200 bytes each, before it can tell what they mean.
inline constexpr size_t definition_signs = 100'000;

/// Mistakes that are told of one text; whoever has more begins with these.
inline constexpr size_t definition_problems = 100;

/// Inputs, variables, cases, or mappings in one place of a definition: a form a person can still read.
inline constexpr size_t definition_names = 200;

/// Id of a step, name of an input or a variable, bytes: they stand in paths of steps, in logs and in tables.
inline constexpr size_t definition_name_bytes = 64;

/// Names that are compared to find the one that was meant, in one check of a definition: a quarter of a second for the longest.
inline constexpr size_t definition_hints = 50'000;

/// Signals of a run that nobody has waited for yet; above, ec::overloaded.
inline constexpr size_t signals_waiting = 1'000;

/// Plans of definitions that are kept though no run has them: a start compiles its definition once, not at every look.
inline constexpr size_t plans_recent = 32;

/// Events that one command may bring about in a run before the rest is put off to the next: bounds one append.
inline constexpr size_t run_reactions = 2'000;

/// Bends of a picture's long lines: what makes a picture of 10 000 steps slow, and no longer legible. Longer lines are left out.
inline constexpr size_t graph_bends = 20'000;

/// Sweeps that order the layers of a picture: of those after twenty, hardly one improves it (Gansner et al., 1993, say 24). And
/// nodes, bends among them, up to which neighbours are exchanged besides: about a second.
inline constexpr size_t graph_sweeps = 24;
inline constexpr size_t graph_exchanged = 2'000;

/// Width of a picture's layer, in pixels: more steps side by side flow into the next layer. And columns of one in text where no
/// terminal says how many it has.
inline constexpr int graph_pixels = 2'400;
inline constexpr size_t graph_columns = 120;

/// A value in a difference or a picture, bytes: what is longer is read in the definition.
inline constexpr size_t shown_value = 120;
/// Expressions of one schedule, and bytes of one: a person has to see when it comes.
inline constexpr size_t schedule_crons = 32;
inline constexpr size_t cron_bytes = 256;

/// Shortest interval of a schedule: each occurrence is a run, and its id tells seconds; the longest as workflow_longest.
inline constexpr std::chrono::milliseconds schedule_interval = 1s;

/// Calendar years that are searched for a time to come: 29 February may be eight years away.
inline constexpr int calendar_years = 8;

/// The last moment a calendar knows, Unix seconds: the end of the year 9999, whose times still have four digits.
inline constexpr int64_t calendar_end_s = 253'402'300'799;

/// A time zone's file, name, bytes, and its largest offset: twice the largest of all there were; RFC 8536 has 26 h.
inline constexpr size_t zone_bytes = 64u << 10;
inline constexpr size_t zone_name_bytes = 64;
inline constexpr std::chrono::seconds zone_offset = 26h;

/// Name of a schedule, bytes: those of its runs append the time and what asked for them.
inline constexpr size_t schedule_name_bytes = 150;

/// What a schedule waits at most by chance, so that not all begin at the same second: longer is another schedule.
inline constexpr std::chrono::milliseconds schedule_jitter = 24h;

/// Occurrences missed for longer are not caught up unless the schedule says otherwise: a night without a node loses no nightly run.
/// At least what a timer may be late.
inline constexpr std::chrono::milliseconds schedule_catch_up = 24h;
inline constexpr std::chrono::milliseconds schedule_catch_up_least = 10s;

/// Occurrences one event deals with; what is left comes at once, but others get their turn in between.
inline constexpr size_t schedule_occurrences = 200;

/// Runs of a schedule that are at work, and that wait for their turn; each is a row of its state, some hundred bytes.
inline constexpr size_t schedule_running = 1'000;
inline constexpr size_t schedule_buffer = 1'000;

/// Occurrences one backfill may have; ask for the rest with another.
inline constexpr size_t schedule_backfill = 1'000;

/// Last runs a schedule remembers, and times it foretells: as many as fit on a screen.
inline constexpr size_t schedule_recent = 10;

/// Reason of a pause, bytes: it appears in tables.
inline constexpr size_t schedule_note_bytes = 200;

/// Revisions of one published workflow: with the longest texts, a list of all stays below one message.
inline constexpr size_t catalog_revisions = 5'000;

/// A note, a reason or a summary of changes in the catalog, bytes: a line or two in a table.
inline constexpr size_t catalog_text_bytes = 500;

/// Definitions an awake workflow keeps in memory, those that were published last; the others are read from the store. What is not
/// yet on the disk is among them, unless so many are published within one sync.
inline constexpr size_t catalog_recent = 8;

/// Open runs that are asked whether they could follow a revision before it is published: each is waked for that, and whoever publishes
/// waits.
inline constexpr size_t rollout_checked = 1'000;

/// Open runs that are asked at a time: others get their turn beside them.
inline constexpr size_t rollout_at_once = 16;

/// Runs after which it is written down how far a rollout is: what a crash lets be asked again.
inline constexpr size_t rollout_noted = 200;

/// Runs that a workflow names which could not follow; and those that a refused publication names.
inline constexpr int rollout_staying = 10;
inline constexpr size_t rollout_refusal = 3;

} // namespace troupe::limits
