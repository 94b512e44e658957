// SECURITY REPORT: what was found, what is mended, and which requirements it bears on.
// Invariant: equal inputs give equal files; a mend changes nothing but what its finding names, and may be made again.

#include "skills.hpp"

#include "examples/repository_audit/report.hpp"
#include "examples/repository_audit/rules.hpp"
#include "examples/repository_audit/text.hpp"
#include "standards.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <sstream>
#include <troupe/runtime/error.hpp>

namespace troupe::crew {
namespace {

namespace fs = std::filesystem;
using namespace audit;

// The findings of all areas that were checked, in the order of the report.
caf::expected<std::vector<finding>> findings_in(const job& what) {
  auto checks = what.tree("checks");
  if (!checks)
    return std::move(checks.error());
  std::vector<finding> all;
  auto* areas = checks->as<json_object>();
  for (auto& [area, found] : areas ? *areas : json_object{}) {
    if (found.as<std::nullptr_t>())
      continue; // was not asked for
    auto decoded = decode(write_json(found));
    if (auto* wrong = std::get_if<decode_error>(&decoded))
      return make_error(ec::invalid_argument, fmt::format("checks.{}: {}", area, wrong->text));
    auto& list = std::get<std::vector<finding>>(decoded);
    std::move(list.begin(), list.end(), std::back_inserter(all));
  }
  std::sort(all.begin(), all.end(), comes_before);
  return all;
}

std::string key_of(const finding& one) {
  return fmt::format("{} {}:{}", one.rule, one.file, one.line);
}

/// The version of a crate that a Cargo.lock names; empty if it has none, or several.
std::string locked_version(const std::string& lock, const std::string& crate) {
  std::istringstream lines{lock};
  std::string found;
  auto here = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("name = "))
      here = line == "name = \"" + crate + "\"";
    else if (here && line.starts_with("version = \"") && line.size() > 12) {
      if (!found.empty())
        return {};
      found = line.substr(11, line.size() - 12);
    }
  }
  return found;
}

/// Writes the locked version where a Cargo.toml takes any. Gives what was done; empty if that is not known to be right.
std::string pin_crate(const fs::path& manifest, std::uint32_t number) {
  std::istringstream lines{get_file(manifest)};
  std::string text, done;
  std::uint32_t at = 0;
  for (std::string line; std::getline(lines, line); text += line + "\n") {
    if (++at != number)
      continue;
    auto crate = std::string{trim(std::string_view{line}.substr(0, line.find('=')))};
    auto version = locked_version(get_file(manifest.parent_path() / "Cargo.lock"), crate);
    auto pin = "\"=" + version + "\"";
    if (version.empty())
      return {};
    if (auto any = line.find("\"*\""); any != std::string::npos)
      line.replace(any, 3, pin);
    else if (line.find(pin) == std::string::npos)
      return {};
    done = fmt::format("{} is pinned to {}", crate, version);
  }
  return done.empty() || put_file(manifest, text) ? std::string{} : done;
}

std::string mend(const fs::path& root, const finding& one) {
  auto path = root / one.file;
  std::error_code failed;
  if (fs::is_symlink(path, failed) || !fs::is_regular_file(path, failed))
    return {};
  if (one.rule == "infra.world-writable") {
    fs::permissions(path, fs::perms::others_write, fs::perm_options::remove, failed);
    return failed ? std::string{} : "others may no longer write it";
  }
  if (one.rule == "infra.set-user-id") {
    fs::permissions(path, fs::perms::set_uid | fs::perms::set_gid, fs::perm_options::remove, failed);
    return failed ? std::string{} : "it runs with the rights of whoever starts it";
  }
  if (one.rule == "dependency.cargo-wildcard")
    return pin_crate(path, one.line);
  return {};
}

const rule_info* rule_of(const finding& one) {
  auto rules = all_rules();
  auto found = std::find_if(rules.begin(), rules.end(), [&](auto& rule) { return rule.id == one.rule; });
  return found == rules.end() ? nullptr : &*found;
}

struct assessment {
  std::vector<finding> open;
  std::vector<std::pair<std::string, std::string>> mended; // key of the finding, what was done
  std::vector<std::string> standards;
  std::map<std::pair<std::string_view, std::string_view>,
           std::pair<const standard_requirement*, std::vector<const finding*>>>
      map;

  int64_t count(severity level) const {
    return std::count_if(open.begin(), open.end(), [&](auto& one) { return one.level == level; });
  }
};

std::string cell(std::string text) {
  std::string safe;
  for (char c : text)
    safe += c == '|' || c == '<' || c == '`' || c == '\\' ? std::string{'\\', c}
                                                          : std::string{c == '\n' ? ' ' : c};
  return safe;
}

std::string to_markdown(const std::string& project, const assessment& all) {
  auto text = fmt::format("# Security audit of {}\n\n{} findings are open, {} are mended.\n", project,
                          all.open.size(), all.mended.size());
  text += "\n| severity | open |\n| --- | --- |\n";
  for (auto level : all_severities)
    text += fmt::format("| {} | {} |\n", name_of(level), all.count(level));
  text += "\n## Requirements they bear on\n\nA map for whoever mends, no statement of compliance.\n\n"
          "| standard | requirement | asks for | findings |\n| --- | --- | --- | --- |\n";
  for (auto& [at, row] : all.map)
    text += fmt::format("| {} | {} | {} | {} |\n", at.first, at.second, row.first->text, row.second.size());
  text += "\n## Open\n";
  for (auto& one : all.open) {
    text += fmt::format("\n- **{}** {}:{} {} ({})\n", name_of(one.level), cell(one.file), one.line,
                        cell(one.message), one.rule);
    if (auto* rule = rule_of(one))
      text += fmt::format("  - Mend: {}\n", rule->help);
    for (auto* requirement : requirements_of(one.rule, all.standards))
      text += fmt::format("  - {} {}\n", requirement->standard, requirement->id);
  }
  text += "\n## Mended\n\n";
  for (auto& [key, done] : all.mended)
    text += fmt::format("- {}: {}\n", cell(key), cell(done));
  return text;
}

} // namespace

caf::expected<std::string> remediate(workspace& at, const job& what) {
  std::lock_guard turn{at.turn()};
  auto project = at.project(what.text("project"));
  auto found = findings_in(what);
  if (!project || !found)
    return project ? std::move(found.error()) : std::move(project.error());
  json_list mended;
  for (auto& one : *found)
    if (auto done = mend(*project, one); !done.empty())
      mended.push_back(json_object{{"done", done}, {"finding", key_of(one)}});
  auto count = static_cast<int64_t>(mended.size());
  return write_json(
      json_object{{"left", static_cast<int64_t>(found->size()) - count}, {"mended", std::move(mended)}});
}

caf::expected<std::string> report_audit(workspace& at, const job& what) {
  auto name = what.text("project");
  auto found = findings_in(what);
  auto standards = what.list("standards");
  auto mends = what.tree("mends");
  if (!found)
    return std::move(found.error());
  if (!standards || !mends)
    return standards ? std::move(mends.error()) : std::move(standards.error());
  assessment all;
  all.standards = *standards;
  std::set<std::string> done;
  if (auto* list = member(*mends, "mended"); list && list->as<json_list>())
    for (auto& one : *list->as<json_list>())
      if (done.insert(text_in(one, "finding")).second)
        all.mended.emplace_back(text_in(one, "finding"), text_in(one, "done"));
  std::copy_if(found->begin(), found->end(), std::back_inserter(all.open),
               [&](auto& one) { return done.count(key_of(one)) == 0; });
  for (auto& one : all.open)
    for (auto* requirement : requirements_of(one.rule, all.standards)) {
      auto& row = all.map[{requirement->standard, requirement->id}];
      row.first = requirement;
      row.second.push_back(&one);
    }
  json_object levels, mapped;
  for (auto level : all_severities)
    levels.emplace_back(name_of(level), all.count(level));
  for (auto& standard : all.standards) {
    json_object rows;
    for (auto& [key, row] : all.map)
      if (key.first == standard)
        rows.emplace_back(key.second, static_cast<int64_t>(row.second.size()));
    mapped.emplace_back(standard, std::move(rows));
  }
  json_object summary{{"findings", static_cast<int64_t>(all.open.size())},
                      {"mended", static_cast<int64_t>(all.mended.size())},
                      {"project", name},
                      {"report", json{}},
                      {"severities", std::move(levels)},
                      {"standards", std::move(mapped)}};
  if (!what.flag("write"))
    return write_json(summary);
  auto folder = at.folder({"reports", name});
  if (!folder)
    return std::move(folder.error());
  report sarif;
  sarif.name = name;
  sarif.findings = all.open;
  if (auto failed = put_file(*folder / "security-report.md", to_markdown(name, all)))
    return failed;
  if (auto failed = put_file(*folder / "security-report.sarif", sarif_report(sarif)))
    return failed;
  summary[3].second = fmt::format("reports/{}/security-report.md", name);
  auto text = write_json(summary);
  if (auto failed = put_file(*folder / "security-report.json", text + "\n"))
    return failed;
  return text;
}

} // namespace troupe::crew
