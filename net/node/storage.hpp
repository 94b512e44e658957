// STORAGE: all that a node keeps on disk, opened as its configuration says.
#pragma once

#include <memory>
#include <troupe/persistence/event_sourced.hpp>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/seal_keeper.hpp>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/config.hpp>
#include <troupe/runtime/log.hpp>

namespace troupe {

/// An open store and its journal.
struct storage {
  std::shared_ptr<store> plain; ///< as it is on disk: what backups are made of
  std::shared_ptr<store> rows;  ///< the same, under its seal
  std::shared_ptr<object_store>
      objects; ///< in `objects` of the data directory; null = the store is shared, and rows have it all
  std::shared_ptr<journal> disk;
  std::shared_ptr<seal_keeper> keys; ///< null = the store is not sealed; goes before the journal
  std::shared_ptr<const storage> own; ///< what stays with the node where members share the rest; null = it is here, too
};

/// Are the rows of such a node in a database, which other nodes reach as well?
bool is_shared(const config& settings);

/// Do the members of its cluster share their rows, and take over for each other? Then it has a store of its own as well.
bool is_available(const config& settings);

/// The configuration of that one, in the data directory.
config own_store_of(const config& settings);

/// Every kind a node of this program has, for work on its store; what an agent acts with does not matter there.
std::vector<entity_kind> known_kinds();

/// What else there is to opening a store.
struct storage_options {
  trouble_notice on_trouble;                                    ///< see start_journal()
  std::shared_ptr<const store_laboratory> laboratory = nullptr; ///< see store_options
  std::optional<journal_sharing> sharing{};                     ///< of a store that members share
};

/// Opens the store of a node as its configuration says, seal included, without a journal: for work on it while no node runs.
/// Errors: those of open_rocksdb() or open_postgres(), of the master key's source and of seal_store(); ec::invalid_argument if two sources are
/// configured.
caf::expected<std::shared_ptr<store>> open_store(const config& settings, store_options how);

/// The same with the store as it is on disk and its objects; still without a journal and keys. `restored`: as of
/// seal_store(). Errors: also those of open_object_directory().
caf::expected<storage> open_stopped_storage(const config& settings, store_options how, bool restored = false);

/// The large payloads of a store opened there; null = it is shared, and has none. Errors: those of open_object_directory().
caf::expected<std::shared_ptr<object_store>> open_objects(const config& settings, const store& rows);

/// The same for a node: with its objects, its ledgers proven, and its journal. Errors: also those of open_object_directory(),
/// prove_ledgers() and start_journal().
caf::expected<storage> open_storage(const config& settings, const logger& log,
                                    std::shared_ptr<const clock> time, const node_metrics& meters,
                                    storage_options options = {});

} // namespace troupe
