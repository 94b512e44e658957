// Several nodes with all their kinds and services, and simulated wires between them, under virtual time. A node may crash, come back, or
// lose its store, or, where all share one, stand still. Include after CAF_SUITE is defined.
#pragma once

#include <tests/support/available_node.hpp>
#include <tests/support/platform.hpp>
#include <tests/support/simulated_wire.hpp>
#include <troupe/actors/agent/pool_keeper.hpp>
#include <troupe/actors/workflow/goal.hpp>
#include <troupe/net/api/anywhere.hpp>
#include <troupe/net/api/desk.hpp>
#include <troupe/net/cluster/membership.hpp>
#include <troupe/net/cluster/service_registry.hpp>
#include <troupe/persistence/own_doors.hpp>

namespace troupe {

/// Nodes a, b, c, ..., each with the same staff.
class simulated_cluster {
public:
  using milliseconds = std::chrono::milliseconds;

  /// One of them, over all its lives.
  struct member {
    std::string name;
    std::shared_ptr<memory_store> rows;
    std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
    uint64_t lives = 0;
    cluster_links wired;
    std::optional<available_node> shared; ///< in the highly available mode
    doors_ptr outside;                    ///< what its actors have
    bool frozen = false;
    milliseconds missed{0};                                           ///< since it was frozen
    std::optional<life> node;                                         ///< nothing = it is down
    std::map<std::string, std::shared_ptr<simulated_net::end>> wires; ///< by the other node
    std::vector<std::shared_ptr<wire_end>> users;                     ///< of these, and of earlier ones
  };

  explicit simulated_cluster(size_t count, std::shared_ptr<agent_parts> staff,
                             std::vector<std::string> founders = {}, uint64_t seed = 1,
                             std::shared_ptr<shared_world> world = {})
      : shared{std::move(world)}, roads{seed, milliseconds{5}}, staff_{std::move(staff)}, founders_{std::move(
                                                                                              founders)} {
    for (size_t i = 0; i < count; ++i) {
      auto& one = members_.emplace_back(std::make_unique<member>());
      one->name = std::string(1, static_cast<char>('a' + i));
      one->rows = open_memory(seed * 100 + i);
    }
    net.on_tick = [this](milliseconds now) {
      for (auto& one : members_)
        if (one->node && !one->frozen && one->wired.all)
          one->wired.all->tick(now);
    };
    net.after_event = [this] { settle(); };
    for (auto& one : members_)
      start(one->name);
  }

  ~simulated_cluster() {
    for (auto& one : members_)
      crash(one->name);
    net.on_tick = nullptr;
    net.after_event = nullptr;
    net.advance(milliseconds{100});
  }

  member& at(const std::string& name) {
    return *members_.at(static_cast<size_t>(name[0] - 'a'));
  }
  const std::vector<std::unique_ptr<member>>& members() const {
    return members_;
  }

  /// Brings a node up, and links it to those that are up. What kept it from coming up, or from being linked, is noted.
  void start(const std::string& name) {
    auto& one = at(name);
    ensure(!one.node, "it is down");
    ++one.lives;
    one.node.emplace(one.rows, one.time, one.lives * 16 + static_cast<uint64_t>(name[0]),
                     [&](caf::scheduled_actor* root, doors_ptr outside) { plant(one, root, outside); });
    for (auto& other : members_)
      if (other->name != name && other->node)
        link(name, other->name);
  }

  /// A power cut.
  void crash(const std::string& name) {
    if (at(name).shared)
      at(name).shared->die(name);
    stop(name);
    at(name).rows->crash();
  }

  /// It stands still, and nothing reaches it.
  void freeze(const std::string& name) {
    at(name).frozen = true;
    shared->service.freeze(name);
    isolate(name);
  }
  /// It goes on, as if no time had passed, but its clocks know better.
  void thaw(const std::string& name) {
    auto& one = at(name);
    if (!std::exchange(one.frozen, false))
      return;
    shared->service.thaw(name);
    auto missed = std::exchange(one.missed, milliseconds{0});
    if (one.node)
      one.time->scheduler->advance_time(missed);
  }
  /// Nothing travels between a node and the others, though it is not told.
  void isolate(const std::string& name) {
    for (auto& other : members_)
      if (other->name != name) {
        roads.cut(name, other->name);
        roads.cut(other->name, name);
      }
  }

  /// A crash from which nothing comes back but the name.
  void lose_store(const std::string& name) {
    stop(name);
    at(name).rows = open_memory(9'000 + ++lost_);
  }

  /// A new wire between two nodes that are up; the older one ends.
  void link(const std::string& one, const std::string& two) {
    if (!at(one).wired.all || !at(two).wired.all)
      return;
    auto [x, y] = net.connect(one, two);
    auto begin = [&](const std::string& here, const std::string& there,
                     const std::shared_ptr<simulated_net::end>& over) {
      auto user = at(here).wired.all->greet(over, "troupe://sim/" + there);
      ensure(static_cast<bool>(user), "members may greet");
      over->user = *user;
      at(here).users.push_back(*user);
      at(here).wires[there] = over;
      return *user;
    };
    auto at_two = begin(two, one, y), at_one = begin(one, two, x);
    at_two->opened();
    at_one->opened();
    pass(milliseconds{30});
  }

  /// The wire between two nodes ends, for both.
  void cut(const std::string& one, const std::string& two) {
    if (auto wire = std::exchange(at(one).wires[two], nullptr))
      wire->cancel();
    at(two).wires[one].reset();
  }

  bool is_linked(const std::string& one, const std::string& two) {
    return at(one).node && at(one).wired.all && at(one).wired.all->to(two);
  }

  void settle() {
    for (bool moved = true; moved;) {
      moved = false;
      for (auto& one : members_)
        while (one->node && !one->frozen && one->node->step())
          moved = true;
    }
  }

  /// Lets time pass, for all of them in turns so long.
  void pass(milliseconds time, milliseconds quantum = milliseconds{10}) {
    for (milliseconds passed{0}; passed < time; passed += quantum) {
      for (auto& one : members_)
        if (one->frozen)
          one->missed += quantum;
        else if (one->node)
          one->node->advance(quantum);
        else
          one->time->earlier_us += 1000 * quantum.count(); // its clock goes on
      net.advance(quantum);
      if (shared)
        shared->service.advance(quantum);
      settle();
      if (watch)
        watch();
    }
  }

  /// Asks a ref from a node; `then` hears the answer unless that node dies before.
  template <class Reply, proto_message M>
  void post(const std::string& from, const std::string& ref, M message,
            std::function<void(caf::expected<Reply>)> then) {
    auto& node = *at(from).node;
    node.system().spawn([=, names = at(from).outside->names,
                         root = node.root()](caf::event_based_actor* self) {
      house_rules(self);
      self->link_to(root);
      troupe::ask<Reply>(self, *names, ref, std::chrono::hours{24}, message)
          .then([=](const Reply& reply) { then(reply); }, [=](const caf::error& reason) { then(reason); });
    });
    settle();
  }

  /// Same, and lets it travel there and back.
  template <class Reply, proto_message M>
  caf::expected<Reply> ask(const std::string& from, const std::string& ref, M message,
                           milliseconds patience = milliseconds{200}) {
    auto result = std::make_shared<caf::expected<Reply>>(make_error(ec::timeout, "no answer"));
    post<Reply>(from, ref, std::move(message),
                [result](caf::expected<Reply> answer) { *result = std::move(answer); });
    pass(patience);
    return *result;
  }

  /// Calls a method of the control service of a node, as its door does.
  template <class Reply, class In>
  caf::expected<Reply> call(const std::string& from, const In& in,
                            milliseconds patience = milliseconds{300}) {
    auto result = std::make_shared<caf::expected<Reply>>(make_error(ec::timeout, "no answer"));
    auto& node = *at(from).node;
    control_call how;
    how.desk = std::make_shared<const control_desk>(desk_at(at(from), at(from).outside));
    how.context.set_principal("ada");
    how.patience = std::chrono::seconds{20};
    node.system().spawn([=, root = node.root()](caf::event_based_actor* self) mutable {
      house_rules(self);
      self->link_to(root);
      how.self = self;
      serve_anywhere<In, Reply>(how, in, [=](caf::expected<Reply> answer) {
        *result = std::move(answer);
        self->quit();
      });
    });
    pass(patience);
    return *result;
  }

  /// A ref of a kind that a node owns.
  std::string ref_at(const std::string& node, const std::string& kind, const std::string& stem = "x") {
    auto owner = [&](uint8_t shard) {
      return shared ? shared->service.truth().holders[shard] : at(node).wired.whose->map().owner(shard);
    };
    for (int i = 0;; ++i)
      if (auto name = "default/" + kind + "/" + stem + std::to_string(i); owner(shard_of(name)) == node)
        return name;
  }

  /// An agent per behavior at each node.
  void hire(const std::string& id, const std::string& behavior,
            const std::vector<std::string>& capabilities) {
    RegisterAgent cmd;
    cmd.mutable_request()->set_id(id);
    cmd.mutable_request()->set_behavior(behavior);
    for (auto& capability : capabilities)
      cmd.mutable_request()->add_capabilities(capability);
    cmd.mutable_request()->mutable_config()->set_max_concurrent(50);
    for (auto& one : members_)
      if (one->node)
        (void)ask<AgentRecord>(one->name, std::string{services::registry}, cmd, milliseconds{20});
  }

  /// Refs of entities a node has events of, in the store that is shared if there is one.
  std::set<std::string> entities_of(const std::string& node) {
    std::set<std::string> names;
    auto rows = shared ? shared->rows : at(node).rows;
    for (unsigned shard = 0; shard < limits::shards; ++shard)
      (void)rows->scan(space::meta, names_begin(static_cast<uint8_t>(shard)),
                       names_end(static_cast<uint8_t>(shard)), [&](auto, std::string_view name) {
                         names.emplace(name);
                         return true;
                       });
    return names;
  }

  const std::shared_ptr<shared_world> shared; ///< null = each has its own store, and shards stay
  std::function<void()> watch;                ///< called whenever time has passed
  rough_links roads;
  simulated_net net{roads};
  caf::error trouble; ///< why the last node that was started did not join

private:
  void stop(const std::string& name) {
    auto& one = at(name);
    if (!one.node)
      return;
    for (auto& [other, wire] : one.wires)
      if (wire)
        wire->die();
    one.wires.clear();
    for (auto& user : std::exchange(one.users, {})) // whoever waits in it goes with it
      user->closed(make_error(ec::unavailable, "the node is gone"));
    one.wired = {}; // what it holds must not outlive the node
    one.shared.reset();
    one.outside = nullptr;
    one.frozen = false;
    one.missed = milliseconds{0};
    if (shared)
      shared->service.thaw(name);
    one.node.reset();
  }

  void plant(member& one, caf::scheduled_actor* root, const doors_ptr& given) {
    cluster_plan plan;
    plan.id = "sim";
    for (auto& other : members_) {
      cluster_member known{other->name, "", "troupe://sim/" + other->name};
      if (other->name == one.name)
        plan.self = known;
      else
        plan.others.push_back(known);
      if (founders_.empty())
        plan.founders.push_back(other->name);
    }
    if (!founders_.empty())
      plan.founders = founders_;
    one.outside = given;
    trouble = shared ? wire_available(one, plan, root->system()) : wire(one, plan, root->system());
    if (trouble)
      return;
    auto outside = one.outside;
    auto name = [&](const std::string& ref_text, const auto& handle) {
      outside->names->put(ref_text, caf::actor_cast<caf::actor>(handle));
    };
    std::vector<entity_kind> kinds{task_kind(),     run_kind(),      ledger_kind(),
                                   schedule_kind(), workflow_kind(), goal_kind()};
    if (shared)
      name(std::string{services::own_shard_host}, spawn_shard_host(root, outside->own, {agent_kind(staff_)}));
    else
      kinds.push_back(agent_kind(staff_));
    name(std::string{services::shard_host}, spawn_shard_host(root, outside, std::move(kinds)));
    name(std::string{services::timers}, spawn_timers(root, outside));
    if (shared)
      name(std::string{services::tenure}, spawn_tenure(root, outside, one.shared->wired.tenure));
    name(std::string{services::registry}, spawn_agent_registry(root, outside, staff_));
    name(std::string{services::scheduler}, spawn_task_scheduler(root, outside));
    service_registry_options options;
    options.node = one.name;
    options.default_slots = staff_->default_slots;
    options.reachable = [over = std::weak_ptr<links>{one.wired.all}](const std::string& other) {
      auto all = over.lock();
      return all && all->to(other);
    };
    name(std::string{services::service_registry}, spawn_service_registry(root, outside, options));
    name(std::string{services::pool_keeper}, spawn_pool_keeper(root, outside, staff_, one.name));
    name(desk_ref(one.name), spawn_desk(root, std::make_shared<const control_desk>(desk_at(one, outside))));
  }

  static caf::error wire(member& one, const cluster_plan& plan, caf::actor_system& system) {
    auto wired = wire_cluster(plan, system, *one.outside, one.lives);
    if (!wired)
      return std::move(wired.error());
    one.wired = std::move(*wired);
    return {};
  }
  caf::error wire_available(member& one, const cluster_plan& plan, caf::actor_system& system) {
    one.shared.emplace(*shared, one.name, one.time, system, one.outside);
    one.outside = one.shared->outside;
    auto wired = wire_available_cluster(plan, one.shared->tenure, system, *one.outside, one.lives);
    if (!wired)
      return std::move(wired.error());
    one.shared->wired = std::move(*wired);
    one.wired.all = one.shared->wired.all;
    return {};
  }

  static control_desk desk_at(const member& one, const doors_ptr& outside) {
    control_desk made;
    made.outside = outside;
    made.node = one.name;
    made.version = "0.1.0";
    return made;
  }

  const std::shared_ptr<agent_parts> staff_;
  const std::vector<std::string> founders_;
  std::vector<std::unique_ptr<member>> members_;
  uint64_t lost_ = 0;
};

} // namespace troupe
