// HISTORY: what happened to an entity, read from its journal and told to people.
#pragma once

#include <caf/expected.hpp>
#include <string>
#include <troupe/persistence/doors.hpp>
#include <troupe/runtime/proto/net.pb.h>

namespace troupe {

/// One page of an entity's events after a sequence number; `more` tells that another one follows. Records
/// that cannot be read are entries that say so. Errors: those of the store.
caf::expected<History> read_history(const doors& outside, const std::string& ref, uint64_t after_seq);

/// The first line of a text, cut to what fits into a table.
std::string first_line(std::string_view text);
/// How something ended, e.g. `completed: done`.
std::string ending(const Outcome& outcome);

/// One line about an event, for people.
std::string summarize(const RunEvent& event);
std::string summarize(const TaskEvent& event);
std::string summarize(const AgentEvent& event);
std::string summarize(const LedgerEvent& event);
std::string summarize(const ScheduleEvent& event);
std::string summarize(const CatalogEvent& event);

} // namespace troupe
