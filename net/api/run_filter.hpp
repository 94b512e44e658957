// RUN FILTER: which rows of the listings of runs and lone tasks are meant. Pure.
#pragma once

#include <caf/error.hpp>
#include <troupe/runtime/proto/batch.pb.h>
#include <troupe/runtime/proto/workflow.pb.h>

namespace troupe {

/// Whether a row fulfils all conditions that are given.
bool matches(const RunFilter& filter, const WorkSummary& work);

/// Error: ec::invalid_argument if a filter names no condition: nobody means all by accident.
caf::error check_names_some(const RunFilter& filter);

} // namespace troupe
