// A net of wires under virtual time: what travels, takes as long as the links say; within one wire in order, between two wires in
// any. No threads; advance() does all.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <tests/support/simulated_links.hpp>
#include <troupe/net/link/wire.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/link.pb.h>
#include <utility>
#include <vector>

namespace troupe {

/// Wires between named nodes.
class simulated_net {
public:
  using milliseconds = std::chrono::milliseconds;
  explicit simulated_net(simulated_links& links) : links_{links} {}

  /// One end of a wire. Its user is set before anything is sent.
  class end final : public wire {
  public:
    end(simulated_net& net, std::string here, std::string there)
        : net_{net}, here_{std::move(here)}, there_{std::move(there)} {}

    void send(Frame&& frame) override {
      frames.push_back(frame.SerializeAsString());
      net_.later(milliseconds{0}, [this] {
        if (auto writer = user.lock(); writer && !over_)
          writer->written();
      });
      deliver([bytes = frames.back()](end& to) {
        Frame copy;
        copy.ParseFromString(bytes);
        if (auto reader = to.user.lock())
          reader->received(copy);
      });
    }
    void finish() override {
      deliver([](end& to) { to.over("the other side finished"); });
      net_.later(milliseconds{0}, [this] { over("finished"); });
    }
    void cancel() override {
      net_.later(milliseconds{0}, [this] { over("cancelled"); });
      deliver([](end& to) { to.over("the other side cancelled"); });
    }
    /// The process at this end is gone: nothing more comes from it, and it hears nothing.
    void die() {
      user.reset();
      cancel();
    }

    std::weak_ptr<wire_end> user;
    std::vector<std::string> frames; ///< all that were sent

  private:
    friend class simulated_net;
    void over(const char* why) {
      if (std::exchange(over_, true))
        return;
      if (auto last = user.lock())
        last->closed(make_error(ec::unavailable, why));
    }
    void deliver(std::function<void(end&)> what) {
      auto takes = net_.links_.carry(here_, there_);
      if (over_ || !takes || lost_) {
        lost_ = true; // what comes after a hole never arrives either
        return;
      }
      arrives_ = std::max(arrives_, net_.now_ + *takes);
      net_.later(arrives_ - net_.now_, [other = other_, what] {
        if (auto to = other.lock(); to && !to->over_)
          what(*to);
      });
    }
    simulated_net& net_;
    const std::string here_;
    const std::string there_;
    std::weak_ptr<end> other_;
    milliseconds arrives_{0}; // of the last frame
    bool over_ = false;
    bool lost_ = false;
  };

  /// A wire between two nodes: its two ends.
  std::pair<std::shared_ptr<end>, std::shared_ptr<end>> connect(const std::string& a, const std::string& b) {
    auto one = std::make_shared<end>(*this, a, b);
    auto two = std::make_shared<end>(*this, b, a);
    one->other_ = two;
    two->other_ = one;
    wires_.push_back(one);
    wires_.push_back(two);
    return {one, two};
  }

  /// Called every limits::link_tick of virtual time.
  std::function<void(milliseconds)> on_tick;
  /// Called after each event: what it caused in actors runs before the next.
  std::function<void()> after_event;

  milliseconds now() const {
    return now_;
  }

  /// Lets time pass.
  void advance(milliseconds by) {
    for (auto until = now_ + by;;) {
      auto next = events_.empty() ? until : std::min(until, events_.begin()->first.first);
      while (now_ < next) {
        now_ = std::min(next, now_ + (ticked_ + tick_every - now_));
        if (now_ - ticked_ >= tick_every) {
          ticked_ = now_;
          if (on_tick)
            on_tick(now_);
          settle();
          next = events_.empty() ? until : std::min(until, events_.begin()->first.first);
        }
      }
      if (events_.empty() || events_.begin()->first.first > until)
        return;
      auto event = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      event();
      settle();
    }
  }

private:
  static constexpr milliseconds tick_every{100};
  void later(milliseconds delay, std::function<void()> event) {
    events_.emplace(std::pair{now_ + delay, ++count_}, std::move(event));
  }
  void settle() {
    if (after_event)
      after_event();
  }

  simulated_links& links_;
  milliseconds now_{0};
  milliseconds ticked_{0};
  uint64_t count_ = 0;
  std::map<std::pair<milliseconds, uint64_t>, std::function<void()>> events_;
  std::vector<std::shared_ptr<end>> wires_; // events refer to them
};

} // namespace troupe
