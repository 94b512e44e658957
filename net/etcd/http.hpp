// HTTP: one client of one server at a time, for the two threads of a coordinator; it waits, and another thread can end that.
#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <troupe/runtime/secret.hpp>

namespace troupe::etcd {

/// One POST of a JSON text.
struct http_request {
  std::string url;
  std::string body;
  secret token; ///< for the Authorization header; empty = there is none
  std::chrono::milliseconds
      patience{}; ///< until the whole answer is there; of a stream, until its first bytes
};

/// What was answered.
struct http_reply {
  long status = 0;
  std::string body; ///< at most limits::etcd_reply_bytes
};

/// A connection that is kept. Used by one thread, but for interrupt(). All calls fail with ec::unavailable, saying which server and why (also if the
/// answer is too long), or with ec::cancelled after interrupt(). https only with a certificate that the authority has signed for the host;
/// redirects and proxies are not followed.
class http_client {
public:
  /// `authority`: its certificates in PEM, a file; empty = the system's. Errors: ec::not_found if it cannot be read.
  static caf::expected<std::unique_ptr<http_client>> open(std::string authority);
  ~http_client();

  /// Sends, and waits for the answer.
  caf::expected<http_reply> post(const http_request& what);

  /// Sends, and hands the parts of a good answer (200) to `take` as they come, until that is false (error: none), the other side has ended the
  /// answer (ec::unavailable), or nothing came for so long (ec::timeout). Another answer than a good one is returned.
  caf::expected<http_reply> listen(const http_request& what, std::chrono::milliseconds silence,
                                   const std::function<bool(std::string_view)>& take);

  /// Ends what runs, and all that comes until resume(). On any thread.
  void interrupt();
  /// Takes that back.
  void resume();

private:
  struct transfer;
  explicit http_client(std::string authority);
  caf::error run(transfer& one, const http_request& what);

  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe::etcd
