// Every bound of the task queue, with its unit and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::limits {

using namespace std::chrono_literals;

/// Different needs of tasks for which the scheduler remembers who can meet them: far more than behaviors.
inline constexpr size_t known_queries = 1024;

/// How often the scheduler asks agents at work whether they are there, and how many of these questions an agent may leave
/// unanswered before its tasks go to others, unless the configuration says otherwise: no handler holds its thread so long.
inline constexpr std::chrono::milliseconds agent_heartbeat = 5s;
inline constexpr uint32_t heartbeats_missed = 3;

/// Rates of tasks in the configuration: a line of it is read by a person. And a rate, tasks per second.
inline constexpr size_t task_rates = 100;
inline constexpr double task_rate = 1e6;

/// Buckets of rates by key, one per tenant and key in use; above, those that are full are forgotten.
inline constexpr size_t rate_buckets = 4096;

/// What is recorded of a task goes along with the call for an agent up to this size; for more the agent asks when it begins.
inline constexpr size_t call_state_bytes = 4096;

/// The shortest wait for the next task that a rate grants: bounds how often the scheduler looks.
inline constexpr std::chrono::milliseconds rate_tick = 10ms;

/// Commands to runs that one batch has open at a time: others get their turn beside it.
inline constexpr int batch_at_once = 16;

} // namespace troupe::limits
