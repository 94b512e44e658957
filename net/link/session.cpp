// SESSION: one link to another node.
// Invariant: every question is answered once, by the other side, its deadline, or the end of the link; what the other side holds
// here never exceeds the window it was granted.

#include <caf/all.hpp>
#include <fmt/format.h>
#include <troupe/net/link/session.hpp>

namespace troupe {

Envelope error_envelope(uint64_t correlation, const caf::error& reason) {
  Envelope answer;
  answer.set_kind(Envelope::ERROR);
  answer.set_correlation(correlation);
  answer.set_payload(to_failure(reason).SerializeAsString());
  return answer;
}

link_work::link_work(session_ptr over, uint64_t correlation, size_t cost)
    : over_{std::move(over)}, correlation_{correlation}, cost_{cost} {}

link_work::~link_work() {
  if (over_ && !is_request())
    over_->finish(0, cost_, nullptr);
  else if (over_)
    fail(make_error(ec::internal, "the question was dropped without an answer"));
}

void link_work::answer(Envelope reply) {
  reply.set_correlation(correlation_);
  if (auto over = std::exchange(over_, nullptr))
    over->finish(correlation_, cost_, is_request() ? &reply : nullptr);
}

void link_work::fail(const caf::error& reason) {
  answer(is_request() ? error_envelope(correlation_, reason) : Envelope{});
}

session::session(Hello ours, std::shared_ptr<wire> over, std::shared_ptr<link_host> host,
                 std::chrono::milliseconds now, session_bounds bounds)
    : ours_{std::move(ours)}, wire_{std::move(over)}, host_{std::move(host)}, bounds_{bounds},
      leaves_{[this](uint64_t correlation) {
        auto asked = questions_.find(correlation);
        if (asked != questions_.end())
          asked->second.has_left = true;
        return asked != questions_.end();
      }},
      out_{bounds.outbox_bytes}, now_{now}, heard_{now}, spoke_{now} {}

void session::opened() {
  pump();
}

bool session::open() const {
  std::lock_guard lock{mutex_};
  return phase_ == phase::open;
}

std::string session::peer() const {
  std::lock_guard lock{mutex_};
  return theirs_.node();
}

link_figures session::figures() const {
  std::lock_guard lock{mutex_};
  auto now = figures_;
  now.waiting = out_.size();
  now.requests = questions_.size();
  return now;
}

std::string session::node() const {
  return theirs_.node().empty() ? "another node" : "node " + theirs_.node();
}

caf::error session::lost(const caf::error& reason) const {
  return make_error(ec::unavailable, fmt::format("the link to {} is lost ({})", node(), describe(reason)));
}

// Under the lock: takes an envelope for the wire, or says why not.
caf::error session::take(Envelope& envelope, bool room_for_it) {
  if (phase_ != phase::open) {
    ++figures_.refused;
    return make_error(ec::unavailable, fmt::format("there is no link to {} now; repeat in a second", node()));
  }
  if (room_for_it && out_.push(std::move(envelope)))
    return {};
  ++figures_.refused;
  return make_error(
      ec::overloaded,
      fmt::format(
          "{} takes no more now: {} requests wait for answers, at most {}; {} envelopes wait for the wire, "
          "at most {} bytes",
          node(), questions_.size(), bounds_.requests, out_.size(), bounds_.outbox_bytes));
}

caf::error session::note(Envelope envelope) {
  envelope.set_kind(Envelope::NOTE);
  {
    std::lock_guard lock{mutex_};
    if (auto refused = take(envelope, true))
      return refused;
  }
  pump();
  return {};
}

uint64_t session::request(Envelope envelope, std::unique_ptr<link_caller> caller,
                          std::chrono::milliseconds patience) {
  envelope.set_kind(Envelope::REQUEST);
  caf::error refused;
  uint64_t correlation = 0;
  {
    std::lock_guard lock{mutex_};
    correlation = last_correlation_ + 1;
    envelope.set_correlation(correlation);
    refused = take(envelope, questions_.size() < bounds_.requests);
    if (!refused) {
      last_correlation_ = correlation;
      questions_.emplace(correlation, question{std::move(caller), now_ + patience});
    }
  }
  if (refused) {
    caller->fail(refused);
    return 0;
  }
  pump();
  return correlation;
}

uint64_t session::watch(const std::string& target, std::function<void(const caf::error&)> down) {
  Envelope envelope;
  envelope.set_kind(Envelope::WATCH);
  envelope.set_target(target);
  envelope.set_urgent(true); // as its CANCEL, which must not pass it
  caf::error refused;
  uint64_t correlation = 0;
  {
    std::lock_guard lock{mutex_};
    correlation = ++last_correlation_;
    envelope.set_correlation(correlation);
    refused = take(envelope, watches_.size() < limits::link_watches);
    if (!refused)
      watches_.emplace(correlation, std::move(down));
  }
  if (refused)
    down(refused);
  else
    pump();
  return correlation;
}

void session::cancel(uint64_t correlation) {
  take_back(correlation, make_error(ec::cancelled, "the request was taken back"));
}

void session::take_back(uint64_t correlation, const caf::error& reason) {
  std::unique_ptr<link_caller> caller;
  {
    std::lock_guard lock{mutex_};
    if (auto i = questions_.find(correlation); i != questions_.end()) {
      caller = std::move(i->second.caller);
      questions_.erase(i);
    } else if (watches_.erase(correlation) == 0) {
      return;
    }
    Envelope word;
    word.set_kind(Envelope::CANCEL);
    word.set_correlation(correlation);
    word.set_urgent(true);
    out_.push_anyway(std::move(word)); // as many as there were questions
  }
  if (caller)
    caller->fail(reason);
  pump();
}

void session::down(uint64_t correlation, const caf::error& reason) {
  auto word = error_envelope(correlation, reason);
  word.set_kind(Envelope::DOWN);
  word.set_urgent(true);
  {
    std::lock_guard lock{mutex_};
    if (phase_ != phase::open)
      return;
    out_.push_anyway(std::move(word)); // as many as there were watches
  }
  pump();
}

// A note or request of the other side is done.
void session::finish(uint64_t correlation, size_t cost, Envelope* reply) {
  bool flooded = false;
  {
    std::lock_guard lock{mutex_};
    ++done_.envelopes;
    done_.bytes += cost;
    if (phase_ != phase::open)
      return;
    if (reply && !out_.push(std::move(*reply)))
      out_.push_anyway(error_envelope(
          correlation,
          make_error(ec::overloaded,
                     fmt::format("the answers for {} that wait for the wire have {} bytes already", node(),
                                 out_.answer_bytes()))));
    flooded = out_.answer_bytes() > 2 * bounds_.outbox_bytes;
  }
  if (flooded)
    return close(make_error(ec::overloaded, "the other side asks and does not read the answers"));
  pump();
}

void session::tick(std::chrono::milliseconds now) {
  std::vector<uint64_t> late, unheard; // whose time is over; whose caller is gone
  caf::error too_late;
  bool silent = false;
  bool stuck = false;
  {
    std::lock_guard lock{mutex_};
    if (phase_ == phase::ended)
      return;
    if (now - now_ >
        bounds_.silence / 2) // this node itself was not running: nothing is known of the other one
      heard_ = spoke_ = now;
    now_ = now;
    silent = now - heard_ >= bounds_.silence;
    stuck = phase_ == phase::refusing && now - spoke_ >= bounds_.heartbeat;
    beat_ |= now - spoke_ >= bounds_.heartbeat || acknowledge_due(true);
    for (auto& [correlation, asked] : questions_)
      if (asked.deadline < now)
        late.push_back(correlation);
      else if (!asked.caller->waits())
        unheard.push_back(correlation);
    if (!late.empty())
      too_late = make_error(ec::timeout, fmt::format("no answer from {} in time", node()));
  }
  std::sort(late.begin(), late.end());
  for (auto correlation : late)
    take_back(correlation, too_late);
  std::sort(unheard.begin(), unheard.end());
  for (auto correlation : unheard)
    cancel(correlation);
  if (silent)
    close(make_error(ec::unavailable, fmt::format("nothing was heard for {} ms", bounds_.silence.count())));
  if (silent || stuck)
    end({}, true);
  else
    pump();
}

void session::close(const caf::error& reason) {
  {
    std::lock_guard lock{mutex_};
    if (phase_ == phase::refusing || phase_ == phase::ended)
      return;
    phase_ = phase::refusing;
    why_ = reason;
  }
  pump();
}

// Ends it here and now; the wire follows.
void session::end(const caf::error& reason, bool at_once) {
  closed(reason);
  if (at_once)
    wire_->cancel();
  else
    wire_->finish();
}

bool session::acknowledge_due(bool patiently) const {
  auto news = link_amount{done_.envelopes - told_.envelopes, done_.bytes - told_.bytes};
  return patiently ? news.envelopes > 0
                   : news.envelopes >= ours_.window_envelopes() / limits::link_reserve + 1 ||
                         news.bytes >= ours_.window_bytes() / limits::link_reserve + 1;
}

// Under the lock: the next frame, if there is something to say.
bool session::next_frame(Frame& frame) {
  bool any = false;
  if (!said_hello_) {
    *frame.mutable_hello() = ours_;
    said_hello_ = any = true;
  }
  if (phase_ == phase::refusing && !said_why_) {
    *frame.mutable_refusal() = to_failure(why_);
    said_why_ = any = true;
  }
  if (phase_ == phase::open) {
    any |= out_.fill(frame, leaves_);
    any |= std::exchange(beat_, false) || acknowledge_due(false);
    if (any && told_.envelopes != done_.envelopes) {
      frame.set_done_envelopes(done_.envelopes);
      frame.set_done_bytes(done_.bytes);
      told_ = done_;
    }
  }
  if (any) {
    spoke_ = now_;
    ++figures_.frames_out;
    figures_.envelopes_out += static_cast<uint64_t>(frame.envelopes_size());
  }
  return any;
}

void session::pump() {
  Frame frame;
  bool over = false;
  {
    std::lock_guard lock{mutex_};
    if (writing_ || holding_ || phase_ == phase::ended)
      return;
    writing_ = next_frame(frame);
    over = !writing_ && phase_ == phase::refusing;
    if (!writing_ && !over)
      return;
  }
  if (over)
    end({}, false);
  else
    wire_->send(std::move(frame));
}

void session::written() {
  {
    std::lock_guard lock{mutex_};
    writing_ = false;
  }
  pump();
}

void session::closed(const caf::error& reason) {
  std::unordered_map<uint64_t, question> questions;
  std::unordered_map<uint64_t, watcher> watches;
  caf::error why, told;
  {
    std::lock_guard lock{mutex_};
    if (phase_ == phase::ended)
      return;
    phase_ = phase::ended;
    if (!why_)
      why_ = reason ? reason : make_error(ec::unavailable, "the other side has gone");
    why = why_;
    told = lost(why);
    questions.swap(questions_);
    watches.swap(watches_);
    out_ = outbox{bounds_.outbox_bytes};
  }
  std::vector<uint64_t> order;
  for (auto& [correlation, asked] : questions)
    order.push_back(correlation);
  std::sort(order.begin(), order.end());
  for (auto correlation : order) {
    auto& asked = questions.at(correlation);
    asked.has_left ? asked.caller->lost(told) : asked.caller->fail(told);
  }
  order.clear();
  for (auto& [correlation, down] : watches)
    order.push_back(correlation);
  std::sort(order.begin(), order.end());
  for (auto correlation : order)
    watches.at(correlation)(told);
  host_->ended(why);
}

} // namespace troupe
