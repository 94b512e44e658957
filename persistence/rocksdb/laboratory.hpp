// LABORATORY: what tests change about a store on disk: its file system, whether it syncs, how soon it flushes.
#pragma once

#include <memory>
#include <rocksdb/env.h>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

/// For tests alone: without syncing, what was acknowledged is lost when the power is cut.
struct store_laboratory {
  std::shared_ptr<rocksdb::Env> disk; ///< stands for the machine's disk; null = the real one
  bool synced = true;                 ///< false = a write returns before it is on disk
  size_t memtable_bytes = limits::store_memtable_bytes; ///< small = flushes and compactions all the time
};

} // namespace troupe
