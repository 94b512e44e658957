// The seal keeper's simulated twin: the same course, one step of the test scheduler at a time.
#pragma once

#include <troupe/persistence/seal_course.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {

/// Takes a step whenever one is due. A crash, and whatever else the node does, may come between any two.
class simulated_keeper {
public:
  simulated_keeper(caf::actor_system& system, std::shared_ptr<sealed_store> rows,
                   std::shared_ptr<journal> disk, size_t piece_rows)
      : course_{std::move(rows), {}, piece_rows}, disk_{std::move(disk)} {
    pump_ = system.spawn([this](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      return {[this](const Tick&) { step(); }};
    });
    go_on({});
  }
  simulated_keeper(const simulated_keeper&) = delete;
  simulated_keeper& operator=(const simulated_keeper&) = delete;

  /// The power is gone: no step is taken any more. To be called before its system ends.
  void cut() {
    caf::anon_send_exit(pump_, caf::exit_reason::kill);
    pump_ = nullptr;
    disk_.reset();
  }

  /// As seal_keeper::rotate() and shred().
  void change(std::function<caf::error(key_ring&)> what, std::function<void(const caf::error&)> done) {
    disk_->submit(course_.change(std::move(what), [this, done = std::move(done)](const caf::error& outcome) {
      done(outcome);
      go_on({});
    }));
  }

  seal_status status() const {
    return course_.status();
  }

private:
  void go_on(std::chrono::milliseconds wait) {
    if (!disk_)
      return;
    if (wait.count() == 0)
      caf::anon_send(pump_, Tick{});
    else
      caf::delayed_anon_send(pump_, wait, Tick{});
  }

  void step() {
    auto next = course_.next();
    if (!disk_ || busy_ || next == seal_course::step::rest)
      return;
    if (next == seal_course::step::piece) {
      busy_ = true;
      disk_->submit(course_.piece([this] {
        busy_ = false;
        after_step();
      }));
    } else {
      course_.clean_files(stop_);
      after_step();
    }
  }

  void after_step() {
    if (auto pause = course_.pause())
      go_on(*pause);
  }

  seal_course course_;
  std::shared_ptr<journal> disk_; // null = the power is gone
  caf::actor pump_;
  std::atomic<bool> stop_ = false;
  bool busy_ = false; // a piece is in the journal
};

} // namespace troupe
