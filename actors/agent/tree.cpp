// TREE: asks child supervisors for their part of the picture.
// Invariant: the question is answered exactly once, at the latest when the wait is over.

#include <algorithm>
#include <troupe/actors/agent/tree.hpp>
#include <troupe/runtime/actor.hpp>

namespace troupe {
namespace {

const char* state_of(const roster_child& row) {
  switch (row.now) {
  case phase::idle:
    return "stopped";
  case phase::waiting:
  case phase::starting:
    return "restarting";
  case phase::running:
    return row.again ? "restarting" : row.doomed ? "stopping" : "running";
  case phase::stopping:
    return row.again ? "restarting" : "stopping";
  case phase::stuck:
    return "stuck";
  }
  return "";
}

struct tree_gathering {
  TreeNode node;
  promise<TreeNode> answer;
  size_t open;

  void one_less() {
    if (--open == 0)
      answer.deliver(std::move(node));
  }
};

/// What request() does, for an actor whose type is not known.
auto ask_subtree(caf::scheduled_actor* self, const supervisor_actor& supervisor,
                 std::chrono::milliseconds wait, const GetTree& question) {
  auto id = self->new_request_id(caf::message_priority::high);
  caf::actor_cast<caf::abstract_actor*>(supervisor)
      ->enqueue(caf::make_mailbox_element(self->ctrl(), id, {}, question), self->context());
  self->request_response_timeout(caf::duration{wait}, id);
  return caf::response_handle<caf::scheduled_actor, caf::detail::type_list<TreeNode>, false>{id.response_id(),
                                                                                             self};
}

} // namespace

TreeNode describe_child(const roster_child& row, const caf::actor& actor, bool supervisor,
                        const activity_board* board) {
  TreeNode node;
  node.set_id(row.id);
  node.set_kind(supervisor ? "supervisor" : "worker");
  node.set_state(state_of(row));
  node.set_restarts(static_cast<uint32_t>(row.starts > 0 ? row.starts - 1 : 0));
  node.set_last_failure(row.last_failure);
  if (!actor)
    return node;
  node.set_actor_id(actor.id());
  if (!board)
    return node;
  if (board->stuck(actor.id()))
    node.set_state("stuck");
  if (auto doing = board->look(actor.id()))
    node.set_mailbox(doing->mailbox);
  return node;
}

caf::result<TreeNode> gather(caf::scheduled_actor* self, const GetTree& question, TreeNode node,
                             std::vector<subtree> subtrees) {
  if (subtrees.empty())
    return node;
  auto wait_ms =
      question.wait_ms() == 0 ? static_cast<uint32_t>(limits::tree_wait.count()) : question.wait_ms();
  GetTree next = question;
  next.set_wait_ms(std::max(1u, wait_ms / 4 * 3));
  auto all = std::make_shared<tree_gathering>(
      tree_gathering{std::move(node), promise<TreeNode>{self}, subtrees.size()});
  for (auto& [index, supervisor] : subtrees) {
    auto* child = all->node.mutable_children(index);
    ask_subtree(self, supervisor, std::chrono::milliseconds{wait_ms}, next)
        .then(
            [=](const TreeNode& answer) {
              child->set_strategy(answer.strategy());
              child->set_mailbox(answer.mailbox());
              *child->mutable_children() = answer.children();
              all->one_less();
            },
            [=](const caf::error& error) {
              if (error == caf::sec::request_timeout)
                child->set_state("stuck");
              all->one_less();
            });
  }
  return all->answer.pending();
}

} // namespace troupe
