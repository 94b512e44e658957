// DESCRIPTOR: an open file of the operating system.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

/// Closes what it holds when it goes; a negative one holds nothing.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int file) : file_{file} {}
  descriptor(descriptor&& other) noexcept : file_{std::exchange(other.file_, -1)} {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() {
    close();
  }

  operator int() const {
    return file_;
  }

  /// Closes it now, and leaves errno as it was.
  void close();

private:
  int file_ = -1;
};

/// Writes all of it. False if that failed: errno tells why.
bool write_all(int file, std::string_view bytes);

/// Reads from where the file stands to its end, at most so many bytes. Nothing if that failed: errno tells why.
std::optional<std::string> read_all(int file, size_t most);

/// What errno says, in words.
std::string last_failure();

} // namespace troupe
