// STORAGE: store, then journal; the end is the reverse.

#include <troupe/net/node/storage.hpp>

namespace troupe {

caf::expected<std::shared_ptr<store>> open_store(const config& settings, store_options how) {
  return open_rocksdb(settings.node.data_directory, std::move(how));
}

caf::expected<storage> open_storage(const config& settings, const logger& log,
                                    std::shared_ptr<const clock> time, const node_metrics& meters,
                                    storage_options options) {
  store_options how;
  how.warn = [log](std::string_view text) { log.warning("store", {{"text", text}}); };
  how.laboratory = std::move(options.laboratory);
  auto rows = open_store(settings, std::move(how));
  if (!rows)
    return rows.error();
  auto objects = open_object_directory(settings.node.data_directory + "/objects", (*rows)->naming_key());
  if (!objects)
    return objects.error();
  auto disk = start_journal(*rows, std::move(time), meters, *objects, std::move(options.on_trouble));
  if (!disk)
    return disk.error();
  return storage{std::move(*rows), std::move(*objects), std::move(*disk)};
}

} // namespace troupe
