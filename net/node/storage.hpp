// STORAGE: all that a node keeps on disk, opened as its configuration says.
#pragma once

#include <memory>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/seal_keeper.hpp>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/config.hpp>
#include <troupe/runtime/log.hpp>

namespace troupe {

/// An open store and its journal.
struct storage {
  std::shared_ptr<store> rows;
  std::shared_ptr<journal> disk;
  std::shared_ptr<seal_keeper> keys; ///< null = the store is not sealed; goes before the journal
};

/// Opens the store of a node, puts its seal on it and starts its journal. Errors: those of open_rocksdb(), of the master
/// key's source, of seal_store() and start_journal(); ec::invalid_argument if two sources are configured.
caf::expected<storage> open_storage(const config& settings, const logger& log,
                                    std::shared_ptr<const clock> time, const node_metrics& meters);

} // namespace troupe
