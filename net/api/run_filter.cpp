// RUN FILTER: conditions over summaries.
// Invariant: a condition that is not given lets everything through.

#include <algorithm>
#include <string_view>
#include <troupe/net/api/run_filter.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

bool fits(std::string_view pattern, std::string_view text) {
  if (pattern.empty())
    return true;
  return pattern.back() == '*' ? text.starts_with(pattern.substr(0, pattern.size() - 1)) : text == pattern;
}

bool is_within(int64_t from_ms, int64_t to_ms, int64_t time_ms) {
  if (from_ms == 0 && to_ms == 0)
    return true;
  return time_ms != 0 && time_ms >= from_ms && (to_ms == 0 || time_ms < to_ms);
}

bool is_equal(std::string_view wanted, std::string_view text) {
  return wanted.empty() || wanted == text;
}

} // namespace

bool matches(const RunFilter& filter, const WorkSummary& work) {
  auto& statuses = filter.status();
  auto tenant = std::string_view{work.ref()}.substr(0, work.ref().find('/'));
  return (statuses.empty() || std::find(statuses.begin(), statuses.end(), work.status()) != statuses.end()) &&
         fits(filter.title(), work.title()) && is_equal(filter.principal(), work.principal()) &&
         is_equal(filter.parent(), work.parent()) && is_equal(filter.tenant(), tenant) &&
         work.reason().find(filter.reason()) != std::string::npos &&
         is_within(filter.created_from_ms(), filter.created_to_ms(), work.created_ms()) &&
         is_within(filter.ended_from_ms(), filter.ended_to_ms(), work.ended_ms());
}

caf::error check_names_some(const RunFilter& filter) {
  if (filter.ByteSizeLong() > 0)
    return {};
  return make_error(ec::invalid_argument,
                    "name at least one condition, e.g. a status: who means all runs has "
                    "to say so");
}

} // namespace troupe
