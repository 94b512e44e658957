// SCHEDULE: starts runs of a workflow again and again.
// Invariant: an occurrence is one run, whose id is made of both: whatever crashes, it is asked for until it has answered, and asking
// twice begins nothing twice.

#include <troupe/actors/spawn.hpp>
#include <troupe/actors/workflow/schedule_book.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/interface/schedule.hpp>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {
namespace {

// Refusals that will not change. After any other the outbox asks again.
bool is_final(ec code) {
  return code == ec::invalid_argument || code == ec::invalid_workflow || code == ec::already_exists ||
         code == ec::permission_denied || code == ec::budget_exceeded || code == ec::not_found ||
         code == ec::conflict;
}

schedule_actor::behavior_type schedule(schedule_actor::stateful_pointer<schedule_book> self,
                                       entity_log<schedule_book> log) {
  auto begin = [self, log](const schedule_start& run) mutable {
    auto answered = [log, key = run.key](const caf::error& refusal) mutable {
      StartAnswered answer;
      answer.set_key(key);
      if (refusal && !is_final(code_of(refusal))) {
        log.outside().log.for_entity(log.ref()).warning("a run is asked for again later",
                                                        {{"run", key}, {"reason", describe(refusal)}});
        return;
      }
      if (refusal)
        *answer.mutable_failure() = to_failure(refusal);
      log.act(answer);
    };
    auto send = [&](const auto& command) {
      ask<WorkflowAccepted>(self, *log.outside().names, run.to, limits::request_timeout, command)
          .then([=](const WorkflowAccepted&) mutable { answered({}); },
                [=](const caf::error& refusal) mutable { answered(refusal); });
    };
    std::visit(send, run.command);
  };
  return {
      [=](const CreateSchedule& cmd) mutable { return log.handle(cmd); },
      [=](const UpdateSchedule& cmd) mutable { return log.handle(cmd); },
      [=](const PauseSchedule& cmd) mutable { return log.handle(cmd); },
      [=](const ResumeSchedule& cmd) mutable { return log.handle(cmd); },
      [=](const DeleteSchedule& cmd) mutable { return log.handle(cmd); },
      [=](const GetSchedule&) mutable { return log.answer(self->state.describe(log.now_ms())); },
      [=](const TriggerSchedule& cmd) mutable { return log.handle(cmd); },
      [=](const BackfillSchedule& cmd) mutable { return log.handle(cmd); },
      [=](const TimerDue& due) mutable {
        log.act(due);
        if (auto run = self->state.to_start(due.timer()))
          begin(*run);
      },
      [=](const StartAnswered& cmd) mutable { log.act(cmd); },
      [=](const ChildEnded& cmd) mutable { log.act(cmd); },
  };
}

} // namespace

entity_kind schedule_kind() {
  return make_kind<schedule_book>("schedule", schedule);
}

} // namespace troupe
