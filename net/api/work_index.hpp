// WORK INDEX: what the store's rows tell about runs, tasks and dead letters, without waking anybody.
#pragma once

#include <caf/all.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <troupe/persistence/doors.hpp>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/proto/net.pb.h>
#include <vector>

namespace troupe {

/// Tenant of refs that are given as a bare id.
inline constexpr std::string_view default_tenant = "default";

/// Finds the run or lone task (with `kinds` also others) that an id or a full ref means, among entities that
/// have at least one event. Of those of other nodes only these know, unless all share a store: where one of them alone can be meant, it is found. Errors: ec::invalid_argument (no id), ec::not_found.
caf::expected<ref> find_entity(const doors& outside, std::string_view id,
                               std::initializer_list<std::string_view> kinds = {"run", "task"});

/// A new id for work that begins at this node, so that it goes on whatever becomes of others; of any node if this one owns no shards.
std::string own_id(const doors& outside, std::string_view tenant, std::string_view kind);

/// Reads all rows of some listings, a shard per message to `self`, so that other actors get their turn in
/// between. `row` gets the table and the stored bytes; `done` an error or nothing. Replaces the actor's
/// behavior.
void walk_index(caf::event_based_actor* self, doors_ptr outside, std::vector<index_table> tables,
                std::function<void(index_table, std::string_view)> row, std::function<void(caf::error)> done);

/// The newest of many rows, at most as many as asked for (0 = limits::list_rows, at most
/// limits::list_rows_most).
template <class Row>
class newest {
public:
  /// `time` gives a row's age, Unix milliseconds.
  newest(size_t most, int64_t (*time)(const Row&));
  void add(Row row);
  /// Rows seen.
  uint64_t total() const {
    return total_;
  }
  /// The rows, newest first.
  std::vector<Row> take();

private:
  size_t most_;
  int64_t (*time_)(const Row&);
  uint64_t total_ = 0;
  std::vector<Row> heap_; // oldest on top
};

} // namespace troupe
