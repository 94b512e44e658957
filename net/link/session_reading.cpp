// SESSION: what it does with a frame that has come.
// Invariant: nothing is read of a frame before the greeting was taken and the window was held against it.

#include <caf/all.hpp>
#include <fmt/format.h>
#include <troupe/net/link/handshake.hpp>
#include <troupe/net/link/session.hpp>
#include <troupe/runtime/guest_turn.hpp>

namespace troupe {
namespace {

// What an ERROR or a DOWN tells of; code 0 is no error.
caf::error error_in(const Envelope& envelope) {
  Failure told;
  if (!told.ParseFromString(envelope.payload()))
    return make_error(ec::corrupt, "an error that cannot be read");
  return told.code() == 0 ? caf::error{} : error_of(told);
}

} // namespace

void session::received(Frame& frame) {
  caf::error wrong;
  bool greeting = false;
  {
    std::lock_guard lock{mutex_};
    if (phase_ == phase::refusing || phase_ == phase::ended)
      return;
    heard_ = now_;
    ++figures_.frames_in;
    figures_.envelopes_in += static_cast<uint64_t>(frame.envelopes_size());
    greeting = phase_ == phase::greeting;
  }
  if (frame.has_refusal())
    wrong = make_error(error_of(frame.refusal()) ? code_of(error_of(frame.refusal())) : ec::unavailable,
                       "the other side ends the link: " + frame.refusal().text());
  else if (greeting)
    wrong = check_greeting(frame);
  if (!wrong)
    wrong = count_work(frame);
  if (wrong)
    return close(wrong);
  {
    std::lock_guard lock{mutex_};
    holding_ = true;
  }
  if (frame.envelopes_size() == 1) {
    guest_turn turn; // nothing else is to be done: its answer leaves with the next frame
    dispatch(*frame.mutable_envelopes(0), turn.unit());
  } else {
    for (auto& envelope : *frame.mutable_envelopes())
      dispatch(envelope, nullptr);
  }
  {
    std::lock_guard lock{mutex_};
    holding_ = false;
  }
  pump();
}

caf::error session::check_greeting(const Frame& frame) {
  if (!frame.has_hello())
    return make_error(ec::invalid_argument, "the first frame has no hello");
  auto protocol = agree(ours_, frame.hello());
  if (!protocol)
    return std::move(protocol.error());
  {
    std::lock_guard lock{mutex_};
    theirs_ = frame.hello();
    out_.set_window({theirs_.window_envelopes(), theirs_.window_bytes()});
    phase_ = phase::open;
  }
  return host_->greet(frame.hello());
}

// Counts what has come against the window, and takes the credit that came along.
caf::error session::count_work(const Frame& frame) {
  std::lock_guard lock{mutex_};
  if (frame.done_envelopes() > 0 && !out_.done({frame.done_envelopes(), frame.done_bytes()}))
    return make_error(ec::invalid_argument, "the other side is done with more than it was sent");
  for (auto& envelope : frame.envelopes()) {
    if (!is_work(envelope))
      continue;
    auto cost = cost_of(envelope);
    bool none = taken_.envelopes == done_.envelopes;
    ++taken_.envelopes;
    taken_.bytes += cost;
    if (!none && (taken_.envelopes - done_.envelopes > ours_.window_envelopes() ||
                  taken_.bytes - done_.bytes > ours_.window_bytes()))
      return make_error(
          ec::invalid_argument,
          fmt::format("the other side sends more than the {} envelopes of {} bytes it was granted",
                      ours_.window_envelopes(), ours_.window_bytes()));
  }
  return {};
}

void session::dispatch(Envelope& envelope, caf::execution_unit* here) {
  switch (envelope.kind()) {
  case Envelope::NOTE:
    return host_->deliver(envelope, link_work{shared_from_this(), 0, cost_of(envelope)}, here);
  case Envelope::REQUEST:
    return host_->deliver(envelope, link_work{shared_from_this(), envelope.correlation(), cost_of(envelope)},
                          here);
  case Envelope::REPLY:
  case Envelope::ERROR:
    return answered(envelope);
  case Envelope::CANCEL:
    return host_->cancel(envelope.correlation());
  case Envelope::WATCH:
    return host_->watch(envelope.correlation(), envelope.target());
  case Envelope::DOWN:
    return ended_there(envelope);
  default: // of a later version; whoever waits for something has a deadline
    return;
  }
}

void session::answered(Envelope& envelope) {
  std::unique_ptr<link_caller> caller;
  {
    std::lock_guard lock{mutex_};
    auto i = questions_.find(envelope.correlation());
    if (i == questions_.end())
      return; // late
    caller = std::move(i->second.caller);
    questions_.erase(i);
  }
  if (envelope.kind() == Envelope::REPLY)
    return caller->answer(envelope);
  auto reason = error_in(envelope);
  caller->fail(reason ? reason : make_error(ec::internal, "an error without a code"));
}

void session::ended_there(const Envelope& envelope) {
  watcher down;
  {
    std::lock_guard lock{mutex_};
    auto i = watches_.find(envelope.correlation());
    if (i == watches_.end())
      return;
    down = std::move(i->second);
    watches_.erase(i);
  }
  down(error_in(envelope));
}

} // namespace troupe
