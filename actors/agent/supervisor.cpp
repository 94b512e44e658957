// SUPERVISOR: answers for its children.
// Invariant: every command is answered: at once when refused, else when the child or the tree is where it was
// asked to be.

#include <fmt/format.h>
#include <troupe/actors/agent/supervisor.hpp>
#include <troupe/actors/agent/tree.hpp>

namespace troupe {
namespace {

using private_supervisor = supervisor_actor::extend<note<RestartChild>, note<KillChild>>;

struct supervisor_state {
  static inline const char* name = "supervisor";
  supervision children;

  explicit supervisor_state(private_supervisor::pointer self) : children{self} {}

  /// Why a child may not be added.
  caf::error refusal(const StartChild& command) const {
    auto& path = children.options().path;
    if (!children.options().make_child)
      return make_error(ec::invalid_argument, path + " has fixed children");
    if (children.children().closed())
      return make_error(ec::unavailable, path + " stops");
    if (children.children().find(command.id()))
      return make_error(ec::already_exists, path + " has a child '" + command.id() + "'");
    if (children.children().children().size() >= limits::children)
      return make_error(ec::overloaded, fmt::format("{} has {} children already", path, limits::children));
    return {};
  }
};

using supervisor_ptr = private_supervisor::stateful_pointer<supervisor_state>;

caf::result<Done> start_one(supervisor_ptr self, const StartChild& command) {
  auto& children = self->state.children;
  if (auto refused = self->state.refusal(command))
    return refused;
  auto spec = children.options().make_child(command);
  if (!spec)
    return spec.error();
  spec->id = command.id();
  promise<Done> answer{self};
  children.add(std::move(*spec), answer);
  return answer.pending();
}

caf::result<Done> stop_one(supervisor_ptr self, const StopChild& command) {
  auto& children = self->state.children;
  if (!children.children().find(command.id()))
    return make_error(ec::not_found, children.options().path + " has no child '" + command.id() + "'");
  promise<Done> answer{self};
  children.remove(command.id(), answer);
  return answer.pending();
}

caf::result<TreeNode> tree(supervisor_ptr self, const GetTree& question) {
  auto& options = self->state.children.options();
  auto& rows = self->state.children.children();
  TreeNode node;
  node.set_id(options.path.substr(options.path.rfind('/') + 1));
  node.set_kind("supervisor");
  node.set_state(rows.closed() ? "stopping" : rows.settled() ? "running" : "restarting");
  node.set_mailbox(self->mailbox().size());
  node.set_actor_id(self->id());
  node.set_strategy(std::string{to_string(options.rules.how)});
  std::vector<subtree> subtrees;
  for (auto& row : rows.children()) {
    auto& child = self->state.children.child(row.id);
    if (child.actor && child.spec.supervisor)
      subtrees.push_back({node.children_size(), caf::actor_cast<supervisor_actor>(child.actor)});
    *node.add_children() = describe_child(row, child.actor, child.spec.supervisor, options.places.board);
  }
  return gather(self, question, std::move(node), std::move(subtrees));
}

private_supervisor::behavior_type supervisor(supervisor_ptr self, supervisor_options options,
                                             std::vector<child_spec> specs) {
  house_rules(self);
  self->set_down_handler([=](caf::down_msg& message) { self->state.children.on_down(message); });
  self->set_exit_handler(
      [=](caf::exit_msg& message) { self->state.children.close(std::move(message.reason)); });
  auto* board = options.places.board;
  self->state.children.begin(std::move(options), std::move(specs));
  auto answer_later = [=](auto act) -> caf::result<Done> {
    promise<Done> answer{self};
    act(answer);
    return answer.pending();
  };
  return observed(self, board,
                  {
                      [=](const GetTree& question) { return tree(self, question); },
                      [=](const StopTree&) {
                        return answer_later([=](auto& answer) { self->state.children.close(answer); });
                      },
                      [=](const StartChild& command) { return start_one(self, command); },
                      [=](const StopChild& command) { return stop_one(self, command); },
                      [=](const AwaitStart&) {
                        return answer_later([=](auto& answer) { self->state.children.await_start(answer); });
                      },
                      [=](const Ping&) { return Done{}; },
                      [=](const RestartChild&) { self->state.children.on_restart(); },
                      [=](const KillChild& message) { self->state.children.on_kill(message); },
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
  spec.shutdown = limits::subtree_shutdown;
  spec.start = [options = std::move(options), children = std::move(children)](caf::scheduled_actor* parent) {
    return caf::actor_cast<caf::actor>(parent->spawn(supervisor, options, children));
  };
  return spec;
}

} // namespace troupe
