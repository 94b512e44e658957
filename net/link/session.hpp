// SESSION: one link to another node, whatever carries it: greeting, questions and answers, credit, deadlines, watches.
// It has no thread and no clock; time comes by tick().
#pragma once

#include <caf/fwd.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <troupe/net/link/outbox.hpp>
#include <troupe/net/link/wire.hpp>
#include <troupe/runtime/error.hpp>
#include <unordered_map>

namespace troupe {

class session;
using session_ptr = std::shared_ptr<session>;

/// Whoever asked something over a link. One of answer() and fail() is called, once, unless the session is destroyed first.
class link_caller {
public:
  virtual ~link_caller() = default;

  /// A REPLY.
  virtual void answer(Envelope& reply) = 0;

  /// The other side's error; or ec::unavailable (the link is lost, or was never there), ec::timeout, ec::overloaded.
  virtual void fail(const caf::error& reason) = 0;

  /// Instead of fail() when the link is lost after the request has left: it may have been done.
  virtual void lost(const caf::error& reason) {
    fail(reason);
  }

  /// False if nobody would hear the answer: then the other side is told so.
  virtual bool waits() const = 0;
};

/// A note or a request of the other side, until it is done. Gives back the credit it took when it is answered or destroyed; a
/// request destroyed without an answer is answered ec::internal. One thread at a time.
class link_work {
public:
  link_work(session_ptr over, uint64_t correlation, size_t cost);
  link_work(link_work&&) = default;
  link_work& operator=(link_work&&) = delete;
  ~link_work();

  /// True if somebody waits for an answer.
  bool is_request() const {
    return correlation_ != 0;
  }
  /// Names the request on its link; 0 = it is a note.
  uint64_t correlation() const {
    return correlation_;
  }

  /// Answers a request with a REPLY or an ERROR; a note is only done. Once.
  void answer(Envelope reply);
  void fail(const caf::error& reason);

private:
  session_ptr over_; // null = done
  uint64_t correlation_;
  size_t cost_;
};

/// What this node does with what comes over one link. Called on the wire's threads, by one session, one call at a time.
class link_host {
public:
  virtual ~link_host() = default;

  /// The other side has said who it is, and it fits; an error refuses it.
  virtual caf::error greet(const Hello& theirs) = 0;

  /// A note or a request. Whoever gets it and neither reads nor waits may have its turn over `here`; null = the scheduler.
  virtual void deliver(Envelope& envelope, link_work work, caf::execution_unit* here) = 0;

  /// Wants session::down() when an actor ends.
  virtual void watch(uint64_t correlation, const std::string& target) = 0;

  /// Nobody waits any more for the answer to a request, or for the end of a watched actor.
  virtual void cancel(uint64_t correlation) = 0;

  /// The link is no more; called once, and last.
  virtual void ended(const caf::error& reason) = 0;
};

/// The bounds of a session; tests make them small.
struct session_bounds {
  size_t outbox_bytes = limits::link_outbox_bytes;
  size_t requests = limits::link_requests;
  std::chrono::milliseconds heartbeat = limits::link_heartbeat;
  std::chrono::milliseconds silence = limits::link_silence;
};

/// What has gone over a link since it began.
struct link_figures {
  uint64_t frames_out = 0;
  uint64_t envelopes_out = 0;
  uint64_t frames_in = 0;
  uint64_t envelopes_in = 0;
  uint64_t refused = 0; ///< notes and requests that found no room, or no link
  size_t waiting = 0;   ///< envelopes for the wire
  size_t requests = 0;  ///< that wait for their answers
};

/// Thread-safe. Whoever made the wire gives what happens to it to this wire_end.
class session final : public wire_end, public std::enable_shared_from_this<session> {
public:
  /// `now` is as of tick(). It says hello when the wire opens; everything else is refused until both sides have.
  session(Hello ours, std::shared_ptr<wire> over, std::shared_ptr<link_host> host,
          std::chrono::milliseconds now, session_bounds bounds = {});

  /// True between the greeting and the end.
  bool open() const;
  /// The other node, once it has said so.
  std::string peer() const;
  link_figures figures() const;

  /// Sends one way. Errors: ec::overloaded, ec::unavailable; then it is lost.
  caf::error note(Envelope envelope);

  /// Asks; the caller hears within `patience`, and up to limits::link_tick more. Gives the name of the request, or 0 if the
  /// caller has heard already.
  uint64_t request(Envelope envelope, std::unique_ptr<link_caller> caller,
                   std::chrono::milliseconds patience);

  /// Calls `down` once, with how it ended, when an actor of the other node ends, is not there, or the link is lost; without an
  /// error if it ended as it should. Gives the name of the watch.
  uint64_t watch(const std::string& target, std::function<void(const caf::error&)> down);

  /// Takes a request or a watch back: the caller hears ec::cancelled, who watched hears nothing, the other side is told. Nothing
  /// if it is not open any more.
  void cancel(uint64_t correlation);

  /// For the host: an actor that the other side watches has ended.
  void down(uint64_t correlation, const caf::error& reason);

  /// Time passes. `now` is of a clock that never jumps.
  void tick(std::chrono::milliseconds now);

  /// Ends the link and tells the other side why, if that is possible within limits::link_heartbeat.
  void close(const caf::error& reason);

  void opened() override;
  void received(Frame& frame) override;
  void written() override;
  void closed(const caf::error& reason) override;

private:
  friend class link_work;
  enum class phase { greeting, open, refusing, ended };
  struct question {
    std::unique_ptr<link_caller> caller;
    std::chrono::milliseconds deadline;
    bool has_left = false;
  };
  using watcher = std::function<void(const caf::error&)>;

  void finish(uint64_t correlation, size_t cost, Envelope* reply);
  caf::error take(Envelope& envelope, bool room_for_it);
  void take_back(uint64_t correlation, const caf::error& reason);
  caf::error check_greeting(const Frame& frame);
  caf::error count_work(const Frame& frame);
  void dispatch(Envelope& envelope, caf::execution_unit* here);
  void answered(Envelope& envelope);
  void ended_there(const Envelope& envelope);
  bool acknowledge_due(bool patiently) const;
  bool next_frame(Frame& frame);
  void pump();
  void end(const caf::error& reason, bool at_once);
  std::string node() const;
  caf::error lost(const caf::error& reason) const;

  const Hello ours_;
  const std::shared_ptr<wire> wire_;
  const std::shared_ptr<link_host> host_;
  const session_bounds bounds_;
  const std::function<bool(uint64_t)>
      leaves_; // notes that a request leaves; false = nobody wants it any more

  mutable std::mutex mutex_; // guards all below; never held while others are called
  phase phase_ = phase::greeting;
  Hello theirs_;
  caf::error why_; // why the link ends, if this side knows
  bool said_hello_ = false;
  bool said_why_ = false;
  bool writing_ = false; // a frame is with the wire
  bool holding_ = false; // a frame is being read: what it causes leaves together
  bool beat_ = false;    // a frame is due although there is nothing to say
  outbox out_;
  uint64_t last_correlation_ = 0;
  std::unordered_map<uint64_t, question> questions_;
  std::unordered_map<uint64_t, watcher> watches_;
  link_amount taken_; // work of the other side, since the beginning
  link_amount done_;  // of that
  link_amount told_;  // of that, what the other side knows
  std::chrono::milliseconds now_;
  std::chrono::milliseconds heard_; // when a frame came last
  std::chrono::milliseconds spoke_; // when one left last
  link_figures figures_;
};

/// An error as the envelope that carries it.
Envelope error_envelope(uint64_t correlation, const caf::error& reason);

} // namespace troupe
