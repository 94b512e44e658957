// CRASH RECORDS: what a shard host remembers of entities that have crashed.
#pragma once

#include <map>
#include <string>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/proto/journal.pb.h>

namespace troupe {

/// Crashes of one entity.
struct crash_record {
  unsigned in_a_row = 0;
  bool parked = false; ///< it waits for its backoff
  std::string last;    ///< why the last one happened
  int64_t since_ms = 0;

  /// Is it set aside?
  bool is_quarantined() const {
    return in_a_row >= limits::quarantine_after;
  }
};

/// By ref.
using crash_records = std::map<std::string, crash_record>;

/// Those who are set aside.
inline QuarantineList quarantined_of(const crash_records& crashes) {
  QuarantineList list;
  for (auto& [ref, record] : crashes)
    if (record.is_quarantined()) {
      auto* one = list.add_entities();
      one->set_ref(ref);
      one->set_crashes(record.in_a_row);
      one->set_last(record.last);
      one->set_since_ms(record.since_ms);
    }
  return list;
}

} // namespace troupe
