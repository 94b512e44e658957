// One program outside of this process: how it is run, and how it ended.
#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace troupe::crew {

/// Bytes of output that are kept unless more are asked for, the last ones: where a failing test says why.
inline constexpr std::size_t program_output = 16u << 10;

/// How a program ended.
struct program_end {
  int code = 0;           ///< exit code; 128 + the signal if one ended it
  bool timed_out = false; ///< it was killed, with everything it had started
  std::string output;     ///< standard output and standard error, the last bytes of both, as UTF-8
};

/// What to run, and where.
struct program {
  std::vector<std::string> words; ///< the program, found through PATH, and its arguments: no shell reads them
  std::filesystem::path directory;
  std::chrono::milliseconds limit = std::chrono::seconds{60};
  std::vector<std::string> environment =
      {}; ///< NAME=value; besides these it has PATH, HOME (its directory) and LC_ALL=C
  std::size_t keep = program_output; ///< bytes of output
};

/// Runs a program with nothing on its standard input and waits for its end, at most `limit`. Errors: ec::tool_failed if it
/// cannot be started.
caf::expected<program_end> run_program(const program& what);

} // namespace troupe::crew
