// Every bound of fleets and of the service registry, with its unit and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::limits {

using namespace std::chrono_literals;

/// How often a node asks every other one how its agents are (row P2).
inline constexpr std::chrono::milliseconds health_check = 10s;

/// How long the answer may take: longer than a busy node needs, shorter than the pause between two checks. A node that does not answer
/// is silent, and its agents are gone.
inline constexpr std::chrono::milliseconds health_answer = 2s;

/// How often it is looked whether a check is due: a member that is reachable again is asked within this time.
inline constexpr std::chrono::milliseconds health_tick = 1s;

/// Agents that left which a node still tells of, each by its id: who has missed more of them is told everything.
inline constexpr size_t gone_services = 1000;

/// Agents of one fleet: five times what three nodes are measured with. Above, ec::invalid_argument.
inline constexpr uint32_t fleet_agents = 25'000;

/// Agents of a fleet that a node hires or retires at the same time: each is a synced write, and others write too.
inline constexpr size_t pool_changes = 64;

/// Items of one goal: each is a task with a log of its own, and all of them are in one event. Above, ec::invalid_argument.
inline constexpr size_t goal_items = 10'000;

/// Text of a result that a goal keeps, bytes: a number or a sentence for each of its items; the task has all of it.
inline constexpr size_t goal_result_bytes = 1024;

/// Results of one answer.
inline constexpr size_t goal_results = 100;
inline constexpr size_t goal_results_most = 1000;

/// Names that are tried to have a task belong to one node of limits::link_members: one in 2^60 goals finds none.
inline constexpr unsigned task_names_tried = 1000;

/// How often pools are looked at that follow their tasks.
inline constexpr std::chrono::milliseconds pool_look = 1s;

/// What a pool's scale means where it says nothing: it grows when a task per slot has waited for the time of some tasks, and shrinks when half of
/// it has been idle for longer than a pause between two goals.
inline constexpr double pool_up_at = 1;
inline constexpr std::chrono::milliseconds pool_up_after = 10s;
inline constexpr double pool_down_at = 0.5;
inline constexpr std::chrono::milliseconds pool_down_after = 2min;
inline constexpr std::chrono::milliseconds pool_cooldown = 30s;

/// By so much a pool grows at a time, at most: a wave of tasks doubles it three times in two minutes, and a mistake costs little.
inline constexpr double pool_growth = 2;

} // namespace troupe::limits
