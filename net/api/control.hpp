// CONTROL: the node's door for operators and other programs: gRPC on a Unix socket. The words are in
// runtime/proto/net.proto.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <troupe/net/api/methods.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

/// Where the control service of a data directory lives: both in `DATA/control`, mode 0700.
std::string control_socket(const std::string& data);
std::string control_tokens(const std::string& data);

struct control_options {
  caf::actor_system* system = nullptr; ///< outlives the server
  doors_ptr outside;
  std::string socket; ///< see control_socket(); its directory is made private
  std::string tokens; ///< see control_tokens(); made at first start
  std::string node;
  std::string version;
  int64_t started_ms = 0;
  control_hooks hooks;
  retention_rules retention{};               ///< what a usage says will leave
  size_t most_calls = limits::control_calls; ///< in flight; above, ec::overloaded
};

/// The running control service. Its destructor stops it.
class control_server {
public:
  virtual ~control_server() = default;
  /// Refuses new calls, ends those that wait for a run, gives the others `grace`, cancels what is left. May
  /// be repeated.
  virtual void stop(std::chrono::milliseconds grace = limits::control_shutdown) = 0;
};

/// Starts to listen. Errors: those of claim_socket() and token_list::open(), and ec::unavailable if the
/// socket cannot be bound.
caf::expected<std::unique_ptr<control_server>> start_control(control_options options);

} // namespace troupe
