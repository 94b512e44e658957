// SECURITY AUDITOR: the checks of the repository audit over the work tree of a project.
// Invariant: findings travel as the audit encodes them, so secrets are cut before they are journaled.

#include "skills.hpp"

#include "examples/repository_audit/dependencies.hpp"
#include "examples/repository_audit/finding.hpp"
#include "examples/repository_audit/infrastructure.hpp"
#include "examples/repository_audit/inventory.hpp"
#include "examples/repository_audit/risky_code.hpp"
#include "examples/repository_audit/secrets.hpp"
#include "standards.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sstream>
#include <troupe/runtime/error.hpp>

namespace troupe::crew {
namespace {

namespace fs = std::filesystem;
using namespace audit;

// Findings of one area, the worst: a report of more is not read, and a result has to fit into a message.
constexpr std::size_t findings_kept = 500;
// Programs of a project that are tried with hostile arguments, and how long each may take.
constexpr std::size_t programs_probed = 50;
constexpr std::chrono::seconds probe_limit{5};

constexpr std::string_view mark = "troupe-was-here";

std::string keep_worst(std::vector<finding> found) {
  std::stable_sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.level > b.level; });
  if (found.size() > findings_kept)
    found.erase(found.begin() + findings_kept, found.end());
  std::sort(found.begin(), found.end(), comes_before);
  return encode(found);
}

caf::expected<std::vector<std::string>> scope_of(const job& what) {
  auto scope = what.list("scope");
  if (!scope)
    return scope;
  if (scope->empty())
    scope->push_back(".");
  for (auto& folder : *scope) {
    while (folder.ends_with('/'))
      folder.pop_back();
    if (folder.starts_with('/') || ("/" + folder + "/").find("/../") != std::string::npos)
      return make_error(
          ec::invalid_argument,
          fmt::format("'{}' leads out of the project; name folders inside of it, or `.`", folder));
  }
  return scope;
}

bool is_inside(const std::string& path, const std::vector<std::string>& scope) {
  return std::any_of(scope.begin(), scope.end(), [&](auto& folder) {
    return folder == "." || path == folder || path.starts_with(folder + "/");
  });
}

struct scoped_files {
  fs::path root;
  std::vector<file_entry> files;
  std::vector<std::string> all_paths;
};

caf::expected<scoped_files> files_in_scope(const workspace& at, const job& what) {
  auto project = at.project(what.text("project"));
  auto scope = scope_of(what);
  if (!project || !scope)
    return project ? std::move(scope.error()) : std::move(project.error());
  scoped_files result{*project, {}, {}};
  for (auto& file : take_inventory(*project).files) {
    result.all_paths.push_back(file.path);
    if (is_inside(file.path, *scope))
      result.files.push_back(file);
  }
  return result;
}

template <class Check>
caf::expected<std::string> check_files(const workspace& at, const job& what, Check check) {
  auto inside = files_in_scope(at, what);
  if (!inside)
    return std::move(inside.error());
  std::vector<finding> found;
  for (auto& file : inside->files) {
    std::string contents;
    if (file.kind == content::text || file.kind == content::non_utf8)
      if (auto read = read_text(inside->root / file.path); auto* text = std::get_if<std::string>(&read))
        contents = std::move(*text);
    auto more = check(file, contents, inside->all_paths);
    std::move(more.begin(), more.end(), std::back_inserter(found));
  }
  return keep_worst(std::move(found));
}

void append(std::vector<finding>& all, std::vector<finding> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

} // namespace

caf::expected<std::string> review_code(workspace& at, const job& what) {
  auto project = at.project(what.text("project"));
  if (!project)
    return std::move(project.error());
  auto commit = at.commit(*project, what.text("commit"));
  auto changed =
      commit ? at.git(*project, {"diff", "--name-only", "--diff-filter=d", "main..." + *commit}) : commit;
  if (!changed)
    return changed;
  std::vector<finding> found;
  std::istringstream paths{*changed};
  int64_t files = 0;
  for (std::string path; std::getline(paths, path); ++files) {
    auto text = at.git(*project, {"show", *commit + ":" + path});
    if (!text)
      return text;
    append(found, check_secrets(path, *text));
    append(found, check_risky_code(path, *text));
  }
  auto worst =
      std::max_element(found.begin(), found.end(), [](auto& a, auto& b) { return a.level < b.level; });
  if (worst != found.end() && worst->level >= severity::high)
    return make_error(ec::action_failed,
                      fmt::format("the review found {} problems; the worst: {}:{}: {} ({})", found.size(),
                                  worst->file, worst->line, worst->message, worst->rule));
  return write_json(
      json_object{{"approved", true}, {"files", files}, {"remarks", static_cast<int64_t>(found.size())}});
}

caf::expected<std::string> take_scope(workspace& at, const job& what) {
  auto wanted = what.list("standards");
  if (!wanted)
    return std::move(wanted.error());
  auto known = known_standards();
  for (auto& one : *wanted)
    if (std::find(known.begin(), known.end(), one) == known.end())
      return make_error(ec::invalid_argument,
                        fmt::format("'{}' is no standard that findings are mapped to; allowed are {}", one,
                                    fmt::join(known, ", ")));
  auto inside = files_in_scope(at, what);
  if (!inside)
    return std::move(inside.error());
  if (inside->files.empty())
    return make_error(ec::invalid_argument, "no file is in the scope");
  auto head = at.commit(inside->root, "HEAD");
  return write_json(json_object{{"commit", head ? *head : std::string{}},
                                {"files", static_cast<int64_t>(inside->files.size())}});
}

caf::expected<std::string> audit_code(workspace& at, const job& what) {
  return check_files(at, what, [](const file_entry& file, const std::string& text, const auto&) {
    auto found = check_secrets(file.path, text);
    append(found, check_risky_code(file.path, text));
    return found;
  });
}

caf::expected<std::string> audit_dependencies(workspace& at, const job& what) {
  return check_files(at, what, [](const file_entry& file, const std::string& text, const auto& all) {
    return declares_dependencies(file.path)
               ? check_dependencies(file.path, text, has_lock_file(file.path, all))
               : std::vector<finding>{};
  });
}

caf::expected<std::string> audit_infrastructure(workspace& at, const job& what) {
  return check_files(at, what, [](const file_entry& file, const std::string& text, const auto&) {
    auto found = check_infrastructure(file.path, text);
    if (file.kind != content::link)
      append(found, check_file_mode(file.path, file.mode));
    return found;
  });
}

// Gives every program of `bin` arguments that an attacker would, in a copy of the project.
caf::expected<std::string> probe_programs(workspace& at, const job& what) {
  auto inside = files_in_scope(at, what);
  if (!inside)
    return std::move(inside.error());
  std::vector<finding> found;
  std::size_t probed = 0;
  for (auto& file : inside->files) {
    if (!file.path.starts_with("bin/") || !file.path.ends_with(".sh") || ++probed > programs_probed)
      continue;
    passing_folder copy{at.scratch()};
    if (auto failed = at.export_commit(inside->root, "HEAD", copy.path))
      return failed;
    std::error_code none;
    if (!fs::exists(copy.path / file.path, none))
      continue; // not committed
    auto touch = fmt::format("touch {}", mark);
    for (auto& hostile : {"$(" + touch + ")", "`" + touch + "`", "; " + touch,
                          std::string{"../../../../../../../../etc/passwd"}}) {
      auto ended = run_program({{"sh", file.path, hostile}, copy.path, probe_limit});
      if (!ended)
        return std::move(ended.error());
      if (fs::remove(copy.path / mark, none))
        found.push_back({"pentest.command-injection", severity::critical, file.path, 1, 1,
                         "This program runs what stands in its argument.", hostile});
      else if (ended->output.find("root:x:0:0") != std::string::npos)
        found.push_back({"pentest.path-traversal", severity::high, file.path, 1, 1,
                         "This program shows files outside of its folder.", hostile});
    }
  }
  return keep_worst(std::move(found));
}

} // namespace troupe::crew
