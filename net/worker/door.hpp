// DOOR: where workers come in: a gRPC service, with its health and its reflection.
#pragma once

#include <caf/expected.hpp>
#include <memory>
#include <string>
#include <troupe/net/worker/desk.hpp>
#include <troupe/net/worker/plan.hpp>

namespace troupe {

/// The running service. Its destructor stops it.
class worker_door {
public:
  virtual ~worker_door() = default;

  /// Where it listens; of interest if the address left it open.
  virtual int port() const = 0;

  /// Tells the workers, and ends their streams. May be repeated.
  virtual void stop() = 0;
};

/// Opens a desk and listens for its workers. `tokens` is the token file, read again for each stream; it is used where there are no
/// certificates, and made with its directory if there is none. Errors: those of open_credentials(), make_private_directory() and
/// token_list::open(), and ec::unavailable if it cannot listen.
caf::expected<std::unique_ptr<worker_door>> open_worker_door(const worker_plan& plan, std::string tokens,
                                                             std::shared_ptr<worker_desk> desk,
                                                             worker_office office);

} // namespace troupe
