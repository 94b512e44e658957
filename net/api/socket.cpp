// SOCKET: claims the path of a Unix socket.
// Invariant: a path on which somebody listens is never removed.

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <troupe/net/api/access.hpp>
#include <troupe/net/api/socket.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <unistd.h>

namespace troupe {

bool somebody_listens(const std::string& path) {
  sockaddr_un address{};
  if (path.size() > limits::socket_path_bytes)
    return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  descriptor fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (fd < 0)
    return false;
  return ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
}

caf::expected<descriptor> claim_socket(const std::string& path) {
  if (path.size() > limits::socket_path_bytes)
    return make_error(ec::invalid_argument,
                      fmt::format("the socket path {} has {} bytes; at most {} are possible: choose a "
                                  "shorter one",
                                  path, path.size(), limits::socket_path_bytes));
  auto parent = std::filesystem::path{path}.parent_path();
  const auto directory = parent.empty() ? std::string{"."} : parent.string();
  if (auto failed = make_private_directory(directory))
    return failed;
  descriptor claim{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (claim < 0)
    return make_error(ec::unavailable, fmt::format("cannot open {}: {}", directory, std::strerror(errno)));
  if (::flock(claim, LOCK_EX) != 0)
    return make_error(ec::unavailable, fmt::format("cannot lock {}: {}", directory, std::strerror(errno)));
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return claim;
  if (!S_ISSOCK(found.st_mode))
    return make_error(ec::conflict, path + " exists and is no socket; move it away");
  if (somebody_listens(path))
    return make_error(ec::conflict,
                      "another node listens on " + path + "; stop it, or choose another --data");
  if (::unlink(path.c_str()) != 0)
    return make_error(ec::unavailable,
                      fmt::format("cannot remove the stale socket {}: {}", path, std::strerror(errno)));
  return claim;
}

} // namespace troupe
