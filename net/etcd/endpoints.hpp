// ENDPOINTS: where an etcd answers, and whose turn it is.
#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::etcd {

/// Reads `http://HOST:PORT` or `https://HOST:PORT`, with spaces between; each without a slash at its end. Errors: ec::invalid_argument, for what
/// is no such address, is too many (limits::etcd_endpoints), or is http and not on loopback: what is said there decides who may write.
caf::expected<std::vector<std::string>> parse_endpoints(std::string_view text);

/// Whose turn it is: the one that answered, and the next when one fails. After all have failed there is a pause before each next try.
class turns {
public:
  explicit turns(size_t count) : count_{count} {}

  /// The index of the endpoint to ask now.
  size_t at() const {
    return at_;
  }
  /// It has answered as it should.
  void answered() {
    failures_ = 0;
  }
  /// It has not.
  void failed() {
    ++failures_;
    at_ = (at_ + 1) % count_;
  }
  /// Has each failed since one last answered?
  bool all_failed() const {
    return failures_ >= count_;
  }
  /// How long to wait before the next try.
  std::chrono::milliseconds pause() const;

private:
  size_t count_;
  size_t at_ = 0;
  size_t failures_ = 0; // in a row
};

} // namespace troupe::etcd
