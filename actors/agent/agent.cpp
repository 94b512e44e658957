// AGENT: works on attempts, which live in the logs of their owners; its own log is its record, see agent_entity.hpp.
// Invariant: at most slots() attempts at a time; what is more waits in line.

#include <list>
#include <set>
#include <troupe/actors/agent/agent_entity.hpp>
#include <troupe/actors/agent/attempt.hpp>
#include <troupe/actors/agent/capability.hpp>
#include <troupe/actors/agent/tool_dispatch.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/behaviors/registry.hpp>
#include <troupe/runtime/interface/agent.hpp>
#include <troupe/runtime/proto/tool.pb.h>

namespace troupe {
namespace {

Outcome outcome_of(const caf::error& failure) {
  Outcome outcome;
  *outcome.mutable_failure() = to_failure(failure);
  return outcome;
}

using agent_self = agent_actor::stateful_pointer<agent_entity>;

// What one agent works on. Owned by its behavior; gone with the actor.
class workbench final : public attempt_host {
public:
  workbench(agent_self self, entity_log<agent_entity> log, std::shared_ptr<const agent_parts> parts)
      : self_{self}, log_{std::move(log)}, parts_{std::move(parts)},
        dispatch_{std::make_shared<tool_dispatch>(parts_, log_.outside(),
                                                  caf::actor_cast<caf::weak_actor_ptr>(self))} {
    log_.stay_awake_while([this] { return count() || !calls_.empty(); });
  }
  ~workbench() override {
    dispatch_->close();
  }

  int64_t now_ms() const override {
    return log_.now_ms();
  }
  uint64_t random() override {
    return log_.outside().ids->random();
  }
  const tool* find_tool(const std::string& name) const override {
    return parts_->tools.find(name);
  }
  caf::expected<std::unique_ptr<behavior>> make_behavior() const override {
    return parts_->behaviors.make(self_->state.record.request().behavior());
  }
  std::shared_ptr<void> run_tool(const attempt& on, const std::string& position, const tool& one,
                                 const ActionRequest& request) override {
    ToolEnded ended;
    ended.set_owner(on.owner());
    ended.set_step(on.step());
    ended.set_claim(on.claim());
    ended.set_position(position);
    // Weak: a tool that hangs must not keep an agent that sleeps, and with it the node, from ending.
    auto answer = [ended, agent = caf::actor_cast<caf::weak_actor_ptr>(self_)](Outcome outcome) mutable {
      *ended.mutable_outcome() = std::move(outcome);
      if (auto alive = agent.lock())
        caf::anon_send(caf::actor_cast<caf::actor>(alive), std::move(ended));
    };
    if (one.start) {
      auto left_ms = on.begun_ms() + on.bound_ms(configured_timeout_ms()) - now_ms();
      auto& trace = calls_[{on.owner(), on.step()}].context().trace();
      return one.start({self_->state.record.id(), on.claim(), on.task(), request,
                        std::max<int64_t>(1, left_ms), trace, std::move(answer)});
    }
    auto& gate = parts_->tools.gate_of(one);
    auto& meters = log_.outside().meters;
    auto show_circuit = [&gate, &one, shown = meters.circuit_state] {
      if (auto circuit = gate.circuit())
        shown.with({one.name}).record(static_cast<double>(*circuit));
    };
    auto go = [&gate, &one, request, answer, show_circuit, counted = meters.tool_calls,
               calls = dispatch_](uint64_t ticket) {
      show_circuit();
      auto on_end = [&gate, &one, answer, show_circuit, counted, calls, ticket](Outcome outcome) mutable {
        auto& failure = outcome.failure();
        auto code = static_cast<ec>(failure.code());
        gate.leave(ticket, outcome.has_failure() ? make_error(code, failure.text()) : caf::error{},
                   calls->now_ms());
        counted.with({one.name, outcome.has_failure() ? to_string(code) : "ok"}).add();
        show_circuit();
        answer(std::move(outcome));
      };
      calls->take(one, {request, std::move(on_end)});
    };
    auto refuse = [&one, answer, refusals = meters.gate_refusals](const caf::error& refusal) mutable {
      refusals.with({one.name, to_string(code_of(refusal))}).add();
      answer(outcome_of(refusal));
    };
    gate.enter(now_ms(), std::move(go), std::move(refuse));
    return nullptr;
  }
  void tell_owner(const std::string& owner, RecordActions message) override {
    log_.outside().names->tell(owner, std::move(message), self_->context());
  }
  void tell_owner(const std::string& owner, TaskDone message) override {
    auto& configured = self_->state.record.request().config();
    message.mutable_retry()->set_max_retries(configured.max_retries());
    message.mutable_retry()->set_initial_delay_ms(configured.initial_delay_ms());
    message.mutable_retry()->set_backoff_multiplier(configured.backoff_multiplier());
    log_.outside().names->tell(owner, std::move(message), self_->context());
  }
  void tell_owner(const std::string& owner, ParkTask message) override {
    log_.outside().names->tell(owner, std::move(message), self_->context());
  }

  void take(RunTask task) {
    key where{task.owner(), task.step()};
    auto known = calls_.find(where);
    if (known == calls_.end() && task.again())
      return; // it has ended here, and the scheduler is about to hear of it
    std::unique_ptr<TaskState> state{task.release_state()};
    calls_[where] = std::move(task);
    if (auto i = attempts_.find(where); i != attempts_.end()) {
      open(*i->second);
    } else if (known == calls_.end()) {
      if (state && line_.empty() && has_slot())
        return begin(where).opened(std::move(*state));
      line_.push_back(where); // what it was told of its state gets old
      begin_next();
    }
  }

  // A call waits for others, or has waited: looks again after the window.
  void gather(const ToolGathers& message) {
    auto* one = parts_->tools.find(message.tool());
    if (message.due()) {
      gathering_.erase(message.tool());
      if (dispatch_->do_due(*one))
        return;
    }
    if (!gathering_.insert(message.tool()).second)
      return;
    auto again = message;
    again.set_due(true);
    tell_in(self_, one->batch.window, agent_actor{self_}, std::move(again));
  }

  void report(const ReportWork& question) {
    WorkReport report;
    report.set_agent(self_->state.record.id());
    report.set_number(question.number());
    for (auto& [where, task] : calls_)
      *report.add_tasks() = task;
    tell_scheduler(std::move(report));
  }

  // The attempt a message is about; null if it is about one that is no more.
  template <class Message>
  attempt* find(const Message& message) {
    auto i = attempts_.find({message.owner(), message.step()});
    return i != attempts_.end() && i->second->claim() == message.claim() ? i->second.get() : nullptr;
  }

  void settled(const attempt& one) {
    if (one.has_ended()) {
      ended_.set_completed(ended_.completed() + (one.succeeded() ? 1 : 0));
      ended_.set_failed(ended_.failed() + (one.succeeded() ? 0 : 1));
      ended_.set_total_ms(ended_.total_ms() + now_ms() - one.begun_ms());
      if (one.succeeded())
        for (auto& capability : one.required())
          specialisations_.insert(capability);
      keep_ticking();
    }
    let_go(one);
  }

  // Records how tasks have ended since it did so last; false if none have.
  bool count() {
    if (!has_uncounted())
      return false;
    *ended_.mutable_capabilities() = {specialisations_.begin(), specialisations_.end()};
    if (log_.act(ended_)) { // else the journal is full, and the next sweep tries again
      ended_.Clear();
      specialisations_.clear();
    }
    return true;
  }

  void let_go(const attempt& one) {
    key where{one.owner(), one.step()};
    SlotFree free;
    free.set_owner(one.owner());
    free.set_step(one.step());
    free.set_agent(self_->state.record.id());
    free.set_placement(calls_[where].placement());
    calls_.erase(where);
    attempts_.erase(where);
    tell_scheduler(std::move(free));
    begin_next();
  }

  // A tool has answered. If it is done elsewhere and nobody there has begun, the attempt is left to others, as it is.
  void tool_ended(attempt& one, const ToolEnded& ended) {
    if (ended.outcome().failure().code() != static_cast<uint32_t>(ec::no_agent) ||
        !one.is_elsewhere(ended.position()))
      return one.completed(ended.position(), ended.outcome());
    AgentChanged look_again; // the registry knows who is there, and tells the scheduler
    *look_again.mutable_record() = self_->state.record;
    log_.outside().names->tell(std::string{services::registry}, std::move(look_again), self_->context());
    auto task = calls_[{one.owner(), one.step()}];
    task.clear_agent();
    task.clear_placement();
    let_go(one);
    tell_scheduler(std::move(task));
  }

  // Has another taken its place? Whoever asked it to sleep may have died before he heard that it is at work.
  bool is_replaced() const {
    auto known = log_.outside().names->find(log_.ref());
    return known && known != self_;
  }

  void sweep() {
    count();
    auto configured = configured_timeout_ms();
    auto remind = ++sweeps_ % limits::sweeps_per_reminder == 0;
    for (auto& [where, one] : attempts_)
      if (!one->expire(now_ms(), configured) && (remind || !one->is_announced()) && !one->repeat_last_word())
        open(*one); // the answer tells what either side has missed
    ticking_ = false;
    if (!attempts_.empty() || has_uncounted())
      keep_ticking();
  }

private:
  using key = std::pair<std::string, std::string>;

  int64_t configured_timeout_ms() const {
    return self_->state.record.request().config().timeout_ms();
  }

  uint32_t slots() const {
    return slots_of(self_->state.record, parts_->default_slots);
  }

  bool has_uncounted() const {
    return ended_.completed() + ended_.failed() > 0;
  }

  bool has_slot() const {
    return attempts_.size() < slots();
  }

  void begin_next() {
    if (line_.empty() || !has_slot())
      return;
    auto where = std::move(line_.front());
    line_.pop_front();
    open(begin(where));
  }

  attempt& begin(const key& where) {
    auto claim = log_.outside().ids->next(now_ms());
    auto one = std::make_unique<attempt>(*this, log_.ref(), where.first, where.second, claim);
    keep_ticking();
    return *attempts_.emplace(where, std::move(one)).first->second;
  }

  template <class Message>
  void tell_scheduler(Message message) {
    log_.outside().names->tell(std::string{services::scheduler}, std::move(message), self_->context());
  }

  void open(attempt& one) {
    one.announce();
    OpenTask message;
    message.set_step(one.step());
    message.set_agent(log_.ref());
    message.set_claim(one.claim());
    log_.outside().names->tell(one.owner(), std::move(message), self_->context());
  }

  void keep_ticking() {
    if (!std::exchange(ticking_, true))
      tell_in(self_, limits::attempt_sweep, agent_actor{self_}, Tick{});
  }

  agent_self self_;
  entity_log<agent_entity> log_;
  std::shared_ptr<const agent_parts> parts_;
  std::shared_ptr<tool_dispatch> dispatch_;
  std::set<std::string> gathering_;                  // tools whose calls wait, until it looks again
  std::map<key, RunTask> calls_;                     // all it was given: those at work and those in line
  std::map<key, std::unique_ptr<attempt>> attempts_; // at work
  std::list<key> line_;                              // costs nothing while empty
  CountTasks ended_;                                 // and not counted yet
  std::set<std::string> specialisations_;            // what those completed were for
  bool ticking_ = false;
  uint64_t sweeps_ = 0;
};

agent_actor::behavior_type agent(agent_self self, entity_log<agent_entity> log,
                                 std::shared_ptr<const agent_parts> parts) {
  auto bench = std::make_shared<workbench>(self, log, parts);
  if (self->state.exists()) { // the last change may be on disk without having been told
    AgentChanged changed;
    *changed.mutable_record() = self->state.record;
    log.outside().names->tell(std::string{services::registry}, std::move(changed));
  }
  return {
      [=](const RegisterAgent& cmd) mutable { return log.handle(cmd); },
      [=](const UnregisterAgent& cmd) mutable { return log.handle(cmd); },
      [=](const SetAgentStatus& cmd) mutable { return log.handle(cmd); },
      [=](const GetAgent& cmd) mutable {
        auto& state = self->state;
        bench->count();
        return log.answer(state.record.id().empty() ? caf::expected<AgentRecord>{state.missing(cmd.id())}
                                                    : caf::expected<AgentRecord>{state.record});
      },
      [=](RunTask& task) { bench->take(std::move(task)); },
      [=](const ReportWork& question) { bench->report(question); },
      [=](TaskOpened& opened) {
        if (auto* one = bench->find(opened))
          one->opened(std::move(*opened.mutable_state()));
      },
      [=](const TaskGone& gone) {
        if (auto* one = bench->find(gone))
          bench->let_go(*one);
      },
      [=](const ActionsRecorded& recorded) {
        if (auto* one = bench->find(recorded)) {
          one->recorded(recorded.number(), recorded.suspended());
          if (one->is_suspended())
            bench->let_go(*one);
        }
      },
      [=](const TaskSettled& settled) {
        if (auto* one = bench->find(settled))
          bench->settled(*one);
      },
      [=](const ToolEnded& ended) {
        if (auto* one = bench->find(ended))
          bench->tool_ended(*one, ended);
      },
      [=](const ToolGathers& message) { bench->gather(message); },
      [=](const Tick&) {
        if (bench->is_replaced())
          self->quit();
        else
          bench->sweep();
      },
  };
}

} // namespace

entity_kind agent_kind(std::shared_ptr<const agent_parts> parts) {
  auto kind = make_kind<agent_entity>("agent", agent, std::move(parts));
  kind.tell_crash_to = services::scheduler;
  return kind;
}

} // namespace troupe
