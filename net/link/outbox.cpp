// OUTBOX: the queues of one link.
// Invariant: work that was sent and is not done never exceeds the window of the other side, unless it is a single envelope.

#include <algorithm>
#include <troupe/net/link/outbox.hpp>

namespace troupe {

size_t cost_of(const Envelope& envelope) {
  return limits::link_envelope_bytes + envelope.target().size() + envelope.type().size() +
         envelope.payload().size();
}

bool is_work(const Envelope& envelope) {
  return envelope.kind() == Envelope::NOTE || envelope.kind() == Envelope::REQUEST;
}

outbox::outbox(size_t most_bytes) : most_bytes_{most_bytes} {}

void outbox::set_window(link_amount window) {
  window_ = window;
}

bool outbox::push(Envelope&& envelope) {
  bool work = is_work(envelope);
  auto room = work && !envelope.urgent() ? most_bytes_ - most_bytes_ / limits::link_reserve : most_bytes_;
  if (waiting_[work] + cost_of(envelope) > room)
    return false;
  push_anyway(std::move(envelope));
  return true;
}

void outbox::push_anyway(Envelope&& envelope) {
  bool work = is_work(envelope);
  waiting_[work] += cost_of(envelope);
  lane_of(envelope.urgent(), work).push_back(std::move(envelope));
}

bool outbox::done(link_amount all) {
  if (all.envelopes > sent_.envelopes || all.bytes > sent_.bytes)
    return false;
  done_.envelopes = std::max(done_.envelopes, all.envelopes);
  done_.bytes = std::max(done_.bytes, all.bytes);
  return true;
}

bool outbox::may_leave(const Envelope& envelope) const {
  if (!is_work(envelope) || sent_.envelopes == done_.envelopes)
    return true;
  auto share = [&](uint64_t window) {
    return envelope.urgent() ? window : window - window / limits::link_reserve;
  };
  return sent_.envelopes - done_.envelopes + 1 <= share(window_.envelopes) &&
         sent_.bytes - done_.bytes + cost_of(envelope) <= share(window_.bytes);
}

bool outbox::move_one(lane& from, Frame& frame, size_t& bytes, const std::function<bool(uint64_t)>& wanted) {
  while (!from.empty() && may_leave(from.front())) {
    auto next = std::move(from.front());
    from.pop_front();
    bool work = is_work(next);
    auto cost = cost_of(next);
    waiting_[work] -= cost;
    if (next.kind() == Envelope::REQUEST && !wanted(next.correlation()))
      continue;
    if (work) {
      ++sent_.envelopes;
      sent_.bytes += cost;
    }
    bytes += cost;
    *frame.add_envelopes() = std::move(next);
    return true;
  }
  return false;
}

bool outbox::fill(Frame& frame, const std::function<bool(uint64_t)>& wanted) {
  size_t bytes = 0;
  auto space = [&] { return bytes < limits::link_frame_bytes; };
  for (bool work : {false, true})
    while (space() && move_one(lane_of(true, work), frame, bytes, wanted)) {
    }
  for (bool moved = true; moved && space();) { // in turns: neither side's questions hold up the other's
    moved = move_one(lane_of(false, false), frame, bytes, wanted);
    if (space())
      moved |= move_one(lane_of(false, true), frame, bytes, wanted);
  }
  return frame.envelopes_size() > 0;
}

size_t outbox::size() const {
  size_t all = 0;
  for (auto& one : lanes_)
    all += one.size();
  return all;
}

} // namespace troupe
