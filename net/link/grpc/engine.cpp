// ENGINE: one idle channel, never destroyed.

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <openssl/crypto.h>
#include <troupe/net/link/grpc/engine.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

// Before anything of OpenSSL is used: whoever comes first decides how it ends.
const bool openssl_stays = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr) == 1;

struct idle_channel {
  std::shared_ptr<grpc::Channel> channel =
      grpc::CreateChannel("unix:/nowhere", grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  grpc::Slice empty;
  grpc::ByteBuffer nothing{&empty, 1}, answer;

  idle_channel() {
    context
        .TryCancel(); // before it begins: the channel takes the queue of callbacks for it, and goes nowhere
    grpc::GenericStub{channel}.UnaryCall(&context, "/nobody", {}, &nothing, &answer, [](grpc::Status) {});
  }
};

} // namespace

void keep_engine() {
  ensure(openssl_stays, "OpenSSL begins");
  static auto* kept = new idle_channel;
  (void)kept;
}

} // namespace troupe
