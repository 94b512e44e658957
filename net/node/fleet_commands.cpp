// FLEET COMMANDS: agents of all nodes, fleets, and goals that are split over them.

#include <charconv>
#include <fmt/format.h>
#include <troupe/net/node/command.hpp>
#include <troupe/net/node/files.hpp>
#include <troupe/net/node/views.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

caf::expected<int> find_agents(cli_session& at) {
  FindServices in;
  in.mutable_can()->Assign(at.said().can.begin(), at.said().can.end());
  in.set_all(at.said().all);
  return ask_and_show(at, [&](control_client& node) { return node.services(in); });
}

void fill_place(const cli_arguments& said, Placement& place) {
  place.set_how(said.place);
  place.mutable_near()->Assign(said.near.begin(), said.near.end());
  place.mutable_apart()->Assign(said.apart.begin(), said.apart.end());
}

caf::expected<int> spawn(cli_session& at) {
  auto& said = at.said();
  SpawnFleet in;
  in.set_name(said.id);
  in.set_behavior(said.behavior);
  in.set_size(said.size);
  in.mutable_capabilities()->Assign(said.can.begin(), said.can.end());
  in.set_slots(said.slots);
  if (said.ceiling > 0) {
    in.mutable_scale()->set_floor(said.floor);
    in.mutable_scale()->set_ceiling(said.ceiling);
  }
  fill_place(said, *in.mutable_place());
  return ask_and_show(at, [&](control_client& node) { return node.spawn_fleet(in); });
}

caf::expected<int> list_fleets(cli_session& at) {
  return ask_and_show(at, [](control_client& node) { return node.fleets(); });
}

caf::expected<int> resize_to(cli_session& at, uint32_t size) {
  ScaleFleet in;
  in.set_name(at.said().id);
  in.set_size(size);
  fill_place(at.said(), *in.mutable_place());
  return ask_and_show(at, [&](control_client& node) { return node.scale_fleet(in); });
}

caf::expected<int> scale(cli_session& at) {
  if (at.said().size == 0)
    return make_error(ec::invalid_argument, "a --size of at least 1; `troupe fleet retire` ends a fleet");
  return resize_to(at, at.said().size);
}

caf::expected<int> retire(cli_session& at) {
  return resize_to(at, 0);
}

caf::expected<int> distribute(cli_session& at) {
  auto& said = at.said();
  DistributeGoal in;
  if (!said.file.empty())
    if (auto failed = read_json_file(said.file, in))
      return failed;
  in.set_fleet(said.id);
  in.set_capability(said.capability);
  if (!said.name.empty())
    in.set_id(said.name);
  if (auto failed = add_fields(said.inputs, *in.mutable_inputs()))
    return failed;
  for (auto& one : said.items) {
    auto* field = in.add_items()->add_inputs();
    field->set_name(said.each.empty() ? "text" : said.each);
    field->set_value(one);
  }
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  auto set = (*node)->distribute_goal(in);
  if (!set)
    return std::move(set.error());
  at.show(*set, set->id() + "\n");
  at.hint("collect what comes of it: troupe fleet results " + set->id() + " --wait");
  return 0;
}

int exit_code(const GoalProgress& goal) {
  return goal.ended_ms() == 0 || goal.failed() == 0 ? 0 : info(ec::action_failed).exit_code;
}

// All pages; while it waits, each as it comes.
caf::expected<int> results(cli_session& at) {
  auto node = at.node();
  if (!node)
    return std::move(node.error());
  CollectResults in;
  in.set_id(at.said().id);
  GoalProgress all;
  if (at.said().wait && at.said().timeout_s == 0)
    (*node)->set_patience(limits::door_wait + limits::door_timeout);
  for (auto more = true; more;) {
    auto page = (*node)->collect_results(in);
    if (!page && code_of(page.error()) == ec::timeout && at.said().timeout_s == 0)
      continue; // the node gave up first; it is asked again
    if (!page)
      return std::move(page.error());
    in.set_after(page->next());
    auto ended = page->ended_ms() > 0;
    more = page->next() < page->ended() || (at.said().wait && !ended);
    in.set_wait(at.said().wait && !ended);
    auto so_far = std::move(*all.mutable_results());
    all = std::move(*page);
    so_far.MergeFrom(all.results());
    *all.mutable_results() = std::move(so_far);
    at.progress(more ? fmt::format("{} of {} have ended", all.ended(), all.items()) : std::string{});
  }
  at.show(all, show(all, at.how()));
  return exit_code(all);
}

caf::expected<int> cancel_goal(cli_session& at) {
  CancelGoal in;
  in.set_id(at.said().id);
  in.set_reason(at.said().reason);
  return tell(at, "is cancelled", [&](control_client& node) { return node.cancel_goal(in); });
}

text_cell state_of(const ServiceNode& node) {
  auto good = node.state() == "this node" || node.state() == "passing";
  return {printable(node.state()), good ? text_tone::good : text_tone::bad};
}

std::string pools_of_fleet(const Fleet& fleet) {
  std::string text;
  for (auto& pool : fleet.pools())
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", printable(pool.node()), pool.size());
  return text;
}

std::string scale_text(const PoolScale& scale) {
  return scale.ceiling() == 0 ? std::string{}
                              : fmt::format("{} to {} a node", std::max(1u, scale.floor()), scale.ceiling());
}

std::string without(const google::protobuf::RepeatedPtrField<std::string>& silent) {
  return silent.empty() ? std::string{}
                        : fmt::format("without what is at {}, which did not answer: troupe cluster members\n",
                                      fmt::join(silent, ", "));
}

} // namespace

std::string show(const ServiceList& list, const text_look& how) {
  text_table nodes{{"NODE", "STATE", "AGENTS", "QUEUED", "RUNNING", "HEARD"}};
  for (auto& one : list.nodes())
    nodes.add({printable(one.node()), state_of(one), std::to_string(one.agents()),
               std::to_string(one.queued()), std::to_string(one.running()), short_time(one.heard_ms(), how)});
  text_table agents{{"AGENT", "NODE", "FREE", "SUCCEED", "CAPABILITIES"}};
  for (auto& one : list.services())
    agents.add({{printable(one.row().agent()), one.row().passing() ? text_tone::plain : text_tone::bad},
                printable(one.node()),
                fmt::format("{}/{}", one.row().free(), one.row().slots()),
                fmt::format("{:.0f}%", one.row().success_rate() * 100),
                printable(fmt::format("{}", fmt::join(one.row().capabilities(), ", ")))});
  auto found = list.services().empty() ? std::string{"no agent that passes can do this\n"} : agents.show(how);
  return nodes.show(how) + "\n" + found;
}

std::string show(const Fleet& fleet, const text_look& how) {
  text_table facts{{}};
  facts.add_fact("fleet", printable(fleet.spec().name()));
  facts.add_fact("behavior", printable(fleet.spec().behavior()));
  facts.add_fact("agents", std::to_string(fleet.size()));
  facts.add_fact("at", pools_of_fleet(fleet));
  facts.add_fact("scales", scale_text(fleet.spec().scale()));
  return facts.show(how) + without(fleet.silent());
}

std::string show(const FleetList& list, const text_look& how) {
  if (list.fleets().empty())
    return "no fleets\n" + without(list.silent());
  text_table rows{{"FLEET", "BEHAVIOR", "AGENTS", "AT", "SCALES"}};
  for (auto& one : list.fleets())
    rows.add({printable(one.spec().name()), printable(one.spec().behavior()), std::to_string(one.size()),
              pools_of_fleet(one), scale_text(one.spec().scale())});
  return rows.show(how) + without(list.silent());
}

std::string show(const GoalProgress& goal, const text_look& how) {
  auto head =
      fmt::format("{}: {} of {} have ended, {} of them failed{}\n", printable(goal.id()), goal.ended(),
                  goal.items(), goal.failed(), goal.cancelled() ? "; it was cancelled" : "");
  if (goal.results().empty())
    return head;
  text_table rows{{"ITEM", "NODE", "ENDED", "RESULT"}};
  for (auto& one : goal.results()) {
    auto failed = one.outcome().has_failure();
    auto text = printable(failed ? one.outcome().failure().text() : one.outcome().text());
    rows.add({std::to_string(one.item() + 1),
              printable(one.node()),
              short_time(one.ended_ms(), how),
              {text + (one.cut() ? " ..." : ""), failed ? text_tone::bad : text_tone::plain}});
  }
  return head + "\n" + rows.show(how);
}

std::vector<cli_command> fleet_commands() {
  const cli_option name{"NAME", &cli_arguments::id, "Name of the fleet", true},
      place{"--place", &cli_arguments::place, "least-load, spread or pack"},
      near{"--near", &cli_arguments::near,
           "Only at nodes that have this agent or capability; may be repeated"},
      apart{"--apart", &cli_arguments::apart, "Only at nodes that have it not; may be repeated"};
  return {
      {"agents find",
       "Agents of all nodes that pass their health checks",
       {{"--can", &cli_arguments::can, "Only those with this capability; may be repeated"},
        {"--all", &cli_arguments::all, "Those that do not pass too"}},
       find_agents,
       "troupe cluster members"},
      {"fleet spawn",
       "Agents by the dozen, over all nodes",
       {name,
        {"BEHAVIOR", &cli_arguments::behavior, "What they are", true},
        {"--size", &cli_arguments::size, "How many, of all nodes", true},
        {"--can", &cli_arguments::can, "Capability, instead of those of the behavior; may be repeated"},
        {"--slots", &cli_arguments::slots, "Tasks that one of them does at a time"},
        {"--floor", &cli_arguments::floor, "Agents of a node, at least, when they follow their tasks"},
        {"--ceiling", &cli_arguments::ceiling, "And at most; without it their number stays"},
        place,
        near,
        apart},
       spawn,
       "troupe fleet list"},
      {"fleet list", "Fleets, and where their agents are", {}, list_fleets},
      {"fleet scale",
       "Another number of agents",
       {name, {"--size", &cli_arguments::size, "How many, of all nodes", true}, place, near, apart},
       scale,
       "troupe fleet list"},
      {"fleet retire", "End a fleet: its agents get no more tasks", {name}, retire, "troupe fleet list"},
      {"fleet goal",
       "Split work over a fleet: one task for each item, or for each agent",
       {name,
        {"CAPABILITY", &cli_arguments::capability, "What is to be done", true},
        {"--id", &cli_arguments::name, "Its id; the same again begins nothing twice"},
        {"--input", &cli_arguments::inputs,
         "name=value, name=@file or name=-, for every item; may be repeated"},
        {"--item", &cli_arguments::items, "What one task gets in the input of --each; may be repeated"},
        {"--each", &cli_arguments::each, "Name of that input; text if nothing is said"},
        {"--file", &cli_arguments::file, "DistributeGoal in JSON, for items with many inputs"}},
       distribute,
       "troupe fleet list"},
      {"fleet results",
       "What has come of a goal; exit 1 if all has ended and something failed",
       {{"GOAL", &cli_arguments::id, "Its id", true},
        {"--wait", &cli_arguments::wait, "Until all has ended"}},
       results,
       "troupe fleet list"},
      {"fleet cancel",
       "Cancel what has not ended of a goal",
       {{"GOAL", &cli_arguments::id, "Its id", true},
        {"--reason", &cli_arguments::reason, "Why, for its history"}},
       cancel_goal,
       "troupe fleet list"},
  };
}

} // namespace troupe
