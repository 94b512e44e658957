// FLEET METHODS: who is where, agents on other nodes, fleets.
// Invariant: what is done at a node is done by that node, through its desk; a size is a wish, so a repeat changes nothing.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <troupe/net/api/anywhere.hpp>
#include <troupe/net/api/asking.hpp>
#include <troupe/net/cluster/placement.hpp>
#include <troupe/runtime/fleet_limits.hpp>
#include <troupe/runtime/interface/fleet.hpp>

namespace troupe {
namespace {

const std::string all_services{services::service_registry};
const std::string pool_keeper_ref{services::pool_keeper};

caf::error wrong_node(const control_call& call, const std::string& wanted) {
  return make_error(ec::not_found,
                    fmt::format("there is no node {}: this is {}, and it is of no cluster that has it",
                                wanted, call.desk->node));
}

caf::error refusal_of_work(const control_call& call) {
  return call.desk->hooks.refuse_work ? call.desk->hooks.refuse_work() : caf::error{};
}

// Does it here or has another node do it.
template <class In, class Out>
void serve_on(const control_call& call, const std::string& node, const In& in, reply_to<Out> reply) {
  if (node == call.desk->node)
    serve(call, in, std::move(reply));
  else
    forward<In, Out>(call, node, in, std::move(reply));
}

void find_fresh(const control_call& call, reply_to<ServiceList> reply) {
  FindServices question;
  question.set_fresh(true);
  ask_for(call, all_services, std::move(question), std::move(reply));
}

// What a fleet is to become.
struct fleet_wish {
  FleetSpec spec;
  uint32_t size = 0;
  Placement place;
  bool is_new = false; // it is all right if there is none
};

// Sizes of pools, of those that have to change.
using pool_sizes = std::map<std::string, uint32_t>;

void size_all(const control_call& call, Fleet fleet, const pool_sizes& wanted, reply_to<Fleet> reply) {
  struct progress {
    std::map<std::string, uint32_t> sizes;
    caf::error failed;
    size_t open;
  };
  auto so_far = std::make_shared<progress>();
  so_far->open = wanted.size() + 1;
  for (auto& pool : fleet.pools())
    so_far->sizes[pool.node()] = pool.size();
  auto arrived = [=] {
    if (--so_far->open > 0)
      return;
    if (so_far->failed)
      return reply(so_far->failed);
    auto done = fleet;
    done.clear_pools();
    done.set_size(0);
    for (auto& [node, size] : so_far->sizes)
      if (size > 0) {
        auto* pool = done.add_pools();
        pool->set_node(node);
        pool->set_size(size);
        done.set_size(done.size() + size);
      }
    reply(std::move(done));
  };
  for (auto& [node, size] : wanted) {
    SizePool change;
    change.set_node(node);
    *change.mutable_spec() = fleet.spec();
    change.set_size(size);
    serve_on<SizePool, Fleet>(call, node, change, [=, at = node](caf::expected<Fleet> done) {
      if (done)
        so_far->sizes[at] = done->size();
      else
        so_far->failed =
            make_error(code_of(done.error()), fmt::format("node {}: {}", at, text_of(done.error())));
      arrived();
    });
  }
  arrived();
}

void resize(const control_call& call, const fleet_wish& wish, Fleet now, reply_to<Fleet> reply) {
  pool_sizes sizes;
  for (auto& pool : now.pools())
    sizes[pool.node()] = pool.size();
  auto change_to = [=](const std::vector<std::string>& nodes, int by) {
    auto after = sizes;
    for (auto& node : nodes)
      after[node] = static_cast<uint32_t>(static_cast<int64_t>(after[node]) + by);
    pool_sizes changed;
    for (auto& node : nodes)
      changed[node] = after[node];
    size_all(call, now, changed, reply);
  };
  if (wish.size <= now.size())
    return change_to(shrink({now.pools().begin(), now.pools().end()}, now.size() - wish.size), -1);
  find_fresh(call, [=](const caf::expected<ServiceList>& known) {
    if (!known)
      return reply(known.error());
    auto candidates = candidates_of(*known, fleet_capability(wish.spec.name()));
    auto nodes = place(std::move(candidates), wish.place, wish.size - now.size());
    if (!nodes)
      return reply(nodes.error());
    change_to(*nodes, +1);
  });
}

void grow_or_shrink(const control_call& call, const fleet_wish& wish, reply_to<Fleet> reply) {
  if (auto refused = refusal_of_work(call))
    return reply(refused);
  if (wish.size > limits::fleet_agents)
    return reply(
        make_error(ec::invalid_argument, fmt::format("a fleet has at most {} agents", limits::fleet_agents)));
  reply_to<FleetList> found = [=](caf::expected<FleetList> all) {
    if (!all)
      return reply(std::move(all.error()));
    Fleet now;
    *now.mutable_spec() = wish.spec;
    for (auto& one : all->fleets())
      if (one.spec().name() == wish.spec.name())
        now = one;
    *now.mutable_silent() = all->silent();
    if (now.size() == 0 && !wish.is_new)
      return reply(
          make_error(ec::not_found, fmt::format("there is no fleet {}{}", wish.spec.name(),
                                                all->silent().empty() ? "" : ", as far as nodes answer")));
    if (wish.is_new && !equal(now.spec(), wish.spec))
      return reply(
          make_error(ec::already_exists,
                     fmt::format("the fleet {} has another behavior, other capabilities, slots or another "
                                 "scale; retire it first",
                                 wish.spec.name())));
    resize(call, wish, std::move(now), reply);
  };
  serve_anywhere<ListFleets, FleetList>(call, ListFleets{}, std::move(found));
}

} // namespace

void merge(const ListFleets&, FleetList& all, FleetList&& more) {
  std::map<std::string, Fleet> fleets;
  auto add = [&](const Fleet& one) {
    auto& fleet = fleets[one.spec().name()];
    if (!fleet.has_spec())
      *fleet.mutable_spec() = one.spec();
    fleet.mutable_pools()->MergeFrom(one.pools());
    fleet.set_size(fleet.size() + one.size());
  };
  std::for_each(all.fleets().begin(), all.fleets().end(), add);
  std::for_each(more.fleets().begin(), more.fleets().end(), add);
  all.clear_fleets();
  for (auto& [name, fleet] : fleets) {
    std::sort(fleet.mutable_pools()->begin(), fleet.mutable_pools()->end(),
              [](auto& a, auto& b) { return a.node() < b.node(); });
    *all.add_fleets() = std::move(fleet);
  }
}

void serve(const control_call& call, const FindServices& in, reply_to<ServiceList> reply) {
  ask_for(call, all_services, in, std::move(reply));
}

void serve(const control_call& call, const ReportServices& in, reply_to<ServiceReport> reply) {
  if (!in.node().empty() && in.node() != call.desk->node)
    return reply(wrong_node(call, in.node()));
  ask_for(call, all_services, in, std::move(reply));
}

void serve(const control_call& call, const HireAgent& in, reply_to<HiredAgent> reply) {
  if (auto refused = refusal_of_work(call))
    return reply(refused);
  if (in.node() == call.desk->node) {
    RegisterAgent hire;
    *hire.mutable_request() = in.request();
    auto hired = [node = in.node()](const AgentRecord& record) {
      HiredAgent answer;
      answer.set_node(node);
      *answer.mutable_record() = record;
      return answer;
    };
    return ask_for<AgentRecord>(call, std::string{services::registry}, std::move(hire), std::move(reply),
                                hired);
  }
  if (!in.node().empty())
    return reply(wrong_node(call, in.node()));
  find_fresh(call, [=](const caf::expected<ServiceList>& known) {
    if (!known)
      return reply(known.error());
    auto placed = in;
    for (auto& one : known->services()) // a repeat: where it is already
      if (!in.request().id().empty() && one.row().agent() == in.request().id())
        placed.set_node(one.node());
    if (placed.node().empty()) {
      auto chosen = place(candidates_of(*known), in.place(), 1);
      if (!chosen)
        return reply(chosen.error());
      placed.set_node(chosen->front());
    }
    serve_on<HireAgent, HiredAgent>(call, placed.node(), placed, reply);
  });
}

void serve(const control_call& call, const SpawnFleet& in, reply_to<Fleet> reply) {
  if (in.size() == 0)
    return reply(make_error(ec::invalid_argument, "a fleet has at least one agent"));
  fleet_wish wish;
  wish.spec.set_name(in.name());
  wish.spec.set_behavior(in.behavior());
  *wish.spec.mutable_capabilities() = in.capabilities();
  wish.spec.set_slots(in.slots());
  if (in.has_scale())
    *wish.spec.mutable_scale() = in.scale();
  wish.size = in.size();
  wish.place = in.place();
  wish.is_new = true;
  grow_or_shrink(call, wish, std::move(reply));
}

void serve(const control_call& call, const ScaleFleet& in, reply_to<Fleet> reply) {
  fleet_wish wish;
  wish.spec.set_name(in.name());
  wish.size = in.size();
  wish.place = in.place();
  grow_or_shrink(call, wish, std::move(reply));
}

void serve(const control_call& call, const ListFleets& in, reply_to<FleetList> reply) {
  ask_for(call, pool_keeper_ref, in, std::move(reply));
}

void serve(const control_call& call, const SizePool& in, reply_to<Fleet> reply) {
  if (!in.node().empty() && in.node() != call.desk->node)
    return reply(wrong_node(call, in.node()));
  if (auto refused = refusal_of_work(call))
    return reply(refused);
  ask_for(call, pool_keeper_ref, in, std::move(reply));
}

} // namespace troupe
