// INDEX ROWS: listing and timer rows of a shard, as they are stored, and how they differ from what they should be.
#pragma once

#include <caf/expected.hpp>
#include <map>
#include <string>
#include <troupe/persistence/store.hpp>

namespace troupe {

/// Keys and values of the index space.
using index_rows = std::map<std::string, std::string>;

/// The listing and timer rows of a shard. Errors: those of store::scan().
caf::expected<index_rows> stored_index_rows(const store& rows, uint8_t shard);

/// What to write so that what is stored becomes what is wanted.
write_batch difference(const index_rows& stored, const index_rows& wanted);

} // namespace troupe
