// An HTTP server of one test that answers what it is told to, on loopback.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <tests/support/tcp_relay.hpp>

namespace troupe::test {

/// Answers each POST with the bytes that `answer` gives for its head (request line and headers) and its body, a whole answer with its status line;
/// with nothing, it stays silent. One that ends in "..." leaves that out and keeps the connection, to which more can be written.
class canned_server {
public:
  using answers = std::function<std::string(const std::string& head, const std::string& body)>;

  explicit canned_server(answers answer) : answer_{std::move(answer)} {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at);
    ::listen(listener_, 16);
    socklen_t size = sizeof at;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    accepting_ = std::thread{[this] { accept_all(); }};
  }
  ~canned_server() {
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    {
      std::lock_guard lock{mutex_};
      for (auto fd : open_)
        ::shutdown(fd, SHUT_RDWR);
    }
    for (auto& one : threads_)
      one.join();
    ::close(listener_);
  }

  std::string address() const {
    return "http://127.0.0.1:" + std::to_string(port_);
  }

  /// Requests so far.
  int asked() const {
    return asked_;
  }

  /// A good answer of this body.
  static std::string good(const std::string& body) {
    return with("200 OK", body);
  }
  /// An answer with another status, as "404 Not Found".
  static std::string with(const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  /// A good answer that has only begun.
  static std::string begun(const std::string& body) {
    return "HTTP/1.1 200 OK\r\n\r\n" + body + "...";
  }

private:
  void accept_all() {
    for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0 && !ending_;) {
      std::lock_guard lock{mutex_};
      open_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    std::string text;
    char part[4096];
    for (ssize_t count = 0; (count = ::read(fd, part, sizeof part)) > 0;) {
      text.append(part, static_cast<size_t>(count));
      auto end = text.find("\r\n\r\n");
      auto length = text.find("Content-Length: ");
      if (end == std::string::npos || length == std::string::npos)
        continue;
      auto size = std::stoul(text.substr(length + 16));
      if (text.size() < end + 4 + size)
        continue;
      ++asked_;
      auto answer = answer_(text.substr(0, end), text.substr(end + 4, size));
      text.clear();
      auto stays = answer.empty() || answer.ends_with("...");
      if (answer.ends_with("..."))
        answer.resize(answer.size() - 3);
      if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
        break;
      if (!stays && answer.find("Content-Length") == std::string::npos)
        break;
    }
    std::lock_guard lock{mutex_};
    open_.remove(fd);
    ::close(fd);
  }

  const answers answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> asked_{0};
  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  std::list<int> open_;
  std::list<std::thread> threads_;
  std::thread accepting_;
};

} // namespace troupe::test
