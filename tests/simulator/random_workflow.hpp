// RANDOM WORKFLOWS: definitions of every kind of step whose end depends on nothing but themselves and what they are given.
//
// Whoever is faster must not matter, or no reference could say how a run ends. So:
//   - what fails without a handler does so when nothing else is at work, or beside what waits for ever;
//   - a join that cancels the rest wants all that can come, and the rest waits for ever;
//   - a join that does without some waits for all of them before the next step begins;
//   - what is at work beside others writes variables only by adding, and reads none;
//   - what times out does so because nobody ever answers, or is given hours.
#pragma once

#include <random>
#include <troupe/behaviors/task.hpp>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe {

/// A definition and what a run of it is given.
struct random_workflow {
  WorkflowDefinition definition;
  std::vector<argument> inputs;
  bool fails = false; ///< a run of it fails, for sure; else it completes, for sure
  bool mendable =
      false; ///< it fails because of tasks that are broken; once they are mended, it completes when it is retried
};

/// How a run of a random workflow is to end.
enum class random_end { any, good, mendable };

/// A published workflow that others run as a child.
struct random_child {
  std::string name;
  bool fails = false;
  bool mendable = false;
};

/// People do what an approval's message says: `ann yes, bob no`; who is not in it never answers.
std::string answer_in(const std::string& message, const std::string& person);
/// Signals of this name are never sent.
constexpr std::string_view never_sent = "never";
/// What is sent along with a signal.
std::string payload_of(const std::string& signal);
/// The child that waits for ever.
constexpr std::string_view waiting_child = "waits";

/// The workflow that a seed wants. `name` is the definition's; with no children, no step runs any.
random_workflow make_random_workflow(uint64_t seed, const std::string& name,
                                     const std::vector<random_child>& children,
                                     random_end end = random_end::any);
/// The one called waiting_child.
WorkflowDefinition make_waiting_child();

} // namespace troupe
