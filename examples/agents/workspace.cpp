// WORKSPACE: folders and git.
// Invariant: a name is one folder: letters, digits, `_`, `.` and `-`, and it begins with none of the last two.

#include "workspace.hpp"

#include <atomic>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <troupe/runtime/error.hpp>
#include <unistd.h>

namespace troupe::crew {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_file = 4 << 20; // what git or a file may say

// Runs every test of a project; the test runner runs it in a copy of a commit.
constexpr std::string_view test_script = R"(#!/bin/sh
# Runs every test of this project.
set -eu
for test in tests/*.sh; do
  [ -e "$test" ] || continue
  sh "$test" || { echo "failed: $test"; exit 1; }
done
echo "all tests passed"
)";

// Says whether an installed release is well; the deployer runs it in the release.
constexpr std::string_view health_script = R"(#!/bin/sh
# Every program of this release starts.
set -eu
for program in bin/*.sh; do
  [ -e "$program" ] || continue
  sh "$program" >/dev/null
done
echo "well"
)";

} // namespace

caf::error check_name(std::string_view name) {
  auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  auto is_good = !name.empty() && name.size() <= longest_name && name.front() != '.' && name.front() != '-';
  for (char c : name)
    is_good = is_good && good(c);
  if (is_good)
    return {};
  return make_error(
      ec::invalid_argument,
      fmt::format("'{}' is no name: 1 to {} of A-Z a-z 0-9 _ . - which begin with none of the last two",
                  name.substr(0, longest_name), longest_name));
}

workspace::workspace(fs::path root) : root_{fs::absolute(std::move(root)).lexically_normal()} {
  for (auto* part : {"projects", "deployments", "reports"})
    fs::create_directories(root_ / part);
  fs::remove_all(root_ / "scratch"); // of a process that has died
  fs::create_directories(root_ / "scratch");
}

caf::expected<fs::path> workspace::project(const std::string& name) const {
  if (auto wrong = check_name(name))
    return wrong;
  auto path = root_ / "projects" / name;
  if (std::error_code failed; !fs::is_directory(path / ".git", failed))
    return make_error(ec::not_found,
                      fmt::format("there is no project '{}'; the `development` template makes one", name));
  return path;
}

caf::expected<fs::path> workspace::project_or_new(const std::string& name) {
  if (auto known = project(name); known || code_of(known.error()) != ec::not_found)
    return known;
  auto path = root_ / "projects" / name;
  passing_folder fresh{scratch()};
  if (auto failed = put_file(fresh.path / "README.md", fmt::format("# {}\n", name)))
    return failed;
  if (auto failed = put_file(fresh.path / "ci/test.sh", test_script))
    return failed;
  if (auto failed = put_file(fresh.path / "ci/health.sh", health_script))
    return failed;
  for (auto& words : std::vector<std::vector<std::string>>{
           {"init", "-q", "-b", "main"}, {"add", "-A"}, {"commit", "-q", "-m", "A project begins"}})
    if (auto done = git(fresh.path, words,
                        {"GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000"});
        !done)
      return std::move(done.error());
  std::error_code failed;
  fs::rename(fresh.path, path, failed);
  if (failed)
    return make_error(ec::tool_failed, fmt::format("cannot make {}: {}", path.string(), failed.message()));
  return path;
}

caf::expected<fs::path> workspace::folder(std::initializer_list<std::string_view> names) const {
  auto path = root_;
  for (auto name : names) {
    if (auto wrong = check_name(name))
      return wrong;
    path /= name;
  }
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed)
    return make_error(ec::tool_failed, fmt::format("cannot make {}: {}", path.string(), failed.message()));
  return path;
}

caf::expected<std::string> workspace::git(const fs::path& project, std::vector<std::string> words,
                                          std::vector<std::string> environment) const {
  program what;
  what.words = {"git",
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "core.quotePath=false",
                "-c",
                "user.name=troupe",
                "-c",
                "user.email=troupe@localhost",
                "-c",
                "commit.gpgSign=false",
                "-c",
                "advice.detachedHead=false"};
  what.words.insert(what.words.end(), words.begin(), words.end());
  what.directory = project;
  what.environment = std::move(environment);
  what.environment.push_back("GIT_CONFIG_NOSYSTEM=1");
  what.environment.push_back("GIT_CONFIG_GLOBAL=/dev/null");
  what.environment.push_back("GIT_TERMINAL_PROMPT=0");
  what.keep = longest_file;
  auto ended = run_program(what);
  if (!ended)
    return std::move(ended.error());
  while (!ended->output.empty() && ended->output.back() == '\n')
    ended->output.pop_back();
  if (ended->code == 0 && !ended->timed_out)
    return std::move(ended->output);
  return make_error(
      ec::tool_failed,
      fmt::format("git {}: {}", words.front(), ended->timed_out ? "it did not end in time" : ended->output));
}

caf::expected<std::string> workspace::commit(const fs::path& project, const std::string& name) const {
  if (name.empty() || name.front() == '-')
    return make_error(ec::not_found, fmt::format("'{}' is no commit", name));
  auto found = git(project, {"rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"});
  if (!found)
    return make_error(ec::not_found,
                      fmt::format("there is no commit '{}' in {}", name, project.filename().string()));
  return found;
}

caf::error workspace::export_commit(const fs::path& project, const std::string& commit,
                                    const fs::path& to) const {
  std::error_code failed;
  fs::create_directories(to, failed);
  auto index = scratch();
  std::vector<std::string> apart{"GIT_INDEX_FILE=" + index.string()};
  auto read = git(project, {"read-tree", commit}, apart);
  auto written = read ? git(project, {"checkout-index", "-a", "--prefix=" + to.string() + "/"}, apart) : read;
  fs::remove(index, failed);
  return written ? caf::error{} : written.error();
}

fs::path workspace::scratch() const {
  static std::atomic<unsigned> last{0};
  return root_ / "scratch" / fmt::format("{}-{}", getpid(), ++last);
}

passing_folder::~passing_folder() {
  std::error_code nobody_cares;
  fs::remove_all(path, nobody_cares);
}

caf::error put_file(const fs::path& path, std::string_view text) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  auto fresh = path;
  fresh += ".new";
  std::ofstream out{fresh, std::ios::binary};
  out << text;
  out.close();
  if (out)
    fs::rename(fresh, path, failed);
  if (!out || failed)
    return make_error(ec::tool_failed, "cannot write " + path.string());
  return {};
}

std::string get_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::string text;
  for (char piece[4096]; in && text.size() < longest_file;) {
    in.read(piece, sizeof piece);
    text.append(piece, static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

} // namespace troupe::crew
