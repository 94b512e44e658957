// What may go wrong, as one enum: text, HTTP and gRPC status, exit code.
#pragma once

#include <caf/error.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

class Failure; // common.proto

/// Every expected failure. Values are on disk and on the wire: never renumber, never reuse.
enum class ec : uint8_t {
  invalid_argument = 1,  ///< The input is wrong and will stay wrong; the text says what is allowed.
  not_found = 2,         ///< No such run, task, agent, entity.
  already_exists = 3,    ///< The name is taken by something else.
  unauthenticated = 4,   ///< No valid token.
  permission_denied = 5, ///< The principal may not do this.
  budget_exceeded = 6,   ///< A purse would be overdrawn.
  overloaded = 7,        ///< A bound is reached; repeat after a pause.
  unavailable = 8,       ///< The other side is away for now; nothing was done; repeat.
  outcome_unknown = 9,   ///< It may or may not have happened; repeat with the same command id.
  expired = 10,          ///< The command id is older than the reply window; send a new one.
  conflict = 11,         ///< The state does not allow this now.
  timeout = 12,          ///< The deadline passed.
  cancelled = 13,        ///< Someone cancelled it.
  internal = 14,         ///< A defect of ours; the text keeps the exception.
  corrupt = 15,          ///< Stored bytes are damaged.
  from_future = 16,      ///< Stored by a newer version than this one.
  nondeterministic = 17, ///< A behavior asked for other actions than those recorded.
  no_agent = 18,         ///< No registered agent has the capabilities; the text names the missing ones.
  tool_failed = 19,      ///< A tool answered with an error.
  action_failed = 20,    ///< A behavior ended its task with fail().
  circuit_open = 21,     ///< The circuit breaker of the target is open.
  rate_limited = 22,     ///< The rate limit of the target is used up.
  guardrail = 23,        ///< A guardrail refused input or output.
  invalid_workflow = 24, ///< The definition is no valid graph; the text names step and rule.
  stale = 25,            ///< Sent by an owner that has been replaced.
  quarantined = 26,      ///< The entity failed too often and is set aside; see `troupe dlq list`.
  disk_full = 27,        ///< The store's disk has no room; service resumes when there is some.
  read_only = 28,        ///< The store's file system cannot be written.
  locked = 29,           ///< Another process has the store open.
  key_missing = 30,      ///< No key with the id that sealed this is known; the text names the id.
  wrong_key = 31,        ///< The key with that id is another one than the one that sealed this.
  shredded = 32,         ///< The tenant's keys were destroyed on purpose: nothing of it can be read again.
};

/// How each code is shown to the outside.
struct ec_info {
  ec code;
  std::string_view name; ///< as in the enum
  int http_status;       ///< RFC 9110
  int grpc_status;       ///< grpc::StatusCode
  /// Of the CLI: 1 failed, 2 usage, 3 not found, 4 denied, 5 budget, 6 timeout, 7 conflict, 8 unavailable; of a
  /// store that does not open: 9 damaged, 10 newer, 11 disk full, 12 read-only, 13 locked, 14 key missing, 15 wrong key.
  int exit_code;
};

/// The row of a code; an unknown code has the row of ec::internal.
const ec_info& info(ec code);

/// The code with this name, or ec::internal.
ec ec_from_name(std::string_view name);

/// The name, as in the enum; ec_from_name() reads it.
std::string to_string(ec code);

/// An error with the text a person needs to act on it: which id, which limit.
caf::error make_error(ec code, std::string text = {});

/// The error a message tells of, and what a message tells of an error.
caf::error error_of(const Failure& told);
Failure to_failure(const caf::error& why);

/// The code of an error; CAF's own errors count as unavailable, timeout or internal. ec{}, which is no failure, if there is none.
ec code_of(const caf::error& error);

/// The text of an error, without its code.
std::string text_of(const caf::error& error);

/// `code: text`, for logs and people.
std::string describe(const caf::error& error);

/// The slow path of ensure().
[[noreturn]] void ensure_failed(std::string_view what, const char* file, int line);

/// Ends this actor if what can never be, is: throws std::logic_error with file and line. The builtins stand for
/// std::source_location, which clang 14 (fuzzers, clang-tidy) cannot read from this standard library.
inline void ensure(bool condition, std::string_view what = "invariant", const char* file = __builtin_FILE(),
                   int line = __builtin_LINE()) {
  if (!condition)
    ensure_failed(what, file, line);
}

} // namespace troupe
