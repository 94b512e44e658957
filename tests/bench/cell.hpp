// CELL: the smallest entity that keeps what it is told; and the hub that tells it.
#pragma once

#include <atomic>
#include <future>
#include <tests/bench/node.hpp>
#include <troupe/tests/bench/bench.pb.h>

namespace troupe::bench {

/// Entities of kind `cell`: one event per BenchKeep, answered by BenchKept when durable.
entity_kind cell_kind();

/// Bytes of the row one BenchKeep of so many data bytes becomes; with or without a command id.
size_t row_bytes(size_t data_bytes, bool with_command_id);

/// What the clients of cells have seen; read while they run.
struct tally {
  std::atomic<uint64_t> kept{0};
  std::atomic<bool> stop{false};
  std::promise<void> done;         ///< nothing is in flight any more
  std::vector<double> latencies_s; ///< of every command; read after `done`
};

/// One actor that keeps one one-way command open per slot, each to the cell of that slot, and sends the next
/// when the cell says that the last one is durable. `refs` may name a cell more than once.
void start_hub(node& over, std::shared_ptr<tally> seen, std::vector<std::string> refs, size_t data_bytes);

} // namespace troupe::bench
