// DESCRIPTOR: the calls that may do a part of what they were asked for, or be interrupted.

#include <cerrno>
#include <system_error>
#include <troupe/runtime/descriptor.hpp>
#include <unistd.h>

namespace troupe {

void descriptor::close() {
  auto cause = errno;
  if (file_ >= 0)
    ::close(std::exchange(file_, -1));
  errno = cause;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    auto size = ::write(file, bytes.data(), bytes.size());
    if (size < 0 && errno != EINTR)
      return false;
    bytes.remove_prefix(size < 0 ? 0 : static_cast<size_t>(size));
  }
  return true;
}

std::optional<std::string> read_all(int file, size_t most) {
  std::string bytes(most, '\0');
  size_t at = 0;
  while (at < most) {
    auto size = ::read(file, bytes.data() + at, most - at);
    if (size < 0 && errno == EINTR)
      continue;
    if (size < 0)
      return {};
    if (size == 0)
      break;
    at += static_cast<size_t>(size);
  }
  bytes.resize(at);
  return bytes;
}

std::string last_failure() {
  return std::generic_category().message(errno);
}

} // namespace troupe
