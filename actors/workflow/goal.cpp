// GOAL: work split over a fleet.
// Invariant: whoever waits for results is told when there are some, or when all have come.

#include <troupe/actors/workflow/goal.hpp>
#include <troupe/actors/workflow/goal_book.hpp>
#include <troupe/runtime/interface/fleet.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {
namespace {

struct goal_waiter {
  CollectResults asked;
  postponed question;
};

goal_actor::behavior_type goal(goal_actor::stateful_pointer<goal_book> self, entity_log<goal_book> log) {
  auto waiters = std::make_shared<std::vector<goal_waiter>>();
  log.stay_awake_while([waiters] { return !waiters->empty(); });
  auto is_due = [self](const CollectResults& asked) {
    return !self->state.exists() || self->state.has_ended() || self->state.results() > asked.after();
  };
  auto tell_waiters = [=]() mutable {
    for (auto& waiter : std::exchange(*waiters, {}))
      if (is_due(waiter.asked))
        log.deliver(std::move(waiter.question), *self->state.progress(waiter.asked));
      else
        waiters->push_back({std::move(waiter.asked), std::move(waiter.question)});
  };
  return {
      [=](const SetGoal& cmd) mutable { return log.handle(cmd); },
      [=](const CollectResults& asked) mutable -> caf::result<GoalProgress> {
        if (!asked.wait() || is_due(asked))
          return log.answer(self->state.progress(asked));
        waiters->push_back({asked, log.postpone()});
        return caf::delegated<GoalProgress>{};
      },
      [=](const CancelGoal& cmd) mutable { return log.handle(cmd); },
      [=](const ChildEnded& cmd) mutable {
        log.act(cmd);
        tell_waiters();
      },
      [=](const TimerDue& due) mutable { log.act(due); },
  };
}

} // namespace

entity_kind goal_kind() {
  return make_kind<goal_book>("goal", goal);
}

} // namespace troupe
