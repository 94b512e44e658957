// Cargo.toml, go.mod and debian/control, line by line.
// Sources: the Cargo book, "Specifying Dependencies"; the Go modules reference, "go.mod files"; Debian policy, chapters 5 and 7.

#include "system_manifests.hpp"

#include "text.hpp"

#include <algorithm>

namespace troupe::audit {
namespace {

constexpr rule_info rules[] = {
    {"dependency.cargo-wildcard", "CargoWildcard", "This crate is taken in any version.",
     "Name a version: `name = \"1.2\"`.", severity::medium},
    {"dependency.cargo-open-range", "CargoOpenRange", "This range takes any future version.",
     "Name a version, which allows what is compatible with it.", severity::medium},
    {"dependency.cargo-lock-missing", "CargoLockMissing", "This package has dependencies but no Cargo.lock.",
     "Run `cargo generate-lockfile` and commit Cargo.lock.", severity::low},
    {"dependency.go-sum-missing", "GoSumMissing", "Without go.sum, modules are not checked against a hash.",
     "Run `go mod tidy` and commit go.sum.", severity::medium},
    {"dependency.go-replaced-by-folder", "GoReplacedByFolder",
     "This module is a folder here; who takes this module as a dependency gets another one.",
     "Require a version, and use a go.work file while developing.", severity::low},
    {"dependency.go-pseudo-version", "GoPseudoVersion", "This version is a commit that nobody has released.",
     "Require a released version if there is one.", severity::info},
    {"dependency.debian-any-version", "DebianAnyVersion",
     "These packages are taken in whatever version is there.",
     "Name the least version that works: `name (>= 1.2)`.", severity::info},
};

constexpr const rule_info& cargo_wildcard = rule_in(rules, "dependency.cargo-wildcard");
constexpr const rule_info& cargo_open = rule_in(rules, "dependency.cargo-open-range");
constexpr const rule_info& cargo_no_lock = rule_in(rules, "dependency.cargo-lock-missing");
constexpr const rule_info& go_no_sum = rule_in(rules, "dependency.go-sum-missing");
constexpr const rule_info& go_folder = rule_in(rules, "dependency.go-replaced-by-folder");
constexpr const rule_info& go_pseudo = rule_in(rules, "dependency.go-pseudo-version");
constexpr const rule_info& debian_any = rule_in(rules, "dependency.debian-any-version");

bool is_cargo(std::string_view path) {
  return file_name(path) == "Cargo.toml";
}

bool is_go(std::string_view path) {
  return file_name(path) == "go.mod";
}

bool is_debian(std::string_view path) {
  return path == "debian/control" || path.ends_with("/debian/control");
}

bool is_unencrypted(std::string_view url) {
  return (url.starts_with("http://") && !url.starts_with("http://localhost")) || url.starts_with("git://");
}

/// The text in quotes behind `key =` in a line or an inline table; empty when there is none.
std::string_view toml_text(std::string_view line, std::string_view key) {
  for (auto at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
    const auto starts =
        at == 0 || blank_bytes.has(line[at - 1]) || line[at - 1] == '{' || line[at - 1] == ',';
    const auto equals = skip(line, at + key.size(), blank_bytes);
    if (!starts || equals >= line.size() || line[equals] != '=')
      continue;
    const auto open = skip(line, equals + 1, blank_bytes);
    if (open >= line.size() || (line[open] != '"' && line[open] != '\''))
      return {};
    return line.substr(open + 1, line.find(line[open], open + 1) - open - 1);
  }
  return {};
}

/// One crate, whatever its form: `a = "1"`, `a = { version = "1" }` or a table `[dependencies.a]`.
struct crate {
  std::size_t offset = 0;
  std::size_t version_offset = 0;
  std::string_view version;
  std::string_view git;
  bool fixed = false; // by `rev`
  bool known = false;

  void read(std::string_view text, std::size_t at) {
    if (auto found = toml_text(text, "version"); !found.empty()) {
      version = found;
      version_offset = at;
    }
    if (auto found = toml_text(text, "git"); !found.empty())
      git = found;
    fixed = fixed || !toml_text(text, "rev").empty();
  }
};

void report(const crate& one, const shared_dependency_rules& shared, hit_list& hits) {
  if (!one.known)
    return;
  if (is_unencrypted(one.git))
    hits.add(one.offset, shared.insecure_source);
  else if (!one.git.empty() && !one.fixed)
    hits.add(one.offset, shared.git_not_pinned);
  if (one.version == "*")
    hits.add(one.version_offset, cargo_wildcard);
  else if (one.version.starts_with('>') && one.version.find('<') == std::string_view::npos)
    hits.add(one.version_offset, cargo_open);
}

void check_cargo(std::string_view text, bool locked, const shared_dependency_rules& shared, hit_list& hits) {
  bool list = false, any = false;
  crate table;
  for (const auto& line : lines_of(text)) {
    const auto bare = trim(line.text);
    const auto offset = line.offset + static_cast<std::size_t>(bare.data() - line.text.data());
    if (bare.empty() || bare.starts_with('#'))
      continue;
    if (bare.starts_with('[')) {
      report(table, shared, hits);
      table = {};
      const auto name = bare.substr(1, bare.find(']') - 1);
      const auto dot = name.rfind("dependencies.");
      list = name.ends_with("dependencies");
      table.known = dot != std::string_view::npos && !list;
      table.offset = offset;
      any = any || table.known;
      continue;
    }
    if (table.known)
      table.read(bare, offset);
    if (!list)
      continue;
    any = true;
    crate one;
    one.offset = one.version_offset = offset;
    one.known = true;
    const auto value = trim(bare.substr(std::min(bare.find('=') + 1, bare.size())));
    if (value.starts_with('"') || value.starts_with('\''))
      one.version = value.substr(1, value.find(value.front(), 1) - 1);
    else
      one.read(value, offset);
    report(one, shared, hits);
  }
  report(table, shared, hits);
  if (any && !locked)
    hits.add(0, cargo_no_lock);
}

/// `v0.0.0-20240102150405-0123456789ab` and its like: a time and a commit.
bool is_pseudo_version(std::string_view version) {
  constexpr std::size_t time_digits = 14, commit_digits = 12;
  constexpr char_set digits{"0-9"}, hex{"0-9a-f"};
  const auto dash = version.rfind('-');
  if (dash == std::string_view::npos || dash < time_digits + 1 || version.size() != dash + 1 + commit_digits)
    return false;
  const auto before = version[dash - time_digits - 1];
  return skip(version, dash + 1, hex) == version.size() && (before == '-' || before == '.') &&
         skip(version, dash - time_digits, digits) == dash;
}

void check_go(std::string_view text, bool locked, hit_list& hits) {
  std::string_view block; // the word before the bracket that is open
  bool any = false;
  for (const auto& line : lines_of(text)) {
    auto bare = trim(line.text.substr(0, line.text.find("//")));
    const auto offset = line.offset + static_cast<std::size_t>(bare.data() - line.text.data());
    auto words = words_of(bare.substr(0, 1024));
    if (words.empty())
      continue;
    if (bare.starts_with(')')) {
      block = {};
      continue;
    }
    if (words.size() == 2 && words[1] == "(") {
      block = words[0];
      continue;
    }
    const auto what = block.empty() ? words[0] : block;
    if (block.empty())
      words.erase(words.begin());
    if (what == "require" && words.size() >= 2) {
      any = true;
      if (is_pseudo_version(words[1]))
        hits.add(offset, go_pseudo);
    }
    const auto arrow = std::find(words.begin(), words.end(), "=>");
    if (what == "replace" && arrow != words.end() && arrow + 1 != words.end() &&
        ((arrow + 1)->starts_with('.') || (arrow + 1)->starts_with('/')))
      hits.add(offset, go_folder);
  }
  if (any && !locked)
    hits.add(0, go_no_sum);
}

/// Tells whether one of the packages of a field, separated by commas, is named without a version.
bool takes_any_version(std::string_view packages) {
  for (auto rest = packages; !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    const auto one = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!one.empty() && one.find('(') == std::string_view::npos && !one.starts_with('$') &&
        !one.starts_with('#'))
      return true;
  }
  return false;
}

void check_debian(std::string_view text, const shared_dependency_rules& shared, hit_list& hits) {
  std::string field; // in lower case; continues over lines that begin with a blank
  std::size_t begins = 0;
  bool any = false;
  const auto end_field = [&] {
    if (any)
      hits.add(begins, debian_any);
    any = false;
  };
  for (const auto& line : lines_of(text)) {
    if (line.text.starts_with('#'))
      continue;
    auto value = line.text;
    if (const bool continued = line.text.starts_with(' ') || line.text.starts_with('\t'); !continued) {
      end_field();
      const auto colon = std::min(line.text.find(':'), line.text.size());
      field = lower(line.text.substr(0, std::min<std::size_t>(colon, 64)));
      begins = line.offset;
      value = line.text.substr(std::min(colon + 1, line.text.size()));
    }
    if (listed(field, "build-depends build-depends-arch build-depends-indep"))
      any = any || takes_any_version(value);
    if ((field.starts_with("vcs-") || field == "homepage") && is_unencrypted(trim(value)))
      hits.add(begins, shared.insecure_source, field == "homepage" ? severity::info : severity::medium);
  }
  end_field();
}

} // namespace

std::span<const rule_info> system_manifest_rules() {
  return rules;
}

bool is_system_manifest(std::string_view path) {
  return is_cargo(path) || is_go(path) || is_debian(path);
}

std::string_view lock_files_of(std::string_view path) {
  return is_cargo(path) ? "Cargo.lock" : is_go(path) ? "go.sum" : "";
}

void check_system_manifest(std::string_view path, std::string_view text, bool locked,
                           const shared_dependency_rules& shared, hit_list& hits) {
  if (is_cargo(path))
    check_cargo(text, locked, shared, hits);
  else if (is_go(path))
    check_go(text, locked, hits);
  else if (is_debian(path))
    check_debian(text, shared, hits);
}

} // namespace troupe::audit
