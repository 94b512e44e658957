// UNIX TIME: points in time as people write them.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// Reads Unix milliseconds, or an RFC 3339 date and time such as `2026-01-31T12:00:00.250Z` or with an offset `+02:00`. Errors:
/// ec::invalid_argument saying what is allowed.
caf::expected<int64_t> read_unix_ms(std::string_view text);

/// RFC 3339 in UTC; with milliseconds unless they are zero. read_unix_ms() reads it.
std::string to_rfc3339(int64_t unix_ms);

} // namespace troupe
