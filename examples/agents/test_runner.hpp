// The test command of a project, for the test runner and for whoever looks for the change that broke it.
#pragma once

#include "workspace.hpp"

namespace troupe::crew {

/// A test command has so long; its tool has a little more.
inline constexpr std::chrono::seconds test_limit{60};

/// What the tests of a commit say.
struct test_verdict {
  bool passed = false;
  bool timed_out = false;
  int code = 0;
  std::string output;
};

/// Runs `sh ci/test.sh` in a copy of a commit. A commit without that file passes. Errors: ec::tool_failed.
caf::expected<test_verdict> test_commit(const workspace& at, const std::filesystem::path& project,
                                        const std::string& commit);

} // namespace troupe::crew
