// A cable for tests of real sockets: it lies between two of them and can be cut, or go silent with both sides connected.
#pragma once

#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <map>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace troupe {

/// Listens on a free port of loopback and carries each connection to another port of it.
class tcp_relay {
public:
  explicit tcp_relay(int to) : to_{to} {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto at = loopback(0);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at);
    ::listen(listener_, 16);
    socklen_t size = sizeof at;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    if (::pipe(wake_.data()) != 0)
      std::abort();
    thread_ = std::thread{[this] { run(); }};
  }
  ~tcp_relay() {
    order('q');
    thread_.join();
    for (auto fd : {listener_, wake_[0], wake_[1]})
      ::close(fd);
  }

  int port() const {
    return port_;
  }
  /// Resets all connections, as a process that is killed does.
  void cut() {
    order('c');
  }
  /// From now on nothing passes, and nobody is told.
  void freeze() {
    order('f');
  }

  /// Connects to a port of loopback; the caller closes.
  static int dial(int port) {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto at = loopback(port);
    ::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at);
    return fd;
  }

private:
  static sockaddr_in loopback(int port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(static_cast<uint16_t>(port));
    return at;
  }
  void order(char what) {
    if (::write(wake_[1], &what, 1) != 1)
      std::abort();
  }
  void drop(int fd) {
    linger at_once{1, 0}; // a reset instead of an orderly end
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(fd);
  }
  void drop_all() {
    for (auto& [fd, other] : pairs_)
      drop(fd);
    pairs_.clear();
  }
  void run() {
    bool frozen = false;
    std::vector<char> buffer(64 << 10);
    for (;;) {
      std::vector<pollfd> all{{wake_[0], POLLIN, 0}};
      if (!frozen) {
        all.push_back({listener_, POLLIN, 0});
        for (auto& [fd, other] : pairs_)
          all.push_back({fd, POLLIN, 0});
      }
      ::poll(all.data(), all.size(), -1);
      if (all[0].revents != 0) {
        char what = 'q';
        if (::read(wake_[0], &what, 1) != 1 || what == 'q')
          return drop_all();
        frozen = frozen || what == 'f';
        if (what == 'c')
          drop_all();
        continue;
      }
      if (all[1].revents != 0) {
        int in = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        int out = dial(to_);
        pairs_[in] = out;
        pairs_[out] = in;
      }
      for (size_t i = 2; i < all.size(); ++i) {
        auto pair = pairs_.find(all[i].fd);
        if (all[i].revents == 0 || pair == pairs_.end())
          continue;
        auto got = ::read(pair->first, buffer.data(), buffer.size());
        if (got > 0 && ::send(pair->second, buffer.data(), static_cast<size_t>(got), MSG_NOSIGNAL) == got)
          continue;
        auto [one, two] = *pair;
        pairs_.erase(one);
        pairs_.erase(two);
        drop(one);
        drop(two);
      }
    }
  }

  const int to_;
  int listener_ = -1;
  int port_ = 0;
  std::array<int, 2> wake_{};
  std::map<int, int> pairs_;
  std::thread thread_;
};

/// A port of loopback that nobody listens on now.
inline int free_port() {
  tcp_relay nobody{0};
  return nobody.port();
}

} // namespace troupe
