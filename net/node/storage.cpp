// STORAGE: store, seal, objects, journal; the end is the reverse.

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <troupe/actors/ops/ledger_proof.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/net/node/storage.hpp>
#include <troupe/persistence/key_source.hpp>
#include <troupe/persistence/postgres/store.hpp>
#include <troupe/persistence/store_directory.hpp>

namespace troupe {
namespace {

caf::expected<std::optional<sealing_key>> master_key(const config& settings, const clock& time) {
  auto& [file, command] = settings.keys;
  if (!file.empty() && !command.empty())
    return make_error(ec::invalid_argument,
                      "[keys] has both master_key_file and master_key_command: remove one");
  if (file.empty() && command.empty())
    return std::optional<sealing_key>{};
  auto key = command.empty() ? master_key_from_file(file) : master_key_from_command(command, time);
  if (!key)
    return std::move(key.error());
  return std::optional{*key};
}

// Beside the data directory: what lies in it goes wherever somebody copies it.
caf::expected<std::filesystem::path> spent_directory(const config& settings) {
  namespace fs = std::filesystem;
  std::error_code failure;
  auto whole = [&](const std::string& path) {
    auto named = fs::absolute(path, failure).lexically_normal();
    return named.has_filename() ? named : named.parent_path(); // ends with a slash
  };
  auto data = whole(settings.node.data_directory);
  if (settings.node.spent_directory.empty())
    return fs::path{data.native() + ".spent"};
  auto place = whole(settings.node.spent_directory);
  if (std::mismatch(data.begin(), data.end(), place.begin(), place.end()).first == data.end())
    return make_error(ec::invalid_argument,
                      fmt::format("[node] spent_directory {} lies in the data directory {}: older copies of "
                                  "that would bring an older one; name another",
                                  place.native(), data.native()));
  return place;
}

struct opened_rows {
  std::shared_ptr<store> plain;
  sealing all;
};

// The directory keeps what is of this node alone, wherever its rows are.
caf::expected<std::shared_ptr<store>> open_plain(const config& settings, store_options how) {
  auto& data = settings.node.data_directory;
  if (!is_shared(settings))
    return open_rocksdb(data, std::move(how));
  if (!settings.backup.directory.empty())
    return make_error(ec::invalid_argument,
                      "[backup] directory is set, and [store] postgres as well: rows in PostgreSQL are "
                      "backed up with its own tools; remove the first");
  if (auto cause = make_directory(data, 0700))
    return cannot_open(data, *cause);
  postgres_options options;
  options.address = settings.store.postgres;
  options.name = "troupe " + settings.node.name;
  return open_postgres(std::move(options));
}

caf::expected<opened_rows> open_rows(const config& settings, store_options how,
                                     std::shared_ptr<const clock> time, bool restored = false) {
  auto master = master_key(settings, *time);
  if (!master)
    return std::move(master.error());
  auto& data = settings.node.data_directory;
  auto plain = open_plain(settings, std::move(how));
  if (!plain)
    return std::move(plain.error());
  auto sealed = seal_store(*plain, open_key_file(data + "/keyring"), *master, std::move(time), restored);
  if (!sealed)
    return std::move(sealed.error());
  return opened_rows{std::move(*plain), std::move(*sealed)};
}

} // namespace

bool is_shared(const config& settings) {
  return settings.store.postgres.find_first_not_of(" \t") != std::string::npos;
}

std::vector<entity_kind> known_kinds() {
  return {agent_kind(std::make_shared<agent_parts>()),
          task_kind(),
          run_kind(),
          ledger_kind(),
          schedule_kind(),
          workflow_kind()};
}

caf::expected<std::shared_ptr<store>> open_store(const config& settings, store_options how) {
  auto rows = open_rows(settings, std::move(how), std::make_shared<system_clock>());
  if (!rows)
    return std::move(rows.error());
  return std::move(rows->all.rows);
}

caf::expected<std::shared_ptr<object_store>> open_objects(const config& settings, const store& rows) {
  if (is_shared(settings))
    return std::shared_ptr<object_store>{};
  return open_object_directory(settings.node.data_directory + "/objects", rows.naming_key());
}

caf::expected<storage> open_stopped_storage(const config& settings, store_options how, bool restored) {
  auto rows = open_rows(settings, std::move(how), std::make_shared<system_clock>(), restored);
  if (!rows)
    return std::move(rows.error());
  auto objects = open_objects(settings, *rows->all.rows);
  if (!objects)
    return std::move(objects.error());
  return storage{std::move(rows->plain), std::move(rows->all.rows), std::move(*objects), nullptr, nullptr};
}

caf::expected<storage> open_storage(const config& settings, const logger& log,
                                    std::shared_ptr<const clock> time, const node_metrics& meters,
                                    storage_options options) {
  store_options how;
  how.warn = [log](std::string_view text) { log.warning("store", {{"text", text}}); };
  how.laboratory = std::move(options.laboratory);
  auto rows = open_rows(settings, std::move(how), time);
  if (!rows)
    return std::move(rows.error());
  auto objects = open_objects(settings, *rows->all.rows);
  if (!objects)
    return std::move(objects.error());
  auto spent = spent_directory(settings);
  if (!spent)
    return std::move(spent.error());
  auto marks = prove_ledgers({rows->all.rows, time, *objects},
                             open_spent_directory(*spent, rows->plain->id()), [log](std::string_view text) {
                               log.warning("ledgers", {{"text", text}});
                             });
  if (!marks)
    return std::move(marks.error());
  auto disk = start_journal(rows->all.rows, std::move(time), meters, *objects, std::move(options.on_trouble),
                            std::move(*marks));
  if (!disk)
    return std::move(disk.error());
  storage all{std::move(rows->plain), std::move(rows->all.rows), std::move(*objects), std::move(*disk),
              nullptr};
  if (rows->all.sealed)
    all.keys =
        std::make_shared<seal_keeper>(std::move(rows->all.sealed), all.disk, [log](std::string_view text) {
          log.info("keys", {{"text", text}});
        });
  return all;
}

} // namespace troupe
