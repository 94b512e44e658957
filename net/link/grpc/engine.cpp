// ENGINE: one idle channel, never destroyed.

#include <grpcpp/grpcpp.h>
#include <openssl/crypto.h>
#include <troupe/net/link/grpc/engine.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

// Before anything of OpenSSL is used: whoever comes first decides how it ends.
const bool openssl_stays = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr) == 1;

} // namespace

void keep_engine() {
  ensure(openssl_stays, "OpenSSL begins");
  static auto* kept = new std::shared_ptr<grpc::Channel>{
      grpc::CreateChannel("unix:/nowhere", grpc::InsecureChannelCredentials())};
  (void)kept;
}

} // namespace troupe
