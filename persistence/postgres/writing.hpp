// WRITING: a batch and its fences as one statement.
#pragma once

#include <map>
#include <troupe/persistence/postgres/connection.hpp>

namespace troupe {

/// Turns batches into statements; keeps the memory they are built in. Used by one thread at a time.
class batch_writer {
public:
  /// Shards and the epochs that a batch is written under.
  using epochs = std::map<uint8_t, uint64_t>;

  /// What fences say together. Error: ec::stale, two epochs of one shard.
  static caf::expected<epochs> epochs_of(const std::vector<fence>& fences);

  /// Writes a batch. Errors: ec::stale, an epoch is below the highest seen, and nothing was written; ec::outcome_unknown,
  /// anything else.
  caf::error write(sql_connection& at, const write_batch& batch, const epochs& fences);

  /// Takes a shard over, see store::raise_epoch(). Error: ec::outcome_unknown.
  static caf::expected<uint64_t> raise_epoch(sql_connection& at, uint8_t shard);

private:
  enum class outcome { written, refused, present, again, failed };
  void arrange(const write_batch& batch, bool all_may_exist);
  outcome send(sql_connection& at);
  caf::expected<outcome> raise(sql_connection& at, const write_batch& batch, const epochs& fences);

  std::vector<const row_change*> last_; // of each key, in the order of keys
  sql_array shards_{sql_type::int2}, epochs_{sql_type::int8};
  sql_array new_keys_{sql_type::bytes}, new_values_{sql_type::bytes};
  sql_array put_spaces_{sql_type::int2}, put_keys_{sql_type::bytes}, put_values_{sql_type::bytes};
  sql_array drop_spaces_{sql_type::int2}, drop_keys_{sql_type::bytes};
  caf::error failure_;
};

} // namespace troupe
