// RUN REHEARSAL: decisions, events and timers of one run under a clock of its own.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/workflow/run/commands.hpp>
#include <troupe/actors/workflow/run/effects.hpp>
#include <troupe/actors/workflow/run_rehearsal.hpp>
#include <troupe/actors/workflow/task_life.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/workflow_limits.hpp>

namespace troupe::testing {
namespace {

const std::string naming_key(32, 'k');

} // namespace

run_rehearsal::run_rehearsal(WorkflowDefinition definition, std::string ref)
    : definition_{std::move(definition)}, ref_{std::move(ref)}, id_{identify(ref_, naming_key)} {
  run_.own_ref = ref_;
}

run_rehearsal& run_rehearsal::fake(const std::string& capability, fake_task task,
                                   std::chrono::milliseconds takes) {
  return fake_step(
      capability, [task = std::move(task)](auto&, const TaskState& state) { return task(state.spec()); },
      takes);
}

run_rehearsal& run_rehearsal::fake(const std::string& capability, std::string result,
                                   std::chrono::milliseconds takes) {
  return fake(
      capability, [result](const TaskSpec&) -> caf::expected<std::string> { return result; }, takes);
}

run_rehearsal& run_rehearsal::fake_step(const std::string& capability, fake_attempt task,
                                        std::chrono::milliseconds takes) {
  fakes_[capability] = {std::move(task), takes.count()};
  return *this;
}

run_rehearsal& run_rehearsal::fail(const std::string& capability, ec code, std::string text) {
  return fake(capability,
              [=](const TaskSpec&) -> caf::expected<std::string> { return make_error(code, text); });
}

run_rehearsal& run_rehearsal::fake_child(const std::string& workflow, fake_run run) {
  child_fakes_[workflow] = std::move(run);
  return *this;
}

run_rehearsal& run_rehearsal::ledger(const std::string& name, int64_t left) {
  ledgers_[fmt::format("{}/ledger/{}", ref_.substr(0, ref_.find('/')), name)] = left;
  return *this;
}

int64_t run_rehearsal::left(const std::string& ledger) const {
  auto found = ledgers_.find(fmt::format("{}/ledger/{}", ref_.substr(0, ref_.find('/')), ledger));
  return found == ledgers_.end() ? -1 : found->second;
}

void run_rehearsal::reserve(const ReserveFunds& cmd, const std::string& ledger) {
  auto found = ledgers_.find(ledger);
  if (found == ledgers_.end())
    return;
  FundsReserved answer;
  answer.set_number(cmd.grant().number());
  answer.set_unit("unit");
  answer.set_ledger(ledger);
  if (found->second < cmd.grant().amount()) {
    *answer.mutable_failure() =
        to_failure(make_error(ec::budget_exceeded, fmt::format("{} has {} left, and was asked for {}", ledger,
                                                               found->second, cmd.grant().amount())));
  } else {
    found->second -= cmd.grant().amount();
    promised_[ledger][cmd.grant().number()] = cmd.grant().amount();
  }
  of_ledgers_.emplace_back(std::move(answer));
}

void run_rehearsal::settle(const SettleFunds& cmd, const std::string& ledger) {
  if (!ledgers_.contains(ledger))
    return;
  auto& promised = promised_[ledger];
  if (auto found = promised.find(cmd.number()); found != promised.end()) {
    ledgers_[ledger] += found->second - cmd.spent();
    promised.erase(found);
  }
  FundsSettled answer;
  answer.set_number(cmd.number());
  of_ledgers_.emplace_back(std::move(answer));
}

caf::error run_rehearsal::start(const std::vector<argument>& inputs) {
  StartWorkflow command;
  *command.mutable_definition() = definition_;
  for (auto& one : inputs) {
    auto* field = command.add_inputs();
    field->set_name(one.name);
    field->set_value(one.text);
  }
  return send(std::move(command));
}

template <class Command>
caf::error run_rehearsal::send(Command command, const std::string& principal) {
  command.mutable_context()->set_principal(principal);
  auto failed = take(run_commands{run_, now_ms_, defaults_}.decide(command));
  work();
  return failed;
}

template caf::error run_rehearsal::send(StartWorkflow, const std::string&);
template caf::error run_rehearsal::send(CancelRun, const std::string&);
template caf::error run_rehearsal::send(TerminateRun, const std::string&);
template caf::error run_rehearsal::send(PauseRun, const std::string&);
template caf::error run_rehearsal::send(UnpauseRun, const std::string&);
template caf::error run_rehearsal::send(UpgradeRun, const std::string&);
template caf::error run_rehearsal::send(RetryRun, const std::string&);
template caf::error run_rehearsal::send(SignalRun, const std::string&);
template caf::error run_rehearsal::send(SetVariable, const std::string&);
template caf::error run_rehearsal::send(AnswerApproval, const std::string&);
template caf::error run_rehearsal::send(DelegateApproval, const std::string&);
template caf::error run_rehearsal::send(ResumeTask, const std::string&);
template caf::error run_rehearsal::send(ChildEnded, const std::string&);
template caf::error run_rehearsal::send(ChildNoted, const std::string&);
template caf::error run_rehearsal::send(FundsReserved, const std::string&);
template caf::error run_rehearsal::send(FundsSettled, const std::string&);
template caf::error run_rehearsal::send(NoteCharge, const std::string&);

caf::error run_rehearsal::signal(const std::string& name, const std::string& payload) {
  SignalRun command;
  command.set_name(name);
  command.set_payload(payload);
  return send(std::move(command));
}

caf::error run_rehearsal::approve(const std::string& step, const std::string& by, const std::string& reason) {
  AnswerApproval command;
  command.set_step(step);
  command.set_approve(true);
  command.set_reason(reason);
  return send(std::move(command), by);
}

caf::error run_rehearsal::reject(const std::string& step, const std::string& by, const std::string& reason) {
  AnswerApproval command;
  command.set_step(step);
  command.set_reason(reason);
  return send(std::move(command), by);
}

caf::error run_rehearsal::take(caf::expected<std::vector<RunEvent>> decision) {
  if (!decision)
    return std::move(decision.error());
  auto so_far = decision->size();
  for (apply(*decision); so_far > 0;) {
    std::vector<RunEvent> more;
    if (so_far < limits::run_reactions || run_.state.put_off_ms() > 0)
      more = run_.react(now_ms_, defaults_);
    else
      more.emplace_back().mutable_put_off()->set_due_ms(now_ms_);
    if (more.empty())
      break;
    so_far += more.size();
    apply(more);
  }
  if (so_far > 0)
    appends_.push_back(journal_.size());
  return {};
}

void run_rehearsal::apply(const std::vector<RunEvent>& events) {
  Context nobody;
  for (auto& event : events) {
    effects out{ref_, id_, naming_key, nobody};
    run_effects::tidy(run_, event, out);
    run_.apply(event);
    if (event.has_step())
      if (auto at = run_.find(event.step().step()))
        task_life::bring_about({ref_, at->path, true}, at->step->task(), event.step().event(), out);
    run_effects::bring_about(run_, event, out);
    journal_.push_back(event);
    keep_rows(out);
    for (auto& [to, message] : out.messages())
      deliver(message, to);
  }
}

void run_rehearsal::keep_rows(effects& out) {
  for (auto& row : out.rows()) {
    TimerRow timer;
    if (!row.key.starts_with(timer_begin(id_.shard).substr(0, 1)))
      continue;
    if (!row.value)
      timers_.erase(row.key);
    else if (timer.ParseFromString(*row.value) && timer.due_ms() != effects::already_sent)
      timers_[row.key] = std::move(timer);
  }
}

void run_rehearsal::deliver(const caf::message& message, const std::string& to) {
  if (message.size() == 1 && message.match_element<StartPublished>(0)) {
    auto& start = message.get_as<StartPublished>(0);
    auto fake = child_fakes_.find(to.substr(to.rfind('/') + 1));
    if (fake == child_fakes_.end())
      return;
    auto result = fake->second({start.inputs().begin(), start.inputs().end()});
    auto& ended = children_.emplace_back();
    ended.set_child(start.run());
    ended.set_parent_key(start.parent_key());
    if (result)
      ended.mutable_outcome()->set_text(*result);
    else
      *ended.mutable_outcome()->mutable_failure() = to_failure(result.error());
    return;
  }
  if (message.size() == 1 && message.match_element<ReserveFunds>(0))
    return reserve(message.get_as<ReserveFunds>(0), to);
  if (message.size() == 1 && message.match_element<SettleFunds>(0))
    return settle(message.get_as<SettleFunds>(0), to);
  if (message.size() != 1 || !message.match_element<RunTask>(0))
    return;
  auto& call = message.get_as<RunTask>(0);
  auto capability = call.query().required_size() > 0 ? call.query().required(0) : std::string{};
  ++begun_[capability];
  if (auto fake = fakes_.find(capability); fake != fakes_.end())
    jobs_.insert({now_ms_ + fake->second.takes_ms, ++numbers_, call.step()});
}

// Everything that ends by now.
void run_rehearsal::work() {
  for (;;) {
    if (!children_.empty()) {
      auto ended = std::move(children_.front());
      children_.pop_front();
      take(run_commands{run_, now_ms_, defaults_}.decide(ended));
    } else if (!of_ledgers_.empty()) {
      auto said = std::move(of_ledgers_.front());
      of_ledgers_.pop_front();
      std::visit([&](auto& cmd) { take(run_commands{run_, now_ms_, defaults_}.decide(cmd)); }, said);
    } else if (!jobs_.empty() && jobs_.begin()->end_ms <= now_ms_) {
      auto done = *jobs_.begin();
      jobs_.erase(jobs_.begin());
      end(done);
    } else {
      return;
    }
  }
}

void run_rehearsal::end(const job& done) {
  auto at = run_.find(done.step);
  if (!at || task_life::has_ended(at->step->task()))
    return;
  auto& task = at->step->task();
  TaskDone ended;
  ended.set_step(done.step);
  auto result = fakes_.at(task.spec().required(0)).result(done.step, task);
  if (result)
    ended.mutable_outcome()->set_text(*result);
  else
    *ended.mutable_outcome()->mutable_failure() = to_failure(result.error());
  auto decided = task_life::done(task, ended, now_ms_);
  if (!decided)
    return;
  std::vector<RunEvent> events;
  for (auto& happened : *decided) {
    auto& event = *events.emplace_back().mutable_step();
    event.set_step(done.step);
    *event.mutable_event() = std::move(happened);
  }
  take(std::move(events));
}

run_rehearsal& run_rehearsal::pass(std::chrono::milliseconds time) {
  auto until = now_ms_ + time.count();
  for (;;) {
    auto timer = std::min_element(timers_.begin(), timers_.end(),
                                  [](auto& a, auto& b) { return a.second.due_ms() < b.second.due_ms(); });
    auto next_timer = timer == timers_.end() ? until + 1 : std::max(timer->second.due_ms(), now_ms_);
    auto next_job = jobs_.empty() ? until + 1 : std::max(jobs_.begin()->end_ms, now_ms_);
    if (std::min(next_timer, next_job) > until)
      break;
    now_ms_ = std::min(next_timer, next_job);
    if (next_job <= next_timer) {
      work();
    } else {
      auto row = timer->second;
      fire(row);
      timers_.erase(timer_key(id_, row.due_ms(), row.timer(), naming_key));
      work();
    }
  }
  now_ms_ = until;
  return *this;
}

void run_rehearsal::fire(const TimerRow& timer) {
  TimerDue due;
  due.set_timer(timer.timer());
  due.set_due_ms(timer.due_ms());
  auto [step, name] = task_life::split_timer_id(timer.timer());
  if (name == "run") { // a retry: the task is sent again
    if (auto at = run_.find(step)) {
      effects out{ref_, id_, naming_key, due.context()};
      task_life::resend({ref_, step}, at->step->task(), name, out);
      for (auto& [to, message] : out.messages())
        deliver(message, to);
    }
    return;
  }
  take(run_commands{run_, now_ms_, defaults_}.decide(due));
}

run_rehearsal& run_rehearsal::crash(bool with_snapshot) {
  run_course again;
  again.own_ref = ref_;
  auto from = with_snapshot ? journal_.size() / 2 : 0;
  if (with_snapshot) {
    run_course half;
    half.own_ref = ref_;
    for (size_t i = 0; i < from; ++i)
      half.apply(journal_[i]);
    RunState saved;
    saved.ParseFromString(half.save().SerializeAsString());
    if (half.exists())
      again.load(saved);
  }
  for (auto i = from; i < journal_.size(); ++i)
    again.apply(journal_[i]);
  run_ = std::move(again);
  return *this;
}

std::string run_rehearsal::result() const {
  return status() == RUN_COMPLETED ? run_.state.outcome().text() : std::string{};
}

StepStatus run_rehearsal::status_of(const std::string& step) const {
  auto at = run_.find(step);
  return at ? at->step->status() : STEP_PENDING;
}

std::string run_rehearsal::result_of(const std::string& step) const {
  auto at = run_.find(step);
  return at ? outcome_of(*at->step).text() : std::string{};
}

std::string run_rehearsal::variable(const std::string& name) const {
  for (auto& variable : run_.state.variables())
    if (variable.name() == name)
      return variable.value();
  return {};
}

int run_rehearsal::times(const std::string& capability) const {
  auto i = begun_.find(capability);
  return i == begun_.end() ? 0 : i->second;
}

std::vector<std::string> run_rehearsal::timers() const {
  std::vector<std::string> ids;
  for (auto& [key, row] : timers_)
    ids.push_back(row.timer());
  std::sort(ids.begin(), ids.end());
  return ids;
}

} // namespace troupe::testing
