// TRACE: what caused what, as W3C Trace Context: born at a door, carried by every command.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

class Context;
class id_source;

/// A place in a trace. Source: W3C Trace Context, section 3.2.
struct trace_context {
  uint64_t trace_high = 0; ///< the 16 bytes of trace-id; not both halves are 0
  uint64_t trace_low = 0;
  uint64_t span = 0; ///< parent-id; not 0
  bool sampled = true;
  bool operator==(const trace_context&) const = default;
};

/// Reads a `traceparent` header. Version 00 must be exact; of later versions the known part is read, as
/// section 3.2.4 says. Errors: ec::invalid_argument.
caf::expected<trace_context> parse_trace(std::string_view traceparent);

/// A `traceparent` header of version 00: 55 characters.
std::string to_string(const trace_context& place);

/// The first span of a new trace.
trace_context new_trace(id_source& ids);

/// A new span of the same trace.
trace_context child_span(const trace_context& parent, id_source& ids);

/// The traceparent of what was begun without one: made of its ref, the same for ever.
std::string trace_of(std::string_view ref);

/// The trace id of a traceparent, 32 hex digits; empty if it is none.
std::string trace_id(std::string_view traceparent);

/// The context of a command that another command causes: a new span of its trace, the same principal and
/// deadline, no command id. A parent without a valid trace begins one.
Context child_context(const Context& parent, id_source& ids);

} // namespace troupe
