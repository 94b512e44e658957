// STORAGE: store, seal, objects, journal; the end is the reverse.

#include <troupe/net/node/storage.hpp>
#include <troupe/persistence/key_source.hpp>

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

struct opened_rows {
  std::shared_ptr<store> plain;
  sealing all;
};

caf::expected<opened_rows> open_rows(const config& settings, store_options how,
                                     std::shared_ptr<const clock> time) {
  auto master = master_key(settings, *time);
  if (!master)
    return std::move(master.error());
  auto& data = settings.node.data_directory;
  auto plain = open_rocksdb(data, std::move(how));
  if (!plain)
    return std::move(plain.error());
  auto sealed = seal_store(*plain, open_key_file(data + "/keyring"), *master, std::move(time));
  if (!sealed)
    return std::move(sealed.error());
  return opened_rows{std::move(*plain), std::move(*sealed)};
}

} // namespace

caf::expected<std::shared_ptr<store>> open_store(const config& settings, store_options how) {
  auto rows = open_rows(settings, std::move(how), std::make_shared<system_clock>());
  if (!rows)
    return std::move(rows.error());
  return std::move(rows->all.rows);
}

caf::expected<std::shared_ptr<object_store>> open_objects(const config& settings, const store& rows) {
  return open_object_directory(settings.node.data_directory + "/objects", rows.naming_key());
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
  auto disk = start_journal(rows->all.rows, std::move(time), meters, *objects, std::move(options.on_trouble));
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
