// VICTIM: a node in a process of its own, to be started and killed.
#pragma once

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <troupe/net/api/client.hpp>
#include <vector>

namespace troupe::chaos {

/// How a process ended: by itself with a code, or by a signal.
struct ending {
  int code = 0;
  int signal = 0;
};

/// One life of a node. What it says goes to a file. The destructor kills it.
class victim {
public:
  /// Starts `words` as a process; standard error is appended to `log`.
  victim(std::vector<std::string> words, std::string data, const std::string& log);
  ~victim();
  victim(const victim&) = delete;
  victim& operator=(const victim&) = delete;

  /// A client of its own for the node; null if the node has not made its tokens yet.
  std::unique_ptr<control_client> client() const;

  /// Waits until the node answers, or has ended, or `patience` is over. True if it answers.
  bool await_ready(std::chrono::milliseconds patience);

  /// Has it ended?
  std::optional<ending> ended();

  /// Sends a signal, e.g. SIGKILL.
  void strike(int signal) const;

  /// Waits until it has ended; nothing if it lives on after `patience`.
  std::optional<ending> await_end(std::chrono::milliseconds patience);

private:
  pid_t process_ = -1;
  std::string data_;
  std::optional<ending> end_;
};

} // namespace troupe::chaos
