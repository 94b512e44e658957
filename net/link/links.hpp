// LINKS: all links of a node: who may be at the other side, and which session is the one to speak over.
#pragma once

#include <troupe/net/link/grpc_wire.hpp>
#include <troupe/net/link/inbound.hpp>
#include <vector>

namespace troupe {

/// Another node of the cluster, as it is written down.
struct link_member {
  std::string node;
  std::string address;  ///< host:port
  std::string identity; ///< the URI in its certificate
};

/// How a member stands.
struct link_standing {
  link_member member;
  bool reachable = false;
  uint64_t incarnation = 0; ///< of its last greeting; 0 = there was none
  std::string version;      ///< of its program, then
  caf::error trouble;       ///< why it is not reachable
  link_figures figures;     ///< of the link there is
};

/// The links of one node, one per member. Thread-safe. Of two links to a member the younger counts: its last node has gone and we have
/// not heard of it yet. A member that comes back in an older incarnation than was seen is refused with ec::stale.
class links : public std::enable_shared_from_this<links> {
public:
  /// Told when a member becomes reachable, with its session, and when it is not any more, with null. One call at a time.
  using listener = std::function<void(const std::string& node, const session_ptr& over)>;

  links(Hello self, std::vector<link_member> members, std::shared_ptr<const link_office> office,
        listener changed, session_bounds bounds = {});

  /// Gives who speaks over a wire, however it came about: a wire_greeter. Errors: ec::permission_denied if no member has this
  /// identity, ec::unavailable while the node stops.
  caf::expected<std::shared_ptr<wire_end>> greet(std::shared_ptr<wire> over, const std::string& identity);

  /// Keeps in mind why a member could not be reached.
  void failed(const std::string& node, const caf::error& reason);

  /// The session to a member. Errors: ec::not_found (no member), ec::unavailable (not reachable now, with the reason).
  caf::expected<session_ptr> to(const std::string& node) const;

  /// All members, in the order they were given.
  std::vector<link_standing> standing() const;

  /// Time passes; see session::tick().
  void tick(std::chrono::milliseconds now);

  /// Ends all links, and lets no other begin.
  void stop();

private:
  std::vector<session_ptr> living() const;
  struct place {
    link_member member;
    session_ptr over; // null = not reachable
    uint64_t incarnation = 0;
    std::string version;
    caf::error trouble = make_error(ec::unavailable, "it has not been reached yet");
  };
  caf::error admit(const std::string& node, const Hello& theirs, const session_ptr& over);
  void ended(const std::string& node, const caf::error& reason, const session* over);
  void say(const std::string& node, const session_ptr& over);
  place* find(const std::string& node);
  const place* find(const std::string& node) const;

  const Hello self_;
  const std::shared_ptr<const link_office> office_;
  const listener changed_;
  const session_bounds bounds_;
  mutable std::mutex mutex_;
  std::mutex saying_; // one call of the listener at a time
  std::vector<place> places_;
  std::vector<std::weak_ptr<session>> all_; // greeted or not
  std::chrono::milliseconds now_{0};
  bool stopping_ = false;
};

} // namespace troupe
