// SNAPSHOT ROWS: an entity keeps few snapshots; the oldest leave with the write of a new one.
#pragma once

#include <troupe/persistence/object_refs.hpp>

namespace troupe {

/// Adds the deletion of older snapshots of an entity (`ref` names it) to a batch that is going to get a new one, so that
/// limits::snapshots_kept stay: those of the store and those the batch holds already. A store that cannot be read now
/// keeps what it has; the next snapshot is another chance.
void thin_snapshots(const store& rows, std::string_view ref, const entity_id& entity, write_batch& batch,
                    object_accounts& accounts);

} // namespace troupe
