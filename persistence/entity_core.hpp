// The part of an entity that is the same for all: duplicates, numbering, the queue of answers that wait for the disk.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <troupe/persistence/doors.hpp>
#include <troupe/persistence/effects.hpp>
#include <troupe/runtime/actor.hpp>
#include <unordered_map>

namespace troupe {

/// Where a living entity sits: made by the shard host when it wakes one.
struct entity_seat {
  std::string ref;
  entity_id id;
  uint64_t incarnation = 0;
  caf::actor host;                         ///< the shard host; hears Passivated
  std::atomic<int64_t> last_active_ms = 0; ///< read by the host's idle sweep
};

/// Replies an entity gave, by command id: the window of limits::reply_window most recent ones.
class reply_window {
public:
  /// Never seen, answered before, or too old to tell.
  enum class verdict { fresh, repeated, expired };

  /// Has this id been answered? Sets `reply` if it is still known. An id made before the oldest forgotten one has expired.
  verdict look_up(const std::string& command_id, const std::string*& reply) const;
  void add(const std::string& command_id, std::string reply);
  /// Ids up to this one have expired, unless their replies are known.
  void forget(const std::string& last_expired);
  void save(Snapshot& snapshot) const;
  void load(const Snapshot& snapshot);

private:
  std::unordered_map<std::string, std::string> replies_;
  std::list<const std::string*>
      order_;             // keys of replies_, oldest first; a list, for it costs nothing while empty
  std::string forgotten_; // largest id that left the window
};

/// The untyped half of entity_log: order and durability. Lives as long as the entity.
///
/// Invariants: answers leave in order of their seq and only when everything they saw is durable; after an
/// AppendFailed nothing leaves but errors.
class entity_core {
public:
  entity_core(std::shared_ptr<entity_seat> seat, doors_ptr doors, uint32_t event_type,
              uint16_t event_version);
  ~entity_core();
  entity_core(const entity_core&) = delete;
  entity_core& operator=(const entity_core&) = delete;

  /// Binds the core to the actor that hosts it and installs its handlers for the journal's and the host's messages.
  void bind(caf::scheduled_actor* self);

  /// May this command be worked on? An error to answer at once, or nothing.
  caf::error admit(const Context& context) const;

  /// Answers a repeated command; false if the id is fresh. `answer` makes the reply from its bytes.
  bool repeat(const Context& context, caf::response_promise promise,
              const std::function<caf::message(const std::string&)>& answer);

  /// Appends a decision. `events` are serialized; `reply` and `reply_bytes` may be empty; `snapshot` may be null.
  void append(const Context& context, std::vector<std::string> events, effects& brought_about,
              std::string reply_bytes, caf::message reply, caf::response_promise promise);

  /// Logs that a one-way command was refused: quietly if it came late or again, else as a warning.
  void log_refusal(const google::protobuf::Message& command, const std::string& trace,
                   const caf::error& why) const;

  /// Answers when everything seen so far is durable. An error is an answer too.
  void answer(caf::response_promise promise, caf::message reply);

  /// Sends what a decision without events brought about, when everything seen so far is durable.
  void send(effects& brought_about);

  /// Restores from what the journal read: calls `load` with a snapshot's state (false = it cannot be used) and
  /// `apply` with each event's bytes and schema version. Errors: ec::corrupt, ec::from_future, what apply returns.
  caf::error
  restore(const Replayed& replayed, const std::function<bool(const std::string& state)>& load,
          const std::function<caf::error(uint32_t type, uint32_t version, const std::string& event)>& apply,
          bool& snapshot_unusable);

  /// Gives the state's bytes whenever a snapshot is due.
  std::function<std::string()> save;
  uint16_t snapshot_version = 1;

  /// While this is true, the entity refuses to sleep.
  std::function<bool()> busy;

  int64_t now_ms() const {
    return doors_->time->now_ms();
  }
  const std::string& ref() const {
    return seat_->ref;
  }
  const entity_id& id() const {
    return seat_->id;
  }
  const doors& outside() const {
    return *doors_;
  }
  uint64_t seq() const {
    return seq_;
  }
  caf::scheduled_actor* self() const {
    return self_;
  }

private:
  struct waiting {
    uint64_t seq;
    caf::response_promise promise;
    caf::message reply;
    std::vector<effects::outgoing> messages;
  };
  bool handle(caf::message_view& view);
  void durable(uint64_t seq);
  void fail(const caf::error& reason);
  void release(waiting& item);
  void sleep();

  std::shared_ptr<entity_seat> seat_;
  doors_ptr doors_;
  caf::scheduled_actor* self_ = nullptr;
  uint32_t event_type_;
  uint16_t event_version_;
  uint64_t seq_ = 0;     // of the last event applied
  uint64_t durable_ = 0; // of the last event known to be on disk
  uint64_t snapshot_seq_ = 0;
  std::list<waiting> waiting_; // costs nothing while empty, and most entities are idle
  reply_window replies_;
};

} // namespace troupe
