// RANDOM WORKFLOWS: segments.

#include <fmt/format.h>
#include <tests/simulator/random_maker.hpp>

namespace troupe {
namespace {

using names = std::vector<std::string>;

} // namespace

workflow_maker::workflow_maker(uint64_t seed, const std::string& name,
                               const std::vector<random_child>& children)
    : chance_{seed}, children_{children} {
  made_.definition.set_name(name);
  made_.definition.set_version(std::to_string(seed % 100));
}

random_workflow workflow_maker::make(random_end end) {
  auto& all = made_.definition;
  for (auto variable : {"count", "sum"}) {
    auto* one = all.add_variables();
    one->set_name(variable);
    one->set_type(TYPE_INTEGER);
    one->set_initial("0");
  }
  auto* trail = all.add_variables();
  trail->set_name("trail");
  trail->set_type(TYPE_STRING);
  trail->set_initial("inputs.run");
  made_.inputs = {{"list", "[3,1,2]"}, {"n", std::to_string(pick(12))}};
  made_.fails = end == random_end::mendable || (end == random_end::any && pick(5) < 2);
  made_.mendable = end == random_end::mendable || (made_.fails && pick(3) == 0);
  place at{*all.mutable_steps()};
  auto after = series(at, made_.mendable ? 1 + pick(3) : 3 + pick(4)); // what fails soon is retried while others fail
  if (made_.mendable)
    break_down(at, after);
  else if (made_.fails)
    doom(at, after);
  else if (pick(2) == 0)
    all.set_result(after[pick(after.size())]);
  return std::move(made_);
}

names workflow_maker::series(place& at, size_t segments) {
  names after{task(at, {}).id()};
  for (size_t i = 1; i < segments && (at.depth == 0 || steps_ < 40); ++i)
    after = segment(at, after);
  return after;
}

names workflow_maker::segment(place& at, const names& after) {
  switch (pick(9)) {
  case 0: {
    auto& one = task(at, after);
    one.set_when(condition(at, after));
    auto exits = after;
    exits.push_back(one.id());
    return exits;
  }
  case 1:
    return fan(at, after);
  case 2:
    return {at.depth < 2 ? parallel(at, after).id() : task(at, after).id()};
  case 3:
    return decision(at, after);
  case 4:
    return handled(at, after);
  case 5:
    return {at.depth < 2 ? repeated(at, after).id() : task(at, after).id()};
  default:
    return {good(at, after).id()};
  }
}

names workflow_maker::fan(place& at, const names& after) {
  auto good_ones = 1 + pick(3);
  JoinRule join;
  size_t bad_ones = 0, losers = 0;
  rule(join, good_ones, bad_ones, losers);
  auto beside = at;
  beside.alone = false;
  names needs, exits;
  for (size_t i = 0; i < good_ones; ++i)
    needs.push_back(good(beside, after).id());
  for (size_t i = 0; i < bad_ones; ++i)
    needs.push_back(bad(beside, after).id());
  exits = needs;
  for (size_t i = 0; i < losers; ++i)
    needs.push_back(loser(beside, after).id());
  auto& one = step(at, needs);
  *one.mutable_join() = join;
  exits.push_back(one.id());
  return exits;
}

names workflow_maker::decision(place& at, const names& after) {
  auto& one = step(at, after);
  auto& how = *one.mutable_decision();
  how.set_every(pick(2) == 0);
  auto beside = at;
  beside.alone = at.alone && !how.every();
  names exits;
  auto cases = 1 + pick(3);
  for (size_t i = 0; i < cases; ++i) {
    auto& next = *how.add_cases();
    if (pick(2) == 0)
      next.set_name(fmt::format("case {}", i));
    next.set_when(condition(at, after));
    auto& branch = good(beside, {one.id()});
    next.add_then(branch.id());
    exits.push_back(branch.id());
  }
  if (pick(2) == 0) {
    auto& branch = good(beside, {one.id()});
    how.add_otherwise(branch.id());
    exits.push_back(branch.id());
  }
  if (pick(2) == 0) {
    auto& merged = step(at, exits);
    constexpr JoinMode modes[] = {JOIN_ALL, JOIN_ANY, JOIN_QUORUM};
    merged.mutable_join()->set_mode(modes[pick(3)]);
    exits.push_back(merged.id());
  }
  exits.insert(exits.end(), after.begin(), after.end()); // what follows begins although nothing was chosen
  return exits;
}

names workflow_maker::handled(place& at, const names& after) {
  auto beside = at;
  auto& one = pick(4) == 0 ? good(beside, after) : bad(beside, after);
  if (pick(3) == 0) {
    one.set_may_fail(true);
    return {one.id()};
  }
  auto caught = one.id();
  auto& handler = task(at, {}, "well");
  handler.add_catches(caught);
  if (pick(2) == 0) {
    handler.clear_with();
    put(*handler.mutable_with(), "run", "inputs.run");
    put(*handler.mutable_with(), "code", "error.code");
    put(*handler.mutable_with(), "why", "error.text");
  }
  return {caught, handler.id()};
}

// The end of a run that fails: with what was done to be undone, or nothing.
void workflow_maker::doom(place& at, const names& after) {
  if (children_.empty() || pick(25) > 0) {
    bad(at, after);
    return;
  }
  auto& one = step(at, after);
  one.mutable_signal()->set_name(fmt::format("{}-{}", never_sent, one.id()));
  made_.definition.set_deadline_ms(16 * 3600'000);
}

// Fails until somebody mends it, when nothing else is at work.
void workflow_maker::break_down(place& at, const names& after) {
  auto child = std::find_if(children_.begin(), children_.end(), [](auto& one) { return one.mendable; });
  switch (pick(5)) {
  case 0: {
    auto beside = at;
    beside.alone = false;
    auto first = task(beside, after, "broken").id(), second = task(beside, after, "broken").id();
    step(at, {first, second}).mutable_join()->set_mode(JOIN_ANY);
    return;
  }
  case 1:
    if (child != children_.end()) {
      begin_child(at, step(at, after), child->name);
      return;
    }
    [[fallthrough]];
  case 2:
    task(at, after, "broken");
    return;
  default:
    return broken_block(at, step(at, after));
  }
}

std::string answer_in(const std::string& message, const std::string& person) {
  auto found = message.find(person + " ");
  if (found == std::string::npos)
    return {};
  auto from = found + person.size() + 1;
  return message.substr(from, message.find(',', from) - from);
}

std::string payload_of(const std::string& signal) {
  return fmt::format(R"({{"n":{}}})", signal.size() * 7 + static_cast<size_t>(signal.back()));
}

random_workflow make_random_workflow(uint64_t seed, const std::string& name,
                                     const std::vector<random_child>& children, random_end end) {
  return workflow_maker{seed, name, children}.make(end);
}

WorkflowDefinition make_waiting_child() {
  WorkflowDefinition made;
  made.set_name(std::string{waiting_child});
  auto* one = made.add_steps();
  one->set_id("s1");
  one->mutable_signal()->set_name(std::string{never_sent} + "-s1");
  return made;
}

} // namespace troupe
