// SOCKET: who holds the path of a Unix socket.
#pragma once

#include <caf/expected.hpp>
#include <string>
#include <troupe/runtime/descriptor.hpp>

namespace troupe {

/// True if somebody accepts connections at this path.
bool somebody_listens(const std::string& path);

/// Makes a path ready to be listened on: its directory is private, a socket nobody listens on is removed. What it returns
/// holds off whoever else prepares a socket in the same directory: keep it until the listening has begun. Errors: ec::invalid_argument (longer than
/// limits::socket_path_bytes), ec::conflict (another node listens, or something else than a socket is there),
/// and those of make_private_directory().
caf::expected<descriptor> claim_socket(const std::string& path);

} // namespace troupe
