// STORE USAGE: who takes how much of a store, and what retention will give back.
#pragma once

#include <caf/expected.hpp>
#include <functional>
#include <troupe/persistence/objects.hpp>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/proto/net.pb.h>
#include <troupe/runtime/retention_rules.hpp>

namespace troupe {

/// What is measured, and how.
struct usage_question {
  retention_rules rules;
  int64_t now_ms = 0;          ///< what is due by then counts as leaving, Unix milliseconds
  std::function<bool()> go_on; ///< asked every now and then; false ends the work
};

/// Reads the whole store once, in memory bounded by limits::usage_rows whatever its size; for a worker thread. Each entity
/// is seen as it was when its turn began. What belongs to no entity, and to tenants whose keys were destroyed, is not in
/// it. Errors: ec::cancelled (go_on said no), those of store::scan() and object_store::list().
caf::expected<StoreUsage> measure_store(const store& rows, const object_store* objects,
                                        const usage_question& question);

} // namespace troupe
