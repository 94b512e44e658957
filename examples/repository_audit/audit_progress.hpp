// Shows how the run stands: bars on a terminal, a line per finished step elsewhere.
#pragma once

#include <set>
#include <string>
#include <troupe/runtime/proto/run.pb.h>

namespace troupe::audit {

/// Draws to standard error, so that standard output holds results alone.
class progress {
public:
  explicit progress(bool terminal) : terminal_{terminal} {}
  /// Draws a state over the last one; `as_found` when it is how a former process left the run.
  void show(const RunState& run, bool as_found = false);

private:
  bool terminal_;
  int lines_ = 0;              // drawn last time
  std::set<std::string> told_; // steps whose end has been told
};

} // namespace troupe::audit
