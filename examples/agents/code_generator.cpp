// CODE GENERATOR: branches that hold what was asked for. No model: each requirement becomes a small program and its test, and a bug
// is mended by taking back the change that made it.
// Invariant: a commit follows from its parent and the inputs alone, so that a repeat makes the same one.

#include "skills.hpp"
#include "test_runner.hpp"

#include "examples/repository_audit/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <sstream>
#include <troupe/runtime/error.hpp>

namespace troupe::crew {
namespace {

namespace fs = std::filesystem;
using audit::json_list;
using audit::json_object;
using audit::write_json;

// Commits in which the change that broke a test is looked for: seven tests find one of them.
constexpr size_t commits_to_search = 128;

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text.substr(0, 500);
}

struct feature {
  std::string requirement;
  std::string name;
};

caf::expected<std::vector<feature>> features_in(const job& what) {
  auto requirements = what.list("requirements");
  if (!requirements)
    return std::move(requirements.error());
  if (requirements->empty())
    return make_error(ec::invalid_argument,
                      "requirements is an empty list; name at least one thing to build");
  std::vector<feature> features;
  std::set<std::string> taken;
  for (auto& one : *requirements) {
    auto name = slug(one);
    if (!taken.insert(name).second)
      taken.insert(name += "-" + fingerprint(one).substr(0, 6));
    features.push_back({one_line(one), name});
  }
  return features;
}

std::string program_of(const feature& one) {
  return fmt::format("#!/bin/sh\n# {}\nset -eu\nprintf '%s\\n' '{}: ready' \"$@\"\n", one.requirement,
                     one.name);
}

std::string test_of(const feature& one) {
  return fmt::format("#!/bin/sh\n# {0}\nset -eu\n[ \"$(sh bin/{1}.sh)\" = '{1}: ready' ]\n", one.requirement,
                     one.name);
}

/// A work tree beside that of the project.
class side_tree {
public:
  side_tree(const workspace& at, const fs::path& project)
      : at_{at}, project_{project}, folder_{at.scratch()} {}
  ~side_tree() {
    at_.git(project_, {"worktree", "remove", "--force", folder_.path.string()});
    at_.git(project_, {"worktree", "prune"});
  }
  side_tree(const side_tree&) = delete;
  side_tree& operator=(const side_tree&) = delete;

  caf::error open(const std::string& commit) {
    auto done = at_.git(project_, {"worktree", "add", "-q", "-f", "--detach", folder_.path.string(), commit});
    return done ? caf::error{} : done.error();
  }
  const fs::path& path() const {
    return folder_.path;
  }
  caf::expected<std::string> git(std::vector<std::string> words) const {
    return at_.git(folder_.path, std::move(words));
  }
  // Commits all there is a second after its parent, and lets a branch point there. Gives the commit.
  caf::expected<std::string> commit(const std::string& message, const std::string& branch) const {
    if (auto added = git({"add", "-A"}); !added)
      return added;
    auto when = git({"log", "-1", "--format=%ct"});
    if (!when)
      return when;
    auto date = fmt::format("{} +0000", std::strtoll(when->c_str(), nullptr, 10) + 1);
    auto made = at_.git(folder_.path, {"commit", "-q", "--allow-empty", "-m", message},
                        {"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date});
    if (!made)
      return made;
    auto head = at_.commit(folder_.path, "HEAD");
    if (!head)
      return head;
    if (auto moved = at_.git(project_, {"update-ref", "refs/heads/" + branch, *head}); !moved)
      return moved;
    return head;
  }

private:
  const workspace& at_;
  const fs::path& project_;
  passing_folder folder_;
};

json_list texts(const std::vector<std::string>& all) {
  return json_list(all.begin(), all.end());
}

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

caf::expected<std::string> branch_result(const workspace& at, const fs::path& project,
                                         const std::string& branch, const std::string& commit) {
  auto files = at.git(project, {"diff-tree", "--no-commit-id", "--name-only", "-r", commit});
  if (!files)
    return files;
  return write_json(json_object{{"branch", branch}, {"commit", commit}, {"files", texts(lines_in(*files))}});
}

} // namespace

caf::error check_severity(const std::string& word) {
  constexpr std::string_view known = "low medium high critical";
  if (audit::listed(word, known))
    return {};
  return make_error(ec::invalid_argument, fmt::format("severity is '{}'; allowed are {}", word, known));
}

caf::expected<std::string> generate_code(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto features = features_in(what);
  if (!features)
    return std::move(features.error());
  auto project = at.project_or_new(what.text("project"));
  if (!project)
    return std::move(project.error());
  auto branch =
      fmt::format("feature/{}-{}", features->front().name, fingerprint(what.text("task")).substr(0, 8));
  if (auto made = at.commit(*project, branch)) // by an attempt of which nobody heard
    return branch_result(at, *project, branch, *made);
  side_tree tree{at, *project};
  if (auto failed = tree.open("main"))
    return failed;
  for (auto& one : *features) {
    if (auto failed = put_file(tree.path() / "bin" / (one.name + ".sh"), program_of(one)))
      return failed;
    if (auto failed = put_file(tree.path() / "tests" / (one.name + ".sh"), test_of(one)))
      return failed;
  }
  auto message = std::string{"Build what is required\n\n"};
  for (auto& one : *features)
    message += "- " + one.requirement + "\n";
  auto made = tree.commit(message, branch);
  if (!made)
    return made;
  return branch_result(at, *project, branch, *made);
}

caf::expected<std::string> document_code(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto features = features_in(what);
  if (!features)
    return std::move(features.error());
  auto project = at.project(what.text("project"));
  if (!project)
    return std::move(project.error());
  auto branch = what.text("branch");
  auto tip = at.commit(*project, branch);
  auto base = at.commit(*project, what.text("commit"));
  if (!tip || !base)
    return tip ? base : tip;
  if (*tip != *base) {
    auto parent = at.commit(*project, branch + "~1");
    if (parent && *parent == *base)
      return branch_result(at, *project, branch, *tip);
    return make_error(ec::conflict, fmt::format("{} has moved on from {}", branch, *base));
  }
  side_tree tree{at, *project};
  if (auto failed = tree.open(*base))
    return failed;
  std::string page = "# What this project does\n";
  for (auto& one : *features)
    page += fmt::format("\n## {0}\n\n{1}\n\n```sh\nsh bin/{0}.sh\n```\n", one.name, one.requirement);
  if (auto failed = put_file(tree.path() / "docs/features.md", page))
    return failed;
  auto made = tree.commit("Document what is required", branch);
  if (!made)
    return made;
  return branch_result(at, *project, branch, *made);
}

caf::expected<std::string> diagnose_bug(workspace& at, const job& what) {
  auto project = at.project(what.text("project"));
  auto components = what.list("components");
  if (!project || !components)
    return project ? std::move(components.error()) : std::move(project.error());
  std::vector<std::string> words{"rev-list", "--first-parent",
                                 fmt::format("--max-count={}", commits_to_search), "main", "--"};
  words.insert(words.end(), components->begin(), components->end());
  auto listed = at.git(*project, words);
  if (!listed)
    return listed;
  auto commits = lines_in(*listed);
  if (commits.empty())
    return make_error(ec::invalid_argument,
                      fmt::format("no commit has changed {}", fmt::join(*components, ", ")));
  size_t bad = 0, good = commits.size(); // the newest fails; where it passes is not known yet
  int64_t tested = 0;
  while (good - bad > 1) {
    auto middle = bad + (good - bad) / 2;
    auto verdict = test_commit(at, *project, commits[middle]);
    if (!verdict)
      return std::move(verdict.error());
    ++tested;
    (verdict->passed ? good : bad) = middle;
  }
  auto subject = at.git(*project, {"log", "-1", "--format=%s", commits[bad]});
  auto files = at.git(*project, {"diff-tree", "--no-commit-id", "--name-only", "-r", "--root", commits[bad]});
  if (!subject || !files)
    return subject ? files : subject;
  return write_json(json_object{{"commit", commits[bad]},
                                {"files", texts(lines_in(*files))},
                                {"subject", *subject},
                                {"tested", tested}});
}

caf::expected<std::string> fix_bug(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto project = at.project(what.text("project"));
  auto components = what.list("components");
  if (!project || !components)
    return project ? std::move(components.error()) : std::move(project.error());
  if (auto wrong = check_severity(what.text("severity")))
    return wrong;
  auto branch =
      fmt::format("fix/{}-{}", slug(what.text("bugId")), fingerprint(what.text("task")).substr(0, 8));
  if (auto made = at.commit(*project, branch))
    return branch_result(at, *project, branch, *made);
  auto culprit = what.text("culprit");
  if (culprit.empty() || culprit == "null") { // nobody has looked: the newest change to what is concerned
    std::vector<std::string> words{"rev-list", "--first-parent", "--max-count=1", "main", "--"};
    words.insert(words.end(), components->begin(), components->end());
    auto newest = at.git(*project, words);
    if (!newest)
      return newest;
    culprit = *newest;
  }
  auto known = at.commit(*project, culprit);
  if (!known)
    return known;
  side_tree tree{at, *project};
  if (auto failed = tree.open("main"))
    return failed;
  if (auto undone = tree.git({"revert", "--no-commit", *known}); !undone)
    return make_error(ec::action_failed,
                      fmt::format("{} cannot be taken back by itself: {}", *known, text_of(undone.error())));
  auto subject = tree.git({"log", "-1", "--format=%s", *known});
  auto message =
      fmt::format("Fix {}: {}\n\n{}\n\nTakes back: {} {}\nComponents: {}\nReported-by: {}\nSeverity: {}\n",
                  what.text("bugId"), one_line(what.text("title")), what.text("description"), *known,
                  subject ? *subject : std::string{}, fmt::join(*components, ", "),
                  one_line(what.text("reportedBy")), what.text("severity"));
  auto made = tree.commit(message, branch);
  if (!made)
    return made;
  return branch_result(at, *project, branch, *made);
}

caf::expected<std::string> merge_branch(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto project = at.project(what.text("project"));
  if (!project)
    return std::move(project.error());
  auto commit = at.commit(*project, what.text("commit"));
  if (!commit)
    return commit;
  if (!at.git(*project, {"merge-base", "--is-ancestor", *commit, "main"})) {
    if (!at.git(*project, {"merge-base", "--is-ancestor", "main", *commit}))
      return make_error(ec::conflict,
                        fmt::format("main has moved on from where {} began", what.text("branch")));
    auto head = at.git(*project, {"symbolic-ref", "--quiet", "HEAD"});
    auto merged = head && *head == "refs/heads/main"
                      ? at.git(*project, {"merge", "-q", "--ff-only", *commit})
                      : at.git(*project, {"update-ref", "refs/heads/main", *commit});
    if (!merged)
      return merged;
  }
  return write_json(json_object{{"branch", what.text("branch")}, {"commit", *commit}, {"merged", true}});
}

caf::expected<std::string> discard_branch(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto project = at.project(what.text("project"));
  if (!project)
    return std::move(project.error());
  auto branch = what.text("branch");
  if (!branch.starts_with("feature/") && !branch.starts_with("fix/"))
    return make_error(ec::invalid_argument, fmt::format("'{}' is no branch of a feature or a fix", branch));
  if (at.commit(*project, "refs/heads/" + branch))
    if (auto gone = at.git(*project, {"branch", "-q", "-D", branch}); !gone)
      return gone;
  return write_json(json_object{{"discarded", branch}});
}

} // namespace troupe::crew
