// An etcd of one test process: in a directory of its own, on loopback, gone with the process.
#pragma once

#include <memory>
#include <string>
#include <sys/types.h>
#include <tests/support/scratch.hpp>
#include <thread>
#include <vector>

namespace troupe::test {

/// Runs the server that Debian has installed; throws std::runtime_error if there is none (./dev test installs it).
class etcd_server {
public:
  /// Ready when it returns. With `certificate` and `key` (files in PEM) it answers over https.
  explicit etcd_server(std::string certificate = {}, std::string key = {});
  ~etcd_server();
  etcd_server(const etcd_server&) = delete;
  etcd_server& operator=(const etcd_server&) = delete;

  /// Where it answers, as `http://127.0.0.1:PORT`; it keeps that.
  std::string address() const;

  /// As kill -9, and as a power cut if it has synced all it acknowledged.
  void kill();
  /// Starts it again after kill(). Ready when it returns.
  void start();
  /// As SIGSTOP: it stays connected and says nothing, until it is thawed.
  void freeze();
  void thaw();

  /// POSTs JSON to its gateway, as `/v3/kv/put`; the answer, whatever it is.
  std::string post(const std::string& path, const std::string& body) const;

private:
  bool try_to_start();
  std::string url(int port) const;

  scratch scratch_;
  std::string certificate_, key_;
  int port_, peer_port_;
  pid_t process_ = 0;
  std::thread listener_; // reads what it says
};

/// The server of this process, shared by its tests.
etcd_server& common_etcd();

} // namespace troupe::test
