// ENGINE: one idle channel, never destroyed.

#include <grpcpp/grpcpp.h>
#include <troupe/net/link/grpc/engine.hpp>

namespace troupe {

void keep_engine() {
  static auto* kept = new std::shared_ptr<grpc::Channel>{
      grpc::CreateChannel("unix:/nowhere", grpc::InsecureChannelCredentials())};
  (void)kept;
}

} // namespace troupe
