// REGISTRY: who exists, can what, how well.
// Invariant: it says what the agents' logs say, as of the last AgentChanged; the logs decide, the registry only remembers. An agent
// that does not answer, or whose work is done by somebody who is not there, is shown as offline as long as that lasts.

#include <algorithm>
#include <map>
#include <set>
#include <troupe/actors/agent/capability.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/persistence/own_doors.hpp>
#include <troupe/runtime/interface/agent.hpp>
#include <troupe/runtime/proto/health.pb.h>

namespace troupe {
namespace {

std::string_view word(AgentStatus status) {
  constexpr std::array<std::string_view, 4> words{"idle", "busy", "error", "offline"};
  auto place = static_cast<size_t>(status);
  return place < words.size() ? words[place] : "unknown"; // protobuf lets any number pass
}

struct registry_state {
  static inline const char* name = "registry";
  doors_ptr doors;
  std::shared_ptr<const agent_parts> parts;
  capability_index index;
  std::set<std::string> silent;
  std::map<std::string, AgentStatus> hidden; // what the logs of those say that are shown as offline

  void put(AgentRecord record) {
    if (record.unregistered())
      silent.erase(record.id());
    hide(record);
    count(record.id(), -1);
    index.put(record);
    count(record.id(), +1);
    AgentChanged changed;
    *changed.mutable_record() = std::move(record);
    doors->names->tell(std::string{services::scheduler}, std::move(changed));
  }
  void hide(AgentRecord& record) {
    auto is_there = !parts->is_there || parts->is_there(record.request());
    if (record.unregistered() || (is_there && silent.count(record.id()) == 0)) {
      hidden.erase(record.id());
      return;
    }
    hidden[record.id()] = record.status();
    record.set_status(AGENT_OFFLINE);
  }
  // It is shown as it stands now.
  void look_again(const std::string& id) {
    auto* known = index.get(id);
    if (!known)
      return;
    auto record = *known;
    if (auto i = hidden.find(id); i != hidden.end())
      record.set_status(i->second);
    put(std::move(record));
  }
  void fall_silent(const std::string& id) {
    if (index.get(id) && silent.insert(id).second)
      look_again(id);
  }
  void speak(const std::string& id) {
    silent.erase(id);
    look_again(id);
  }
  void forget_silence() {
    silent.clear();
    for (auto& [id, status] : std::map{hidden})
      look_again(id);
  }
  void hide_absent() {
    std::vector<AgentRecord> absent;
    for (auto& [id, known] : index.all()) {
      auto record = known;
      hide(record);
      if (hidden.count(id) > 0)
        absent.push_back(std::move(record));
    }
    for (auto& record : absent)
      index.put(record);
  }
  void count(const std::string& id, double by) const {
    if (auto* known = index.get(id))
      doors->meters.agents.with({word(known->status())}).add(by);
  }
  void count_all() const {
    for (auto status : {AGENT_IDLE, AGENT_BUSY, AGENT_ERROR, AGENT_OFFLINE})
      doors->meters.agents.with({word(status)}).record(0); // another registry may have counted before
    for (auto& [id, record] : index.all())
      count(id, +1);
  }

  caf::expected<AgentRecord> find(const std::string& id) const {
    if (auto* record = index.get(id))
      return *record;
    return make_error(ec::not_found, "there is no agent '" + id + "'; see `troupe agents list`");
  }
};

// The end of a new agent's id; the same command repeated gives the same.
std::string id_suffix(const doors& outside, const std::string& command_id) {
  auto id = command_id.empty() ? outside.ids->next(outside.time->now_ms()) : command_id;
  return id.substr(id.size() - std::min<size_t>(id.size(), 8)); // the random end
}

// Who is at work now is known to the scheduler, which has all records too.
template <class Answer, class Self, class Question>
caf::result<Answer> who_is_free(Self* self, const Question& cmd) {
  return self->state.doors->names->template delegate<Answer>(self, std::string{services::scheduler}, cmd);
}

agent_registry_actor::behavior_type registry(agent_registry_actor::stateful_pointer<registry_state> self,
                                             doors_ptr doors, std::shared_ptr<const agent_parts> parts) {
  house_rules(self);
  self->state.doors = doors;
  self->state.parts = parts;
  if (auto failed = load_agents(*doors_of(*doors, "agent").rows, self->state.index)) {
    self->quit(failed);
    return agent_registry_actor::behavior_type::make_empty_behavior();
  }
  self->state.hide_absent();
  self->state.count_all();
  for (auto& [id, record] :
       self->state.index.all()) { // the scheduler may have missed what this one's predecessor did
    AgentChanged changed;
    *changed.mutable_record() = record;
    doors->names->tell(std::string{services::scheduler}, std::move(changed));
  }
  return {
      [=](RegisterAgent& cmd) -> caf::result<AgentRecord> {
        auto& request = *cmd.mutable_request();
        if (auto known = parts->behaviors.make(request.behavior()); !known)
          return known.error();
        if (request.id().empty())
          request.set_id((request.domain().empty() ? request.behavior() : request.domain()) + "_" +
                         id_suffix(*doors, cmd.context().command_id()));
        if (request.capabilities().empty())
          return make_error(ec::invalid_argument,
                            "agent '" + request.id() + "' must have at least one capability");
        if (auto name = parse_ref(agent_ref(request.id())); !name)
          return name.error();
        return doors->names->delegate<AgentRecord>(self, agent_ref(request.id()), std::move(cmd));
      },
      [=](const UnregisterAgent& cmd) -> caf::result<AgentRecord> {
        if (auto known = self->state.find(cmd.id()); !known)
          return known.error();
        return doors->names->delegate<AgentRecord>(self, agent_ref(cmd.id()), cmd);
      },
      [=](const SetAgentStatus& cmd) -> caf::result<AgentRecord> {
        if (auto known = self->state.find(cmd.id()); !known)
          return known.error();
        return doors->names->delegate<AgentRecord>(self, agent_ref(cmd.id()), cmd);
      },
      [=](const GetAgent& cmd) -> caf::result<AgentRecord> {
        auto found = self->state.find(cmd.id());
        if (!found)
          return found.error();
        return std::move(*found);
      },
      [=](const ListAgents& cmd) {
        AgentList list;
        for (auto& [id, record] : self->state.index.all())
          if (!cmd.only_children() || record.request().parent() == cmd.parent())
            *list.add_agents() = record;
        return list;
      },
      [=](const FindByCapabilities& cmd) { return who_is_free<AgentMatches>(self, cmd); },
      [=](const FindBest& cmd) { return who_is_free<AgentMatch>(self, cmd); },
      [=](const GetRegistryStats& cmd) { return who_is_free<RegistryStats>(self, cmd); },
      [=](const AgentChanged& changed) { self->state.put(changed.record()); },
      [=](const AgentSilent& heard) {
        if (heard.id().empty())
          self->state.forget_silence();
        else if (heard.silent())
          self->state.fall_silent(heard.id());
        else
          self->state.speak(heard.id());
      },
  };
}

} // namespace

std::string agent_ref(const std::string& id) {
  return "default/agent/" + id;
}

agent_registry_actor spawn_agent_registry(caf::scheduled_actor* parent, doors_ptr doors,
                                          std::shared_ptr<const agent_parts> parts) {
  return spawn_observed(parent, doors->board, registry, doors, std::move(parts));
}

} // namespace troupe
