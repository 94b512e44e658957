// Every bound of a cluster whose shards move by themselves, with its unit and its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace troupe::limits {

using namespace std::chrono_literals;

/// A lease that is not renewed ends so long after: an etcd without a leader answers again after 2.2 s (measured), and a member that has died
/// is to be replaced soon.
inline constexpr std::chrono::milliseconds lease = 5s;

/// How often it is renewed: two of three may get lost.
inline constexpr std::chrono::milliseconds lease_renewal = lease / 3;

/// A member stops so long before its lease ends at the earliest: clocks run at different speeds, and stopping takes time.
inline constexpr std::chrono::milliseconds lease_slack = 1s;

/// The longest a coordinator's answer is waited for.
inline constexpr std::chrono::milliseconds coordinator_patience = 2s;

/// Shards that a node takes over, or gives up, at the same time: a planned move keeps what lives there waiting, not all at once.
inline constexpr size_t shards_moving = 16;

/// How often a node looks at its lease and at what is due. It stops so long before its lease ceases to be sure, for the next look would come
/// too late.
inline constexpr std::chrono::milliseconds tenure_tick = 250ms;

/// A claim, a release, an epoch or a closing that nothing has come of is tried again after this.
inline constexpr std::chrono::milliseconds tenure_retry = 1s;

/// A shard that moves as planned and still has somebody awake after this is closed at once: its new owner waits.
inline constexpr std::chrono::milliseconds shard_closing = 10s;

/// Answers of the shard host to a closing are waited for so long; then it is asked again.
inline constexpr std::chrono::milliseconds shard_host_patience = 15s;

} // namespace troupe::limits
