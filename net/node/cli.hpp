// CLI: `troupe`, the program, as a function.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

namespace troupe {

/// What the program brings along that the CLI cannot know. `out` and `err` outlive the call.
struct cli_hooks {
  /// Runs a node until it is told to stop; gives the exit code. `config` is the path of a TOML file or empty,
  /// `data` the data directory or empty (then the configuration's, or ./troupe-data).
  std::function<int(const std::string& config, const std::string& data)> node_command;
  std::string version;
  std::ostream* out = nullptr; ///< null = standard output
  std::ostream* err = nullptr; ///< null = standard error
  unsigned columns = 0;        ///< of the terminal; 0 = none, or not known
  bool terminal = false;       ///< a person reads `out`: hints, and colours unless NO_COLOR is set
};

/// Does what a command line says and gives the exit code: 0 ok, 1 failed, 2 usage, 3 not found, 4 denied, 5
/// budget, 6 timeout, 7 conflict, 8 unavailable. An error is one sentence on `err`, and the next command to
/// type.
int run_cli(int argc, char** argv, const cli_hooks& hooks);

} // namespace troupe
