// RECORDS: what the journal holds of one entity, for questions about it.
#pragma once

#include <troupe/net/api/methods.hpp>
#include <vector>

namespace troupe {

/// One event as it is stored.
struct journal_entry {
  uint64_t seq = 0;
  int64_t time_us = 0;      ///< when it was appended, Unix time
  uint32_t type = 0;        ///< see persistence/keys.hpp, record_type()
  bool ends_append = false; ///< what was decided at once ends here
  std::string event;        ///< serialized
};

/// Reads all events of an entity, a page per message to `call.self`, so that others get their turn in between; replaces the
/// actor's behavior. `done` gets them or an error: those of the store; ec::corrupt, ec::key_missing; ec::overloaded above
/// limits::inquiry_records or inquiry_bytes.
void read_records(const control_call& call, const std::string& ref,
                  std::function<void(caf::expected<std::vector<journal_entry>>)> done);

/// The last `most` events of an entity, the last first. Errors: as above.
caf::expected<std::vector<journal_entry>> last_records(const doors& outside, const std::string& ref,
                                                       size_t most);

} // namespace troupe
