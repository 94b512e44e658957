// AGENT ENTITY: an agent's record, event-sourced.
#pragma once

#include <algorithm>
#include <caf/expected.hpp>
#include <string>
#include <troupe/persistence/effects.hpp>
#include <troupe/runtime/directory.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/agent.pb.h>
#include <vector>

namespace troupe {

/// What an agent's log holds: who it is and how its tasks have ended. Commands and their errors: runtime/interface/agent.hpp.
struct agent_entity {
  static inline const char* name = "agent";
  using event = AgentEvent;
  static constexpr uint16_t version = 1;
  using decision = caf::expected<std::vector<event>>;

  AgentRecord record;

  bool exists() const {
    return !record.id().empty() && !record.unregistered();
  }
  /// ec::not_found, by its id.
  caf::error missing(const std::string& id) const {
    return make_error(ec::not_found, "there is no agent '" + id + "'");
  }

  /// Begins it; the same request again decides nothing. Errors: ec::already_exists.
  decision decide(const RegisterAgent& cmd, int64_t now_ms) const {
    std::vector<event> events;
    if (exists() && equal(cmd.request(), record.request()))
      return events;
    if (exists())
      return make_error(ec::already_exists, "agent '" + record.id() + "' exists with another request");
    auto* registered = events.emplace_back().mutable_registered();
    *registered->mutable_request() = cmd.request();
    registered->set_time_ms(now_ms);
    return events;
  }
  /// Retires it. Errors: ec::not_found.
  decision decide(const UnregisterAgent& cmd, int64_t now_ms) const {
    if (!exists())
      return missing(cmd.id());
    std::vector<event> events(1);
    events[0].mutable_unregistered()->set_time_ms(now_ms);
    return events;
  }
  /// Errors: ec::not_found.
  decision decide(const SetAgentStatus& cmd, int64_t now_ms) const {
    if (!exists())
      return missing(cmd.id());
    std::vector<event> events;
    if (cmd.status() != record.status()) {
      events.emplace_back().mutable_status_set()->set_status(cmd.status());
      events[0].mutable_status_set()->set_time_ms(now_ms);
    }
    return events;
  }
  /// One more task has ended here; nothing if nobody is registered.
  decision decide(const CountTask& cmd, int64_t now_ms) const {
    std::vector<event> events;
    if (exists()) {
      auto* counted = events.emplace_back().mutable_task_counted();
      counted->set_ok(cmd.ok());
      counted->set_duration_ms(cmd.duration_ms());
      counted->set_time_ms(now_ms);
      *counted->mutable_capabilities() = cmd.capabilities();
    }
    return events;
  }

  /// What happened.
  void apply(const event& happened) {
    auto* metadata = record.mutable_metadata();
    switch (happened.kind_case()) {
    case AgentEvent::kRegistered:
      record.Clear();
      metadata = record.mutable_metadata();
      *record.mutable_request() = happened.registered().request();
      record.set_id(happened.registered().request().id());
      metadata->set_created_ms(happened.registered().time_ms());
      metadata->set_success_rate(1);
      break;
    case AgentEvent::kStatusSet:
      record.set_status(happened.status_set().status());
      break;
    case AgentEvent::kTaskCounted: {
      auto& counted = happened.task_counted();
      metadata->set_completed(metadata->completed() + (counted.ok() ? 1 : 0));
      metadata->set_failed(metadata->failed() + (counted.ok() ? 0 : 1));
      auto n = static_cast<double>(metadata->completed() + metadata->failed());
      metadata->set_success_rate(static_cast<double>(metadata->completed()) / n);
      metadata->set_average_response_ms(
          metadata->average_response_ms() +
          (static_cast<double>(counted.duration_ms()) - metadata->average_response_ms()) / n);
      metadata->set_last_active_ms(counted.time_ms());
      if (counted.ok())
        for (auto& capability : counted.capabilities())
          specialise(capability);
      break;
    }
    case AgentEvent::kUnregistered:
      record.set_unregistered(true);
      record.set_status(AGENT_OFFLINE);
      break;
    case AgentEvent::KIND_NOT_SET:
      break;
    }
  }

  /// It has completed a task for this capability.
  void specialise(const std::string& capability) {
    auto* all = record.mutable_metadata()->mutable_specialisations();
    auto i = std::lower_bound(all->begin(), all->end(), capability);
    if (i != all->end() && *i == capability)
      return;
    *all->Add() = capability;
    std::sort(all->begin(), all->end());
  }

  /// Its index row, and the registry hears of it.
  void bring_about(const event& happened, effects& out) const {
    if (happened.has_unregistered())
      out.erase(index_table::agents, "record");
    else
      out.put(index_table::agents, "record", record);
    AgentChanged changed;
    *changed.mutable_record() = record;
    out.tell(std::string{services::registry}, std::move(changed));
  }

  /// Each of these is answered with the record.
  AgentRecord reply(const RegisterAgent&) const {
    return record;
  }
  AgentRecord reply(const UnregisterAgent&) const {
    return record;
  }
  AgentRecord reply(const SetAgentStatus&) const {
    return record;
  }
  /// Snapshots.
  AgentState save() const {
    AgentState state;
    *state.mutable_record() = record;
    return state;
  }
  /// Takes one; every one can be read.
  bool load(const AgentState& saved) {
    record = saved.record();
    return true;
  }
};

} // namespace troupe
