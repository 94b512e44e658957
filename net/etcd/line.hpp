// LINE: questions to an etcd of several endpoints, for one thread.
#pragma once

#include <memory>
#include <troupe/net/etcd/endpoints.hpp>
#include <troupe/net/etcd/http.hpp>

namespace troupe::etcd {

/// Where an etcd is, and who asks.
struct access {
  std::vector<std::string> endpoints; ///< see parse_endpoints()
  std::string authority;              ///< a file; empty = the system's
  std::string user;                   ///< empty = nobody
  secret password;
};

/// Asks the endpoint that answered last; whoever fails is passed over. Gets a token when one is needed. Used by one thread, but for interrupt().
/// Errors: as of http_client, and as refusal().
class line {
public:
  /// Errors: ec::not_found for an authority that cannot be read.
  static caf::expected<std::unique_ptr<line>> open(access to);

  /// The text of the answer. What it is worth is for the caller to say: understood() or failed().
  caf::expected<std::string> ask(const std::string& path, const std::string& body,
                                 std::chrono::milliseconds patience);
  /// Hands the lines of an answer that goes on to `take`, until that is false. Error: why it ended otherwise; ec::timeout after `silence`.
  caf::error listen(const std::string& path, const std::string& body, std::chrono::milliseconds patience,
                    std::chrono::milliseconds silence, const std::function<bool(std::string_view)>& take);

  /// The endpoint asked last has answered as it should, or not.
  void understood();
  void failed();
  /// Where this stands after failures.
  const turns& endpoints() const {
    return turns_;
  }

  /// As of http_client.
  void interrupt();
  void resume();

private:
  line(access to, std::unique_ptr<http_client> client);
  using exchange = std::function<caf::expected<http_reply>(const http_request&)>;
  caf::expected<std::string> send(const std::string& path, const std::string& body,
                                  std::chrono::milliseconds patience, const exchange& how);
  caf::error log_in(std::chrono::milliseconds patience);

  access to_;
  turns turns_;
  std::unique_ptr<http_client> client_;
  secret token_;
};

} // namespace troupe::etcd
