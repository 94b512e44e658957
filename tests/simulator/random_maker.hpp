// RANDOM MAKER: makes one random workflow; random_workflow.hpp says what holds for all.
#pragma once

#include <algorithm>
#include <tests/simulator/random_workflow.hpp>

namespace troupe {

/// Makes a series of segments, each of which begins when all of the one before has ended.
class workflow_maker {
public:
  workflow_maker(uint64_t seed, const std::string& name, const std::vector<random_child>& children);

  random_workflow make(random_end end);

private:
  using step_list = google::protobuf::RepeatedPtrField<StepDefinition>;
  using names = std::vector<std::string>;

  struct place {
    step_list& steps;
    size_t depth = 0;      // blocks around
    bool alone = true;     // nothing is at work beside
    bool returned = false; // in a block that a task returns
    size_t repeated = 0;   // maps and loops around
    bool counted = false;  // each step counts for a join: none undoes another
    bool again = false;    // may be done again as a whole: writes no variables
  };

  size_t pick(size_t below) {
    return static_cast<size_t>(chance_() % below);
  }

  // Segments: random_workflow.cpp.
  names series(place& at, size_t segments);
  names segment(place& at, const names& after);
  names fan(place& at, const names& after);
  names decision(place& at, const names& after);
  names handled(place& at, const names& after);
  void doom(place& at, const names& after);
  void break_down(place& at, const names& after);

  // Steps: random_steps.cpp.
  StepDefinition& step(place& at, const names& after);
  std::string number(const place& at, const names& after);
  std::string condition(const place& at, const names& after);
  TaskSpec& work(TaskSpec& spec, const std::string& how);
  StepDefinition& task(place& at, const names& after, std::string how = {});
  void undo(place& at, StepDefinition& what);
  const random_child* some_child(bool fails);
  void begin_child(const place& at, StepDefinition& one, const std::string& name);
  bool may_begin_child(const place& at) const;
  StepDefinition& loser(place& at, const names& after);
  Approval& ask(StepDefinition& one, const std::string& message);
  void approved(StepDefinition& one);
  StepDefinition& good(place& at, const names& after);
  StepDefinition& bad(place& at, const names& after);

  // Steps with others in them: random_blocks.cpp.
  void returns(TaskSpec& spec, const std::string& block);
  StepDefinition& expansion(place& at, const names& after);
  StepDefinition& repeated(place& at, const names& after);
  StepDefinition& parallel(place& at, const names& after);
  void rule(JoinRule& join, size_t good_ones, size_t& bad_ones, size_t& losers);
  void broken_block(place& at, StepDefinition& one);

  std::mt19937_64 chance_;
  const std::vector<random_child>& children_;
  random_workflow made_;
  size_t steps_ = 0;
  names numbers_; // ids of steps whose result has a number `n`
};

/// Writes a value by its name, in order of names.
inline void put(google::protobuf::RepeatedPtrField<Field>& fields, const std::string& name,
                const std::string& value) {
  auto* field = fields.Add();
  field->set_name(name);
  field->set_value(value);
  std::sort(fields.begin(), fields.end(), [](auto& a, auto& b) { return a.name() < b.name(); });
}

} // namespace troupe
