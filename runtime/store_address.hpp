// STORE ADDRESS: where a shared store is, as the configuration names it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// What is wrong with the address of a database: a `postgresql://` URI, or `key=value` pairs as libpq has them; nothing if
/// nothing is seen. One with a password is refused, since configurations are copied and shown; so the reason never quotes it.
std::optional<std::string> check_store_address(std::string_view text);

} // namespace troupe
