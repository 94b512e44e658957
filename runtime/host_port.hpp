// HOST PORT: where something listens, as the configuration names it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe {

/// Both parts of `HOST:PORT`; views into the text.
struct host_port {
  std::string_view host; ///< a name, an IPv4 address, or an IPv6 one without its brackets
  uint16_t port = 0;     ///< 0 = one that is free
};

/// Reads `HOST:PORT`, an IPv6 host in brackets; nothing if it is none.
std::optional<host_port> parse_host_port(std::string_view text);

/// Is it this machine and nothing else: `localhost`, 127.0.0.0/8 or ::1?
bool is_loopback(std::string_view host);

} // namespace troupe
