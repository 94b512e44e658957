// The one directory the agents work in: projects, deployments, reports.
#pragma once

#include "program.hpp"

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

namespace troupe::crew {

/// A directory of projects under git. Nothing outside of it is written, and names that would lead out of it are refused.
///
///     projects/NAME                  a work tree, with `ci/test.sh` and `ci/health.sh`
///     deployments/NAME/ENVIRONMENT   what the deployer keeps
///     reports/NAME                   what the security auditor writes
///     scratch                        copies of a commit while something runs in them
class workspace {
public:
  /// Makes the directory if need be.
  explicit workspace(std::filesystem::path root);

  /// The work tree of a project. Errors: ec::invalid_argument (no good name), ec::not_found.
  caf::expected<std::filesystem::path> project(const std::string& name) const;
  /// The same, and a new one with a first commit if there is none.
  caf::expected<std::filesystem::path> project_or_new(const std::string& name);
  /// A folder below the root, by names that are checked; made if need be. Errors: ec::invalid_argument.
  caf::expected<std::filesystem::path> folder(std::initializer_list<std::string_view> names) const;
  /// Git in a project: its output without the last line end. Errors: ec::tool_failed with what git said.
  caf::expected<std::string> git(const std::filesystem::path& project, std::vector<std::string> words,
                                 std::vector<std::string> environment = {}) const;
  /// The full hash of a commit. Errors: ec::not_found.
  caf::expected<std::string> commit(const std::filesystem::path& project, const std::string& name) const;
  /// Writes the files of a commit into a new folder, which must not exist.
  caf::error export_commit(const std::filesystem::path& project, const std::string& commit,
                           const std::filesystem::path& to) const;

  /// Of those who change a project or a deployment, one does at a time.
  std::mutex& turn() const {
    return turn_;
  }
  /// A name in scratch that nobody else has.
  std::filesystem::path scratch() const;

private:
  std::filesystem::path root_;
  mutable std::mutex turn_;
};

/// Whether a text is the name of one folder. Errors: ec::invalid_argument, with what is allowed.
caf::error check_name(std::string_view name);

/// A folder that is gone when this is.
struct passing_folder {
  std::filesystem::path path;
  ~passing_folder();
};

/// Writes a whole file at once: nobody sees half of it.
caf::error put_file(const std::filesystem::path& path, std::string_view text);

/// Its text; empty if there is none. At most 4 MiB of it.
std::string get_file(const std::filesystem::path& path);

} // namespace troupe::crew
