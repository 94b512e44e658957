// REF ROUTE: which kinds of entities travel.

#include <troupe/runtime/ref_route.hpp>

namespace troupe {

bool is_sharded(std::string_view kind) {
  for (std::string_view one : {"task", "run", "ledger", "schedule", "workflow", "goal"})
    if (one == kind)
      return true;
  return false;
}

std::string_view kind_of(std::string_view name) {
  auto first = name.find('/');
  auto second = first == std::string_view::npos ? first : name.find('/', first + 1);
  return second == std::string_view::npos ? std::string_view{} : name.substr(first + 1, second - first - 1);
}

} // namespace troupe
