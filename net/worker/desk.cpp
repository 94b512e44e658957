// DESK: names, presence, fates.
// Invariant: a name is one session's at a time. Whoever is present is told of to the registry after that has changed, never before.

#include <fmt/format.h>
#include <troupe/net/worker/desk.hpp>
#include <troupe/net/worker/hiring.hpp>
#include <troupe/net/worker/worker_behavior.hpp>
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/health.pb.h>
#include <troupe/runtime/proto/journal.pb.h>
#include <troupe/runtime/proto/ops.pb.h>
#include <troupe/runtime/worker_limits.hpp>

namespace troupe {

void worker_desk::open(worker_office office) {
  office_ = std::move(office);
  welcome_.set_node(office_.node);
  welcome_.set_lease_ms(office_.lease.count());
  welcome_.set_heartbeat_ms(office_.lease.count() / 3);
  std::lock_guard lock{mutex_};
  open_ = true;
}

caf::expected<std::shared_ptr<worker_session>>
worker_desk::greet(std::shared_ptr<worker_line> line, std::string principal, std::string address) {
  std::lock_guard lock{mutex_};
  if (!open_)
    return make_error(ec::unavailable, "the node stops; connect again");
  if (sessions_.size() >= limits::worker_streams)
    return make_error(ec::overloaded,
                      fmt::format("{} workers are connected; repeat later", sessions_.size()));
  auto session = std::make_shared<worker_session>(shared_from_this(), std::move(line), std::move(principal),
                                                  std::move(address));
  sessions_.emplace(session.get(), session);
  return session;
}

bool worker_desk::is_present(const std::string& name) const {
  std::lock_guard lock{mutex_};
  return present_.count(name) > 0;
}

std::shared_ptr<void> worker_desk::begin(call_elsewhere call) {
  std::shared_ptr<worker_session> with;
  {
    std::lock_guard lock{mutex_};
    if (auto i = names_.find(call.agent); i != names_.end())
      with = i->second;
  }
  if (with)
    return with->begin(std::move(call));
  Outcome nobody;
  *nobody.mutable_failure() =
      to_failure(make_error(ec::no_agent, "worker '" + call.agent + "' is not connected"));
  call.answer(std::move(nobody));
  return nullptr;
}

WorkerList worker_desk::list() const {
  std::map<std::string, std::shared_ptr<worker_session>> names;
  {
    std::lock_guard lock{mutex_};
    names = names_;
  }
  WorkerList list;
  for (auto& [name, session] : names)
    if (ConnectedWorker row; session->show(row))
      *list.add_workers() = std::move(row);
  return list;
}

std::vector<std::shared_ptr<worker_session>> worker_desk::everybody() const {
  std::vector<std::shared_ptr<worker_session>> all;
  std::lock_guard lock{mutex_};
  for (auto& [who, session] : sessions_)
    all.push_back(session);
  return all;
}

void worker_desk::tick() {
  for (auto& session : everybody())
    session->tick();
}

void worker_desk::stop() {
  {
    std::lock_guard lock{mutex_};
    open_ = false;
    present_.clear();
  }
  for (auto& session : everybody())
    session->stop();
}

int64_t worker_desk::now_ms() const {
  return office_.outside->time->now_ms();
}

caf::error worker_desk::take_name(const std::string& name, worker_session* who) {
  std::lock_guard lock{mutex_};
  if (!names_.emplace(name, who->shared_from_this()).second)
    return make_error(ec::already_exists,
                      fmt::format("a worker '{}' is connected; a name is free when its worker has gone, "
                                  "or was silent for {} ms",
                                  name, welcome_.lease_ms()));
  return {};
}

void worker_desk::hire(AgentCreationRequest agent, const std::string& principal,
                       std::function<void(caf::error refused)> then) {
  hire_worker(*office_.system, office_.outside, std::move(agent), principal, std::move(then));
}

void worker_desk::set_present(const std::string& name, bool present) {
  {
    std::lock_guard lock{mutex_};
    if (!(present ? open_ && present_.insert(name).second : present_.erase(name) > 0))
      return;
  }
  AgentSilent look_again;
  look_again.set_id(name);
  office_.outside->names->tell(std::string{services::registry}, std::move(look_again));
  office_.outside->log.info(present ? "a worker takes tasks" : "a worker takes no tasks any more",
                            {{"worker", name}});
}

void worker_desk::leave(worker_session* who, const std::string& name, const std::string& why) {
  bool had_name = false;
  {
    std::lock_guard lock{mutex_};
    sessions_.erase(who);
    if (auto i = names_.find(name); i != names_.end() && i->second.get() == who) {
      names_.erase(i);
      had_name = true;
    }
  }
  if (!had_name)
    return;
  set_present(name, false);
  office_.outside->log.info("a worker is gone", {{"worker", name}, {"reason", why}});
}

void worker_desk::remember(const std::string& lease, std::string why) {
  std::lock_guard lock{mutex_};
  if (fates_.insert_or_assign(lease, std::move(why)).second)
    fates_in_order_.push_back(lease);
  if (fates_in_order_.size() > limits::worker_leases_remembered) {
    fates_.erase(fates_in_order_.front());
    fates_in_order_.pop_front();
  }
}

std::string worker_desk::fate_of(const std::string& lease) const {
  std::lock_guard lock{mutex_};
  auto i = fates_.find(lease);
  return i != fates_.end()
             ? i->second
             : "it does not hold this lease: it has answered it, it was lost long ago, or never was";
}

void add_worker_parts(agent_parts& parts, std::shared_ptr<worker_desk> desk) {
  auto refused =
      parts.behaviors.add(make_worker_behavior()->describe(), [] { return make_worker_behavior(); });
  ensure(!refused, "no other behavior has the name");
  tool one;
  one.name = worker_behavior;
  one.description = "Has a task done by a worker in another process.";
  one.start = [desk](call_elsewhere call) { return desk->begin(std::move(call)); };
  parts.tools.add(std::move(one));
  parts.is_there = [desk](const AgentCreationRequest& who) {
    return who.behavior() != worker_behavior || desk->is_present(who.id());
  };
}

namespace {

struct worker_clock_state {
  static inline const char* name = "worker_clock";
};

link_clock_actor::behavior_type worker_clock(link_clock_actor::stateful_pointer<worker_clock_state> self,
                                             std::shared_ptr<worker_desk> desk) {
  house_rules(self);
  tell_in(self, limits::worker_tick, link_clock_actor{self}, Tick{});
  return {
      [=](const Tick&) {
        desk->tick();
        tell_in(self, limits::worker_tick, link_clock_actor{self}, Tick{});
      },
      [](const Ping&) { return Done{}; },
  };
}

} // namespace

link_clock_actor spawn_worker_clock(caf::scheduled_actor* parent, std::shared_ptr<worker_desk> desk) {
  return parent->spawn(worker_clock, std::move(desk));
}

} // namespace troupe
