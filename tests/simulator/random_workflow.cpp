// RANDOM WORKFLOWS: a series of segments, each of which begins when all of the one before has ended.

#include <algorithm>
#include <fmt/format.h>
#include <tests/simulator/random_workflow.hpp>
#include <troupe/behaviors/workflow_form.hpp>

namespace troupe {
namespace {

using step_list = google::protobuf::RepeatedPtrField<StepDefinition>;
using names = std::vector<std::string>;

constexpr int64_t decisive_ms = 30 * 60'000; // nobody who answers at all takes as long

void put(google::protobuf::RepeatedPtrField<Field>& fields, const std::string& name,
         const std::string& value) {
  auto* field = fields.Add();
  field->set_name(name);
  field->set_value(value);
  std::sort(fields.begin(), fields.end(), [](auto& a, auto& b) { return a.name() < b.name(); });
}

class maker {
public:
  maker(uint64_t seed, const std::string& name, const std::vector<random_child>& children)
      : chance_{seed}, children_{children} {
    made_.definition.set_name(name);
    made_.definition.set_version(std::to_string(seed % 100));
  }

  random_workflow make() {
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
    place at{*all.mutable_steps()};
    auto after = series(at, 3 + pick(4));
    if (pick(5) < 2)
      doom(at, after);
    else if (pick(2) == 0)
      all.set_result(after[pick(after.size())]);
    return std::move(made_);
  }

private:
  struct place {
    step_list& steps;
    size_t depth = 0;      // blocks around
    bool alone = true;     // nothing is at work beside
    bool returned = false; // in a block that a task returns
    size_t repeated = 0;   // maps and loops around
    bool counted = false;  // each step counts for a join: none undoes another
  };

  size_t pick(size_t below) {
    return static_cast<size_t>(chance_() % below);
  }

  StepDefinition& step(place& at, const names& after) {
    auto& one = *at.steps.Add();
    one.set_id(fmt::format("{}{}", at.returned ? "x" : "s", ++steps_));
    for (auto& id : after)
      one.add_needs(id);
    return one;
  }

  // A number that is known when a step begins which needs these.
  std::string number(const place& at, const names& after) {
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

  std::string condition(const place& at, const names& after) {
    constexpr std::string_view all[] = {"{} % 2 == 0", "{} % 3 ~= 1", "{} > 2", "not ({} > 40)"};
    return fmt::format(fmt::runtime(all[pick(std::size(all))]), number(at, after));
  }

  TaskSpec& work(TaskSpec& spec, const std::string& how) {
    spec.add_required("work");
    spec.mutable_retry()->set_max_retries(how == "tired" ? 1 : 200); // faults must not use them up
    spec.mutable_retry()->set_initial_delay_ms(50);
    spec.mutable_retry()->set_backoff_multiplier(1);
    put(*spec.mutable_inputs(), "how", how);
    if (auto effect = pick(4); effect < 2)
      put(*spec.mutable_inputs(), "effect", effect == 0 ? "none" : "once");
    return spec;
  }

  StepDefinition& task(place& at, const names& after, std::string how = {}) {
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
    if (!at.returned && how != "fail" && how != "tired") {
      if (pick(2) == 0)
        put(*one.mutable_set(), "count", "vars.count + 1");
      if (pick(3) == 0)
        put(*one.mutable_set(), "sum", "vars.sum + (at(result, \"n\") or 0)");
      if (at.alone && pick(3) == 0)
        put(*one.mutable_set(), "trail", "vars.trail .. \";\" .. (at(result, \"n\") or \"-\")");
    }
    if (!at.counted && how != "fail" && how != "tired" && pick(3) == 0)
      undo(at, one);
    return one;
  }

  void undo(place& at, StepDefinition& what) {
    auto& one = step(at, {});
    what.set_compensation(one.id());
    auto* child = some_child(false);
    if (child && !at.returned && at.repeated == 0 && pick(5) == 0)
      begin_child(at, one, child->name);
    else
      work(*one.mutable_task(), at.alone && pick(12) == 0 ? "fail" : pick(4) == 0 ? "stumble" : "well");
  }

  const random_child* some_child(bool fails) {
    std::vector<const random_child*> all;
    for (auto& one : children_)
      if (one.fails == fails)
        all.push_back(&one);
    return all.empty() ? nullptr : all[pick(all.size())];
  }

  void begin_child(const place& at, StepDefinition& one, const std::string& name) {
    one.mutable_child()->set_workflow(name);
    one.mutable_child()->set_on_close(pick(2) == 0 ? CLOSE_TERMINATE : CLOSE_CANCEL);
    put(*one.mutable_with(), "run",
        fmt::format("inputs.run .. \"/{}.\"{}", one.id(), at.repeated > 0 ? " .. index" : ""));
    put(*one.mutable_with(), "n", "inputs.n");
    put(*one.mutable_with(), "list", "inputs.list");
  }
  bool may_begin_child(const place& at) const {
    return !at.returned && at.repeated < 2;
  }

  // Waits for ever.
  StepDefinition& loser(place& at, const names& after) {
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

  Approval& ask(StepDefinition& one, const std::string& message) {
    auto& approval = *one.mutable_approval();
    approval.set_message(message.empty() ? "nobody" : message);
    for (auto person : {"ann", "bob", "eve"})
      approval.add_approvers(person);
    return approval;
  }

  // One that is approved, one way or another.
  void approved(StepDefinition& one) {
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
  StepDefinition& good(place& at, const names& after) {
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
  StepDefinition& bad(place& at, const names& after) {
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
      place inside{*loop.mutable_body()->mutable_steps(), at.depth + 1, at.alone, at.returned,
                   at.repeated + 1};
      series(inside, 1);
      return one;
    }
    case 7: { // one item after the other
      auto& one = step(at, after);
      auto& map = *one.mutable_map();
      map.set_over("{5, 6, 7}");
      map.set_max_parallel(1);
      place inside{*map.mutable_body()->mutable_steps(), at.depth + 1, at.alone, at.returned,
                   at.repeated + 1};
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

  void returns(TaskSpec& spec, const std::string& block) {
    work(spec, "well");
    spec.set_required(0, "plan");
    put(*spec.mutable_inputs(), "block", block);
  }

  StepDefinition& expansion(place& at, const names& after) {
    auto& one = step(at, after);
    WorkflowDefinition block;
    place inside{*block.mutable_steps(), at.depth + 1, at.alone, true};
    series(inside, 1 + pick(2));
    returns(*one.mutable_expand()->mutable_task(), to_json(block));
    one.mutable_expand()->add_capabilities("work");
    return one;
  }

  // A map or a loop.
  StepDefinition& repeated(place& at, const names& after) {
    auto& one = step(at, after);
    if (pick(2) == 0) {
      auto& loop = *one.mutable_loop();
      loop.set_until(pick(2) == 0 ? "index >= 2" : "inputs.n % 2 == 0");
      loop.set_max_rounds(3);
      loop.set_may_exhaust(true);
      loop.set_pause_ms(pick(2) == 0 ? 700 : 0);
      place inside{*loop.mutable_body()->mutable_steps(), at.depth + 1, at.alone, at.returned,
                   at.repeated + 1};
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
  void rule(JoinRule& join, size_t good_ones, size_t& bad_ones, size_t& losers) {
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

  names fan(place& at, const names& after) {
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

  StepDefinition& parallel(place& at, const names& after) {
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

  names decision(place& at, const names& after) {
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

  names handled(place& at, const names& after) {
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

  names segment(place& at, const names& after) {
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

  names series(place& at, size_t segments) {
    names after{task(at, {}).id()};
    for (size_t i = 1; i < segments && (at.depth == 0 || steps_ < 40); ++i)
      after = segment(at, after);
    return after;
  }

  // The end of a run that fails: with what was done to be undone, or nothing.
  void doom(place& at, const names& after) {
    made_.fails = true;
    if (children_.empty() || pick(25) > 0) {
      bad(at, after);
      return;
    }
    auto& one = step(at, after);
    one.mutable_signal()->set_name(fmt::format("{}-{}", never_sent, one.id()));
    made_.definition.set_deadline_ms(16 * 3600'000);
  }

  std::mt19937_64 chance_;
  const std::vector<random_child>& children_;
  random_workflow made_;
  size_t steps_ = 0;
  names numbers_; // ids of steps whose result has a number `n`
};

} // namespace

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
                                     const std::vector<random_child>& children) {
  return maker{seed, name, children}.make();
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
