// RUNS: what benchmarks of whole workflows share.
#pragma once

#include <tests/bench/clients.hpp>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe::bench {

/// So many tasks in a row, each for whoever can "say".
WorkflowDefinition in_a_row(size_t count);

/// A turn: starts a run and waits for its end, or only until it is accepted; tells its ref, if somebody wants it.
turn run_one(doors_ptr outside, std::shared_ptr<const WorkflowDefinition> definition, bool to_the_end,
             std::shared_ptr<std::string> ref_text = {});

} // namespace troupe::bench
