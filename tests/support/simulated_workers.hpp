// Worker threads' simulated twin: each job is one step of the test scheduler.
#pragma once

#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/workers.hpp>

namespace troupe {

class simulated_workers final : public workers {
public:
  explicit simulated_workers(caf::actor_system& system) : system_{system} {
  }
  void submit(std::function<void()> job) override {
    system_.spawn([job = std::move(job)](caf::event_based_actor*) { job(); });
  }

private:
  caf::actor_system& system_;
};

} // namespace troupe
