// NODE VIEWS: the node, its tree, its agents.

#include <fmt/format.h>
#include <troupe/net/node/views.hpp>

namespace troupe {
namespace {

std::string plural(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

text_cell state_of(AgentStatus status) {
  switch (status) {
  case AGENT_IDLE:
    return {"idle", text_tone::good};
  case AGENT_BUSY:
    return {"busy", text_tone::busy};
  case AGENT_ERROR:
    return {"error", text_tone::bad};
  case AGENT_OFFLINE:
    return {"offline", text_tone::faint};
  default:
    return {"unknown", text_tone::warning};
  }
}

template <class Texts>
std::string joined(const Texts& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

text_tone tone_of_state(std::string_view state) {
  return state == "running"                       ? text_tone::good
         : state == "stuck" || state == "stopped" ? text_tone::bad
                                                  : text_tone::warning;
}

text_tree branch_of(const TreeNode& node, const text_look& how) {
  text_tree shown;
  shown.text = printable(node.id());
  if (!node.state().empty())
    shown.text += " " + paint(printable(node.state()), tone_of_state(node.state()), how);
  std::string more = printable(node.strategy());
  auto add = [&](const std::string& part) { more += (more.empty() ? "" : ", ") + part; };
  if (node.restarts() > 0)
    add(plural(node.restarts(), "restart"));
  if (node.mailbox() > 0)
    add(plural(node.mailbox(), "message") + " waiting");
  if (!node.last_failure().empty())
    add("last failure: " + printable(node.last_failure()));
  if (!more.empty())
    shown.text += " " + paint("(" + more + ")", text_tone::faint, how);
  for (auto& child : node.children())
    shown.below.push_back(branch_of(child, how));
  return shown;
}

// Who makes no progress, since when, and with what.
std::string plight_of(const StuckActor& one) {
  auto since = human_duration(one.for_ms());
  auto what = one.handling() ? fmt::format("handles {} for {}", one.message(), since)
                             : fmt::format("has not answered for {}", since);
  if (one.mailbox() > 0)
    what += ", " + plural(one.mailbox(), "message") + " waiting";
  return printable(fmt::format("{} {}", one.ref().empty() ? one.path() : one.ref(), what));
}

} // namespace

std::string show(const NodeStatus& status, const text_look& how) {
  text_table facts{{}};
  facts.add({"node", fmt::format("{}, troupe {}", status.node(), status.version())});
  facts.add({"up", fmt::format("{}, since {}", human_duration(status.now_ms() - status.started_ms()),
                               short_time(status.started_ms(), how))});
  facts.add({"store", fmt::format("{}, generation {}", status.store(), status.store_generation())});
  if (!status.store_trouble().empty())
    facts.add({"trouble", {printable(status.store_trouble()), text_tone::bad}});
  facts.add({"agents", std::to_string(status.agents())});
  facts.add({"tasks", fmt::format("{} running, {} queued", status.tasks_running(), status.tasks_queued())});
  facts.add({"runs", fmt::format("{} running", status.runs_running())});
  facts.add({"entities", fmt::format("{} awake", status.entities_awake())});
  if (status.dead_letters() > 0)
    facts.add(
        {"dead", {plural(status.dead_letters(), "dead letter") + ": troupe dlq list", text_tone::warning}});
  if (status.notes_dropped() > 0)
    facts.add({"dropped",
               {plural(status.notes_dropped(), "note") + " to services that were away", text_tone::warning}});
  if (status.silent_size() > 0)
    facts.add({"silent", {joined(status.silent()) + ": troupe tree", text_tone::bad}});
  for (auto& one : status.stuck())
    facts.add({"stuck", {plight_of(one), text_tone::bad}});
  if (status.has_backup())
    facts.add({"backup", backup_health(status.backup(), how)});
  return facts.show(how);
}

std::string show(const TreeNode& tree, const text_look& how) {
  return draw(branch_of(tree, how));
}

std::string show(const AgentList& list, const text_look& how) {
  if (list.agents_size() == 0)
    return "no agents\n";
  text_table rows{{"ID", "STATUS", "CAPABILITIES", "DONE", "FAILED", "LAST ACTIVE"}};
  for (auto& agent : list.agents())
    rows.add({agent.id(),
              agent.unregistered() ? text_cell{"retired", text_tone::faint} : state_of(agent.status()),
              joined(agent.request().capabilities()), std::to_string(agent.metadata().completed()),
              std::to_string(agent.metadata().failed()), short_time(agent.metadata().last_active_ms(), how)});
  return rows.show(how);
}

std::string show(const AgentRecord& agent, const text_look& how) {
  auto& wish = agent.request();
  auto& past = agent.metadata();
  text_table facts{{}};
  facts.add_fact("agent", agent.id());
  facts.add(
      {"status", agent.unregistered() ? text_cell{"retired", text_tone::faint} : state_of(agent.status())});
  facts.add_fact("name", wish.name());
  facts.add_fact("description", wish.description());
  facts.add_fact("domain", wish.domain());
  facts.add_fact("behavior",
                 wish.behavior() + (wish.behavior_version().empty() ? "" : " " + wish.behavior_version()));
  facts.add_fact("capabilities", joined(wish.capabilities()));
  facts.add_fact("specialised", joined(past.specialisations()));
  facts.add_fact("parent", wish.parent());
  facts.add_fact("constraints", joined(wish.constraints()));
  facts.add_fact("at a time",
                 wish.config().max_concurrent() == 0 ? "" : plural(wish.config().max_concurrent(), "task"));
  facts.add_fact("tasks", fmt::format("{} completed, {} failed, {:.0f}% succeed", past.completed(),
                                      past.failed(), past.success_rate() * 100));
  facts.add_fact("takes",
                 past.completed() + past.failed() == 0
                     ? ""
                     : human_duration(static_cast<int64_t>(past.average_response_ms())) + " on average");
  facts.add_fact("created", short_time(past.created_ms(), how));
  facts.add_fact("last active", short_time(past.last_active_ms(), how));
  return facts.show(how);
}

} // namespace troupe
