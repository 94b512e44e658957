// SERVICE REGISTRY: health checks over the links, and discovery.
// Invariant: of a node only what its last check has told is shown, and nothing once that check is older than limits::health_check and
// limits::health_answer, or there is no link to it.

#include <algorithm>
#include <troupe/actors/agent/capability.hpp>
#include <troupe/net/cluster/service_book.hpp>
#include <troupe/net/cluster/service_registry.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/fleet_limits.hpp>
#include <troupe/runtime/interface/agent.hpp>
#include <troupe/runtime/interface/cluster.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/ops.pb.h>
#include <troupe/runtime/proto/shards.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {
namespace {

using then_do = std::function<void()>;

bool can_all(const ServiceRow& row, const FindServices& wish) {
  auto& capabilities = row.capabilities();
  return std::all_of(wish.can().begin(), wish.can().end(), [&](auto& one) {
    return std::find(capabilities.begin(), capabilities.end(), one) != capabilities.end();
  });
}

class service_registry_state {
public:
  static inline const char* name = "service_registry";

  explicit service_registry_state(service_registry_actor::pointer self) : self_{self} {}

  void begin(doors_ptr outside, service_registry_options options) {
    doors_ = std::move(outside);
    options_ = std::move(options);
    own_.emplace(options_.node, static_cast<uint64_t>(doors_->time->now_us()));
    tick();
  }

  void tick() {
    for (auto& node : others())
      if (!reachable(node))
        lose(node, "there is no link");
      else if (peers_[node].due <= self_->clock().now() + limits::health_tick / 2) // the nearest tick
        check(node, [] {});
    if (doors_->names->route()) // else nobody else will ever be
      tell_in(self_, limits::health_tick, service_registry_actor{self_}, Tick{});
  }

  /// Checks all nodes that can be reached, and ourselves; then does that.
  void check_all(then_do done) {
    std::vector<std::string> nodes;
    for (auto& node : others())
      if (reachable(node))
        nodes.push_back(node);
    auto open = std::make_shared<size_t>(nodes.size() + 1);
    auto arrived = [open, done = std::move(done)] {
      if (--*open == 0)
        done();
    };
    for (auto& node : nodes)
      check(node, arrived);
    look(arrived);
  }

  /// Has what this node tells of itself brought up to date; then does that. Whoever comes while that is under way waits for the next: what
  /// was done before somebody asks is told.
  void look(then_do done) {
    wanted_.push_back(std::move(done));
    if (!looking_.empty())
      return;
    looking_.swap(wanted_);
    auto found = std::make_shared<own_look>();
    ask_service<AgentList>(services::registry, ListAgents{}, [this, found](const AgentList* list) {
      if (!list)
        return looked(nullptr);
      found->agents = *list;
      ask_service<AgentMatches>(services::scheduler, FindByCapabilities{},
                                [this, found](const AgentMatches* free) {
                                  if (!free)
                                    return looked(nullptr);
                                  found->free = *free;
                                  ask_service<SchedulerStats>(services::scheduler, GetSchedulerStats{},
                                                              [this, found](const SchedulerStats* stats) {
                                                                if (stats)
                                                                  found->stats = *stats;
                                                                looked(stats ? found.get() : nullptr);
                                                              });
                                });
    });
  }

  ServiceReport report(const ReportServices& asked) const {
    return own_->report(asked.incarnation(), asked.since());
  }

  ServiceList list(const FindServices& wish) const {
    ServiceList all;
    std::map<std::string, std::vector<ServiceRow>> rows;
    std::map<std::string, ServiceNode> nodes;
    auto mine = own_->report(0, 0);
    rows[options_.node].assign(mine.rows().begin(), mine.rows().end());
    auto& self = nodes[options_.node];
    self.set_state("this node");
    self.set_heard_ms(doors_->time->now_ms());
    self.set_queued(mine.queued());
    self.set_running(mine.running());
    for (auto& node : others()) {
      auto part = book_.parts().find(node);
      auto known = part != book_.parts().end() && reachable(node);
      nodes[node].set_state(known ? "passing" : reachable(node) ? "silent" : "unreachable");
      if (auto asked = peers_.find(node); asked != peers_.end())
        nodes[node].set_heard_ms(asked->second.heard_ms);
      if (!known)
        continue;
      nodes[node].set_queued(part->second.queued);
      nodes[node].set_running(part->second.running);
      for (auto& [agent, row] : part->second.rows)
        rows[node].push_back(row);
    }
    for (auto& [name_of_node, shown] : nodes) {
      shown.set_node(name_of_node);
      shown.set_agents(rows[name_of_node].size());
      *all.add_nodes() = shown;
      for (auto& row : rows[name_of_node])
        if ((row.passing() || wish.all()) && can_all(row, wish)) {
          auto* service = all.add_services();
          service->set_node(name_of_node);
          *service->mutable_row() = std::move(row);
        }
    }
    return all;
  }

private:
  struct own_look {
    AgentList agents;
    AgentMatches free;
    SchedulerStats stats;
  };
  struct peer {
    caf::actor_clock::time_point due{}; // of the next check
    std::vector<then_do> asking;        // who waits for the check that is under way
    std::vector<then_do> wanted;        // who came meanwhile
    int64_t heard_ms = 0;
  };

  std::vector<std::string> others() const {
    auto way = doors_->names->route();
    return way ? way->others() : std::vector<std::string>{};
  }
  bool reachable(const std::string& node) const {
    return options_.reachable && options_.reachable(node);
  }

  void check(const std::string& node, then_do done) {
    auto& one = peers_[node];
    one.wanted.push_back(std::move(done));
    if (!one.asking.empty())
      return;
    one.asking.swap(one.wanted);
    one.due = self_->clock().now() + limits::health_check;
    ForwardCall call;
    call.mutable_context()->set_principal(options_.node);
    call.set_method("OwnServices");
    call.set_request(book_.question(node).SerializeAsString());
    call.set_patience_ms(limits::health_answer.count());
    auto ended = [this, node](const caf::error& failed) {
      if (failed)
        lose(node, describe(failed));
      for (auto& next : std::exchange(peers_[node].asking, {}))
        next();
      if (auto& now = peers_[node]; now.asking.empty() && !now.wanted.empty()) {
        auto last = std::move(now.wanted.back());
        now.wanted.pop_back();
        check(node, std::move(last));
      }
    };
    ask<CallDone>(self_, *doors_->names, desk_ref(node), limits::health_answer, std::move(call))
        .then(
            [this, node, ended](const CallDone& answer) {
              ServiceReport told;
              if (!told.ParseFromString(answer.reply()) || told.node() != node)
                return ended(make_error(ec::internal, "it gave an answer that cannot be read"));
              hear(node, told);
              ended({});
            },
            [ended](const caf::error& failed) { ended(failed); });
  }

  void hear(const std::string& node, const ServiceReport& told) {
    auto now_ms = doors_->time->now_ms();
    auto met = book_.parts().count(node) == 0;
    if (!book_.merge(told, now_ms)) {
      peers_[node].due = {}; // it was forgotten while the answer was under way
      return;
    }
    peers_[node].heard_ms = now_ms;
    if (met)
      doors_->log.info("the agents of a node are known", {{"node", node}, {"agents", told.rows_size()}});
  }

  void lose(const std::string& node, const std::string& why) {
    if (book_.parts().count(node) > 0)
      doors_->log.warning("the agents of a node are gone", {{"node", node}, {"reason", why}});
    book_.drop(node);
    if (!reachable(node))
      peers_[node].due = {}; // as soon as it is back
  }

  template <class Answer, class Question>
  void ask_service(std::string_view service, Question question, std::function<void(const Answer*)> done) {
    ask<Answer>(self_, *doors_->names, std::string{service}, limits::health_answer, std::move(question))
        .then([done](const Answer& answer) { done(&answer); }, [done](const caf::error&) { done(nullptr); });
  }

  // Without an answer of the registry or the scheduler, what was known is told.
  void looked(const own_look* found) {
    if (found) {
      std::map<std::string, const AgentMatch*> in_service;
      for (auto& one : found->free.matches())
        in_service[one.id()] = &one;
      std::vector<ServiceRow> rows;
      for (auto& record : found->agents.agents()) {
        auto& row = rows.emplace_back();
        row.set_agent(record.id());
        *row.mutable_capabilities() = record.request().capabilities();
        row.set_slots(slots_of(record, options_.default_slots));
        row.set_success_rate(record.metadata().success_rate());
        if (auto there = in_service.find(record.id()); there != in_service.end()) {
          row.set_passing(true);
          row.set_free(static_cast<uint32_t>(there->second->free_share() * row.slots() + 0.5));
        }
      }
      own_->set(rows, found->stats.queued(), found->stats.running());
    }
    for (auto& next : std::exchange(looking_, {}))
      next();
    if (looking_.empty() && !wanted_.empty()) {
      auto last = std::move(wanted_.back());
      wanted_.pop_back();
      look(std::move(last));
    }
  }

  service_registry_actor::pointer self_;
  doors_ptr doors_;
  service_registry_options options_;
  std::optional<told_services> own_;
  service_book book_;
  std::map<std::string, peer> peers_;
  std::vector<then_do> looking_; // who waits for the look that is under way
  std::vector<then_do> wanted_;  // who came meanwhile
};

service_registry_actor::behavior_type
service_registry(service_registry_actor::stateful_pointer<service_registry_state> self, doors_ptr outside,
                 service_registry_options options) {
  house_rules(self);
  auto& state = self->state;
  state.begin(std::move(outside), std::move(options));
  return {
      [self](const FindServices& wish) -> caf::result<ServiceList> {
        promise<ServiceList> answer{self};
        auto tell = [self, answer, wish] { answer.deliver(self->state.list(wish)); };
        if (wish.fresh())
          self->state.check_all(tell);
        else
          self->state.look(tell);
        return answer.pending();
      },
      [self](const ReportServices& asked) -> caf::result<ServiceReport> {
        promise<ServiceReport> answer{self};
        self->state.look([self, answer, asked] { answer.deliver(self->state.report(asked)); });
        return answer.pending();
      },
      [self](const Tick&) { self->state.tick(); },
      [](const Ping&) { return Done{}; },
  };
}

} // namespace

service_registry_actor spawn_service_registry(caf::scheduled_actor* parent, doors_ptr outside,
                                              service_registry_options options) {
  return spawn_observed(parent, outside->board, service_registry, outside, std::move(options));
}

} // namespace troupe
