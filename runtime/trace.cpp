// TRACE: W3C Trace Context (www.w3.org/TR/trace-context). Invariant: ids that are made are never zero.

#include <fmt/format.h>
#include <optional>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/id.hpp>
#include <troupe/runtime/proto/common.pb.h>
#include <troupe/runtime/trace.hpp>

namespace troupe {
namespace {

// traceparent = version "-" trace-id "-" parent-id "-" trace-flags, in lower-case hex
constexpr size_t header_bytes = 55;

std::optional<uint64_t> hex(std::string_view digits) {
  uint64_t value = 0;
  for (auto c : digits) {
    auto digit = std::string_view{"0123456789abcdef"}.find(c);
    if (digit == std::string_view::npos)
      return {};
    value = (value << 4) | digit;
  }
  return value;
}

// FNV-1a (Fowler, Noll, Vo), 64 bits, from different beginnings; mixed by the last steps of SplitMix64 (Steele, Lea, Flood, 2014).
uint64_t hash(std::string_view text, uint64_t beginning) {
  auto value = 14695981039346656037U ^ beginning;
  for (unsigned char c : text)
    value = (value ^ c) * 1099511628211U;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  value ^= value >> 31;
  return value == 0 ? 1 : value;
}

uint64_t nonzero(id_source& ids) {
  for (;;)
    if (auto bits = ids.random())
      return bits;
}

} // namespace

caf::expected<trace_context> parse_trace(std::string_view text) {
  auto wrong = [&](std::string_view why) {
    return make_error(ec::invalid_argument,
                      fmt::format("'{}' is no traceparent: {}", text.substr(0, header_bytes), why));
  };
  if (text.size() < header_bytes || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return wrong("it reads 00-<32 hex digits>-<16 hex digits>-<2 hex digits>");
  auto version = hex(text.substr(0, 2));
  auto high = hex(text.substr(3, 16));
  auto low = hex(text.substr(19, 16));
  auto span = hex(text.substr(36, 16));
  auto flags = hex(text.substr(53, 2));
  if (!version || !high || !low || !span || !flags)
    return wrong("only 0-9 and a-f are digits");
  if (*version == 0xff)
    return wrong("version ff does not exist");
  if (text.size() > header_bytes && (*version == 0 || text[header_bytes] != '-'))
    return wrong("something follows the flags");
  if ((*high | *low) == 0 || *span == 0)
    return wrong("an id of zeros means none");
  return trace_context{*high, *low, *span, (*flags & 1) != 0};
}

std::string to_string(const trace_context& x) {
  return fmt::format("00-{:016x}{:016x}-{:016x}-{:02x}", x.trace_high, x.trace_low, x.span,
                     x.sampled ? 1 : 0);
}

trace_context new_trace(id_source& ids) {
  auto high = nonzero(ids);
  auto low = nonzero(ids);
  return {high, low, nonzero(ids), true};
}

trace_context child_span(const trace_context& parent, id_source& ids) {
  auto child = parent;
  child.span = nonzero(ids);
  return child;
}

std::string trace_of(std::string_view ref) {
  return to_string(trace_context{hash(ref, 1), hash(ref, 2), hash(ref, 3), true});
}

std::string trace_id(std::string_view traceparent) {
  return parse_trace(traceparent) ? std::string{traceparent.substr(3, 32)} : std::string{};
}

Context child_context(const Context& parent, id_source& ids) {
  auto trace = parse_trace(parent.trace());
  Context child;
  child.set_trace(to_string(trace ? child_span(*trace, ids) : new_trace(ids)));
  child.set_principal(parent.principal());
  child.set_deadline_ms(parent.deadline_ms());
  return child;
}

} // namespace troupe
