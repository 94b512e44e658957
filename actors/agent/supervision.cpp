// SUPERVISION: the hands of a supervisor.
// Invariant: every living child is monitored and known to the roster; when the supervisor is gone, so are its
// children.

#include <algorithm>
#include <fmt/format.h>
#include <troupe/actors/agent/supervision.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

template <class... Answers>
void deliver_all(std::vector<promise<Done>>& waiting, const Answers&... answer) {
  for (auto& asker : std::exchange(waiting, {}))
    (asker.deliver(answer), ...);
}

} // namespace

supervision::supervision(caf::scheduled_actor* self) : self_{self} {}

supervision::~supervision() {
  for (auto& [id, child] : live_) {
    if (!child.actor)
      continue;
    caf::anon_send_exit(child.actor, caf::exit_reason::kill);
    options_.places.leave(child.spec, child.actor);
  }
}

void supervision::begin(supervisor_options options, std::vector<child_spec> specs) {
  options_ = std::move(options);
  children_ = roster{options_.rules};
  chance_.seed(options_.seed);
  for (auto& spec : specs) {
    children_.add(spec.id, spec.kind, false, now());
    auto& child = live_[spec.id];
    child.spec = std::move(spec);
  }
  drive();
}

void supervision::on_restart() {
  drive();
}

void supervision::drive() {
  for (;;) {
    auto step = children_.next(now());
    switch (step.what) {
    case roster_step::start:
      start(std::string{children_.children()[step.child].id}); // a copy: a failed start may end the row
      break;
    case roster_step::stop:
      stop(children_.children()[step.child].id);
      break;
    case roster_step::wake:
      if (next_wake_ != step.at) {
        next_wake_ = step.at;
        remind(step.at - now(), RestartChild{});
      }
      return answer_starters();
    case roster_step::finished:
      return finish();
    case roster_step::rest:
      return answer_starters();
    }
  }
}

void supervision::start(const std::string& id) {
  auto& child = live_.at(id);
  report(id, "starting");
  auto actor = start_child(child.spec, self_);
  if (!actor)
    return down(id, text_of(actor.error()));
  child.actor = std::move(*actor);
  watch(self_, child.actor);
  options_.places.enter(path_of(id), child.spec, child.actor);
  greet(child);
}

/// A child has started when it answers, even if only that it does not know the word.
void supervision::greet(const supervised& child) {
  auto request = self_->new_request_id(caf::message_priority::high);
  auto greeting = child.spec.supervisor ? caf::make_message(AwaitStart{}) : caf::make_message(Ping{});
  child.actor->enqueue(self_->ctrl(), request, std::move(greeting), self_->context());
  if (!child.spec.supervisor)
    self_->request_response_timeout(caf::duration{child.spec.start_timeout}, request);
  auto answered = [this, id = child.spec.id, actor_id = child.actor.id()] { started(id, actor_id); };
  auto failed = [this, answered, id = child.spec.id, actor_id = child.actor.id()](const caf::error& error) {
    if (error == caf::sec::request_timeout)
      late(id, actor_id);
    else if (error != caf::sec::request_receiver_down) // then DOWN says more
      answered();
  };
  caf::response_handle<caf::scheduled_actor, caf::detail::type_list<Done>, false>{request.response_id(),
                                                                                  self_}
      .then([answered](const Done&) { answered(); }, failed);
}

void supervision::started(const std::string& id, uint64_t actor_id) {
  auto* child = find(id, actor_id, phase::starting);
  if (!child)
    return;
  children_.started(*children_.find(id), now());
  options_.places.open(child->spec, child->actor);
  report(id, "running");
  std::exchange(child->on_start, {}).deliver(Done{});
  drive();
}

void supervision::late(const std::string& id, uint64_t actor_id) {
  auto* child = find(id, actor_id, phase::starting);
  if (!child)
    return;
  child->kill_reason =
      fmt::format("no answer to Ping within {} ms after its start", child->spec.start_timeout.count());
  end_child(self_, child->actor, caf::exit_reason::kill);
}

void supervision::stop(const std::string& id) {
  auto& child = live_.at(id);
  report(id, "stopping");
  if (child.spec.shutdown.count() == 0)
    return kill(child);
  end_child(self_, child.actor, caf::exit_reason::user_shutdown);
  KillChild reminder;
  reminder.set_id(id);
  reminder.set_actor_id(child.actor.id());
  remind(child.spec.shutdown, std::move(reminder));
}

void supervision::kill(supervised& child) {
  report(child.spec.id, "killed");
  end_child(self_, child.actor, caf::exit_reason::kill);
  KillChild reminder;
  reminder.set_id(child.spec.id);
  reminder.set_actor_id(child.actor.id());
  reminder.set_killed(true);
  remind(limits::kill_timeout, std::move(reminder));
}

void supervision::on_kill(const KillChild& message) {
  auto* child = find(message.id(), message.actor_id(), phase::stopping);
  if (!child)
    return;
  if (!message.killed())
    return kill(*child);
  children_.abandon(*children_.find(message.id()));
  report(message.id(), "stuck", "even kill does not end it");
  deliver_all(child->on_stop, make_error(ec::timeout, "even kill does not end " + path_of(message.id())));
  drive();
}

void supervision::on_down(const caf::down_msg& message) {
  auto i = std::find_if(live_.begin(), live_.end(), [&](auto& entry) {
    return entry.second.actor && entry.second.actor.address() == message.source;
  });
  if (i == live_.end())
    return;
  down(std::string{i->first}, failure_of(message.reason));
  drive();
}

void supervision::down(const std::string& id, std::string failure) {
  auto& child = live_.at(id);
  auto index = *children_.find(id);
  if (!failure.empty() && !child.kill_reason.empty())
    failure = child.kill_reason;
  child.kill_reason.clear();
  failure = cut_utf8(clean_utf8(failure), limits::failure_text_bytes); // exceptions carry any bytes
  report(id, failure.empty() ? "ended" : "failed", failure);
  if (child.actor)
    options_.places.leave(child.spec, child.actor);
  child.actor = nullptr;
  if (auto& row = children_.children()[index]; row.added && !row.settled) {
    child.on_start.deliver(make_error(
        ec::unavailable, path_of(id) + " did not start: " + (failure.empty() ? "it ended" : failure)));
    children_.remove(index);
  }
  if (!children_.down(index, failure, now(), chance_())) {
    report(id, "escalated", children_.escalation());
    exit_reason_ = make_error(ec::internal, children_.escalation());
  }
  prune(id);
}

/// Lets go of a child the roster has forgotten.
void supervision::prune(const std::string& id) {
  if (children_.find(id))
    return;
  auto gone = live_.extract(id);
  deliver_all(gone.mapped().on_stop, Done{});
}

void supervision::add(child_spec spec, promise<Done> answer) {
  children_.add(spec.id, spec.kind, true, now());
  auto& child = live_[spec.id];
  child.spec = std::move(spec);
  child.on_start = std::move(answer);
  drive();
}

void supervision::remove(const std::string& id, promise<Done> answer) {
  live_.at(id).on_stop.push_back(std::move(answer));
  children_.remove(*children_.find(id));
  prune(id);
  drive();
}

void supervision::close(caf::error reason) {
  if (!exit_reason_)
    exit_reason_ = std::move(reason);
  children_.close();
  drive();
}

void supervision::close(promise<Done> answer) {
  on_stop_.push_back(std::move(answer));
  close(caf::error{});
}

void supervision::await_start(promise<Done> answer) {
  on_start_.push_back(std::move(answer));
  answer_starters();
}

void supervision::answer_starters() {
  if (!children_.closed() && children_.settled())
    deliver_all(on_start_, Done{});
}

void supervision::finish() {
  std::string stuck;
  for (auto& child : children_.children())
    if (child.now == phase::stuck)
      stuck += (stuck.empty() ? "" : ", ") + path_of(child.id);
  if (stuck.empty()) {
    deliver_all(on_stop_, Done{});
  } else {
    auto error = make_error(ec::timeout, "even kill does not end " + stuck);
    deliver_all(on_stop_, error);
    if (failure_of(exit_reason_).empty())
      exit_reason_ = error;
  }
  auto gone = make_error(ec::unavailable, options_.path + " stops");
  deliver_all(on_start_, gone);
  for (auto& [id, child] : live_)
    child.on_start.deliver(gone);
  self_->quit(exit_reason_);
}

supervised* supervision::find(const std::string& id, uint64_t actor_id, phase expected) {
  auto i = live_.find(id);
  auto index = children_.find(id);
  auto same = i != live_.end() && index && i->second.actor && i->second.actor.id() == actor_id;
  return same && children_.children()[*index].now == expected ? &i->second : nullptr;
}

void supervision::report(const std::string& id, const char* what, const std::string& text) const {
  if (!options_.on_event)
    return;
  auto& row = children_.children()[*children_.find(id)];
  auto& actor = live_.at(id).actor;
  ChildEvent event;
  event.set_path(path_of(id));
  event.set_what(what);
  event.set_restarts(static_cast<uint32_t>(row.starts > 0 ? row.starts - 1 : 0));
  event.set_text(text);
  event.set_actor_id(actor ? actor.id() : 0);
  options_.on_event(event);
}

std::string supervision::path_of(const std::string& id) const {
  return options_.path + "/" + id;
}

instant supervision::now() const {
  return self_->clock().now();
}

template <class M>
void supervision::remind(std::chrono::nanoseconds delay, M message) {
  self_->clock().schedule_message(
      now() + delay, self_->ctrl(),
      caf::make_mailbox_element(self_->ctrl(), caf::make_message_id(), {}, std::move(message)));
}

} // namespace troupe
