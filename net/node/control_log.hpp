// CONTROL LOG: what the control service and the log of a node have to do with each other.
#pragma once

#include <troupe/net/api/methods.hpp>

namespace troupe {

/// Lets the control service set the level of the log, and logs each of its decisions: refusals as warnings, the rest for those who debug.
void log_control(control_hooks& hooks, const logger& log);

} // namespace troupe
