// GOAL BOOK: what a goal decides, its rows, and what its tasks are told.
// Invariant: the outbox row of an item stands from the goal's first event until the item has ended.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <map>
#include <troupe/actors/workflow/goal_book.hpp>
#include <troupe/runtime/fleet_limits.hpp>
#include <troupe/runtime/interface/fleet.hpp>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

const std::string item_timer = "item/";

// The item that a task's key or a timer names; -1 if that is none.
int item_of(std::string_view text, int items) {
  int item = -1;
  auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), item);
  return wrong == std::errc{} && end == text.data() + text.size() && item < items ? item : -1;
}

int item_of_timer(const std::string& timer, int items) {
  return timer.starts_with(item_timer) ? item_of(std::string_view{timer}.substr(item_timer.size()), items)
                                       : -1;
}

// Those of the goal, and above them those of the item; sorted by name.
void set_inputs(const DistributeGoal& goal, int item, int items, TaskSpec& spec) {
  std::map<std::string, std::string> all;
  auto add = [&](const google::protobuf::RepeatedPtrField<Field>& fields) {
    for (auto& field : fields)
      all[field.name()] = field.value();
  };
  add(goal.inputs());
  if (goal.items().empty()) {
    all["part"] = std::to_string(item + 1);
    all["parts"] = std::to_string(items);
  } else {
    add(goal.items(item).inputs());
  }
  for (auto& [name, value] : all) {
    auto* field = spec.add_inputs();
    field->set_name(name);
    field->set_value(value);
  }
}

// Without parts: one text is what a goal tells.
Outcome kept_of(const Outcome& outcome, bool& cut) {
  Outcome kept;
  kept.set_text(std::string{cut_utf8(outcome.text(), limits::goal_result_bytes)});
  cut = kept.text().size() < outcome.text().size() || !outcome.parts().empty();
  if (outcome.has_failure())
    *kept.mutable_failure() = outcome.failure();
  return kept;
}

} // namespace

goal_book::decision goal_book::decide(const SetGoal& cmd, int64_t now_ms) const {
  std::vector<event> events;
  if (exists()) {
    if (equal(cmd.goal(), state.goal().goal()))
      return events;
    return make_error(ec::already_exists, own_ref + " exists and is another goal");
  }
  if (cmd.has_trouble())
    return error_of(cmd.trouble());
  if (cmd.tasks().empty() || (!cmd.goal().items().empty() && cmd.goal().items_size() != cmd.tasks_size()))
    return make_error(ec::invalid_argument, "a goal needs a task for each of its items");
  auto* set = events.emplace_back().mutable_set();
  *set->mutable_goal() = cmd;
  set->set_time_ms(now_ms);
  return events;
}

goal_book::decision goal_book::decide(const CancelGoal& cmd, int64_t now_ms) const {
  if (!exists())
    return make_error(ec::not_found, "there is no goal " + own_ref);
  if (has_ended())
    return make_error(ec::conflict, own_ref + " has ended");
  std::vector<event> events;
  if (!state.cancelled()) {
    auto* cancelled = events.emplace_back().mutable_cancelled();
    cancelled->set_reason(cmd.reason());
    cancelled->set_time_ms(now_ms);
  }
  return events;
}

goal_book::decision goal_book::decide(const ChildEnded& cmd, int64_t now_ms) const {
  std::vector<event> events;
  auto item = item_of(cmd.parent_key(), state.goal().tasks_size());
  if (item < 0 || over_[static_cast<size_t>(item)])
    return events;
  auto* ended = events.emplace_back().mutable_ended();
  bool cut = false;
  ended->set_item(static_cast<uint32_t>(item));
  *ended->mutable_outcome() = kept_of(cmd.outcome(), cut);
  ended->set_cut(cut);
  ended->set_time_ms(now_ms);
  return events;
}

goal_book::decision goal_book::decide(const TimerDue&) const {
  return std::vector<event>{};
}

void goal_book::apply(const GoalEvent& happened) {
  switch (happened.kind_case()) {
  case GoalEvent::kSet:
    *state.mutable_goal() = happened.set().goal();
    state.set_created_ms(happened.set().time_ms());
    over_.assign(static_cast<size_t>(state.goal().tasks_size()), false);
    break;
  case GoalEvent::kEnded:
    *state.add_ended() = happened.ended();
    over_[happened.ended().item()] = true;
    break;
  case GoalEvent::kCancelled:
    state.set_cancelled(true);
    state.set_reason(happened.cancelled().reason());
    break;
  case GoalEvent::KIND_NOT_SET:
    break;
  }
}

void goal_book::tidy(const GoalEvent& happened, effects& out) const {
  if (happened.has_ended())
    out.cancel(item_timer + std::to_string(happened.ended().item()), effects::already_sent);
}

void goal_book::bring_about(const GoalEvent& happened, effects& out) const {
  for (int item = 0; item < state.goal().tasks_size(); ++item)
    if (happened.has_set()) {
      out.outbox(item_timer + std::to_string(item));
      ask(item, out);
    } else if (happened.has_cancelled() && !over_[static_cast<size_t>(item)]) {
      cancel(item, out);
    }
}

void goal_book::acknowledge(const TimerDue& cmd, effects& out) const {
  auto item = item_of_timer(cmd.timer(), state.goal().tasks_size());
  if (item < 0 || over_[static_cast<size_t>(item)])
    return;
  ask(item, out);
  if (state.cancelled()) // what has never begun ends too
    cancel(item, out);
}

void goal_book::acknowledge(const ChildEnded& cmd, effects& out) const {
  ChildNoted noted;
  noted.set_parent_key(cmd.parent_key());
  out.tell(cmd.child(), std::move(noted));
}

void goal_book::ask(int item, effects& out) const {
  auto& goal = state.goal().goal();
  CreateTask create;
  auto* spec = create.mutable_spec();
  spec->add_required(goal.capability());
  spec->add_required(fleet_capability(goal.fleet()));
  spec->set_title(fmt::format("{} {}/{}", goal.capability(), item + 1, state.goal().tasks_size()));
  set_inputs(goal, item, state.goal().tasks_size(), *spec);
  if (goal.has_retry())
    *spec->mutable_retry() = goal.retry();
  spec->set_timeout_ms(goal.timeout_ms());
  spec->set_parent(own_ref);
  spec->set_parent_key(std::to_string(item));
  out.tell(state.goal().tasks(item), std::move(create));
}

void goal_book::cancel(int item, effects& out) const {
  CancelTask stop;
  stop.set_reason(state.reason());
  out.tell(state.goal().tasks(item), std::move(stop));
}

GoalSet goal_book::reply(const SetGoal&) const {
  GoalSet answer;
  answer.set_id(own_ref.substr(own_ref.rfind('/') + 1));
  answer.set_items(static_cast<uint32_t>(state.goal().tasks_size()));
  return answer;
}

bool goal_book::load(const GoalState& saved) {
  state = saved;
  over_.assign(static_cast<size_t>(state.goal().tasks_size()), false);
  for (auto& one : state.ended())
    over_[one.item()] = true;
  return true;
}

caf::expected<GoalProgress> goal_book::progress(const CollectResults& asked) const {
  if (!exists())
    return make_error(ec::not_found, "there is no goal " + own_ref);
  GoalProgress now;
  now.set_id(own_ref.substr(own_ref.rfind('/') + 1));
  now.set_fleet(state.goal().goal().fleet());
  now.set_capability(state.goal().goal().capability());
  now.set_items(static_cast<uint32_t>(state.goal().tasks_size()));
  now.set_ended(static_cast<uint32_t>(state.ended_size()));
  now.set_failed(static_cast<uint32_t>(std::count_if(state.ended().begin(), state.ended().end(),
                                                     [](auto& one) { return one.outcome().has_failure(); })));
  now.set_created_ms(state.created_ms());
  if (has_ended())
    now.set_ended_ms(state.ended().rbegin()->time_ms());
  now.set_cancelled(state.cancelled());
  auto most =
      asked.limit() == 0 ? limits::goal_results : std::min<size_t>(asked.limit(), limits::goal_results_most);
  auto at = std::min<uint64_t>(asked.after(), results());
  for (; at < results() && static_cast<size_t>(now.results_size()) < most; ++at) {
    auto& one = state.ended(static_cast<int>(at));
    auto* result = now.add_results();
    result->set_item(one.item());
    result->set_task(state.goal().tasks(static_cast<int>(one.item())));
    *result->mutable_outcome() = one.outcome();
    result->set_cut(one.cut());
    result->set_ended_ms(one.time_ms());
  }
  now.set_next(at);
  return now;
}

} // namespace troupe
