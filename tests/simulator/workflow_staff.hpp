// WORKFLOW STAFF: who does the tasks of random workflows.
#pragma once

#include <tests/simulator/staff.hpp>

namespace troupe {

/// Behaviors `work` and `plan`, which do do_work(), and tools for their effects: `effect` may be repeated, `effect/once` must not
/// and is asked for again by its key when it is unknown what became of it. `world` outlives them.
void teach_workflows(agent_parts& parts, outside_world& world);

} // namespace troupe
