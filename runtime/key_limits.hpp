// Every bound of a key ring that several nodes change, with its unit and its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace troupe::limits {

using namespace std::chrono_literals;

/// A change of the ring that others were faster with is done again so often: tenants get their keys once in their lives.
inline constexpr size_t key_ring_tries = 64;

/// How often a node looks whether others have changed the ring: so long may it serve a tenant whose keys another node has destroyed.
inline constexpr std::chrono::milliseconds key_ring_look = 1s;

} // namespace troupe::limits
