// CODEC: what the tables share.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/net/link/codec.hpp>

namespace troupe {

const link_method* link_interface::find(const std::string& type) const {
  auto i = std::find_if(methods.begin(), methods.end(), [&](auto& method) { return method.type == type; });
  return i == methods.end() ? nullptr : &*i;
}

caf::error not_a(const std::string& type, size_t bytes) {
  return make_error(ec::invalid_argument, fmt::format("{} bytes are no {}", bytes, type));
}

caf::error no_answer(const std::string& type, const std::string& why) {
  return make_error(ec::internal, fmt::format("the answer to {} cannot be sent: {}", type, why));
}

} // namespace troupe
