// STORAGE: store, seal, objects, journal; the end is the reverse.

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <troupe/actors/ops/ledger_proof.hpp>
#include <troupe/actors/spawn.hpp>
#include <troupe/actors/workflow/goal.hpp>
#include <troupe/net/node/storage.hpp>
#include <troupe/persistence/key_source.hpp>
#include <troupe/persistence/postgres/key_row.hpp>
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

postgres_options server_of(const config& settings, bool alone) {
  postgres_options options;
  options.address = settings.store.postgres;
  options.name = "troupe " + settings.node.name;
  options.alone = alone;
  return options;
}

// Before nodes shared a store, the ring of one in PostgreSQL was a file of the one node that had it. It becomes the row, once, and the file
// is overwritten: it would keep what the row forgets.
caf::error move_ring(const std::string& path, key_file& row, const std::string& store_id,
                     const sealing_key& master, const std::shared_ptr<const clock>& time) {
  constexpr std::string_view moved = "moved to the store\n";
  auto file = open_key_file(path);
  auto content = file->read();
  if (!content)
    return std::move(content.error());
  if (!*content)
    return {};
  if (**content != moved) {
    auto ring = key_ring::open(file, master, time);
    if (!ring)
      return std::move(ring.error());
    if ((*ring)->store_id() != store_id) // that of what stays with the node
      return {};
    if (auto made = row.exchange({}, **content); !made)
      return std::move(made.error());
    if (auto failed = file->replace(moved))
      return failed;
  }
  std::error_code failure;
  std::filesystem::remove(path, failure);
  return failure ? cannot("remove", path, failure.message()) : caf::error{};
}

caf::expected<opened_rows> seal_rows(std::shared_ptr<store> plain, std::shared_ptr<key_file> ring,
                                     const std::optional<sealing_key>& master, std::shared_ptr<const clock> time,
                                     bool restored, bool alone) {
  auto sealed = seal_store(plain, std::move(ring), master, std::move(time), restored, alone);
  if (!sealed)
    return std::move(sealed.error());
  return opened_rows{std::move(plain), std::move(*sealed)};
}

// The directory keeps what is of this node alone, wherever its rows are.
caf::expected<opened_rows> open_shared_rows(const config& settings, std::shared_ptr<const clock> time,
                                            const std::optional<sealing_key>& master, bool alone) {
  auto& data = settings.node.data_directory;
  if (!settings.backup.directory.empty() && !is_available(settings))
    return make_error(ec::invalid_argument,
                      "[backup] directory is set, and [store] postgres as well: rows in PostgreSQL are "
                      "backed up with its own tools; remove the first");
  if (auto cause = make_directory(data, 0700))
    return cannot_open(data, *cause);
  auto server = server_of(settings, alone);
  auto plain = open_postgres(server);
  if (!plain)
    return std::move(plain.error());
  auto ring = open_key_row(server);
  if (master)
    if (auto failed = move_ring(data + "/keyring", *ring, (*plain)->id(), *master, time))
      return failed;
  return seal_rows(std::move(*plain), std::move(ring), master, std::move(time), false, alone);
}

caf::expected<opened_rows> open_rows(const config& settings, store_options how,
                                     std::shared_ptr<const clock> time, bool restored = false,
                                     bool alone = true) {
  auto master = master_key(settings, *time);
  if (!master)
    return std::move(master.error());
  if (is_shared(settings))
    return open_shared_rows(settings, std::move(time), *master, alone);
  auto& data = settings.node.data_directory;
  auto plain = open_rocksdb(data, std::move(how));
  if (!plain)
    return std::move(plain.error());
  return seal_rows(std::move(*plain), open_key_file(data + "/keyring"), *master, std::move(time), restored,
                   true);
}

// Marks are outside of a store on disk, since an older copy of that may come in its place. Of a store that members share, there is none but
// the one on the server, and no node could write the marks of all: whoever restores an older copy of it there is told by the guide what
// that means for budgets.
caf::expected<std::shared_ptr<spent_marks>> marks_of(const config& settings, const opened_store& here,
                                                     const std::string& store_id, const logger& log) {
  if (is_available(settings))
    return std::shared_ptr<spent_marks>{};
  auto spent = spent_directory(settings);
  if (!spent)
    return std::move(spent.error());
  return prove_ledgers(here, open_spent_directory(*spent, store_id),
                       [log](std::string_view text) { log.warning("ledgers", {{"text", text}}); });
}

} // namespace

bool is_shared(const config& settings) {
  return settings.store.postgres.find_first_not_of(" \t") != std::string::npos;
}

bool is_available(const config& settings) {
  return is_shared(settings) && settings.cluster.etcd.find_first_not_of(" \t") != std::string::npos;
}

config own_store_of(const config& settings) {
  auto own = settings;
  own.store.postgres.clear();
  return own;
}

std::vector<entity_kind> known_kinds() {
  return {agent_kind(std::make_shared<agent_parts>()),
          task_kind(),
          run_kind(),
          ledger_kind(),
          schedule_kind(),
          workflow_kind(),
          goal_kind()};
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
  return storage{std::move(rows->plain), std::move(rows->all.rows), std::move(*objects), {}, {}, {}};
}

caf::expected<storage> open_storage(const config& settings, const logger& log,
                                    std::shared_ptr<const clock> time, const node_metrics& meters,
                                    storage_options options) {
  std::shared_ptr<const storage> own;
  if (is_available(settings)) {
    auto opened = open_storage(own_store_of(settings), log, time, meters,
                               {options.on_trouble, options.laboratory, {}});
    if (!opened)
      return std::move(opened.error());
    own = std::make_shared<const storage>(std::move(*opened));
  }
  store_options how;
  how.warn = [log](std::string_view text) { log.warning("store", {{"text", text}}); };
  how.laboratory = std::move(options.laboratory);
  auto rows = open_rows(settings, std::move(how), time, false, !own);
  if (!rows)
    return std::move(rows.error());
  auto objects = open_objects(settings, *rows->all.rows);
  if (!objects)
    return std::move(objects.error());
  auto marks = marks_of(settings, {rows->all.rows, time, *objects}, rows->plain->id(), log);
  if (!marks)
    return std::move(marks.error());
  auto disk = start_journal(rows->all.rows, std::move(time), meters, *objects, std::move(options.on_trouble),
                            std::move(*marks), std::move(options.sharing));
  if (!disk)
    return std::move(disk.error());
  storage all{std::move(rows->plain), std::move(rows->all.rows), std::move(*objects), std::move(*disk), {},
              std::move(own)};
  if (rows->all.sealed)
    all.keys = std::make_shared<seal_keeper>(
        std::move(rows->all.sealed), all.disk,
        [log](std::string_view text) {
          log.info("keys", {{"text", text}});
        },
        !all.own);
  return all;
}

} // namespace troupe
