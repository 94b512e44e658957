// ENDPOINTS. Invariant: no name or password is taken from an address, and none is shown.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <troupe/net/etcd/endpoints.hpp>
#include <troupe/net/etcd/etcd_limits.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe::etcd {
namespace {

bool leads_to_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

caf::expected<std::string> endpoint(std::string_view text) {
  if (text.find('@') != std::string_view::npos)
    return make_error(ec::invalid_argument,
                      "etcd: an address holds a name or a password: say etcd_user and etcd_password_file");
  auto refuse = [&](std::string_view why) {
    return make_error(ec::invalid_argument,
                      fmt::format("etcd: {}: {}", text.substr(0, limits::etcd_text_bytes), why));
  };
  auto tls = text.starts_with("https://");
  if (!tls && !text.starts_with("http://"))
    return refuse("this is neither http://HOST:PORT nor https://HOST:PORT");
  auto place = text.substr(tls ? 8 : 7);
  if (place.ends_with('/'))
    place.remove_suffix(1);
  auto colon = place.rfind(':');
  auto host = place.substr(0, colon);
  auto port = colon == std::string_view::npos ? std::string_view{} : place.substr(colon + 1);
  uint16_t number = 0;
  auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (failed != std::errc{} || end != port.data() + port.size() || number == 0)
    return refuse("a port is missing, such as :2379");
  auto brackets = host.starts_with('[') && host.ends_with(']');
  auto allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  auto name = brackets ? host.substr(1, host.size() - 2) : host;
  if (name.empty() ||
      name.find_first_not_of(brackets ? "0123456789abcdefABCDEF:." : allowed) != std::string_view::npos)
    return refuse("this is no host name or address (IPv6 in brackets), or there is more behind the port");
  if (!tls && !leads_to_loopback(host))
    return refuse(
        "off this machine etcd is spoken to over https only: give it a certificate, say https://, and "
        "etcd_authority if its authority is not among the system's");
  return fmt::format("{}://{}", tls ? "https" : "http", place);
}

} // namespace

caf::expected<std::vector<std::string>> parse_endpoints(std::string_view text) {
  std::vector<std::string> all;
  for (size_t at = 0; (at = text.find_first_not_of(" \t\n", at)) != std::string_view::npos;) {
    auto end = std::min(text.find_first_of(" \t\n", at), text.size());
    auto one = endpoint(text.substr(at, end - at));
    if (!one)
      return one.error();
    if (std::find(all.begin(), all.end(), *one) == all.end())
      all.push_back(std::move(*one));
    at = end;
  }
  if (all.empty() || all.size() > limits::etcd_endpoints)
    return make_error(ec::invalid_argument,
                      fmt::format("etcd: {} addresses, from 1 to {} are allowed, with spaces between",
                                  all.size(), limits::etcd_endpoints));
  return all;
}

std::chrono::milliseconds turns::pause() const {
  if (!all_failed())
    return std::chrono::milliseconds{0};
  auto doublings = std::min<size_t>(failures_ - count_, 10);
  return std::min(limits::etcd_pause_first * (1 << doublings), limits::etcd_pause_longest);
}

} // namespace troupe::etcd
