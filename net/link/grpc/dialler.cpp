// DIALLER: one wire to another node, again and again.
// Invariant: nothing is started on a stream after its hold is gone; closed() comes from OnDone, which is last.

#include <condition_variable>
#include <grpcpp/alarm.h>
#include <troupe/net/link/grpc/engine.hpp>
#include <troupe/net/link/grpc/stream.hpp>

namespace troupe {
namespace {

caf::error reason_of(const grpc::Status& status) {
  switch (status.error_code()) {
  case grpc::StatusCode::OK:
    return make_error(ec::unavailable, "the other side has ended the link");
  case grpc::StatusCode::PERMISSION_DENIED:
    return make_error(ec::permission_denied, status.error_message());
  case grpc::StatusCode::RESOURCE_EXHAUSTED: // by gRPC itself: a frame is too large
    return make_error(ec::invalid_argument, status.error_message());
  default:
    return make_error(ec::unavailable, status.error_message());
  }
}

class client_stream final : public grpc::ClientBidiReactor<Frame, Frame> {
public:
  using listener = std::function<void(const caf::error& why, bool was_open)>;
  client_stream(wire_greeter greet, listener ended)
      : greet_{std::move(greet)}, ended_with_{std::move(ended)} {}

  void begin(NodeLink::Stub& stub) {
    stub.async()->Connect(&context_, this);
    AddHold(); // others than gRPC start writes
    StartRead(&in_);
    StartCall();
  }

  std::shared_ptr<wire> door() const {
    return wire_;
  }

  // Called by the wire, under its lock.
  void write(Frame&& frame) {
    if (silent_)
      return;
    out_ = std::move(frame);
    StartWrite(&out_);
  }
  void end_gently() {
    if (!std::exchange(silent_, true))
      StartWritesDone(); // the other side ends the stream
  }
  void end_at_once() {
    context_.TryCancel();
  }

  void OnReadDone(bool ok) override {
    if (ok && !user_)
      ok = meet();
    if (!ok) {
      wire_->detach(); // before the hold: nothing is started after it
      return RemoveHold();
    }
    user_->received(in_);
    in_.Clear();
    StartRead(&in_);
  }
  void OnWriteDone(bool ok) override {
    if (ok)
      user_->written();
  }
  void OnDone(const grpc::Status& status) override {
    auto why = refused_ ? refused_ : reason_of(status);
    if (user_)
      user_->closed(why);
    auto ended = std::move(ended_with_);
    bool was_open = user_ != nullptr;
    delete this;
    ended(why, was_open);
  }

private:
  // The other side has spoken first, so it is known who it is.
  bool meet() {
    auto who = identity_of(context_.auth_context().get());
    auto user = who ? greet_(wire_, *who) : caf::expected<std::shared_ptr<wire_end>>{who.error()};
    if (!user) {
      refused_ = std::move(user.error());
      context_.TryCancel();
      return false;
    }
    user_ = std::move(*user);
    user_->opened();
    return true;
  }

  const wire_greeter greet_;
  listener ended_with_;
  grpc::ClientContext context_;
  std::shared_ptr<stream_wire<client_stream>> wire_ = std::make_shared<stream_wire<client_stream>>(this);
  std::shared_ptr<wire_end> user_; // set before the first write
  caf::error refused_;
  bool silent_ = false; // guarded by the wire
  Frame in_, out_;
};

// Shared by the dialler and what gRPC still calls.
class dial final : public std::enable_shared_from_this<dial> {
public:
  dial(const std::string& address, std::shared_ptr<link_credentials> credentials, wire_greeter greet,
       std::function<void(const caf::error&)> failed)
      : credentials_{std::move(credentials)}, greet_{std::move(greet)}, failed_{std::move(failed)} {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(limits::link_receive_bytes);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, in_ms(limits::link_ping));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, in_ms(limits::link_ping_answer));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, in_ms(limits::link_redial_first));
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS,
                     in_ms(limits::link_handshake)); // also how long a handshake may take
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, in_ms(limits::link_redial_longest));
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    stub_ = NodeLink::NewStub(
        grpc::CreateCustomChannel(address, static_cast<pem_files&>(*credentials_).for_client(), arguments));
  }

  void begin() {
    std::lock_guard lock{mutex_};
    if (stopping_)
      return;
    auto* stream =
        new client_stream{greet_, [self = shared_from_this()](const caf::error& why, bool was_open) {
                            self->ended(why, was_open);
                          }}; // deletes itself when it is done
    now_ = stream->door();
    began_ = deadline_after({});
    stream->begin(*stub_);
  }

  // Returns when nothing is called any more.
  void stop() {
    std::unique_lock lock{mutex_};
    stopping_ = true;
    if (now_)
      now_->cancel();
    if (pause_)
      pause_->Cancel();
    changed_.wait(lock, [&] { return !now_ && !pausing_; });
    pause_.reset();
  }

private:
  void ended(const caf::error& why, bool was_open) {
    if (!was_open) // else its user has heard
      failed_(why);
    std::lock_guard lock{mutex_};
    now_ = nullptr;
    if (was_open && deadline_after({}) - began_ > limits::link_redial_longest) // it worked
      wait_ = limits::link_redial_first;
    if (!stopping_) {
      pausing_ = true;
      pause_ = std::make_unique<grpc::Alarm>();
      pause_->Set(deadline_after(wait_), [self = shared_from_this()](bool) { self->paused(); });
      wait_ = std::min(2 * wait_, limits::link_redial_longest);
    }
    changed_.notify_all();
  }

  void paused() {
    {
      std::lock_guard lock{mutex_};
      pausing_ = false;
      changed_.notify_all();
    }
    begin();
  }

  const std::shared_ptr<link_credentials> credentials_;
  const wire_greeter greet_;
  const std::function<void(const caf::error&)> failed_;
  std::unique_ptr<NodeLink::Stub> stub_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<wire> now_; // of the stream there is
  std::chrono::system_clock::time_point began_;
  std::unique_ptr<grpc::Alarm> pause_;
  std::chrono::milliseconds wait_ = limits::link_redial_first;
  bool pausing_ = false;
  bool stopping_ = false;
};

class grpc_dialler final : public link_dialler {
public:
  explicit grpc_dialler(std::shared_ptr<dial> one) : dial_{std::move(one)} {
    dial_->begin();
  }
  ~grpc_dialler() override {
    dial_->stop();
  }

private:
  std::shared_ptr<dial> dial_;
};

} // namespace

std::unique_ptr<link_dialler> dial_link(const std::string& address,
                                        std::shared_ptr<link_credentials> credentials, wire_greeter greet,
                                        std::function<void(const caf::error&)> failed) {
  keep_engine();
  return std::make_unique<grpc_dialler>(
      std::make_shared<dial>(address, std::move(credentials), std::move(greet), std::move(failed)));
}

} // namespace troupe
