// JOURNAL COUNTERS: one row per journal.

#include <algorithm>
#include <troupe/persistence/journal_counters.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

const std::string counters_row = store_key("journal"), counters_of_nodes = store_key("journal/"),
                  counters_end = store_key("journal0");

std::string counters_row_of(std::string_view node) {
  return node.empty() ? counters_row : counters_of_nodes + std::string{node};
}

caf::expected<envelope> counters_in(std::string_view stored) {
  std::string_view payload;
  auto counters = unwrap(stored, payload);
  if (!counters)
    return make_error(ec::corrupt, "the journal's counter row is damaged");
  return *counters;
}

} // namespace

row_change journal_counters(uint64_t gsn, int64_t time_us, std::string_view node) {
  envelope counters;
  counters.gsn = gsn;
  counters.time_us = time_us;
  return {space::meta, counters_row_of(node), wrap(counters, {})};
}

caf::expected<envelope> read_journal_counters(const store& rows, std::string_view node) {
  auto row = rows.get(space::meta, counters_row_of(node));
  if (!row)
    return std::move(row.error());
  return *row ? counters_in(**row) : envelope{};
}

caf::expected<envelope> read_journal_counters(const store& rows) {
  auto highest = read_journal_counters(rows, {});
  if (!highest)
    return highest;
  caf::error damaged;
  auto failed = rows.scan(space::meta, counters_of_nodes, counters_end, [&](auto, std::string_view stored) {
    if (auto one = counters_in(stored)) {
      highest->gsn = std::max(highest->gsn, one->gsn);
      highest->time_us = std::max(highest->time_us, one->time_us);
    } else {
      damaged = std::move(one.error());
    }
    return !damaged;
  });
  if (failed || damaged)
    return failed ? failed : damaged;
  return highest;
}

} // namespace troupe
