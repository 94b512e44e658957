// OWN DOORS: kind -> doors.

#include <troupe/persistence/own_doors.hpp>
#include <troupe/runtime/ref_route.hpp>

namespace troupe {

const doors& doors_of(const doors& outside, std::string_view kind) {
  return outside.own && !is_sharded(kind) ? *outside.own : outside;
}

std::string host_of(const doors& outside, std::string_view kind) {
  return std::string{&doors_of(outside, kind) == &outside ? services::shard_host : services::own_shard_host};
}

} // namespace troupe
