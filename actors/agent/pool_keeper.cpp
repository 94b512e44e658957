// POOL KEEPER: one change of a pool at a time; those that follow their tasks are looked at every limits::pool_look.
// Invariant: a pool is changed by its size alone, so a repeat changes nothing; who is hired says in its registration whose it is, so
// nothing else has to be remembered.

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <map>
#include <troupe/actors/agent/capability.hpp>
#include <troupe/actors/agent/pool_keeper.hpp>
#include <troupe/actors/agent/pool_members.hpp>
#include <troupe/actors/agent/pool_scaler.hpp>
#include <troupe/runtime/fleet_limits.hpp>
#include <troupe/runtime/proto/inquiry.pb.h>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {
namespace {

const std::string agents_of_node{services::registry};
const std::string tasks_of_node{services::scheduler};

// One pool, on its way to a size.
struct pool_change {
  SizePool wanted;
  std::function<void(caf::expected<Fleet>)> done;
  std::deque<std::function<void(std::function<void(const caf::error&)>)>> steps; // that have not begun
  size_t open = 0; // that have begun and not ended
  caf::error failed;
};

class pool_keeper_state {
public:
  static inline const char* name = "pool_keeper";

  explicit pool_keeper_state(pool_keeper_actor::pointer self) : self_{self} {}

  void begin(doors_ptr outside, std::shared_ptr<const agent_parts> parts, std::string node) {
    doors_ = std::move(outside);
    parts_ = std::move(parts);
    node_ = std::move(node);
    look_again();
  }

  void enqueue(SizePool wanted, std::function<void(caf::expected<Fleet>)> done) {
    auto change = std::make_shared<pool_change>();
    change->wanted = std::move(wanted);
    change->done = std::move(done);
    waiting_.push_back(std::move(change));
    if (waiting_.size() == 1)
      work();
  }

  Fleet show(const fleet_pool& pool) const {
    Fleet shown;
    *shown.mutable_spec() = pool.spec;
    shown.set_size(static_cast<uint32_t>(pool.agents.size()));
    auto* here = shown.add_pools();
    here->set_node(node_);
    here->set_size(shown.size());
    return shown;
  }

  using pool_list = caf::expected<std::vector<fleet_pool>>;

  void list_pools(const std::function<void(pool_list)>& done) {
    ask<AgentList>(self_, *doors_->names, agents_of_node, limits::request_timeout, ListAgents{})
        .then([done](const AgentList& list) { done(pools_of(list)); },
              [done](const caf::error& failed) { done(failed); });
  }

  // Which pools follow their tasks, and where these stand.
  void look() {
    looks_ = false;
    list_pools([this](const pool_list& pools) {
      if (!pools)
        return look_again();
      std::map<std::string, pool_scaler> known;
      for (auto& pool : *pools)
        if (pool.spec.scale().ceiling() > 0) {
          auto scaler = scalers_.find(pool.spec.name());
          auto kept = scaler == scalers_.end() ? pool_scaler{pool.spec.scale()} : scaler->second;
          known.emplace(pool.spec.name(), std::move(kept));
          measure(pool);
        }
      scalers_ = std::move(known);
      if (!scalers_.empty())
        look_again();
    });
  }

  void look_again() {
    if (!std::exchange(looks_, true))
      tell_in(self_, limits::pool_look, pool_keeper_actor{self_}, Tick{});
  }

private:
  static std::string tag_of(const FleetSpec& spec) {
    return fleet_capability(spec.name());
  }

  // How many slots its agents have free; nothing of those that are out of service.
  void ask_free(const FleetSpec& spec, const std::function<void(const AgentMatches&)>& done) {
    FindByCapabilities question;
    question.mutable_query()->add_required(tag_of(spec));
    ask<AgentMatches>(self_, *doors_->names, tasks_of_node, limits::request_timeout, std::move(question))
        .then([done](const AgentMatches& found) { done(found); },
              [done](const caf::error&) { done(AgentMatches{}); });
  }

  void measure(const fleet_pool& pool) {
    ask_free(pool.spec, [=, this](const AgentMatches& found) {
      pool_load load;
      load.agents = static_cast<uint32_t>(pool.agents.size());
      auto per_agent = pool.spec.slots() > 0 ? pool.spec.slots() : parts_->default_slots;
      load.slots = uint64_t{load.agents} * per_agent;
      for (auto& one : found.matches())
        load.free += static_cast<uint64_t>(one.free_share() * per_agent + 0.5);
      ExplainTasks question; // tasks like those that a goal makes
      auto abilities = wanted_agents({pool.spec, {}}, node_, 1, parts_->behaviors).front().capabilities();
      for (auto& ability : abilities)
        if (ability != tag_of(pool.spec)) {
          auto* query = question.add_tasks()->mutable_query();
          query->add_required(ability);
          query->add_required(tag_of(pool.spec));
        }
      ask<TaskStandings>(self_, *doors_->names, tasks_of_node, limits::request_timeout, std::move(question))
          .then(
              [=, this](const TaskStandings& told) mutable {
                for (auto& line : told.standings())
                  load.waiting += line.waiting();
                decide(pool.spec, load);
              },
              [](const caf::error&) {}); // the next look may have an answer
    });
  }

  void decide(const FleetSpec& spec, const pool_load& load) {
    auto scaler = scalers_.find(spec.name());
    if (scaler == scalers_.end())
      return;
    auto now = self_->clock().now().time_since_epoch();
    auto size = scaler->second.look(std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), load);
    if (size == load.agents)
      return;
    auto grows = size > load.agents;
    doors_->log.info(grows ? "a pool grows" : "a pool shrinks", {{"fleet", spec.name()},
                                                                 {"from", load.agents},
                                                                 {"to", size},
                                                                 {"waiting", load.waiting},
                                                                 {"slots", load.slots},
                                                                 {"free", load.free}});
    doors_->meters.pool_changes.with({grows ? "up" : "down"}).add();
    SizePool wanted;
    wanted.mutable_context()->set_principal("pool_keeper");
    *wanted.mutable_spec() = spec;
    wanted.set_size(size);
    enqueue(std::move(wanted), [this, fleet = spec.name()](const caf::expected<Fleet>& done) {
      if (!done)
        doors_->log.warning("a pool keeps its size", {{"fleet", fleet}, {"reason", describe(done.error())}});
    });
  }

  void work() {
    auto& wanted = waiting_.front()->wanted;
    if (wanted.size() > limits::fleet_agents)
      return finish(make_error(ec::invalid_argument,
                               fmt::format("a fleet has at most {} agents", limits::fleet_agents)));
    if (auto wrong = check_fleet(wanted.spec(), parts_->behaviors); wrong && wanted.size() > 0)
      return finish(wrong);
    list_pools([this](pool_list pools) {
      if (!pools)
        return finish(pools.error());
      auto& now = waiting_.front()->wanted;
      auto pool = std::find_if(pools->begin(), pools->end(),
                               [&](auto& one) { return one.spec.name() == now.spec().name(); });
      if (pool == pools->end())
        return change({now.spec(), {}}, {});
      if (now.size() > 0 && !equal(pool->spec, now.spec()))
        return finish(make_error(
            ec::already_exists, fmt::format("the fleet {} has another behavior, other capabilities, slots or "
                                            "another scale at node {}; retire it first",
                                            now.spec().name(), node_)));
      ask_free(pool->spec, [this, kept = *pool](const AgentMatches& found) {
        std::vector<std::string> idle;
        for (auto& one : found.matches())
          if (one.free_share() >= 1)
            idle.push_back(one.id());
        change(kept, idle);
      });
    });
  }

  void change(const fleet_pool& pool, const std::vector<std::string>& idle) {
    auto now = waiting_.front();
    auto size = now->wanted.size();
    auto step = [&]<class Command>(Command command) {
      *command.mutable_context() = now->wanted.context();
      command.mutable_context()->clear_command_id(); // of many; each is safe to repeat without one
      now->steps.push_back([this, command](std::function<void(const caf::error&)> ended) {
        ask<AgentRecord>(self_, *doors_->names, agents_of_node, limits::request_timeout, command)
            .then([ended](const AgentRecord&) { ended({}); }, [ended](const caf::error& why) { ended(why); });
      });
    };
    for (auto& wish : wanted_agents(pool, node_, size, parts_->behaviors)) {
      RegisterAgent hire;
      *hire.mutable_request() = std::move(wish);
      step(std::move(hire));
    }
    for (auto& id : surplus_agents(pool, size, idle)) {
      UnregisterAgent retire;
      retire.set_id(id);
      step(std::move(retire));
    }
    go_on();
  }

  void go_on() {
    auto& now = *waiting_.front();
    if (now.failed)
      now.steps.clear(); // what has begun ends; a repeat does the rest
    while (!now.steps.empty() && now.open < limits::pool_changes) {
      auto next = std::move(now.steps.front());
      now.steps.pop_front();
      ++now.open;
      next([this](const caf::error& why) {
        auto& current = *waiting_.front();
        --current.open;
        if (why && code_of(why) != ec::not_found) // somebody else has retired it
          current.failed = why;
        go_on();
      });
    }
    if (now.open == 0)
      finish(now.failed);
  }

  void finish(const caf::error& failed) {
    auto done = std::move(waiting_.front());
    waiting_.pop_front();
    if (!waiting_.empty())
      work();
    if (failed)
      return done->done(failed);
    fleet_pool now{done->wanted.spec(), {}};
    now.agents.resize(done->wanted.size());
    done->done(show(now));
    look_again();
  }

  pool_keeper_actor::pointer self_;
  doors_ptr doors_;
  std::shared_ptr<const agent_parts> parts_;
  std::string node_;
  std::deque<std::shared_ptr<pool_change>> waiting_; // the first is being made
  std::map<std::string, pool_scaler> scalers_;       // by fleet
  bool looks_ = false;                               // a look is on its way
};

pool_keeper_actor::behavior_type pool_keeper(pool_keeper_actor::stateful_pointer<pool_keeper_state> self,
                                             doors_ptr outside, std::shared_ptr<const agent_parts> parts,
                                             std::string node) {
  house_rules(self);
  self->state.begin(std::move(outside), std::move(parts), std::move(node));
  return {
      [self](const SizePool& wanted) -> caf::result<Fleet> {
        promise<Fleet> answer{self};
        self->state.enqueue(wanted, [answer](caf::expected<Fleet> done) {
          if (done)
            answer.deliver(std::move(*done));
          else
            answer.deliver(std::move(done.error()));
        });
        return answer.pending();
      },
      [self](const ListFleets&) -> caf::result<FleetList> {
        promise<FleetList> answer{self};
        self->state.list_pools([self, answer](const caf::expected<std::vector<fleet_pool>>& pools) {
          if (!pools)
            return answer.deliver(pools.error());
          FleetList all;
          for (auto& pool : *pools)
            *all.add_fleets() = self->state.show(pool);
          answer.deliver(std::move(all));
        });
        return answer.pending();
      },
      [self](const Tick&) { self->state.look(); },
      [](const Ping&) { return Done{}; },
  };
}

} // namespace

pool_keeper_actor spawn_pool_keeper(caf::scheduled_actor* parent, doors_ptr outside,
                                    std::shared_ptr<const agent_parts> parts, std::string node) {
  return spawn_observed(parent, outside->board, pool_keeper, outside, std::move(parts), std::move(node));
}

} // namespace troupe
