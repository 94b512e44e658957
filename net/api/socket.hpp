// SOCKET: who holds the path of a Unix socket.
#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <memory>
#include <string>

namespace troupe {

/// True if somebody accepts connections at this path.
bool somebody_listens(const std::string& path);

/// Holds off whoever else prepares a socket in the same directory.
class socket_claim {
public:
  explicit socket_claim(int directory) : directory_{directory} {}
  socket_claim(const socket_claim&) = delete;
  socket_claim& operator=(const socket_claim&) = delete;
  ~socket_claim();

private:
  int directory_;
};

/// Makes a path ready to be listened on: its directory is private, a socket nobody listens on is removed.
/// Keep the claim until the listening has begun. Errors: ec::invalid_argument (longer than
/// limits::socket_path_bytes), ec::conflict (another node listens, or something else than a socket is there),
/// and those of make_private_directory().
caf::expected<std::unique_ptr<socket_claim>> claim_socket(const std::string& path);

} // namespace troupe
