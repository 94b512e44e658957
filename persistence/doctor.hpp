// DOCTOR: looks at every row of a store and tells what is wrong, what it means and what helps.
#pragma once

#include <caf/expected.hpp>
#include <troupe/persistence/event_sourced.hpp>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/proto/net.pb.h>
#include <vector>

namespace troupe {

/// Reads all events, names, snapshots and rows of a store that nobody else uses, and checks that
///   - the events of an entity are numbered from 1 without a gap, readable, and their last append is whole;
///   - gsn and time grow within each entity and stay below what the journal's own row says;
///   - every entity has a name, and the name hashes to it;
///   - every snapshot holds the state that its events give up to there;
///   - index and timer rows are those the events bring about, no more and no fewer;
///   - every object that an event or snapshot refers to is there and what it was, and counted as often as it is referred to.
/// Entities of a kind that is none of `kinds` are checked as far as that goes without their kind, and told of. With `repair`,
/// index and timer rows and counts are made anew and snapshots that do not fit are dropped; events are never changed. Holds the rows and
/// snapshots of one shard in memory. Errors: what reading gives but ec::corrupt (which is a finding), what writing gives.
caf::expected<StoreHealth> check_rows(store& rows, const std::vector<entity_kind>& kinds, bool repair,
                                      const object_store* objects = nullptr);

/// What is wrong where, and what helps.
StoreFinding finding(std::string place, std::string meaning, std::string_view remedy, bool damage);

/// Adds a finding, unless there are limits::doctor_findings already; damage that is not repaired makes the store unsound.
void add_finding(StoreHealth& health, StoreFinding finding);

} // namespace troupe
