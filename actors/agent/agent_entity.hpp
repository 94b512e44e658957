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
  static constexpr uint16_t version = 2; // 1 counted each task by an event of its own
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
  /// Tasks have ended here; nothing if nobody is registered.
  decision decide(const CountTasks& cmd, int64_t now_ms) const {
    std::vector<event> events;
    if (exists()) {
      auto* counted = events.emplace_back().mutable_tasks_counted();
      counted->set_completed(cmd.completed());
      counted->set_failed(cmd.failed());
      counted->set_total_ms(cmd.total_ms());
      counted->set_time_ms(now_ms);
      *counted->mutable_capabilities() = cmd.capabilities();
    }
    return events;
  }

  /// What happened.
  void apply(const event& happened) {
    switch (happened.kind_case()) {
    case AgentEvent::kRegistered:
      record.Clear();
      *record.mutable_request() = happened.registered().request();
      record.set_id(happened.registered().request().id());
      record.mutable_metadata()->set_created_ms(happened.registered().time_ms());
      record.mutable_metadata()->set_success_rate(1);
      break;
    case AgentEvent::kStatusSet:
      record.set_status(happened.status_set().status());
      break;
    case AgentEvent::kTaskCounted: {
      auto& counted = happened.task_counted();
      count(counted.ok() ? 1 : 0, counted.ok() ? 0 : 1, counted.duration_ms(), counted.time_ms());
      if (counted.ok())
        specialise(counted.capabilities());
      break;
    }
    case AgentEvent::kTasksCounted: {
      auto& counted = happened.tasks_counted();
      count(counted.completed(), counted.failed(), counted.total_ms(), counted.time_ms());
      specialise(counted.capabilities());
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

  /// Tasks have ended, `total_ms` after they began, the last at `time_ms`.
  void count(uint32_t completed, uint32_t failed, int64_t total_ms, int64_t time_ms) {
    auto* metadata = record.mutable_metadata();
    auto before = static_cast<double>(metadata->completed() + metadata->failed());
    auto n = before + completed + failed;
    metadata->set_completed(metadata->completed() + completed);
    metadata->set_failed(metadata->failed() + failed);
    metadata->set_success_rate(static_cast<double>(metadata->completed()) / n);
    metadata->set_average_response_ms(
        (metadata->average_response_ms() * before + static_cast<double>(total_ms)) / n);
    metadata->set_last_active_ms(time_ms);
  }

  /// It has completed tasks for these capabilities.
  void specialise(const google::protobuf::RepeatedPtrField<std::string>& capabilities) {
    auto* all = record.mutable_metadata()->mutable_specialisations();
    for (auto& capability : capabilities)
      if (!std::binary_search(all->begin(), all->end(), capability)) {
        *all->Add() = capability;
        std::sort(all->begin(), all->end());
      }
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
