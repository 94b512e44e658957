// What lies in a directory.
// Invariant: only regular files are opened, only real directories inside the root are entered, and no more
// than one file's contents is in memory at a time.

#include "inventory.hpp"

#include "text.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace troupe::audit {
namespace {

namespace fs = std::filesystem;

/// Where git, too, looks for a zero byte (xdiff-interface.c, FIRST_FEW_BYTES).
constexpr std::size_t binary_window = 8000;

struct folder_rule {
  std::string_view names;
  std::string_view reason;
};

constexpr std::array folder_rules{
    folder_rule{".git .hg .svn .bzr", "version control"},
    folder_rule{"node_modules bower_components site-packages .eggs", "installed dependencies"},
    folder_rule{".venv venv .tox .nox", "virtual environment"},
    folder_rule{"build target dist _build CMakeFiles", "build output"},
    folder_rule{"__pycache__ .cache .mypy_cache .pytest_cache .ruff_cache .ccache .gradle .terraform",
                "cache"},
};

std::string_view skip_reason(std::string_view folder) {
  for (const auto& rule : folder_rules)
    if (listed(folder, rule.names))
      return rule.reason;
  return {};
}

/// Reads at most `limit` bytes of a regular file, or tells why not.
std::variant<std::string, content> read_bytes(const fs::path& path, std::uint64_t limit) {
  std::error_code failure;
  const auto status = fs::symlink_status(path, failure);
  if (failure || !fs::exists(status))
    return content::unreadable;
  if (fs::is_symlink(status))
    return content::link;
  if (!fs::is_regular_file(status))
    return content::special;
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return content::unreadable;
  constexpr std::size_t step = 64 * 1024;
  std::string bytes;
  while (bytes.size() <= limit) {
    const auto had = bytes.size();
    bytes.resize(had + step);
    in.read(bytes.data() + had, step);
    bytes.resize(had + static_cast<std::size_t>(in.gcount()));
    if (in.bad())
      return content::unreadable;
    if (std::string_view{bytes}.substr(0, binary_window).find('\0') != std::string_view::npos)
      return content::binary;
    if (in.eof())
      break;
  }
  if (bytes.size() > limit)
    return content::huge;
  return bytes;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(text, at);
    if (length == 0)
      return false;
    at += length;
  }
  return true;
}

/// Fills kind and language of a file whose path, size and mode are known.
void classify(const fs::path& path, std::uint64_t limit, file_entry& entry) {
  entry.lang = language_of(entry.path, {});
  if (entry.bytes > limit) {
    entry.kind = content::huge;
    return;
  }
  const auto read = read_bytes(path, limit);
  if (const auto* reason = std::get_if<content>(&read)) {
    entry.kind = *reason;
    return;
  }
  const std::string_view text = std::get<std::string>(read);
  entry.kind = is_utf8(text) ? content::text : content::non_utf8;
  entry.lang = language_of(entry.path, text.substr(0, text.find('\n')));
}

/// One walk: folders still to enter are a stack, so depth costs no call stack.
class walk {
public:
  walk(const fs::path& root, const inventory_limits& limits) : root_(root), limits_(limits) {}

  inventory run() {
    std::vector<std::string> open{""};
    while (!open.empty()) {
      const auto folder = std::move(open.back());
      open.pop_back();
      enter(folder, open);
    }
    const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
    std::sort(result_.files.begin(), result_.files.end(), by_path);
    std::sort(result_.skipped.begin(), result_.skipped.end(), by_path);
    return std::move(result_);
  }

private:
  void enter(const std::string& folder, std::vector<std::string>& open) {
    std::error_code failure;
    std::vector<fs::directory_entry> entries;
    for (fs::directory_iterator it{root_ / folder, failure}, end; !failure && it != end;
         it.increment(failure))
      entries.push_back(*it);
    if (failure)
      result_.skipped.push_back({folder.empty() ? "." : folder, "cannot be listed: " + failure.message()});
    // Sorted, so that the limit cuts the same files on every file system.
    std::sort(entries.begin(), entries.end());
    for (const auto& entry : entries) {
      const auto name = entry.path().filename().string();
      const auto path = folder.empty() ? name : folder + "/" + name;
      const auto status = entry.symlink_status(failure);
      if (fs::is_directory(status)) {
        if (const auto reason = skip_reason(name); !reason.empty())
          result_.skipped.push_back({path, std::string{reason}});
        else
          open.push_back(path);
      } else {
        add_file(entry, path, status);
      }
    }
  }

  void add_file(const fs::directory_entry& entry, const std::string& path, fs::file_status status) {
    if (result_.files.size() >= limits_.files) {
      result_.complete = false;
      return;
    }
    file_entry file;
    file.path = path;
    if (status.permissions() != fs::perms::unknown)
      file.mode = static_cast<std::uint32_t>(status.permissions() & fs::perms::mask);
    std::error_code failure;
    if (fs::is_regular_file(status))
      file.bytes = entry.file_size(failure);
    if (failure)
      file.kind = content::unreadable;
    else
      classify(entry.path(), limits_.file_bytes, file);
    result_.files.push_back(std::move(file));
  }

  fs::path root_;
  inventory_limits limits_;
  inventory result_;
};

} // namespace

std::string_view name_of(content kind) {
  constexpr std::array<std::string_view, 7> names{"text",       "not UTF-8", "binary", "huge",
                                                  "unreadable", "link",      "special"};
  return names.at(static_cast<std::size_t>(kind));
}

std::size_t inventory::count(content kind) const {
  return static_cast<std::size_t>(
      std::count_if(files.begin(), files.end(), [kind](const auto& file) { return file.kind == kind; }));
}

std::size_t inventory::count(language lang) const {
  return static_cast<std::size_t>(
      std::count_if(files.begin(), files.end(), [lang](const auto& file) { return file.lang == lang; }));
}

std::vector<skipped_path> inventory::left_out() const {
  auto result = skipped;
  for (const auto& file : files)
    if (file.kind != content::text && file.kind != content::non_utf8)
      result.push_back({file.path, std::string{name_of(file.kind)}});
  if (!complete)
    result.push_back({".", "more files than the limit"});
  return result;
}

inventory take_inventory(const fs::path& root, const inventory_limits& limits) {
  return walk{root, limits}.run();
}

std::variant<std::string, content> read_text(const fs::path& path, std::uint64_t limit) {
  auto read = read_bytes(path, limit);
  if (auto* bytes = std::get_if<std::string>(&read))
    return to_utf8(*bytes);
  return read;
}

} // namespace troupe::audit
