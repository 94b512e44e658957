// Worker threads' simulated twin: each job is one step of the test scheduler.
#pragma once

#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/workers.hpp>

namespace troupe {

class simulated_workers final : public workers {
public:
  explicit simulated_workers(caf::actor_system& system) : system_{system} {}
  void submit(std::function<void()> job) override {
    system_.spawn([this, job = std::move(job)](caf::event_based_actor*) {
      if (!cut_)
        job();
    });
  }

  /// The power is gone: nothing that has not begun begins.
  void cut() {
    cut_ = true;
  }

private:
  caf::actor_system& system_;
  bool cut_ = false;
};

} // namespace troupe
