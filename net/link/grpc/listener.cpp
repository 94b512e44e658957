// LISTENER: wires that others dial.
// Invariant: nothing is started on a stream after its Finish; closed() comes from OnDone, which is last.

#include <troupe/net/link/grpc/engine.hpp>
#include <troupe/net/link/grpc/own_services.hpp>
#include <troupe/net/link/grpc/stream.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

class server_stream final : public grpc::ServerBidiReactor<Frame, Frame> {
public:
  explicit server_stream(grpc::CallbackServerContext* context) : context_{context} {}

  void begin(const wire_greeter& greet) {
    auto who = identity_of(context_->auth_context().get());
    auto user = who ? greet(wire_, *who) : caf::expected<std::shared_ptr<wire_end>>{who.error()};
    if (!user) {
      auto code = static_cast<grpc::StatusCode>(info(code_of(user.error())).grpc_status);
      return end_with({code, clean_utf8(cut_utf8(text_of(user.error()), limits::control_error_bytes))});
    }
    user_ = std::move(*user);
    user_->opened();
    read_next();
  }

  // Called by the wire, under its lock.
  void write(Frame&& frame) {
    if (ended_)
      return;
    out_ = std::move(frame);
    StartWrite(&out_);
  }
  void end_gently() {
    if (!std::exchange(ended_, true))
      Finish(grpc::Status::OK);
  }
  void end_at_once() {
    context_->TryCancel();
  }

  void OnReadDone(bool ok) override {
    if (!ok)
      return end_with(grpc::Status::OK);
    user_->received(in_);
    in_.Clear();
    read_next();
  }
  void OnWriteDone(bool ok) override {
    if (ok)
      user_->written();
  }
  void OnDone() override {
    wire_->detach();
    if (user_)
      user_->closed(make_error(ec::unavailable, "the other side has gone"));
    delete this;
  }

private:
  void read_next() {
    wire_->with_stream([](server_stream& self) {
      if (!self.ended_)
        self.StartRead(&self.in_);
    });
  }
  void end_with(const grpc::Status& status) {
    wire_->with_stream([&](server_stream& self) {
      if (!std::exchange(self.ended_, true))
        self.Finish(status);
    });
  }

  grpc::CallbackServerContext* context_;
  std::shared_ptr<stream_wire<server_stream>> wire_ = std::make_shared<stream_wire<server_stream>>(this);
  std::shared_ptr<wire_end> user_; // set before the first read
  bool ended_ = false;             // guarded by the wire
  Frame in_, out_;
};

class node_link final : public NodeLink::CallbackService {
public:
  explicit node_link(wire_greeter greet) : greet_{std::move(greet)} {}

  grpc::ServerBidiReactor<Frame, Frame>* Connect(grpc::CallbackServerContext* context) override {
    auto* stream = new server_stream{context}; // deletes itself when it is done
    stream->begin(greet_);
    return stream;
  }

private:
  const wire_greeter greet_;
};

class grpc_listener final : public link_listener {
public:
  grpc_listener(std::shared_ptr<link_credentials> credentials, wire_greeter greet)
      : credentials_{std::move(credentials)}, service_{std::move(greet)} {}
  ~grpc_listener() override {
    stop(limits::link_shutdown);
  }

  caf::error listen(const std::string& address) {
    keep_engine();
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, static_cast<pem_files&>(*credentials_).for_server(), &port_);
    builder.RegisterService(&service_);
    builder.SetOption(std::make_unique<own_services>());
    builder.SetMaxReceiveMessageSize(limits::link_receive_bytes);
    keep_connections_alive(builder);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits::link_streams);
    server_ = builder.BuildAndStart();
    return server_ && port_ > 0 ? caf::error{}
                                : make_error(ec::unavailable, "cannot listen on " + address + " for links");
  }

  int port() const override {
    return port_;
  }

  void stop(std::chrono::milliseconds grace) override {
    if (auto server = std::move(server_)) {
      server->Shutdown(deadline_after(grace));
      server->Wait();
    }
  }

private:
  std::shared_ptr<link_credentials> credentials_;
  node_link service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

} // namespace

void keep_connections_alive(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, in_ms(limits::link_ping));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, in_ms(limits::link_ping_answer));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             in_ms(limits::link_ping_pause));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, in_ms(limits::link_handshake));
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

caf::expected<std::unique_ptr<link_listener>> listen_for_links(const std::string& address,
                                                               std::shared_ptr<link_credentials> credentials,
                                                               wire_greeter greet) {
  auto listener = std::make_unique<grpc_listener>(std::move(credentials), std::move(greet));
  if (auto failed = listener->listen(address))
    return failed;
  return std::unique_ptr<link_listener>{std::move(listener)};
}

} // namespace troupe
