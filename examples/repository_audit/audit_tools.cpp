// AUDIT TOOLS: the checks over batches of files.
// Invariant: a list of files is named by its contents, so a batch means the same files before and after a crash.

#include "audit_tools.hpp"
#include "dependencies.hpp"
#include "infrastructure.hpp"
#include "inventory.hpp"
#include "report.hpp"
#include "risky_code.hpp"
#include "secrets.hpp"
#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <troupe/runtime/error.hpp>

namespace troupe::audit {
namespace {

namespace fs = std::filesystem;

using text_or_error = caf::expected<std::string>;

caf::error write_file(const fs::path& path, const std::string& text) {
  auto fresh = path;
  fresh += ".new";
  std::ofstream out{fresh, std::ios::binary};
  out << text;
  out.close();
  std::error_code failed;
  if (out)
    fs::rename(fresh, path, failed); // at once: nobody sees half a report
  if (!out || failed)
    return make_error(ec::tool_failed, "cannot write " + path.string());
  return {};
}

std::string fnv1a(std::string_view bytes) { // 64 bits; Fowler, Noll, Vo
  uint64_t hash = 14695981039346656037u;
  for (unsigned char byte : bytes)
    hash = (hash ^ byte) * 1099511628211u;
  return fmt::format("{:016x}", hash);
}

// One file per line: kind, mode, path. A path with a line break cannot be listed, and is left out as unreadable.
std::string list_of(const inventory& found) {
  std::string text;
  for (auto& file : found.files)
    if (file.path.find('\n') == std::string::npos)
      text += fmt::format("{} {} {}\n", static_cast<int>(file.kind), file.mode, file.path);
  return text;
}

struct listed_file {
  content kind = content::text;
  uint32_t mode = 0;
  std::string path;
};

caf::expected<std::vector<listed_file>> read_list(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return make_error(ec::tool_failed, "the file list " + path.string() +
                                           " is gone; remove the data directory and start again");
  std::vector<listed_file> files;
  int kind = 0;
  listed_file one;
  while (in >> kind >> one.mode && in.get() && std::getline(in, one.path)) {
    one.kind = static_cast<content>(kind);
    files.push_back(one);
  }
  return files;
}

using check = std::vector<finding> (*)(const std::string& path, const std::string& text,
                                       const listed_file& file, const std::vector<std::string>& all_paths);

tool batch_tool(const std::string& name, const fs::path& work, check run) {
  return {"audit/" + name, "checks one batch of files",
          [=](const tool_call& call) -> text_or_error {
            auto files = read_list(work / std::string{call.argument("list")});
            if (!files)
              return files.error();
            std::vector<std::string> paths;
            for (auto& file : *files)
              paths.push_back(file.path);
            size_t batch = 0;
            auto text = call.argument("batch");
            std::from_chars(text.data(), text.data() + text.size(), batch);
            std::vector<finding> findings;
            fs::path root{std::string{call.argument("root")}};
            auto last = std::min(files->size(), (batch + 1) * batch_files);
            for (auto i = batch * batch_files; i < last; ++i) {
              auto& file = (*files)[i];
              std::string contents;
              if (file.kind == content::text || file.kind == content::non_utf8) {
                auto read = read_text(root / file.path);
                if (auto* bytes = std::get_if<std::string>(&read))
                  contents = std::move(*bytes);
              }
              auto found = run(file.path, contents, file, paths);
              std::move(found.begin(), found.end(), std::back_inserter(findings));
            }
            return encode(findings);
          },
          true};
}

text_or_error make_inventory(const tool_call& call, const fs::path& work) {
  fs::path root{std::string{call.argument("root")}};
  if (std::error_code failed; !fs::is_directory(root, failed))
    return make_error(ec::invalid_argument, root.string() + " is no directory");
  auto found = take_inventory(root);
  auto text = list_of(found);
  auto list = "files-" + fnv1a(text) + ".txt";
  if (auto failed = write_file(work / list, text))
    return failed;
  auto files = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  return fmt::format("list {}\nfiles {}\nbatches {}\n", list, files, (files + batch_files - 1) / batch_files);
}

text_or_error make_report(const tool_call& call, const fs::path& work) {
  fs::path root{std::string{call.argument("root")}};
  report result;
  result.name = fs::absolute(root).lexically_normal().filename().string();
  if (result.name.empty())
    result.name = fs::absolute(root).lexically_normal().parent_path().filename().string();
  std::istringstream lines{std::string{call.argument("findings")}};
  for (std::string line; std::getline(lines, line);) {
    auto decoded = decode(line);
    if (auto* wrong = std::get_if<decode_error>(&decoded))
      return make_error(ec::tool_failed, "findings cannot be read: " + wrong->text);
    auto& found = std::get<std::vector<finding>>(decoded);
    std::move(found.begin(), found.end(), std::back_inserter(result.findings));
  }
  auto files = read_list(work / std::string{call.argument("list")});
  if (!files)
    return files.error();
  inventory seen;
  for (auto& file : *files) {
    file_entry entry;
    entry.path = file.path;
    entry.kind = file.kind;
    seen.files.push_back(std::move(entry));
  }
  result.files_checked = seen.count(content::text) + seen.count(content::non_utf8);
  result.skipped = seen.left_out();
  fs::path out{std::string{call.argument("out")}};
  std::error_code failed_to_make; // write_file tells, if it matters
  fs::create_directories(out, failed_to_make);
  if (auto failed = write_file(out / "audit-report.md", markdown_report(result)))
    return failed;
  if (auto failed = write_file(out / "audit-report.sarif", sarif_report(result)))
    return failed;
  std::string summary = fmt::format("{} files checked, {} left out, {} findings:", result.files_checked,
                                    result.skipped.size(), result.findings.size());
  for (auto level : all_severities)
    summary += fmt::format(" {} {}",
                           std::count_if(result.findings.begin(), result.findings.end(),
                                         [&](auto& one) { return one.level == level; }),
                           name_of(level));
  return summary;
}

} // namespace

void add_audit_tools(toolbox& tools, const fs::path& work) {
  fs::create_directories(work);
  tools.add({"audit/inventory", "lists the files of a directory",
             [=](const tool_call& call) { return make_inventory(call, work); }, true});
  tools.add(batch_tool("secrets", work,
                       [](const std::string& path, const std::string& text, const listed_file&,
                          const std::vector<std::string>&) { return check_secrets(path, text); }));
  tools.add(batch_tool("dependencies", work,
                       [](const std::string& path, const std::string& text, const listed_file&,
                          const std::vector<std::string>& all) {
                         return declares_dependencies(path)
                                    ? check_dependencies(path, text, has_lock_file(path, all))
                                    : std::vector<finding>{};
                       }));
  tools.add(batch_tool("risky-code", work,
                       [](const std::string& path, const std::string& text, const listed_file&,
                          const std::vector<std::string>&) { return check_risky_code(path, text); }));
  tools.add(batch_tool("infrastructure", work,
                       [](const std::string& path, const std::string& text, const listed_file& file,
                          const std::vector<std::string>&) {
                         auto found = check_infrastructure(path, text);
                         if (file.kind != content::link)
                           for (auto& one : check_file_mode(path, file.mode))
                             found.push_back(one);
                         return found;
                       }));
  tools.add({"audit/report", "writes the reports",
             [=](const tool_call& call) { return make_report(call, work); }, true});
}

} // namespace troupe::audit
