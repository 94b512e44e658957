// Dependencies that may change by themselves.
// Invariant: a dependency that is fixed to one content (exact version with lock or hash, full commit) is
// never reported.

#include "dependencies.hpp"

#include "cmake_script.hpp"
#include "hits.hpp"
#include "language.hpp"
#include "npm_manifest.hpp"
#include "python_manifest.hpp"
#include "system_manifests.hpp"
#include "text.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

constexpr rule_info rules[] = {
    {"dependency.npm-open-range", "NpmOpenRange", "This range takes any future version.",
     "Name a version, or a range within one major version.", severity::medium},
    {"dependency.npm-range-without-lock", "NpmRangeWithoutLock",
     "A range without a lock file changes between builds.",
     "Commit package-lock.json, or name an exact version.", severity::low},
    {"dependency.npm-lock-missing", "NpmLockMissing", "This package has dependencies but no lock file.",
     "Run `npm install --package-lock-only` and commit package-lock.json.", severity::low},
    {"dependency.archive-url", "ArchiveUrl",
     "This dependency is an archive at a URL, outside of any registry.",
     "Take it from the registry, or check its hash.", severity::low},
    {"dependency.git-not-pinned", "GitNotPinned", "This dependency follows a branch or tag, which can move.",
     "Name the full commit hash.", severity::medium},
    {"dependency.insecure-source", "InsecureSource",
     "This dependency comes over an unencrypted or unchecked connection.",
     "Use https, and do not trust hosts without a certificate.", severity::high},
    {"dependency.pip-unpinned", "PipUnpinned", "This requirement takes any version.",
     "Name a version: `name==1.2.3`.", severity::medium},
    {"dependency.pip-range", "PipRange", "This requirement takes more than one version.",
     "Name an exact version: `name==1.2.3`.", severity::low},
    {"dependency.pip-hash-missing", "PipHashMissing", "No requirement of this file has a hash.",
     "Write the file with `pip-compile --generate-hashes`.", severity::info},
    {"dependency.pip-extra-index", "PipExtraIndex",
     "With a second index, a public package can take the place of a private one of the same name.",
     "Use one index that serves both, and name it with --index-url.", severity::medium},
    {"dependency.cmake-hash-missing", "CmakeHashMissing", "This download is not checked against a hash.",
     "Add URL_HASH SHA256=...", severity::medium},
    {"dependency.cmake-package-version", "CmakePackageVersion",
     "This package is taken in whatever version is found.", "Name the least version that works.",
     severity::info},
};

constexpr const rule_info& npm_open = rule_in(rules, "dependency.npm-open-range");
constexpr const rule_info& npm_range = rule_in(rules, "dependency.npm-range-without-lock");
constexpr const rule_info& npm_no_lock = rule_in(rules, "dependency.npm-lock-missing");
constexpr const rule_info& archive_url = rule_in(rules, "dependency.archive-url");
constexpr const rule_info& git_not_pinned = rule_in(rules, "dependency.git-not-pinned");
constexpr const rule_info& insecure_source = rule_in(rules, "dependency.insecure-source");
constexpr const rule_info& pip_unpinned = rule_in(rules, "dependency.pip-unpinned");
constexpr const rule_info& pip_range = rule_in(rules, "dependency.pip-range");
constexpr const rule_info& pip_no_hash = rule_in(rules, "dependency.pip-hash-missing");
constexpr const rule_info& pip_extra_index = rule_in(rules, "dependency.pip-extra-index");
constexpr const rule_info& cmake_no_hash = rule_in(rules, "dependency.cmake-hash-missing");
constexpr const rule_info& cmake_no_version = rule_in(rules, "dependency.cmake-package-version");

/// Tells whether `ref` is a full commit hash: SHA-1 or SHA-256, in hexadecimal.
bool is_commit(std::string_view ref) {
  constexpr char_set hex{"0-9a-fA-F"};
  return (ref.size() == 40 || ref.size() == 64) && skip(ref, 0, hex) == ref.size();
}

/// What follows the last `mark` in `text`; empty when there is none.
std::string_view after_last(std::string_view text, char mark) {
  const auto at = text.rfind(mark);
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
}

/// Unencrypted and not on this machine.
bool is_plain_http(std::string_view url) {
  const auto at = url.find("http://");
  return at != std::string_view::npos && !url.substr(at + 7).starts_with("localhost") &&
         !url.substr(at + 7).starts_with("127.0.0.1");
}

void check_npm(std::string_view text, bool locked, hit_list& hits) {
  const auto all = npm_dependencies(text);
  for (const auto& d : all) {
    auto range = d.range;
    if (range.starts_with("npm:")) // an alias, "npm:other-name@^1.0.0"
      range = after_last(range, '@');
    const bool has_scheme = range.find("://") != std::string_view::npos;
    const bool is_git =
        range.starts_with("git") || range.ends_with(".git") ||
        range.find(".git#") != std::string_view::npos ||
        (!has_scheme && range.find('/') != std::string_view::npos && !range.starts_with('.') &&
         range.find(':') == std::string_view::npos && !range.starts_with('~'));
    if (is_plain_http(range))
      hits.add(d.offset, insecure_source);
    else if (is_git)
      is_commit(after_last(range, '#')) ? void() : hits.add(d.offset, git_not_pinned);
    else if (has_scheme)
      hits.add(d.offset, archive_url);
    else if (range.find(':') != std::string_view::npos) // file:, link:, workspace:, catalog:
      continue;
    else if (range.empty() || listed(range, "* x X latest next") || range.starts_with('>'))
      hits.add(d.offset, npm_open, locked ? severity::low : npm_open.level);
    else if (!locked && range.find_first_of("^~<>|xX* ") != std::string_view::npos)
      hits.add(d.offset, npm_range);
  }
  if (!all.empty() && !locked)
    hits.add(0, npm_no_lock);
}

void check_python(std::string_view path, std::string_view text, bool locked, hit_list& hits) {
  bool any_exact = false;
  for (const auto& r : python_requirements(path, text)) {
    const auto version = trim(r.rest.substr(0, r.rest.find_first_of(";\\")));
    const auto comparison = version.substr(std::min(version.find_first_of("=<>~!@"), version.size()));
    if (r.name.starts_with('-')) {
      if (r.name == "--extra-index-url")
        hits.add(r.offset, pip_extra_index);
      if (is_plain_http(r.rest) || r.name == "--trusted-host")
        hits.add(r.offset, insecure_source);
    } else if (is_plain_http(r.rest) && comparison.starts_with('@')) {
      hits.add(r.offset, insecure_source);
    } else if (r.rest.find("git+") != std::string_view::npos || r.name == "git") {
      const auto url = version.substr(0, version.find_first_of("# "));
      if (!is_commit(after_last(trim(version.substr(0, version.find('#'))), '@')) && !url.empty())
        hits.add(r.offset, git_not_pinned);
    } else if (comparison.starts_with("==") && comparison.find('*') == std::string_view::npos) {
      any_exact = true;
    } else if (comparison.empty()) {
      if (!locked && r.rest.find("://") == std::string_view::npos)
        hits.add(r.offset, pip_unpinned, r.fixed_place ? pip_unpinned.level : severity::low);
    } else if (r.fixed_place && !comparison.starts_with('@')) {
      hits.add(r.offset, pip_range);
    }
  }
  if (any_exact && is_requirements_file(path) && text.find("--hash") == std::string_view::npos)
    hits.add(0, pip_no_hash);
}

void check_cmake(std::string_view text, hit_list& hits) {
  for (const auto& call : cmake_calls(text)) {
    const auto name = lower(call.name);
    if (name == "fetchcontent_declare" || name == "externalproject_add") {
      const auto url = call.after("URL");
      const bool hashed = !call.after("URL_HASH").empty();
      if (is_plain_http(url) && !hashed)
        hits.add(call.offset, insecure_source);
      else if (url.find("://") != std::string_view::npos && !hashed)
        hits.add(call.offset, cmake_no_hash);
      const auto tag = call.after("GIT_TAG");
      if (!call.after("GIT_REPOSITORY").empty() && !is_commit(tag)) {
        const bool release = tag.find_first_of("0123456789") != std::string_view::npos;
        hits.add(call.offset, git_not_pinned, release ? severity::low : git_not_pinned.level);
      }
    } else if (name == "find_package" && !call.arguments.empty() && call.arguments[0] != "Threads") {
      const bool versioned = call.arguments.size() > 1 &&
                             call.arguments[1].find_first_of("0123456789") != std::string_view::npos;
      if (!versioned)
        hits.add(call.offset, cmake_no_version);
    }
  }
}

} // namespace

std::span<const rule_info> dependency_rules() {
  static const auto all = [] {
    std::vector<rule_info> both{std::begin(rules), std::end(rules)};
    both.insert(both.end(), system_manifest_rules().begin(), system_manifest_rules().end());
    return both;
  }();
  return all;
}

bool declares_dependencies(std::string_view path) {
  return listed(file_name(path), "package.json pyproject.toml setup.cfg") || is_requirements_file(path) ||
         is_system_manifest(path) || language_of(path, {}) == language::cmake;
}

bool has_lock_file(std::string_view path, std::span<const std::string> paths) {
  const std::string_view locks =
      is_system_manifest(path) ? lock_files_of(path)
      : file_name(path) == "package.json"
          ? "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb"
          : "poetry.lock uv.lock pdm.lock Pipfile.lock";
  for (auto folder = path.substr(0, path.size() - file_name(path).size());;) {
    for (auto lock : words_of(locks))
      if (std::binary_search(paths.begin(), paths.end(), std::string{folder} + std::string{lock}))
        return true;
    if (folder.empty())
      return false;
    folder.remove_suffix(1);
    folder = folder.substr(0, folder.rfind('/') + 1); // npos + 1 == 0: the root
  }
}

std::vector<finding> check_dependencies(std::string_view path, std::string_view text, bool locked) {
  hit_list hits;
  if (file_name(path) == "package.json")
    check_npm(text, locked, hits);
  check_python(path, text, locked, hits);
  check_system_manifest(path, text, locked, {git_not_pinned, insecure_source}, hits);
  if (language_of(path, {}) == language::cmake)
    check_cmake(text, hits);
  return std::move(hits).take(path, text);
}

} // namespace troupe::audit
