// CHECKUP: log, mark and tables, in this order: what a start would look at first comes first.

#include <fmt/format.h>
#include <troupe/persistence/doctor.hpp>
#include <troupe/persistence/rocksdb/checkup.hpp>
#include <troupe/persistence/rocksdb/damage.hpp>

namespace troupe {
namespace {

namespace fs = std::filesystem;

constexpr auto restore = "restore a backup";

bool holds_a_store(const fs::path& directory) {
  std::error_code failure;
  for (fs::directory_iterator at{directory, failure}, end; !failure && at != end; at.increment(failure))
    if (auto name = at->path().filename(); name == "CURRENT" || name == high_water::file_name ||
                                           name.extension() == ".sst" || name.extension() == ".log")
      return true;
  return false;
}

void judge_log(const fs::path& directory, const examination& found, bool accept_loss, checkup& result) {
  auto mark = high_water::read(directory);
  auto known = mark ? *mark : std::nullopt;
  std::string file{high_water::file_name};
  if (!known)
    add_finding(result.health,
                finding(file,
                        mark ? "there is no mark: what is missing at the end of the log cannot be told"
                             : "the mark is damaged: what is missing at the end of the log cannot be told",
                        "the next start makes a new one", false));
  auto objection = loss(found, known);
  result.opens = objection.empty() || accept_loss;
  if (!objection.empty()) {
    auto lost = finding("log", objection,
                        std::string{restore} + ", or give up what is missing with `--accept-loss`", true);
    if (accept_loss) {
      lost.set_repaired(true);
      lost.set_remedy("given up: the store goes on with what it has");
    }
    add_finding(result.health, std::move(lost));
  } else if (!found.log_ends.empty()) {
    add_finding(result.health, finding("log", "its end is torn, as by a power cut: " + found.log_ends,
                                       known ? "nothing acknowledged is missing: opening cuts it off"
                                             : "opening cuts it off",
                                       false));
  }
}

} // namespace

caf::expected<checkup> check_files(const fs::path& directory, bool accept_loss) {
  if (!holds_a_store(directory))
    return make_error(ec::not_found, fmt::format("there is no store in {}", directory.native()));
  checkup result;
  result.health.set_directory(directory.native());
  result.health.set_sound(true);
  auto found = examine(directory);
  if (!found && code_of(found.error()) != ec::corrupt)
    return std::move(found.error());
  if (!found) {
    add_finding(result.health, finding("files", text_of(found.error()), restore, true));
    return result;
  }
  judge_log(directory, *found, accept_loss, result);
  auto tables = check_tables(directory);
  if (!tables && code_of(tables.error()) != ec::corrupt)
    return std::move(tables.error());
  if (!tables)
    add_finding(result.health, finding("tables", text_of(tables.error()), restore, true));
  else
    for (auto& [name, cause] : *tables)
      add_finding(result.health, finding(name, cause, restore, true));
  result.opens = result.opens && tables && tables->empty();
  return result;
}

} // namespace troupe
