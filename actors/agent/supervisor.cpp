// SUPERVISOR: does what its roster says, and tells the roster what came of it.
// Invariant: every living child is monitored and known to the roster; when the supervisor is gone, so are its
// children.

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <random>
#include <troupe/actors/agent/roster.hpp>
#include <troupe/actors/agent/supervisor.hpp>
#include <troupe/actors/agent/tree.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {
namespace {

using private_supervisor = supervisor_actor::extend<note<RestartChild>, note<KillChild>>;

/// What the roster does not know of a child.
struct live_child {
  child_spec spec;
  caf::actor actor;    // null while it is down
  std::string verdict; // why it is killed, to be told instead of "killed"
  promise<Done> on_start;
  std::vector<promise<Done>> on_stop;
};

/// The failure in a reason to end; empty after a normal end.
std::string failure_of(const caf::error& reason) {
  if (!reason || reason == caf::exit_reason::normal || reason == caf::exit_reason::user_shutdown)
    return {};
  return reason.category() == caf::atom("exit") ? caf::to_string(reason) : describe(reason);
}

/// What the supervisor does; the behavior below only calls it.
class supervisor_state {
public:
  static inline const char* name = "supervisor";

  explicit supervisor_state(private_supervisor::pointer self) : self_{self} {}

  ~supervisor_state() {
    for (auto& [id, child] : live_) {
      if (child.actor)
        caf::anon_send_exit(child.actor, caf::exit_reason::kill);
      forget(child);
    }
  }

  void begin(supervisor_options options, std::vector<child_spec> specs) {
    options_ = std::move(options);
    children_ = roster{options_.rules};
    chance_.seed(options_.seed);
    for (auto& spec : specs)
      add(std::move(spec), false);
    drive();
  }
  /// Does what is to be done until there is nothing left but to wait.
  void drive() {
    for (;;) {
      auto step = children_.next(now());
      switch (step.what) {
      case roster_step::start:
        start(at(step.child).id);
        break;
      case roster_step::stop:
        stop(at(step.child).id);
        break;
      case roster_step::wake:
        if (next_wake_ != step.at) {
          next_wake_ = step.at;
          tell_in(self_, step.at - now(), self_, RestartChild{});
        }
        return answer_starters();
      case roster_step::finished:
        return finish();
      case roster_step::rest:
        return answer_starters();
      }
    }
  }

  void on_down(const caf::down_msg& message) {
    auto i = std::find_if(live_.begin(), live_.end(), [&](auto& entry) {
      return entry.second.actor && entry.second.actor.address() == message.source;
    });
    if (i == live_.end())
      return;
    down(i->first, failure_of(message.reason));
    drive();
  }

  void close(caf::error reason) {
    if (!exit_reason_)
      exit_reason_ = std::move(reason);
    children_.close();
    drive();
  }

  void kill(const KillChild& command) {
    auto i = live_.find(command.id());
    auto index = children_.find(command.id());
    if (i == live_.end() || !index || !i->second.actor || i->second.actor.id() != command.actor_id() ||
        at(*index).now != phase::stopping)
      return;
    if (!command.killed())
      return kill_now(i->second);
    children_.abandon(*index);
    report(command.id(), "stuck", "even kill does not end it");
    for (auto& waiting : std::exchange(i->second.on_stop, {}))
      waiting.deliver(make_error(ec::timeout, "even kill does not end child " + command.id()));
    drive();
  }

  caf::result<Done> start_child(const StartChild& command) {
    auto refused = refusal(command);
    if (refused)
      return refused;
    auto spec = options_.make_child(command);
    if (!spec)
      return spec.error();
    spec->id = command.id();
    add(std::move(*spec), true);
    promise<Done> answer{self_};
    live_[command.id()].on_start = answer;
    drive();
    return answer.pending();
  }

  caf::result<Done> stop_child(const StopChild& command) {
    auto index = children_.find(command.id());
    if (!index)
      return make_error(ec::not_found, "no child '" + command.id() + "' in " + options_.path);
    promise<Done> answer{self_};
    live_[command.id()].on_stop.push_back(answer);
    children_.remove(*index);
    prune(command.id());
    drive();
    return answer.pending();
  }

  caf::result<Done> stop_tree() {
    promise<Done> answer{self_};
    on_stop_.push_back(answer);
    close(caf::exit_reason::normal);
    return answer.pending();
  }

  caf::result<Done> await_start() {
    promise<Done> answer{self_};
    on_start_.push_back(answer);
    answer_starters();
    return answer.pending();
  }

  caf::result<TreeNode> tree(const GetTree& question) {
    TreeNode node;
    node.set_id(options_.path.substr(options_.path.rfind('/') + 1));
    node.set_kind("supervisor");
    node.set_state(children_.closed() ? "stopping" : children_.settled() ? "running" : "restarting");
    node.set_mailbox(self_->mailbox().size());
    node.set_actor_id(self_->id());
    node.set_strategy(std::string{to_string(options_.rules.how)});
    std::vector<subtree> subtrees;
    for (int i = 0; i < static_cast<int>(children_.children().size()); ++i) {
      auto& row = at(static_cast<size_t>(i));
      auto& child = live_.at(row.id);
      *node.add_children() = describe_child(row, child.actor, child.spec.supervisor, options_.board);
      if (child.actor && child.spec.supervisor)
        subtrees.push_back({i, caf::actor_cast<supervisor_actor>(child.actor)});
    }
    return gather(self_, question, std::move(node), std::move(subtrees));
  }

private:
  instant now() const {
    return self_->clock().now();
  }

  const roster_child& at(size_t index) const {
    return children_.children()[index];
  }

  void add(child_spec spec, bool at_run_time) {
    auto id = spec.id;
    children_.add(id, spec.kind, at_run_time, now());
    live_[id].spec = std::move(spec);
  }

  caf::error refusal(const StartChild& command) const {
    auto& options = options_;
    if (!options.make_child)
      return make_error(ec::invalid_argument, options.path + " has fixed children");
    if (children_.closed())
      return make_error(ec::unavailable, options.path + " stops");
    if (children_.find(command.id()))
      return make_error(ec::already_exists, options.path + " has a child '" + command.id() + "'");
    if (children_.children().size() >= limits::children)
      return make_error(ec::overloaded,
                        fmt::format("{} has {} children already", options.path, limits::children));
    return {};
  }

  void start(const std::string& id) {
    auto& child = live_.at(id);
    report(id, "starting");
    try {
      child.actor = child.spec.start(self_);
    } catch (const std::exception& e) {
      return down(id, std::string{"start failed: "} + e.what());
    } catch (...) {
      return down(id, "start failed: something that is no std::exception was thrown");
    }
    if (!child.actor)
      return down(id, "start failed: no actor was returned");
    watch(self_, child.actor);
    if (options_.board)
      options_.board->watch(options_.path + "/" + id, child.spec.ref, child.actor);
    auto actor_id = child.actor.id();
    auto answered = [=, this] { started(id, actor_id); };
    auto failed = [=, this](const caf::error& error) {
      if (error == caf::sec::request_timeout)
        late(id, actor_id);
      else if (error != caf::sec::request_receiver_down) // it answers, if only that it does not know the word
        started(id, actor_id);
    };
    if (child.spec.supervisor) // no timeout: it bounds the start of its own children
      self_->request<caf::message_priority::high>(child.actor, caf::infinite, AwaitStart{})
          .then([=](const Done&) { answered(); }, failed);
    else
      self_->request<caf::message_priority::high>(child.actor, child.spec.start_timeout, Ping{})
          .then([=](const Done&) { answered(); }, failed);
  }

  /// The child, if it is still the same actor.
  live_child* find(const std::string& id, uint64_t actor_id) {
    auto i = live_.find(id);
    return i != live_.end() && i->second.actor && i->second.actor.id() == actor_id ? &i->second : nullptr;
  }

  void started(const std::string& id, uint64_t actor_id) {
    auto* child = find(id, actor_id);
    auto index = children_.find(id);
    if (!child || !index || at(*index).now != phase::starting)
      return;
    children_.started(*index, now());
    if (options_.names && !child->spec.ref.empty())
      options_.names->put(child->spec.ref, child->actor);
    report(id, "running");
    std::exchange(child->on_start, {}).deliver(Done{});
    drive();
  }

  void late(const std::string& id, uint64_t actor_id) {
    auto* child = find(id, actor_id);
    auto index = children_.find(id);
    if (!child || !index || at(*index).now != phase::starting)
      return;
    child->verdict =
        fmt::format("no answer to Ping within {} ms after its start", child->spec.start_timeout.count());
    force(*child);
  }

  void stop(const std::string& id) {
    auto& child = live_.at(id);
    report(id, "stopping");
    if (child.spec.supervisor)
      return exit(child, caf::exit_reason::user_shutdown);
    if (child.spec.shutdown.count() == 0)
      return kill_now(child);
    exit(child, caf::exit_reason::user_shutdown);
    more_force(child, child.spec.shutdown, false);
  }

  void kill_now(live_child& child) {
    report(child.spec.id, "killed");
    force(child);
    more_force(child, limits::shutdown_timeout, true);
  }

  void force(live_child& child) {
    exit(child, caf::exit_reason::kill);
  }

  void exit(live_child& child, caf::exit_reason reason) {
    child.actor->enqueue(self_->ctrl(), caf::make_message_id(caf::message_priority::high),
                         caf::make_message(caf::exit_msg{self_->address(), reason}), self_->context());
  }

  void more_force(live_child& child, caf::timespan after, bool killed) {
    KillChild message;
    message.set_id(child.spec.id);
    message.set_actor_id(child.actor.id());
    message.set_killed(killed);
    tell_in(self_, after, self_, std::move(message));
  }

  /// The child is down, or did not even start.
  void down(const std::string& id, std::string failure) {
    auto& child = live_.at(id);
    auto index = *children_.find(id);
    if (!failure.empty() && !child.verdict.empty())
      failure = std::exchange(child.verdict, {});
    report(id, failure.empty() ? "ended" : "failed", failure);
    forget(child);
    child.actor = nullptr;
    auto first_start = std::exchange(child.on_start, {});
    if (at(index).starts == 1 && at(index).added && !at(index).settled) {
      first_start.deliver(make_error(ec::unavailable, "child '" + id + "' did not start: " + failure));
      children_.remove(index); // a child that never ran is not kept
    }
    if (!children_.down(index, failure, now(), chance_())) {
      report(id, "escalated", children_.escalation());
      exit_reason_ = make_error(ec::internal, children_.escalation());
    }
    prune(id);
  }

  /// Lets go of a child the roster has forgotten.
  void prune(const std::string& id) {
    if (children_.find(id))
      return;
    auto gone = live_.extract(id);
    if (!gone.empty())
      for (auto& waiting : gone.mapped().on_stop)
        waiting.deliver(Done{});
  }

  void answer_starters() {
    if (!children_.settled())
      return;
    for (auto& waiting : std::exchange(on_start_, {}))
      waiting.deliver(Done{});
  }

  void finish() {
    std::string stuck;
    for (auto& child : children_.children())
      if (child.now == phase::stuck)
        stuck += (stuck.empty() ? "" : ", ") + options_.path + "/" + child.id;
    auto failed = stuck.empty() ? caf::error{} : make_error(ec::timeout, "even kill does not end " + stuck);
    for (auto& waiting : std::exchange(on_stop_, {})) {
      if (failed)
        waiting.deliver(failed);
      else
        waiting.deliver(Done{});
    }
    auto gone = make_error(ec::unavailable, options_.path + " stops");
    for (auto& waiting : std::exchange(on_start_, {}))
      waiting.deliver(gone);
    for (auto& [id, child] : live_)
      child.on_start.deliver(gone);
    self_->quit(failed && !failure_of(exit_reason_).empty() ? exit_reason_ : failed ? failed : exit_reason_);
  }

  void forget(const live_child& child) const {
    if (!child.actor)
      return;
    if (options_.board)
      options_.board->forget(child.actor.id());
    if (options_.names && !child.spec.ref.empty())
      options_.names->erase(child.spec.ref, child.actor,
                            make_error(ec::unavailable, child.spec.ref + " restarts; repeat in a second"));
  }

  void report(const std::string& id, const char* what, const std::string& text = {}) const {
    if (!options_.on_event)
      return;
    ChildEvent event;
    event.set_path(options_.path + "/" + id);
    event.set_what(what);
    auto index = children_.find(id);
    if (index && at(*index).starts > 0)
      event.set_restarts(static_cast<uint32_t>(at(*index).starts - 1));
    auto& actor = live_.at(id).actor;
    event.set_actor_id(actor ? actor.id() : 0);
    event.set_text(text);
    options_.on_event(event);
  }

  private_supervisor::pointer self_;
  supervisor_options options_;
  roster children_{restart_rules{}};
  std::map<std::string, live_child> live_;
  std::mt19937_64 chance_;
  instant next_wake_{};
  caf::error exit_reason_;
  std::vector<promise<Done>> on_start_;
  std::vector<promise<Done>> on_stop_;
};

private_supervisor::behavior_type supervisor(private_supervisor::stateful_pointer<supervisor_state> self,
                                             supervisor_options options, std::vector<child_spec> children) {
  house_rules(self);
  self->set_down_handler([=](caf::down_msg& message) { self->state.on_down(message); });
  self->set_exit_handler([=](caf::exit_msg& message) { self->state.close(std::move(message.reason)); });
  auto* board = options.board;
  self->state.begin(std::move(options), std::move(children));
  return observed(self, board,
                  {
                      [=](const GetTree& question) { return self->state.tree(question); },
                      [=](const StopTree&) { return self->state.stop_tree(); },
                      [=](const StartChild& command) { return self->state.start_child(command); },
                      [=](const StopChild& command) { return self->state.stop_child(command); },
                      [=](const AwaitStart&) { return self->state.await_start(); },
                      [=](const Ping&) { return Done{}; },
                      [=](const RestartChild&) { self->state.drive(); },
                      [=](const KillChild& command) { self->state.kill(command); },
                  });
}

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_options options,
                                  std::vector<child_spec> children) {
  return system.spawn(supervisor, std::move(options), std::move(children));
}

child_spec supervisor_child(supervisor_options options, std::vector<child_spec> children, restart kind) {
  child_spec spec;
  spec.id = options.path.substr(options.path.rfind('/') + 1);
  spec.kind = kind;
  spec.supervisor = true;
  spec.start = [options = std::move(options), children = std::move(children)](caf::scheduled_actor* parent) {
    return caf::actor_cast<caf::actor>(parent->spawn(supervisor, options, children));
  };
  return spec;
}

} // namespace troupe
