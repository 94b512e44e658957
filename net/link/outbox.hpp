// OUTBOX: what waits for a wire. Two lanes, urgent first; frames that grow while the wire is busy; credit of the other side.
// It has no lock and no clock.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <troupe/runtime/link_limits.hpp>
#include <troupe/runtime/proto/link.pb.h>

namespace troupe {

/// Envelopes and their bytes, as both sides of a link count them.
struct link_amount {
  uint64_t envelopes = 0;
  uint64_t bytes = 0;
};

/// What an envelope counts: limits::link_envelope_bytes, its texts and its payload.
size_t cost_of(const Envelope& envelope);

/// Whether an envelope is work for an actor of the other side and so needs its credit. Answers do not: who asked has room for them.
bool is_work(const Envelope& envelope);

/// The queues of one link.
class outbox {
public:
  /// Holds so many bytes of work, and as many of answers.
  explicit outbox(size_t most_bytes = limits::link_outbox_bytes);

  /// What the other side takes before it is done with any of it.
  void set_window(link_amount window);

  /// Takes an envelope in; false if there is no room for it. An eighth of the room is for urgent ones alone.
  bool push(Envelope&& envelope);

  /// Takes an answer in whether there is room or not: a few bytes that say why the answer is missing.
  void push_anyway(Envelope&& envelope);

  /// What the other side is done with since the beginning. False if that is more than it was sent.
  bool done(link_amount all);

  /// Moves into a frame what may leave now, about limits::link_frame_bytes of it; false if nothing may. A request that is not
  /// `wanted` any more is left out: that is asked with its correlation.
  bool fill(Frame& frame, const std::function<bool(uint64_t)>& wanted);

  /// Bytes of answers that wait.
  size_t answer_bytes() const {
    return waiting_[false];
  }

  /// Envelopes that wait.
  size_t size() const;

private:
  using lane = std::deque<Envelope>;
  lane& lane_of(bool urgent, bool work) {
    return lanes_[(urgent ? 0 : 2) + (work ? 1 : 0)];
  }
  bool may_leave(const Envelope& envelope) const;
  bool move_one(lane& from, Frame& frame, size_t& bytes, const std::function<bool(uint64_t)>& wanted);

  size_t most_bytes_;
  link_amount window_;
  link_amount sent_; // work, since the beginning
  link_amount done_; // of that
  std::array<lane, 4> lanes_;
  std::array<size_t, 2> waiting_{}; // bytes: answers, work
};

} // namespace troupe
