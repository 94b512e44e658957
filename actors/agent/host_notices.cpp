// HOST NOTICES: losses, and looks at timers.

#include <troupe/actors/agent/host_notices.hpp>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

hosted_kinds host_kinds(const doors& outside, std::vector<entity_kind> kinds, const directory::waker& wake) {
  hosted_kinds all;
  for (auto& kind : kinds) {
    auto kind_name = kind.name;
    outside.names->set_waker(kind_name, wake);
    hosted_kind known{std::move(kind), outside.meters.entities_awake.with({kind_name}),
                      outside.meters.entity_wakes.with({kind_name})};
    known.awake.record(0); // another host may have counted before
    all.emplace(std::move(kind_name), std::move(known));
  }
  return all;
}

void ask_for_timers(const doors& outside, const std::string& ref, std::chrono::milliseconds after) {
  Redeliver again;
  again.set_ref(ref);
  again.set_after_ms(after.count());
  outside.names->tell(std::string{services::timers}, std::move(again));
}

void tell_of_loss(const doors& outside, const hosted_kinds& kinds, const std::string& ref, bool quarantined) {
  auto parts = parse_ref(ref);
  auto kind = parts ? kinds.find(parts->kind) : kinds.end();
  if (kind == kinds.end() || kind->second.tell_crash_to.empty())
    return;
  EntityCrashed crash;
  crash.set_ref(ref);
  crash.set_quarantined(quarantined);
  outside.names->tell(std::string{kind->second.tell_crash_to}, std::move(crash));
}

void tell_of_losses(const doors& outside, const hosted_kinds& kinds) {
  for (auto& [kind_name, kind] : kinds)
    if (std::string listener{kind.tell_crash_to}; !listener.empty() && outside.names->find(listener))
      outside.names->tell(listener, EntityCrashed{});
}

void end_orphans(caf::scheduled_actor* self, const doors& outside, const hosted_kinds& kinds) {
  for (auto& ref : outside.names->awake())
    if (auto parts = parse_ref(ref); parts && kinds.count(parts->kind) > 0)
      if (auto orphan = outside.names->find(ref)) {
        outside.names->erase(ref, orphan, being_stopped(ref));
        self->send_exit(orphan, caf::exit_reason::kill);
      }
}

caf::error being_stopped(const std::string& ref) {
  return make_error(ec::unavailable, ref + " is being stopped");
}

} // namespace troupe
