// RANDOM STEPS: those that stand alone, and what they ask of whom.

#include <fmt/format.h>
#include <tests/simulator/random_maker.hpp>

namespace troupe {
namespace {

constexpr int64_t decisive_ms = 30 * 60'000; // nobody who answers at all takes as long

} // namespace

StepDefinition& workflow_maker::step(place& at, const names& after) {
  auto& one = *at.steps.Add();
  one.set_id(fmt::format("{}{}", at.returned ? "x" : "s", ++steps_));
  for (auto& id : after)
    one.add_needs(id);
  return one;
}

// A number that is known when a step begins which needs these.
std::string workflow_maker::number(const place& at, const names& after) {
  names all{"inputs.n"};
  if (!at.returned)
    all.push_back("#inputs.list");
  for (auto& id : after)
    if (std::find(numbers_.begin(), numbers_.end(), id) != numbers_.end())
      all.push_back(fmt::format("(at(steps.{}, \"n\") or 0)", id));
  if (at.alone && !at.returned)
    all.emplace_back("vars.count");
  if (at.repeated > 0)
    all.emplace_back("index");
  return all[pick(all.size())];
}

std::string workflow_maker::condition(const place& at, const names& after) {
  constexpr std::string_view all[] = {"{} % 2 == 0", "{} % 3 ~= 1", "{} > 2", "not ({} > 40)"};
  return fmt::format(fmt::runtime(all[pick(std::size(all))]), number(at, after));
}

TaskSpec& workflow_maker::work(TaskSpec& spec, const std::string& how) {
  spec.add_required("work");
  spec.mutable_retry()->set_max_retries(how == "tired" ? 1 : 200); // faults must not use them up
  spec.mutable_retry()->set_initial_delay_ms(50);
  spec.mutable_retry()->set_backoff_multiplier(1);
  put(*spec.mutable_inputs(), "how", how);
  if (auto effect = pick(4); effect < 2)
    put(*spec.mutable_inputs(), "effect", effect == 0 ? "none" : "once");
  return spec;
}

StepDefinition& workflow_maker::task(place& at, const names& after, std::string how) {
  auto& one = step(at, after);
  if (how.empty())
    how = pick(5) == 0 ? "stumble" : "well";
  auto& spec = work(*one.mutable_task(), how);
  if (pick(8) == 0)
    spec.set_concurrency_key("k");
  if (pick(8) == 0)
    one.set_timeout_ms(100 * 3600'000);
  numbers_.push_back(one.id());
  if (how != "picky" && pick(3) == 0) {
    put(*one.mutable_with(), "run", "inputs.run");
    put(*one.mutable_with(), "n", number(at, after) + " + 1");
  }
  if (!at.returned && !at.again && how != "fail" && how != "tired") {
    if (pick(2) == 0)
      put(*one.mutable_set(), "count", "vars.count + 1");
    if (pick(3) == 0)
      put(*one.mutable_set(), "sum", "vars.sum + (at(result, \"n\") or 0)");
    if (at.alone && pick(3) == 0)
      put(*one.mutable_set(), "trail", "vars.trail .. \";\" .. (at(result, \"n\") or \"-\")");
  }
  if (!at.counted && !made_.mendable && how != "fail" && how != "tired" && pick(3) == 0)
    undo(at, one);
  return one;
}

void workflow_maker::undo(place& at, StepDefinition& what) {
  auto& one = step(at, {});
  what.set_compensation(one.id());
  auto* child = some_child(false);
  if (child && !at.returned && at.repeated == 0 && pick(5) == 0)
    begin_child(at, one, child->name);
  else
    work(*one.mutable_task(), at.alone && pick(12) == 0 ? "fail" : pick(4) == 0 ? "stumble" : "well");
}

const random_child* workflow_maker::some_child(bool fails) {
  std::vector<const random_child*> all;
  for (auto& one : children_)
    if (one.fails == fails && !one.mendable)
      all.push_back(&one);
  return all.empty() ? nullptr : all[pick(all.size())];
}

void workflow_maker::begin_child(const place& at, StepDefinition& one, const std::string& name) {
  one.mutable_child()->set_workflow(name);
  one.mutable_child()->set_on_close(pick(2) == 0 ? CLOSE_TERMINATE : CLOSE_CANCEL);
  put(*one.mutable_with(), "run",
      fmt::format("inputs.run .. \"/{}.\"{}", one.id(), at.repeated > 0 ? " .. index" : ""));
  put(*one.mutable_with(), "n", "inputs.n");
  put(*one.mutable_with(), "list", "inputs.list");
}

bool workflow_maker::may_begin_child(const place& at) const {
  return !at.returned && at.repeated < 2;
}

// Waits for ever.
StepDefinition& workflow_maker::loser(place& at, const names& after) {
  auto& one = step(at, after);
  auto kind = pick(3);
  if (kind == 0 && may_begin_child(at) && !children_.empty())
    begin_child(at, one, std::string{waiting_child});
  else if (kind == 1)
    ask(one, {}).set_timeout_ms(400 * 3600'000);
  else
    one.mutable_signal()->set_name(fmt::format("{}-{}", never_sent, one.id()));
  return one;
}

Approval& workflow_maker::ask(StepDefinition& one, const std::string& message) {
  auto& approval = *one.mutable_approval();
  approval.set_message(message.empty() ? "nobody" : message);
  for (auto person : {"ann", "bob", "eve"})
    approval.add_approvers(person);
  return approval;
}

// One that is approved, one way or another.
void workflow_maker::approved(StepDefinition& one) {
  switch (pick(6)) {
  case 0:
    ask(one, "ann yes, bob yes, eve yes");
    break;
  case 1:
    ask(one, "ann no, bob yes").mutable_rule()->set_mode(JOIN_ANY);
    break;
  case 2: {
    auto& rule = *ask(one, "ann yes, bob no, eve yes").mutable_rule();
    rule.set_mode(pick(2) == 0 ? JOIN_QUORUM : JOIN_N_OF);
    rule.set_count(rule.mode() == JOIN_N_OF ? 2 : 0);
    break;
  }
  case 3:
    ask(one, "bob no, eve no").set_may_reject(true);
    break;
  case 4: {
    auto& approval = ask(one, "boss yes");
    approval.set_timeout_ms(decisive_ms);
    approval.set_on_timeout(TIMEOUT_ESCALATE);
    approval.add_escalate_to("boss");
    approval.mutable_rule()->set_mode(JOIN_ANY);
    break;
  }
  default: {
    auto& approval = ask(one, "ann yes");
    approval.set_timeout_ms(decisive_ms);
    approval.set_on_timeout(TIMEOUT_APPROVE);
    break;
  }
  }
}

// One step that completes, of any kind.
StepDefinition& workflow_maker::good(place& at, const names& after) {
  switch (pick(14)) {
  case 0: {
    auto& one = step(at, after);
    one.mutable_wait()->set_for_ms(static_cast<int64_t>(500 + pick(20'000)));
    return one;
  }
  case 1: {
    auto& one = step(at, after);
    one.mutable_wait()->set_until("\"1970-01-02T12:00:00Z\"");
    return one;
  }
  case 2:
  case 3: {
    auto& one = step(at, after);
    one.mutable_signal()->set_name("go-" + one.id());
    one.mutable_signal()->set_type(TYPE_OBJECT);
    numbers_.push_back(one.id());
    return one;
  }
  case 4:
  case 5: {
    auto& one = step(at, after);
    approved(one);
    return one;
  }
  case 6: {
    auto& one = step(at, after);
    one.mutable_checkpoint()->set_label("here");
    return one;
  }
  case 7: { // one sample, however late it comes
    auto& one = step(at, after);
    auto& monitor = *one.mutable_monitor();
    work(*monitor.mutable_sample(), "well");
    monitor.set_healthy("sample.n >= 0");
    monitor.set_every_ms(2000);
    monitor.set_for_ms(2000);
    return one;
  }
  case 8:
    if (auto* child = some_child(false); child && may_begin_child(at)) {
      auto& one = step(at, after);
      begin_child(at, one, child->name);
      return one;
    }
    return task(at, after);
  case 9:
    if (at.depth < 2)
      return repeated(at, after);
    return task(at, after);
  case 10:
    if (at.depth < 2 && !at.returned)
      return expansion(at, after);
    return task(at, after);
  default:
    return task(at, after);
  }
}

// A step that nothing undoes: handlers of its failure, and conditions, may change what becomes of it.
StepDefinition& workflow_maker::bad(place& at, const names& after) {
  auto last = at.depth < 2 ? 10u : 5u;
  switch (pick(last)) {
  case 0: {
    auto& one = step(at, after); // in time, by its step
    one.mutable_signal()->set_name(fmt::format("{}-{}", never_sent, one.id()));
    one.set_timeout_ms(20'000);
    return one;
  }
  case 1: {
    auto& one = step(at, after);
    if (pick(2) == 0)
      ask(one, "ann yes, bob no");
    else
      ask(one, "ann yes").set_timeout_ms(decisive_ms);
    return one;
  }
  case 2: {
    auto& one = step(at, after);
    auto& monitor = *one.mutable_monitor();
    work(*monitor.mutable_sample(), pick(2) == 0 ? "well" : "fail");
    monitor.set_healthy("sample.n > 1000");
    monitor.set_every_ms(2000);
    monitor.set_for_ms(40 * 3600'000);
    monitor.set_tolerate(1);
    return one;
  }
  case 3:
    return task(at, after, "tired");
  case 4:
    return task(at, after, "fail");
  case 5:
    if (auto* child = some_child(true); child && may_begin_child(at)) {
      auto& one = step(at, after);
      begin_child(at, one, child->name);
      return one;
    }
    return task(at, after, "fail");
  case 6: {
    auto& one = step(at, after);
    auto& loop = *one.mutable_loop();
    loop.set_until("index > 99");
    loop.set_max_rounds(2);
    place inside{*loop.mutable_body()->mutable_steps(), at.depth + 1, at.alone, at.returned, at.repeated + 1};
    series(inside, 1);
    return one;
  }
  case 7: { // one item after the other
    auto& one = step(at, after);
    auto& map = *one.mutable_map();
    map.set_over("{5, 6, 7}");
    map.set_max_parallel(1);
    place inside{*map.mutable_body()->mutable_steps(), at.depth + 1, at.alone, at.returned, at.repeated + 1};
    auto first = task(inside, {}, "well").id();
    put(*task(inside, {first}, "picky").mutable_task()->mutable_inputs(), "not", "6");
    return one;
  }
  case 8: {
    auto& one = step(at, after);
    place inside{*one.mutable_parallel()->mutable_steps(), at.depth + 1, false, at.returned, at.repeated};
    inside.counted = true;
    task(inside, {}, "fail");
    loser(inside, {});
    return one;
  }
  default: {
    auto& one = step(at, after);
    if (at.returned)
      work(*one.mutable_task(), "fail");
    else
      returns(*one.mutable_expand()->mutable_task(), "this is no block");
    return one;
  }
  }
}

} // namespace troupe
