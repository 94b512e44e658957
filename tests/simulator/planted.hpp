// PLANTED: faults that the simulator must be able to find. Product files know nothing of them: see plant.py.
#pragma once

#include <string_view>
#include <vector>

namespace troupe {

/// One fault and where it is.
struct planted_fault {
  std::string_view name;
  std::string_view about; ///< what it does wrong
  std::string_view file;
  std::string_view workload; ///< the only one that can find it; empty = the seeds take turns at all
};

/// All, as plant.py lists them.
const std::vector<planted_fault>& planted_faults();

/// Is this fault switched on? Asked by the planted copies.
bool planted(std::string_view fault);

} // namespace troupe
