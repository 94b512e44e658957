// LINE. Invariant: a token or a password goes only to an endpoint that was configured, and into no error.

#include <fmt/format.h>
#include <troupe/net/etcd/etcd_limits.hpp>
#include <troupe/net/etcd/line.hpp>
#include <troupe/net/etcd/messages.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe::etcd {
namespace {

caf::error said_by(const std::string& endpoint, const caf::error& why) {
  return make_error(code_of(why), fmt::format("{}: {}", endpoint, text_of(why)));
}

} // namespace

line::line(access to, std::unique_ptr<http_client> client)
    : to_{std::move(to)}, turns_{to_.endpoints.size()}, client_{std::move(client)} {}

caf::expected<std::unique_ptr<line>> line::open(access to) {
  auto client = http_client::open(to.authority);
  if (!client)
    return client.error();
  return std::unique_ptr<line>{new line{std::move(to), std::move(*client)}};
}

caf::error line::log_in(std::chrono::milliseconds patience) {
  auto& endpoint = to_.endpoints[turns_.at()];
  auto reply =
      client_->post({endpoint + "/v3/auth/authenticate", login_text(to_.user, to_.password), {}, patience});
  if (!reply)
    return reply.error();
  if (reply->status != 200)
    return make_error(ec::unavailable, fmt::format("{}: no token for etcd_user {}: {}", endpoint, to_.user,
                                                   text_of(refusal(reply->status, reply->body))));
  auto token = read_token(reply->body);
  if (!token)
    return said_by(endpoint, token.error());
  token_ = std::move(*token);
  return {};
}

caf::expected<std::string> line::send(const std::string& path, const std::string& body,
                                      std::chrono::milliseconds patience, const exchange& how) {
  for (bool again = false;; again = true) {
    if (!to_.user.empty() && token_.empty())
      if (auto refused = log_in(patience))
        return refused;
    auto& endpoint = to_.endpoints[turns_.at()];
    auto reply = how({endpoint + path, body, token_, patience});
    if (!reply)
      return reply.error();
    if (reply->status == 200)
      return std::move(reply->body);
    auto why = refusal(reply->status, reply->body);
    if (code_of(why) == ec::unauthenticated && !token_.empty()) {
      token_ = {}; // it was for a while only, or etcd has been restarted
      if (!again)
        continue;
    }
    return said_by(endpoint,
                   code_of(why) == ec::unauthenticated ? make_error(ec::unavailable, text_of(why)) : why);
  }
}

caf::expected<std::string> line::ask(const std::string& path, const std::string& body,
                                     std::chrono::milliseconds patience) {
  return send(path, body, patience, [&](const http_request& what) { return client_->post(what); });
}

caf::error line::listen(const std::string& path, const std::string& body, std::chrono::milliseconds patience,
                        std::chrono::milliseconds silence,
                        const std::function<bool(std::string_view)>& take) {
  std::string pending;
  bool too_long = false;
  auto parts = [&](std::string_view part) {
    pending += part;
    size_t begin = 0;
    for (size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1)
      if (!take(std::string_view{pending}.substr(begin, end - begin)))
        return false;
    pending.erase(0, begin);
    too_long = pending.size() > limits::etcd_reply_bytes;
    return !too_long;
  };
  auto ended = send(path, body, patience,
                    [&](const http_request& what) { return client_->listen(what, silence, parts); });
  if (too_long)
    return make_error(ec::unavailable, fmt::format("{}: a line of more than {} bytes",
                                                   to_.endpoints[turns_.at()], limits::etcd_reply_bytes));
  return ended ? caf::error{} : ended.error();
}

void line::understood() {
  turns_.answered();
}

void line::failed() {
  turns_.failed();
}

void line::interrupt() {
  client_->interrupt();
}

void line::resume() {
  client_->resume();
}

} // namespace troupe::etcd
