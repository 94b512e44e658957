// What every actor of the node is doing: which message, since when. Written by the actors, read by the
// watchdog.
#pragma once

#include <atomic>
#include <caf/all.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <typeinfo>
#include <vector>

namespace troupe {

/// What one actor does now, or did last.
struct activity {
  uint64_t actor_id = 0;
  std::string path;    ///< `root/core/journal`; the actor's name when no supervisor watches it
  std::string ref;     ///< its name in the directory, if it has one
  std::string message; ///< type of the message being handled, or handled last; empty if unknown
  bool handling = false;
  std::chrono::steady_clock::time_point since{}; ///< when that handler began
  std::chrono::nanoseconds held{0};              ///< of take_slow(): how long it ran
  uint64_t mailbox = 0;                          ///< messages queued when that handler began
};

/// The board of a node. Thread-safe, and readable when every worker thread hangs: nothing here waits for an
/// actor. Lives longer than the actor system.
class activity_board {
public:
  /// One actor's line, written by that actor alone: two atomic stores and two clock readings per message.
  struct line {
    std::atomic<const std::type_info*> message{nullptr};
    std::atomic<std::chrono::steady_clock::rep> since{0};
    std::atomic<uint64_t> mailbox{0};
    std::atomic<bool> handling{false};
  };

  /// An actor to be pinged. Weak: the board keeps nobody alive.
  struct watched {
    std::string path;
    std::string ref;
    caf::actor_addr actor;
  };

  /// Adds a child to those the watchdog pings, under its place in the tree.
  void watch(std::string path, std::string ref, const caf::actor& actor);

  /// The child is gone.
  void forget(uint64_t actor_id);

  /// Everybody to be pinged, by actor id.
  std::vector<watched> all_watched() const;

  /// What this actor does; nothing if neither watched nor observed.
  std::optional<activity> look(uint64_t actor_id) const;

  /// Handlers that run since `limit` or longer. Callable from any thread, so also when no worker is left.
  std::vector<activity> holding(std::chrono::steady_clock::time_point now,
                                std::chrono::nanoseconds limit) const;

  /// Handlers that took longer than limits::thread_hold, oldest first; each is told once.
  std::vector<activity> take_slow();

  /// The watchdog's verdict, shown in the tree.
  void mark(uint64_t actor_id, bool stuck);
  bool stuck(uint64_t actor_id) const;

  /// For observe().
  std::shared_ptr<line> open(uint64_t actor_id, std::string name, const std::string& ref);
  void close(uint64_t actor_id, const std::shared_ptr<line>& doing);
  void add_slow(uint64_t actor_id, std::chrono::nanoseconds held);

private:
  struct entry {
    std::string name;
    std::string path;
    std::string ref;
    caf::actor_addr actor;
    std::shared_ptr<line> doing;
    bool stuck = false;
  };
  activity read(uint64_t actor_id, const entry& row) const;
  void drop_if_empty(std::map<uint64_t, entry>::iterator row);

  mutable std::mutex mutex_;
  std::map<uint64_t, entry> entries_;
  std::deque<activity> slow_;
};

/// Makes the behavior report to the board what it handles. Covers message handlers, not response handlers and
/// not the default handler. `ref` is for those whose name no supervisor tells the board: entities.
void observe(caf::scheduled_actor* self, activity_board& board, caf::behavior& handlers,
             const std::string& ref = {});

/// Wraps what a typed actor returns: `return observed(self, board, {...})`. A null board changes nothing.
template <class Self>
typename Self::behavior_type observed(Self* self, activity_board* board,
                                      typename Self::behavior_type handlers, const std::string& ref = {}) {
  if (board)
    observe(self, *board, handlers.unbox(), ref);
  return handlers;
}

/// Spawns a typed actor that reports to the board.
template <class Self, class Behavior, class... Args>
auto spawn_observed(caf::scheduled_actor* parent, activity_board* board, Behavior (*actor)(Self, Args...),
                    std::type_identity_t<Args>... args) {
  return parent->spawn([=](Self self) -> Behavior { return observed(self, board, actor(self, args...)); });
}

} // namespace troupe
