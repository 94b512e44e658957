// RANDOM BLOCKS: steps with others in them.

#include <fmt/format.h>
#include <tests/simulator/random_maker.hpp>
#include <troupe/behaviors/workflow_form.hpp>

namespace troupe {

void workflow_maker::returns(TaskSpec& spec, const std::string& block) {
  work(spec, "well");
  spec.set_required(0, "plan");
  put(*spec.mutable_inputs(), "block", block);
}

StepDefinition& workflow_maker::expansion(place& at, const names& after) {
  auto& one = step(at, after);
  WorkflowDefinition block;
  place inside{*block.mutable_steps(), at.depth + 1, at.alone, true};
  series(inside, 1 + pick(2));
  returns(*one.mutable_expand()->mutable_task(), to_json(block));
  one.mutable_expand()->add_capabilities("work");
  return one;
}

// A map or a loop.
StepDefinition& workflow_maker::repeated(place& at, const names& after) {
  auto& one = step(at, after);
  if (pick(2) == 0) {
    auto& loop = *one.mutable_loop();
    loop.set_until(pick(2) == 0 ? "index >= 2" : "inputs.n % 2 == 0");
    loop.set_max_rounds(3);
    loop.set_may_exhaust(true);
    loop.set_pause_ms(pick(2) == 0 ? 700 : 0);
    place inside{*loop.mutable_body()->mutable_steps(), at.depth + 1, at.alone, at.returned, at.repeated + 1};
    series(inside, 1 + pick(2));
    return one;
  }
  auto& map = *one.mutable_map();
  constexpr std::string_view lists[] = {"{5, 6, 7}", "inputs.list", "list()", "{\"a\", \"b\"}"};
  auto which = pick(4);
  map.set_over(std::string{lists[which]});
  map.set_max_parallel(static_cast<uint32_t>(pick(3)));
  place inside{*map.mutable_body()->mutable_steps(), at.depth + 1, false, at.returned, at.repeated + 1};
  if (which == 0 && pick(2) == 0) { // one item fails or waits for ever; the others are enough
    map.mutable_join()->set_mode(JOIN_N_OF);
    map.mutable_join()->set_count(2);
    if (pick(2) == 0) {
      put(*task(inside, {}, "picky").mutable_task()->mutable_inputs(), "not", "6");
    } else {
      map.mutable_join()->set_cancel_rest(true);
      map.set_max_parallel(0);
      auto& stuck = step(inside, {});
      stuck.set_when("item == 6");
      stuck.mutable_signal()->set_name(fmt::format("{}-{}", never_sent, stuck.id()));
      task(inside, {}, "well").set_when("item ~= 6");
    }
    return one;
  }
  if (pick(4) == 0)
    map.mutable_join()->set_mode(pick(2) == 0 ? JOIN_QUORUM : JOIN_ANY);
  series(inside, 1 + pick(2));
  if (which == 2)
    map.mutable_join()->set_mode(JOIN_ALL);
  return one;
}

// How many of some that complete and some that fail or wait for ever a rule wants.
void workflow_maker::rule(JoinRule& join, size_t good_ones, size_t& bad_ones, size_t& losers) {
  bad_ones = losers = 0;
  switch (pick(5)) {
  case 0:
    join.set_mode(JOIN_ALL);
    break;
  case 1:
    join.set_mode(JOIN_ANY);
    bad_ones = pick(3);
    break;
  case 2:
    join.set_mode(JOIN_QUORUM);
    bad_ones = good_ones > 1 ? 1 : 0;
    break;
  case 3:
    join.set_mode(JOIN_N_OF);
    join.set_count(static_cast<uint32_t>(1 + pick(good_ones)));
    bad_ones = pick(2);
    break;
  default:
    join.set_mode(JOIN_N_OF);
    join.set_count(static_cast<uint32_t>(good_ones));
    join.set_cancel_rest(true);
    losers = 1 + pick(2);
    break;
  }
}

StepDefinition& workflow_maker::parallel(place& at, const names& after) {
  auto& one = step(at, after);
  auto good_ones = 1 + pick(3);
  size_t bad_ones = 0, losers = 0;
  auto& all = *one.mutable_parallel();
  rule(*all.mutable_join(), good_ones, bad_ones, losers);
  place inside{*all.mutable_steps(), at.depth + 1, false, at.returned, at.repeated};
  for (size_t i = 0; i < good_ones; ++i)
    good(inside, {});
  for (size_t i = 0; i < bad_ones; ++i)
    bad(inside, {});
  for (size_t i = 0; i < losers; ++i)
    loser(inside, {});
  return one;
}

// Begins anew as a whole, and does nothing beside what is broken.
void workflow_maker::broken_block(place& at, StepDefinition& one) {
  WorkflowDefinition block;
  auto kind = pick(4);
  auto& steps = kind == 0   ? *one.mutable_parallel()->mutable_steps()
                : kind == 1 ? *one.mutable_map()->mutable_body()->mutable_steps()
                : kind == 2 ? *one.mutable_loop()->mutable_body()->mutable_steps()
                            : *block.mutable_steps();
  place inside{steps, at.depth + 1, false, kind == 3};
  inside.repeated = kind == 1 || kind == 2 ? 1 : 0;
  inside.again = true;
  auto first = task(inside, {}, "well").id();
  auto& broken = task(inside, {first}, "broken");
  if (kind == 1) {
    one.mutable_map()->set_over("{5, 6, 7}");
    one.mutable_map()->set_max_parallel(1);
    broken.clear_with(); // it sees its item
    put(*broken.mutable_task()->mutable_inputs(), "not", "6");
  } else if (kind == 2) {
    one.mutable_loop()->set_until("index >= 2");
    one.mutable_loop()->set_max_rounds(3);
  } else if (kind == 3) {
    returns(*one.mutable_expand()->mutable_task(), to_json(block));
    one.mutable_expand()->add_capabilities("work");
  }
}

} // namespace troupe
