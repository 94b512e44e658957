// DIRECTORY: refs -> handles. A ref, `tenant/kind/key`, outlives every handle; only the directory holds both.
#pragma once

#include <caf/all.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <troupe/runtime/messages.hpp>
#include <troupe/runtime/node_metrics.hpp>
#include <unordered_map>
#include <vector>

namespace troupe {

/// The name of an actor that outlives every handle to it.
struct ref {
  std::string tenant;
  std::string kind;
  std::string key;
};

/// Reads `tenant/kind/key`. Errors: ec::invalid_argument naming what is allowed ([A-Za-z0-9_.-], limits::name_bytes each).
caf::expected<ref> parse_ref(std::string_view text);

/// `tenant/kind/key`; parse_ref() reads it.
std::string to_string(const ref& name);

/// Refs of the node's own services, registered by their supervisors.
namespace services {
inline constexpr std::string_view registry = "system/service/registry";
inline constexpr std::string_view scheduler = "system/service/scheduler";
inline constexpr std::string_view shard_host = "system/service/shard_host";
inline constexpr std::string_view root = "system/service/root";
inline constexpr std::string_view timers = "system/service/timers";
inline constexpr std::string_view backups = "system/service/backups";
inline constexpr std::string_view retention = "system/service/retention";
inline constexpr std::string_view watchdog = "system/service/watchdog";
} // namespace services

class ref_route;

/// Where messages to refs go. Thread-safe; a send is one lookup and one enqueue, without an actor in between.
///
/// A ref is *awake* (a handle is known), *waking* (messages are held, at most limits::sleeping_mailbox) or unknown. A message
/// to an unknown ref goes to another node if it belongs there; else it wakes an entity; to any other ref, a question is answered
/// ec::unavailable and a note is dropped, for its sender's outbox to repeat.
class directory {
public:
  /// Called, on the sender's thread, with the ref of an entity that has to be woken.
  using waker = std::function<void(const std::string& name)>;

  /// One that knows nobody yet.
  explicit directory(const node_metrics& meters = {});

  /// Sends a message on behalf of its sender and with its message id. `here`, an actor's context(), lets the receiver run on
  /// the thread of the sender; without it a question costs another thread's wake-up.
  void deliver(const std::string& name, caf::mailbox_element_ptr message,
               caf::execution_unit* here = nullptr);

  /// Sends a note; `here` as above.
  template <proto_message M>
  void tell(const std::string& name, M message, caf::execution_unit* here = nullptr) {
    ensure(!check_size(message), "message within limits::message_bytes");
    deliver(name, caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::move(message)), here);
  }

  /// Answers a question by asking somebody else: the answer goes straight to whoever asked `self`.
  template <class Out, class Self, proto_message M>
  caf::result<Out> delegate(Self* self, const std::string& name, M message) {
    ensure(!check_size(message), "message within limits::message_bytes");
    auto* current = self->current_mailbox_element();
    auto id = current->mid;
    current->mid.mark_as_answered();
    deliver(name,
            caf::make_mailbox_element(std::move(current->sender), id, std::move(current->stages),
                                      std::move(message)),
            self->context());
    return caf::delegated<Out>{};
  }

  /// Registers or replaces the actor behind a ref; messages held for it are delivered in order; `here` as above.
  void put(const std::string& name, const caf::actor& actor, caf::execution_unit* here = nullptr);

  /// Forgets a ref if it still means this actor; a null actor always. Held messages are answered with `reason`.
  void erase(const std::string& name, const caf::actor& actor, caf::error reason);

  /// Forgets a waking ref if no message is held for it; false = messages are held, so it has to be woken.
  bool release(const std::string& name);

  /// Marks a ref as waking: from now on its messages are held until put() or erase().
  void hold(const std::string& name);

  /// Sets who wakes the entities of a kind; it is called at once for those that are waking already.
  void set_waker(const std::string& kind, waker wake);

  /// Sets the way to refs of other nodes; before the first message.
  void set_route(std::shared_ptr<ref_route> route);

  /// That way; null = there are no other nodes.
  std::shared_ptr<ref_route> route() const;

  /// Whether a ref belongs to another node.
  bool is_elsewhere(const std::string& name) const;

  /// Why this node does not bring an entity to life; no error if it does. Error: ec::unavailable.
  caf::error refusal(const std::string& name) const;

  /// The actor behind a ref, or null.
  caf::actor find(const std::string& name) const;

  /// Refs that are awake, sorted.
  std::vector<std::string> awake() const;

  /// Refs of a kind that are awake or waking, sorted: whoever of them was sent something has it, or will.
  std::vector<std::string> known(const std::string& kind) const;

  /// Notes that reached nobody: to an unknown ref, above what a waking one holds, or held for one that never woke.
  uint64_t dropped() const;

private:
  struct entry {
    caf::actor actor; // null = waking
    std::vector<caf::mailbox_element_ptr> held;
  };
  void refuse(caf::mailbox_element& message, const caf::error& reason);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, entry> entries_;
  std::map<std::string, waker> wakers_;
  std::shared_ptr<ref_route> route_; // null = this node is alone
  metric dropped_;
};

/// Asks the actor behind a ref, which answers with `Out`: as ask(), but by name.
template <class Out, class Self, proto_message M>
auto ask(Self* self, directory& to, const std::string& name, caf::timespan timeout, M message) {
  ensure(!check_size(message), "message within limits::message_bytes");
  auto id = self->new_request_id(caf::message_priority::normal);
  to.deliver(name, caf::make_mailbox_element(self->ctrl(), id, {}, std::move(message)), self->context());
  self->request_response_timeout(caf::duration{timeout}, id);
  using output = caf::detail::type_list<Out>;
  return caf::response_handle<Self, output, false>{id.response_id(), self};
}

} // namespace troupe
