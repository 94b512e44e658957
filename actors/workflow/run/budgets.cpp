// BUDGETS: what a loop asks a ledger for before each round, and what it settles after it.
// Invariants: a round of a loop with a budget begins only when its grant is held; every grant that may be held is settled in the append
// that ends its round or its loop; asking, answering and settling twice is as once.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <troupe/actors/workflow/run/commands.hpp>
#include <troupe/actors/workflow/run/documents.hpp>
#include <troupe/actors/workflow/run/effects.hpp>
#include <troupe/actors/workflow/run/reaction.hpp>
#include <troupe/actors/workflow/run/values.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/ledger.pb.h>
#include <troupe/runtime/trace.hpp>
#include <troupe/runtime/utf8.hpp>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe {
namespace {

using task_life::timer_id;

bool is_open(const BudgetGrant& grant) {
  return grant.status() == GRANT_ASKED || grant.status() == GRANT_HELD;
}

// A cost as JSON -> whole units, rounded up.
std::optional<int64_t> units_of(const std::string& json) {
  double value = 0;
  auto [end, wrong] = std::from_chars(json.data(), json.data() + json.size(), value);
  if (wrong != std::errc{} || end != json.data() + json.size() || !(value >= 0) || value > 1e18)
    return {};
  return static_cast<int64_t>(std::ceil(value));
}

std::string ask_timer(uint32_t number) {
  return timer_id({}, fmt::format("grant/{}", number));
}

std::string settle_timer(uint32_t number) {
  return timer_id({}, fmt::format("settle/{}", number));
}

void ask(const run_course& run, const BudgetGrant& grant, effects& out) {
  ReserveFunds reserve;
  auto& wanted = *reserve.mutable_grant();
  wanted.set_run(run.own_ref);
  wanted.set_number(grant.number());
  wanted.set_step(grant.step());
  wanted.set_round(grant.round());
  wanted.set_amount(grant.amount());
  wanted.set_trace(run.state.trace().empty() ? trace_of(run.own_ref) : run.state.trace());
  wanted.set_time_ms(grant.time_ms());
  wanted.set_principal(run.state.principal());
  out.tell(grant.ledger(), std::move(reserve));
}

void settle(const run_course& run, const BudgetGrant& grant, effects& out) {
  SettleFunds settled;
  settled.set_run(run.own_ref);
  settled.set_number(grant.number());
  settled.set_spent(grant.spent());
  out.tell(grant.ledger(), std::move(settled));
}

} // namespace

const BudgetGrant* run_course::find_grant(uint32_t number) const {
  auto found = std::find_if(state.grants().begin(), state.grants().end(),
                            [&](auto& grant) { return grant.number() == number; });
  return found == state.grants().end() ? nullptr : &*found;
}

const BudgetGrant* run_course::grant_of(std::string_view step) const {
  auto found = std::find_if(state.grants().begin(), state.grants().end(), [&](auto& grant) {
    return grant.step() == step && grant.status() != GRANT_SETTLING;
  });
  return found == state.grants().end() ? nullptr : &*found;
}

template <class Drop>
void run_course::drop_grants(Drop drop) {
  auto& all = *state.mutable_grants();
  all.erase(std::remove_if(all.begin(), all.end(), drop), all.end());
}

void run_course::drop_refused(const std::string& step) {
  drop_grants([&](auto& grant) { return grant.step() == step && grant.status() == GRANT_REFUSED; });
}

void run_course::budget_changed(const RunEvent& event) {
  auto change = [&](uint32_t number, auto how) {
    for (auto& grant : *state.mutable_grants())
      if (grant.number() == number)
        how(grant);
  };
  switch (event.kind_case()) {
  case RunEvent::kBudgetAsked: {
    auto& asked = event.budget_asked();
    auto* refused = grant_of(asked.step());
    auto first_ms = refused ? refused->first_ms() : asked.time_ms();
    drop_refused(asked.step());
    auto& grant = *state.add_grants();
    grant.set_number(asked.number());
    grant.set_step(asked.step());
    grant.set_round(asked.round());
    grant.set_ledger(asked.ledger());
    grant.set_amount(asked.amount());
    grant.set_time_ms(asked.time_ms());
    grant.set_first_ms(first_ms);
    state.set_granted(asked.number());
    if (auto at = find(asked.step()))
      at->step->clear_due_ms();
    break;
  }
  case RunEvent::kBudgetAnswered: {
    auto& answered = event.budget_answered();
    change(answered.number(), [&](BudgetGrant& grant) {
      grant.set_status(answered.has_failure() ? GRANT_REFUSED : GRANT_HELD);
      if (answered.has_failure())
        *grant.mutable_failure() = answered.failure();
    });
    if (auto at = find(answered.step()))
      at->step->set_due_ms(answered.again_ms());
    agenda_.push_back({matter::advance, answered.step()});
    break;
  }
  case RunEvent::kBudgetSettled: {
    auto& settled = event.budget_settled();
    change(settled.number(), [&](BudgetGrant& grant) {
      grant.set_status(GRANT_SETTLING);
      grant.set_spent(settled.spent());
    });
    agenda_.push_back({matter::advance, settled.step()});
    break;
  }
  case RunEvent::kBudgetNoted:
    drop_grants([&](auto& grant) { return grant.number() == event.budget_noted().number(); });
    break;
  default:
    break;
  }
}

// The next round of a loop, or what has to come before it.
void run_reaction::next_round(const step_place& at) {
  if (!run_.goes_on())
    return;
  auto& loop = at.plan->definition->loop();
  if (!loop.has_budget())
    return begin_scope(at, at.step->begun() + 1);
  auto& asked = *add().mutable_budget_asked();
  asked.set_step(at.path);
  asked.set_number(run_.state.granted() + 1);
  asked.set_round(at.step->begun() + 1);
  asked.set_ledger(
      fmt::format("{}/ledger/{}", run_.own_ref.substr(0, run_.own_ref.find('/')), loop.budget().ledger()));
  asked.set_amount(loop.budget().per_round());
  asked.set_time_ms(now_ms_);
}

// True: the loop's budget decides what comes next.
bool run_reaction::budget_decides(const step_place& at) {
  auto* grant = run_.grant_of(at.path);
  if (!grant)
    return false;
  if (grant->round() <= at.step->begun()) {
    settle_round(at, *grant);
  } else if (grant->status() == GRANT_HELD) {
    if (run_.goes_on())
      begin_scope(at, grant->round());
  } else if (grant->status() == GRANT_REFUSED) {
    auto& loop = at.plan->definition->loop();
    if (at.step->due_ms() > 0)
      return false; // it has waited, and asks again
    if (loop.budget().when_spent() == SPENT_FINISH &&
        grant->failure().code() == static_cast<uint32_t>(ec::budget_exceeded))
      complete(at, at.step->begun() > 0 ? as_json(at.step->results(0).text()) : "null");
    else
      fail(at, error_of(grant->failure()));
  }
  return true;
}

// A round has ended: what it has cost is settled, before anything else is decided.
void run_reaction::settle_round(const step_place& at, const BudgetGrant& grant) {
  auto& last = at.step->results(0);
  auto spent = grant.amount();
  if (!last.has_failure() && at.plan->cost) {
    auto cost = run_documents{run_, at}
                    .with("index", std::to_string(at.step->begun()))
                    .with("last", as_json(last.text()))
                    .evaluate(*at.plan->cost);
    if (!cost)
      return fail(at, make_error(ec::invalid_argument, "cost: " + text_of(cost.error())));
    auto units = units_of(*cost);
    if (!units)
      return fail(at, make_error(ec::invalid_argument,
                                 fmt::format("cost: round {} has cost {}, and that is no amount",
                                             grant.round(), cut_utf8(*cost, 40))));
    if (*units > grant.amount())
      return fail(
          at, make_error(ec::budget_exceeded, fmt::format("round {} has cost {}, and {} were reserved for it",
                                                          grant.round(), *units, grant.amount())));
    spent = *units;
  }
  settle_grant(grant, spent);
}

void run_reaction::settle_grant(const BudgetGrant& grant, int64_t spent) {
  auto& settled = *add().mutable_budget_settled();
  settled.set_step(grant.step());
  settled.set_number(grant.number());
  settled.set_spent(spent);
  settled.set_time_ms(now_ms_);
}

// A loop ends: what a round has cost that it stops is not known, so it is what was reserved for it.
void run_reaction::settle_open(const step_place& at) {
  for (auto& grant : run_.state.grants())
    if (grant.step() == at.path && is_open(grant))
      settle_grant(grant, grant.round() <= at.step->begun() ? grant.amount() : 0);
}

run_commands::decision run_commands::decide(const FundsReserved& cmd) const {
  std::vector<RunEvent> events;
  auto* grant = run_.find_grant(cmd.number());
  if (!grant || grant->status() != GRANT_ASKED)
    return events;
  auto& answered = *events.emplace_back().mutable_budget_answered();
  answered.set_step(grant->step());
  answered.set_number(cmd.number());
  answered.set_unit(cmd.unit());
  answered.set_time_ms(now_ms_);
  if (!cmd.has_failure())
    return events;
  *answered.mutable_failure() = cmd.failure();
  auto at = run_.find(grant->step());
  if (at && at->plan->definition->loop().budget().when_spent() == SPENT_WAIT)
    answered.set_again_ms(
        now_ms_ + std::clamp<int64_t>(now_ms_ - grant->first_ms(), limits::loop_budget_again.count(),
                                      std::chrono::milliseconds{limits::loop_budget_again_most}.count()));
  return events;
}

run_commands::decision run_commands::decide(const FundsSettled& cmd) const {
  std::vector<RunEvent> events;
  if (auto* grant = run_.find_grant(cmd.number()); grant && grant->status() == GRANT_SETTLING)
    events.emplace_back().mutable_budget_noted()->set_number(cmd.number());
  return events;
}

run_commands::decision run_commands::decide(const NoteCharge& cmd) const {
  if (!run_.exists())
    return make_error(ec::not_found, "there is no run " + run_.own_ref);
  std::vector<RunEvent> events(1);
  auto& charged = *events[0].mutable_charged();
  charged.set_ledger(cmd.ledger());
  charged.set_amount(cmd.amount());
  charged.set_unit(cmd.unit());
  charged.set_purpose(cmd.purpose());
  charged.set_by(cmd.context().principal());
  charged.set_time_ms(now_ms_);
  return events;
}

namespace run_effects {

void tidy_budget(const run_course& before, const RunEvent& event, effects& out) {
  auto cancel_question = [&](uint32_t number) {
    if (auto* grant = before.find_grant(number); grant && grant->status() == GRANT_ASKED)
      out.cancel(ask_timer(number), effects::already_sent);
  };
  switch (event.kind_case()) {
  case RunEvent::kBudgetAsked: // the pause of the loop is over
    if (auto at = before.find(event.budget_asked().step()); at && at->step->due_ms() > 0)
      out.cancel(timer_id(at->path, "due"), at->step->due_ms());
    break;
  case RunEvent::kBudgetAnswered:
    cancel_question(event.budget_answered().number());
    break;
  case RunEvent::kBudgetSettled:
    cancel_question(event.budget_settled().number());
    break;
  case RunEvent::kBudgetNoted:
    out.cancel(settle_timer(event.budget_noted().number()), effects::already_sent);
    break;
  default:
    break;
  }
}

void bring_about_budget(const run_course& after, const RunEvent& event, effects& out) {
  switch (event.kind_case()) {
  case RunEvent::kBudgetAsked:
    out.outbox(ask_timer(event.budget_asked().number()));
    ask(after, *after.find_grant(event.budget_asked().number()), out);
    break;
  case RunEvent::kBudgetAnswered:
    if (auto again_ms = event.budget_answered().again_ms(); again_ms > 0)
      if (auto at = after.find(event.budget_answered().step()))
        out.timer(timer_id(at->path, "due"), again_ms, {.set_ms = event.budget_answered().time_ms()});
    break;
  case RunEvent::kBudgetSettled:
    if (auto* grant = after.find_grant(event.budget_settled().number())) {
      out.outbox(settle_timer(grant->number()));
      settle(after, *grant, out);
    }
    break;
  default:
    break;
  }
}

void resend_budget(const run_course& run, std::string_view timer, effects& out) {
  for (auto& grant : run.state.grants()) {
    if (grant.status() == GRANT_ASKED && timer == ask_timer(grant.number()).substr(1))
      ask(run, grant, out);
    if (grant.status() == GRANT_SETTLING && timer == settle_timer(grant.number()).substr(1))
      settle(run, grant, out);
  }
}

void give_back(const run_course& run, const FundsReserved& granted, effects& out) {
  auto* grant = run.find_grant(granted.number());
  if (granted.has_failure() || (grant && is_open(*grant)))
    return;
  BudgetGrant unclaimed;
  unclaimed.set_number(granted.number());
  unclaimed.set_ledger(granted.ledger());
  unclaimed.set_spent(grant ? grant->spent() : 0);
  settle(run, unclaimed, out);
}

} // namespace run_effects

} // namespace troupe
