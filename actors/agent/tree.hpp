// The picture of a tree of supervisors.
#pragma once

#include <troupe/actors/agent/roster.hpp>
#include <troupe/runtime/activity.hpp>
#include <troupe/runtime/interface/ops.hpp>
#include <troupe/runtime/proto/ops.pb.h>

namespace troupe {

/// A child supervisor whose own picture belongs at `children[index]`.
struct subtree {
  int index;
  supervisor_actor supervisor;
};

/// One child, without its own children. Stuck = even kill does not end it, or the watchdog (board, may be
/// null) says so.
TreeNode describe_child(const roster_child& row, const caf::actor& actor, bool supervisor,
                        const activity_board* board);

/// Answers the question that `self` handles with `node`, completed by the answers of the subtrees. Waits at
/// most the question's wait_ms; each level grants the next three quarters, so that a silent leaf costs its
/// branch only. A subtree that does not answer is marked stuck.
caf::result<TreeNode> gather(caf::scheduled_actor* self, const GetTree& question, TreeNode node,
                             std::vector<subtree> subtrees);

} // namespace troupe
