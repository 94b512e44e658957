// CLIENT: gRPC stubs behind caf::expected.
// Invariant: the token leaves only over the socket it was given for; a gRPC status never reaches a caller.

#include <atomic>
#include <caf/expected.hpp>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <troupe/net/api/client.hpp>
#include <troupe/net/api/socket.hpp>
#include <troupe/net/link/grpc/engine.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/net.grpc.pb.h>

namespace troupe {
namespace {

std::shared_ptr<grpc::Channel> open_channel(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(limits::control_receive_bytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1); // two nodes may follow each other on one socket
  keep_engine();
  return grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

ec code_of(const grpc::Status& status) {
  switch (status.error_code()) {
  case grpc::StatusCode::UNAVAILABLE:
    return ec::unavailable;
  case grpc::StatusCode::DEADLINE_EXCEEDED:
    return ec::timeout;
  case grpc::StatusCode::RESOURCE_EXHAUSTED:
    return ec::invalid_argument; // by gRPC itself: the message is too large
  case grpc::StatusCode::CANCELLED:
    return ec::cancelled;
  case grpc::StatusCode::UNIMPLEMENTED:
    return ec::from_future;
  default:
    return ec::internal;
  }
}

} // namespace

struct control_client::line {
  line(const std::string& socket_path, secret token_shown)
      : socket{socket_path}, token{std::move(token_shown)}, stub{Control::NewStub(
                                                                open_channel(socket_path))} {}

  template <class In, class Out>
  caf::expected<Out> call(grpc::Status (Control::Stub::*method)(grpc::ClientContext*, const In&, Out*),
                          const In& in) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token.reveal());
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds{patience_ms.load()});
    Out out;
    auto status = (stub.get()->*method)(&context, in, &out);
    if (status.ok())
      return out;
    auto& trailer = context.GetServerTrailingMetadata();
    if (auto name = trailer.find("troupe-error"); name != trailer.end())
      return make_error(ec_from_name({name->second.data(), name->second.size()}), status.error_message());
    if (!somebody_listens(socket))
      return make_error(ec::unavailable,
                        fmt::format("no node listens on {}; start one with `troupe node`", socket));
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
      return make_error(ec::timeout, fmt::format("no answer within {} ms", patience_ms.load()));
    return make_error(code_of(status), status.error_message());
  }

  std::string socket;
  secret token;
  std::unique_ptr<Control::Stub> stub;
  std::atomic<int64_t> patience_ms = limits::door_timeout.count();
};

control_client::control_client(const std::string& socket, secret token)
    : line_{std::make_unique<line>(socket, std::move(token))} {}

control_client::~control_client() = default;

void control_client::set_patience(std::chrono::milliseconds patience) {
  line_->patience_ms = patience.count();
}

#define METHOD(function, method, In, Out)                                                                    \
  caf::expected<Out> control_client::function(const In& in) {                                                \
    return line_->call(&Control::Stub::method, in);                                                          \
  }
#include <troupe/net/api/control_methods.def>
#undef METHOD

} // namespace troupe
