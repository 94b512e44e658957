// The simple commands of a shell script.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// One simple command: its words, without leading keywords, assignments, and programs that only start
/// another. Words are views into the masked text, so quoted parts show as quotes and '~'; redirections are
/// words too.
struct shell_command {
  std::vector<std::string_view> words; ///< at least one, at most 64
  std::vector<std::string_view>
      pipeline;              ///< names of the commands that feed this one, first one first; at most 16
  std::string_view around;   ///< name of the command whose `$(`, `<(` or '(' holds this one; empty without
  std::string_view settings; ///< assignments before the name, as in `A=1 make`; empty without
  std::size_t offset = 0;    ///< of the name, in bytes

  /// The name: the last part of the first word's path.
  std::string_view name() const;

  /// Tells whether one of the words is `word`.
  bool has(std::string_view word) const;

  /// Tells whether a word of single-dash flags contains `letter`: 'k' for `-skL`.
  bool has_flag(char letter) const;
};

/// Calls `visit` with each simple command of a masked script, in order. Time: linear.
void for_each_command(std::string_view code, const std::function<void(const shell_command&)>& visit);

} // namespace troupe::audit
