// BASE64: bytes in JSON (RFC 4648, section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::etcd {

/// With `=` at the end, as etcd writes it.
std::string to_base64(std::string_view bytes);

/// Nothing for what is none.
std::optional<std::string> from_base64(std::string_view text);

} // namespace troupe::etcd
