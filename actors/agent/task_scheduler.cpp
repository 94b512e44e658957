// SCHEDULER: gives each task that waits to the best agent with a free slot.
// Invariant: it sends one-way messages only; what it knows is a copy, see dispatcher.hpp.

#include <troupe/actors/agent/dispatcher.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/persistence/own_doors.hpp>
#include <troupe/runtime/interface/workflow.hpp>
#include <troupe/runtime/proto/health.pb.h>

namespace troupe {
namespace {

class scheduler_state : public dispatch_host {
public:
  static inline const char* name = "scheduler";

  explicit scheduler_state(task_scheduler_actor::pointer self) : self_{self} {}

  caf::error begin(doors_ptr outside, scheduler_options options) {
    doors_ = std::move(outside);
    heartbeat_ = options.heartbeat;
    auto first_number = static_cast<uint64_t>(doors_->time->now_us()); // above those of an earlier one
    work_.emplace(*this, options.default_slots, std::move(options.rates), options.heartbeats_missed,
                  first_number);
    if (auto failed = work_->load(*doors_of(*doors_, "agent").rows))
      return failed;
    doors_->names->tell(std::string{services::timers}, Redeliver{}); // whoever waits, ask again
    tell_registry({}, false); // what an earlier one held against agents
    moved();
    return {};
  }

  int64_t now_ms() const override {
    return doors_->time->now_ms();
  }
  std::vector<std::string> known_agents() const override {
    std::vector<std::string> ids;
    for (auto& ref_text : doors_->names->known("agent"))
      if (auto ref = parse_ref(ref_text); ref && agent_ref(ref->key) == ref_text)
        ids.push_back(ref->key);
    return ids;
  }
  void give(RunTask task) override {
    auto agent = agent_ref(task.agent());
    doors_->names->tell(agent, std::move(task), self_->context());
  }
  void ask(const std::string& agent, uint64_t number) override {
    ReportWork question;
    question.set_number(number);
    doors_->names->tell(agent_ref(agent), std::move(question), self_->context());
  }
  void note(const std::string& agent, bool silent) override {
    if (silent)
      doors_->log.warning("an agent does not answer; its tasks go to others", {{"agent", agent}});
    else
      doors_->log.info("an agent answers again", {{"agent", agent}});
    tell_registry(agent, silent);
  }

  dispatcher& work() {
    return *work_;
  }

  /// After each message: what people see, and when to look next.
  void moved() {
    doors_->meters.queued_tasks.record(static_cast<double>(work_->waiting()));
    doors_->meters.placed_tasks.record(static_cast<double>(work_->placed()));
    if (next_sweep_ms_ == 0 && !work_->watches_nobody())
      next_sweep_ms_ = steady_ms() + heartbeat_.count();
    if (auto rest = work_->rest())
      tick_at(steady_ms() + rest->count());
    if (next_sweep_ms_ != 0)
      tick_at(next_sweep_ms_);
  }

  void tick(const Tick& message) {
    if (message.epoch() != ticks_)
      return; // an earlier one has come in its place
    next_tick_ms_ = 0;
    if (next_sweep_ms_ != 0 && next_sweep_ms_ <= steady_ms()) {
      next_sweep_ms_ = 0;
      work_->sweep();
    }
    work_->look_at_rates();
  }

private:
  void tell_registry(const std::string& agent, bool silent) {
    AgentSilent heard;
    heard.set_id(agent);
    heard.set_silent(silent);
    doors_->names->tell(std::string{services::registry}, std::move(heard));
  }

  int64_t steady_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(self_->clock().now().time_since_epoch())
        .count();
  }

  void tick_at(int64_t at) {
    if (next_tick_ms_ != 0 && next_tick_ms_ <= at)
      return;
    next_tick_ms_ = at;
    Tick message;
    message.set_epoch(++ticks_);
    tell_in(self_, std::chrono::milliseconds{std::max<int64_t>(0, at - steady_ms())},
            task_scheduler_actor{self_}, std::move(message));
  }

  task_scheduler_actor::pointer self_;
  doors_ptr doors_;
  std::optional<dispatcher> work_;
  std::chrono::milliseconds heartbeat_{};
  int64_t next_sweep_ms_ = 0; // steady; 0 = none is needed
  int64_t next_tick_ms_ = 0;  // steady; 0 = none is on its way
  uint64_t ticks_ = 0;        // epoch of the newest
};

task_scheduler_actor::behavior_type scheduler(task_scheduler_actor::stateful_pointer<scheduler_state> self,
                                              doors_ptr doors, scheduler_options options) {
  house_rules(self);
  if (auto failed = self->state.begin(std::move(doors), std::move(options))) {
    self->quit(failed);
    return task_scheduler_actor::behavior_type::make_empty_behavior();
  }
  auto& state = self->state;
  return {
      [&](RunTask& task) {
        state.work().enqueue(std::move(task));
        state.moved();
      },
      [&](const SlotFree& slot) {
        state.work().free(slot);
        state.moved();
      },
      [&](const AgentChanged& changed) {
        state.work().change(changed.record());
        state.moved();
      },
      [&](const WorkReport& report) {
        state.work().reported(report);
        state.moved();
      },
      [&](const Tick& tick) {
        state.tick(tick);
        state.moved();
      },
      [&](const EntityCrashed& crash) {
        state.work().crashed(crash);
        state.moved();
      },
      [&](const FindByCapabilities& cmd) { return state.work().agents().find(cmd.query(), cmd.limit()); },
      [&](const FindBest& cmd) -> caf::result<AgentMatch> {
        auto found = state.work().agents().find(cmd.query(), 1);
        if (found.matches().empty())
          return make_error(ec::no_agent, found.reason());
        return std::move(*found.mutable_matches(0));
      },
      [&](const GetRegistryStats&) { return state.work().agents().stats(); },
      [&](const ExplainTasks& question) {
        TaskStandings answer;
        for (auto& task : question.tasks())
          *answer.add_standings() = state.work().explain(task);
        return answer;
      },
      [&](const GetSchedulerStats&) {
        SchedulerStats stats;
        stats.set_queued(state.work().waiting());
        stats.set_running(state.work().placed());
        return stats;
      },
  };
}

} // namespace

task_scheduler_actor spawn_task_scheduler(caf::scheduled_actor* parent, doors_ptr doors,
                                          scheduler_options options) {
  return spawn_observed(parent, doors->board, scheduler, doors, std::move(options));
}

} // namespace troupe
