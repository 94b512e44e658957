// Worker threads' simulated twin: each job is one step of the test scheduler, now or when its time has come.
#pragma once

#include <map>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/workers.hpp>

namespace troupe {

class simulated_workers final : public workers {
public:
  /// `delay`, asked once per job, says how long a job takes; none = no time. A job that hangs takes very long.
  explicit simulated_workers(caf::actor_system& system, std::function<std::chrono::milliseconds()> delay = {})
      : system_{system}, delay_{std::move(delay)} {}

  void submit(std::function<void()> job) override {
    if (cut_)
      return;
    auto wait = delay_ ? delay_() : std::chrono::milliseconds{0};
    if (wait.count() == 0) {
      system_.spawn([this, job = std::move(job)](caf::event_based_actor*) {
        if (!cut_)
          job();
      });
      return;
    }
    auto late = system_.spawn([this, job = std::move(job)](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      return {[this, self, job](const Tick&) {
        late_.erase(self->id());
        if (!cut_)
          job();
        self->quit();
      }};
    });
    late_.emplace(late.id(), late);
    caf::delayed_anon_send(late, wait, Tick{});
  }

  /// The power is gone: nothing that has not begun begins.
  void cut() {
    cut_ = true;
    for (auto& [id, one] : std::exchange(late_, {}))
      caf::anon_send_exit(one, caf::exit_reason::kill);
  }

private:
  caf::actor_system& system_;
  std::function<std::chrono::milliseconds()> delay_;
  std::map<caf::actor_id, caf::actor> late_; // wait for their time
  bool cut_ = false;
};

} // namespace troupe
