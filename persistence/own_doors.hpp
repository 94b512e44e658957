// OWN DOORS: where the rows of an entity are, on a node that shares a store and has one of its own beside it.
#pragma once

#include <string>
#include <string_view>
#include <troupe/persistence/doors.hpp>

namespace troupe {

namespace services {
/// The shard host of what is in the own store, if there is one.
inline constexpr std::string_view own_shard_host = "system/service/own_shard_host";
} // namespace services

/// The doors to entities of a kind: doors::own for those that stay with their node, if it has them; else `outside`.
const doors& doors_of(const doors& outside, std::string_view kind);

/// The ref of the shard host that has entities of a kind.
std::string host_of(const doors& outside, std::string_view kind);

} // namespace troupe
