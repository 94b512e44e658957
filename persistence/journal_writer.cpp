// JOURNAL WRITER: whole first; shard by shard only when another node has taken one over.
// Invariant: what is refused is on disk neither in whole nor in part, and its objects are erased for its sake never.

#include <algorithm>
#include <troupe/persistence/journal_writer.hpp>
#include <utility>

namespace troupe {

journal_writer::journal_writer(std::shared_ptr<store> rows, std::shared_ptr<const clock> time,
                               node_metrics meters, std::optional<journal_sharing> sharing)
    : store_{std::move(rows)}, clock_{std::move(time)}, meters_{std::move(meters)}, fences_{
                                                                                        std::move(sharing)} {}

caf::error journal_writer::write(const write_batch& batch, const std::vector<fence>& fences) {
  auto began_us = clock_->now_us();
  if (auto failed = store_->write(batch, fences)) {
    if (code_of(failed) != ec::stale)
      meters_.journal_write_failures.add();
    return failed;
  }
  auto took_us = std::max<int64_t>(0, clock_->now_us() - began_us); // the date may be set back
  size_t bytes = 0;
  for (auto& row : batch)
    bytes += row.key.size() + (row.value ? row.value->size() : 0);
  meters_.journal_sync_seconds.record(1e-6 * static_cast<double>(took_us));
  meters_.journal_batches.add();
  meters_.journal_bytes.add(static_cast<double>(bytes));
  return {};
}

// What the accounts are of is on disk.
void journal_writer::settled(object_accounts& accounts) {
  meters_.objects_kept.add(static_cast<double>(accounts.kept()));
  meters_.object_bytes.add(static_cast<double>(accounts.kept_bytes()));
  meters_.objects_erased.add(static_cast<double>(accounts.erase_unreferenced()));
}

journal_writer::outcome journal_writer::write_whole(const write_batch& batch,
                                                    const std::vector<fence>& fences,
                                                    object_accounts& accounts) {
  outcome result;
  result.failed = write(batch, fences);
  if (code_of(result.failed) == ec::stale)
    find_departed(fences, result);
  else if (!result.failed)
    settled(accounts);
  return result;
}

// Each fence by itself, around nothing.
void journal_writer::find_departed(const std::vector<fence>& fences, outcome& result) {
  auto stale = std::exchange(result.failed, {});
  for (auto& one : fences) {
    auto failed = fences.size() == 1 ? stale : store_->write({}, {one});
    if (code_of(failed) == ec::stale)
      result.refused[one.shard] = {one.epoch, fences_.depose(one.shard)};
    else if (failed && !result.failed)
      result.failed = std::move(failed);
  }
  if (result.refused.empty() && !result.failed)
    result.failed = std::move(stale);
}

journal_writer::outcome journal_writer::write_events(write_batch batch, object_accounts& accounts,
                                                     const row_change& counters, uint64_t events) {
  outcome result;
  result.failed = accounts.settle(batch);
  if (result.failed)
    return result;
  auto fences = fences_.around(batch);
  if (!fences) {
    result.failed = std::move(fences.error());
    return result;
  }
  batch.push_back(counters);
  result.failed = write(batch, *fences);
  if (code_of(result.failed) == ec::stale)
    write_apart(std::move(batch), *fences, accounts, counters, result);
  else if (!result.failed)
    meters_.journal_events.add(static_cast<double>(events));
  if (!result.failed || !result.written.empty())
    settled(accounts);
  return result;
}

void journal_writer::write_apart(write_batch batch, const std::vector<fence>& fences,
                                 object_accounts& accounts, const row_change& counters, outcome& result) {
  auto stale = std::exchange(result.failed, {});
  auto parts = apart(std::move(batch));
  for (auto& one : fences) {
    auto& part = parts[one.shard];
    auto events =
        std::count_if(part.begin(), part.end(), [](auto& row) { return row.where == space::journal; });
    part.push_back(counters);
    auto failed = result.failed ? result.failed : fences.size() == 1 ? stale : write(part, {one});
    if (!failed) {
      meters_.journal_events.add(static_cast<double>(events));
      result.written.insert(one.shard);
      continue;
    }
    accounts.give_up(one.shard);
    if (code_of(failed) == ec::stale)
      result.refused[one.shard] = {one.epoch, fences_.depose(one.shard)};
    else
      result.failed = std::move(failed);
  }
}

} // namespace troupe
