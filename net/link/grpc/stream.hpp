// STREAM: what listener and dialler share: credentials as gRPC takes them, and the wire over a stream. For gRPC streams alone.
#pragma once

#include <grpcpp/grpcpp.h>
#include <mutex>
#include <troupe/net/link/grpc_wire.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/link_limits.hpp>
#include <troupe/runtime/proto/link.grpc.pb.h>

namespace troupe {

/// The files of a node, watched.
class pem_files final : public link_credentials {
public:
  explicit pem_files(const link_files& files);

  /// Whoever dials shows a certificate of the authority.
  std::shared_ptr<grpc::ServerCredentials> for_server() const;

  /// Whoever answers shows one, too. Who it is, its URI says, not the address it happens to have.
  std::shared_ptr<grpc::ChannelCredentials> for_client() const;

private:
  std::shared_ptr<grpc::experimental::FileWatcherCertificateProvider> provider_;
};

/// The one URI that names whoever is at the other side. Errors: ec::permission_denied without one, or with several.
caf::expected<std::string> identity_of(const grpc::AuthContext* who);

/// Notices peers that are gone, and closes connections that say nothing.
void keep_connections_alive(grpc::ServerBuilder& builder);

/// A time as gRPC's arguments have it, and a deadline as its calls have it.
int in_ms(std::chrono::milliseconds time);
std::chrono::system_clock::time_point deadline_after(std::chrono::milliseconds pause);

/// What the user of a stream holds: it outlives the stream. The stream is called under a lock, under which gRPC calls nothing.
template <class Stream>
class stream_handle {
public:
  explicit stream_handle(Stream* stream) : stream_{stream} {}

  /// Calls it with the stream, while there is one.
  template <class Act>
  void with_stream(Act act) {
    std::lock_guard lock{mutex_};
    if (stream_)
      act(*stream_);
  }
  /// There is none any more.
  void detach() {
    std::lock_guard lock{mutex_};
    stream_ = nullptr;
  }

private:
  std::mutex mutex_;
  Stream* stream_;
};

/// The wire over a stream.
template <class Stream>
class stream_wire final : public wire, public stream_handle<Stream> {
public:
  using stream_handle<Stream>::stream_handle;

  void send(Frame&& frame) override {
    this->with_stream([&](Stream& stream) { stream.write(std::move(frame)); });
  }
  void finish() override {
    this->with_stream([](Stream& stream) { stream.end_gently(); });
  }
  void cancel() override {
    this->with_stream([](Stream& stream) { stream.end_at_once(); });
  }
};

} // namespace troupe
