// EXECUTION: fits records to what a behavior asks for.
// Invariant: a recorded result is never asked for again; what does not fit is refused, never guessed.

#include <algorithm>
#include <set>
#include <troupe/behaviors/branches.hpp>
#include <troupe/behaviors/execution.hpp>

namespace troupe {
namespace {

bool is_decision(const ActionRecord& record) {
  return record.has_winner() || (record.has_outcome() && record.request().kind() == ACTION_CHECKPOINT);
}

open_action view(const place& at) {
  return {at.position, at.request, at.intent, at.wait_until_ms};
}

// Names of arguments that differ, comma-separated; empty if none.
std::string changed_arguments(const ActionRequest& recorded, const ActionRequest& asked) {
  std::map<std::string, std::pair<const Field*, const Field*>> fields;
  for (auto& field : recorded.arguments())
    fields[field.name()].first = &field;
  for (auto& field : asked.arguments())
    fields[field.name()].second = &field;
  std::string names;
  for (auto& [name, both] : fields)
    if (!both.first || !both.second || both.first->value() != both.second->value())
      names += (names.empty() ? "" : ", ") + name;
  if (recorded.duration_ms() != asked.duration_ms())
    names += (names.empty() ? "" : ", ") + std::string{"duration"};
  return names;
}

} // namespace

execution::execution(std::unique_ptr<behavior> who, std::string task_id, TaskState state)
    : behavior_{std::move(who)}, task_{std::make_unique<Task>(std::move(*state.mutable_spec()),
                                                              std::move(task_id),
                                                              std::max(state.attempt(), 1u))},
      branches_{
          std::make_unique<branches>(*behavior_, *task_, state.start().seed(), state.start().started_ms())} {
  for (auto& each : state.records())
    if (is_decision(each))
      branches_->recorded.emplace(each.position(), &each);
  branches_->start();
  for (int i = 0; i < state.records_size() && reason_.empty(); ++i)
    match(state.records(i));
  branches_->recorded.clear(); // it points into `state`
  keep_decisions();
  if (reason_.empty())
    return;
  if (auto version = behavior_->describe().version(); version != state.start().behavior_version())
    reason_ +=
        "; recorded by version " + state.start().behavior_version() + ", replayed by version " + version;
  mismatch_.mutable_failure()->set_code(static_cast<uint32_t>(ec::nondeterministic));
  mismatch_.mutable_failure()->set_text(reason_);
  records_.clear();
  branches_->open.clear();
  branches_->abandoned.clear();
}

execution::~execution() = default;

void execution::match(const ActionRecord& record) {
  if (branches_->lost(record.position()))
    return;
  auto* at = branches_->find(record.position());
  if (!at)
    return refuse(record, branches_->outcome() ? "the behavior ends without it"
                                               : "the behavior asks for nothing there");
  if (at->request.kind() != record.request().kind() || at->request.name() != record.request().name())
    return refuse(record, "the behavior asks for " + action_name(at->request));
  if (record.has_winner()) {
    if (at->winner != record.winner())
      refuse(record, "argument " + std::to_string(record.winner()) + ", its recorded winner, has not won");
    return;
  }
  if (!at->begun())
    note_changes(*at, record.request());
  if (at->closed) // a checkpoint, or a repetition
    return;
  if (!at->arms.empty() || record.what_case() == ActionRecord::WHAT_NOT_SET)
    return refuse(record, "such a record is never made");
  if (record.has_outcome())
    return branches_->settle(*at, std::make_shared<const Outcome>(record.outcome()), record.time_ms());
  if (!at->begun())
    at->request = record.request(); // what was begun is carried on
  if (record.has_started())
    at->intent = true;
  else
    at->wait_until_ms = record.wait_until_ms();
}

void execution::note_changes(const place& at, const ActionRequest& recorded) {
  if (auto names = changed_arguments(recorded, at.request); !names.empty())
    notes_.push_back("position " + at.position + ", " + action_name(at.request) +
                     ": changed since it was recorded: " + names);
}

void execution::refuse(const ActionRecord& record, std::string_view why) {
  reason_ = "position " + record.position() + ": recorded is " + action_name(record.request()) + ", but " +
            std::string{why};
}

execution_status execution::status() const {
  if (!reason_.empty())
    return execution_status::mismatch;
  return branches_->outcome() ? execution_status::done : execution_status::running;
}

std::vector<open_action> execution::take_ready() {
  std::vector<open_action> ready;
  for (auto& [order, at] : branches_->open)
    if (!std::exchange(at->taken, true))
      ready.push_back(view(*at));
  return ready;
}

place* execution::open_leaf(std::string_view position) {
  auto* at = branches_->find(position);
  return at && branches_->open.count(at->order) ? at : nullptr;
}

// The first record of an action carries its arguments; later ones only kind and name.
ActionRecord& execution::record(const place& at, int64_t now_ms) {
  auto& made = records_.emplace_back();
  made.set_position(at.position);
  *made.mutable_request() = at.request;
  if (at.begun())
    made.mutable_request()->clear_arguments();
  made.set_time_ms(now_ms);
  return made;
}

bool execution::complete(std::string_view position, Outcome result, int64_t now_ms) {
  auto* at = open_leaf(position);
  if (!at)
    return false;
  auto kept = std::make_shared<const Outcome>(std::move(result));
  *record(*at, now_ms).mutable_outcome() = *kept;
  branches_->settle(*at, std::move(kept), now_ms);
  keep_decisions();
  return true;
}

bool execution::record_intent(std::string_view position, int64_t now_ms) {
  auto* at = open_leaf(position);
  if (!at)
    return false;
  record(*at, now_ms).set_started(true);
  at->intent = true;
  return true;
}

bool execution::record_wait(std::string_view position, int64_t until_ms, int64_t now_ms) {
  auto* at = open_leaf(position);
  if (!at)
    return false;
  record(*at, now_ms).set_wait_until_ms(until_ms);
  at->wait_until_ms = until_ms;
  return true;
}

void execution::keep_decisions() {
  std::move(branches_->decided.begin(), branches_->decided.end(), std::back_inserter(records_));
  branches_->decided.clear();
}

std::vector<ActionRecord> execution::take_records() {
  return std::exchange(records_, {});
}

std::vector<open_action> execution::take_abandoned() {
  std::vector<open_action> gone;
  for (auto* at : std::exchange(branches_->abandoned, {}))
    gone.push_back(view(*at));
  return gone;
}

const Outcome& execution::outcome() const {
  return reason_.empty() && branches_->outcome() ? *branches_->outcome() : mismatch_;
}

bool execution::waiting_only() const {
  return status() == execution_status::running &&
         std::all_of(branches_->open.begin(), branches_->open.end(), [](auto& each) {
           auto kind = each.second->request.kind();
           return kind == ACTION_SLEEP || kind == ACTION_HUMAN || kind == ACTION_AGENT;
         });
}

std::vector<ActionRecord> records_to_keep(const std::vector<ActionRecord>& records) {
  auto last = std::find_if(records.rbegin(), records.rend(), [](auto& each) {
    return each.request().kind() == ACTION_CHECKPOINT && each.has_outcome();
  });
  std::set<std::string> ended;
  for (auto i = last; i != records.rend(); ++i)
    if (i->has_outcome())
      ended.insert(i->position());
  std::vector<ActionRecord> kept;
  for (auto i = records.begin(); i != last.base(); ++i)
    if (!(i->request().kind() == ACTION_SLEEP && i->has_wait_until_ms() && !ended.count(i->position())))
      kept.push_back(*i);
  return kept;
}

} // namespace troupe
