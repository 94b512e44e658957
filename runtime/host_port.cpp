// HOST PORT: the last colon is the one before the port.

#include <charconv>
#include <troupe/runtime/host_port.hpp>

namespace troupe {

std::optional<host_port> parse_host_port(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return {};
  host_port read{text.substr(0, colon)};
  auto in_brackets = read.host.starts_with('[') && read.host.ends_with(']');
  if (in_brackets)
    read.host = read.host.substr(1, read.host.size() - 2);
  if (read.host.empty() || read.host.find_first_of("[]") != std::string_view::npos ||
      (read.host.find(':') != std::string_view::npos) != in_brackets)
    return {};
  auto* last = text.data() + text.size();
  auto [end, failure] = std::from_chars(text.data() + colon + 1, last, read.port);
  return failure == std::errc{} && end == last ? std::optional{read} : std::nullopt;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

} // namespace troupe
