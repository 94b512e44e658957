// STORAGE: store, seal, journal; the end is the reverse.

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

} // namespace

caf::expected<storage> open_storage(const config& settings, const logger& log,
                                    std::shared_ptr<const clock> time, const node_metrics& meters) {
  auto master = master_key(settings, *time);
  if (!master)
    return std::move(master.error());
  auto& data = settings.node.data_directory;
  auto plain = open_rocksdb(data, {.warn = [log](std::string_view text) {
                              log.warning("store", {{"text", text}});
                            }});
  if (!plain)
    return std::move(plain.error());
  auto rows = seal_store(std::move(*plain), open_key_file(data + "/keyring"), *master, time);
  if (!rows)
    return std::move(rows.error());
  auto started = start_journal(rows->rows, std::move(time), meters);
  if (!started)
    return std::move(started.error());
  storage all{std::move(rows->rows), std::move(*started), nullptr};
  if (rows->sealed)
    all.keys = std::make_shared<seal_keeper>(std::move(rows->sealed), all.disk, [log](std::string_view text) {
      log.info("keys", {{"text", text}});
    });
  return all;
}

} // namespace troupe
