// GRPC WIRE: wires between nodes as gRPC streams, with certificates on both sides.
#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <troupe/net/link/wire.hpp>

namespace troupe {

/// Who this node is, in PEM files: a certificate that names it as one URI (subject alternative name), its key, and the authority
/// that signs the certificates of all members.
struct link_files {
  std::string certificate;
  std::string key;
  std::string authority;
};

/// What was read from these files, and is read again when they change: new links use it, those that are there go on. A pair that
/// does not match lets nobody in until it is repaired. Thread-safe; shared by all of a node's links.
class link_credentials {
public:
  virtual ~link_credentials() = default;
};

/// Opens the files. Errors: ec::not_found for one that cannot be read, ec::invalid_argument for one that is no PEM of its kind.
caf::expected<std::shared_ptr<link_credentials>> open_credentials(const link_files& files);

/// A stream has come up to a node whose certificate names this identity: gives who speaks over it. An error refuses it.
using wire_greeter = std::function<caf::expected<std::shared_ptr<wire_end>>(std::shared_ptr<wire> over,
                                                                            const std::string& identity)>;

/// Takes wires that others dial. Its destructor stops it.
class link_listener {
public:
  virtual ~link_listener() = default;

  /// Where it listens; of interest if the address left it open.
  virtual int port() const = 0;

  /// Takes no more wires, and ends those there are within `grace`. May be repeated.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

/// Listens on `host:port`; port 0 = any free one. Errors: ec::unavailable if that is impossible.
caf::expected<std::unique_ptr<link_listener>> listen_for_links(const std::string& address,
                                                               std::shared_ptr<link_credentials> credentials,
                                                               wire_greeter greet);

/// Keeps one wire to another node, and dials again when it ends, after pauses that grow. Its destructor ends the wire and returns
/// when nothing is called any more.
class link_dialler {
public:
  virtual ~link_dialler() = default;
};

/// Dials `host:port`. `failed` hears why an attempt came to nothing: ec::unavailable, ec::permission_denied (refused there), or what
/// `greet` says.
std::unique_ptr<link_dialler> dial_link(const std::string& address,
                                        std::shared_ptr<link_credentials> credentials, wire_greeter greet,
                                        std::function<void(const caf::error&)> failed);

/// gRPC writes a line to standard error for every failed handshake, so that strangers could fill a disk: after this it is silent, in
/// the whole process. For programs, not for libraries.
void silence_grpc();

} // namespace troupe
