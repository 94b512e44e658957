// ERROR: one table of failures. Invariant: the table has a row for every ec, in order.

#include <caf/all.hpp>
#include <stdexcept>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/common.pb.h>

namespace troupe {
namespace {

constexpr ec_info table[] = {
    {ec::invalid_argument, "invalid_argument", 400, 3, 2},
    {ec::not_found, "not_found", 404, 5, 3},
    {ec::already_exists, "already_exists", 409, 6, 7},
    {ec::unauthenticated, "unauthenticated", 401, 16, 4},
    {ec::permission_denied, "permission_denied", 403, 7, 4},
    {ec::budget_exceeded, "budget_exceeded", 402, 8, 5},
    {ec::overloaded, "overloaded", 503, 8, 8},
    {ec::unavailable, "unavailable", 503, 14, 8},
    {ec::outcome_unknown, "outcome_unknown", 503, 2, 8},
    {ec::expired, "expired", 410, 9, 7},
    {ec::conflict, "conflict", 409, 10, 7},
    {ec::timeout, "timeout", 504, 4, 6},
    {ec::cancelled, "cancelled", 409, 1, 7},
    {ec::internal, "internal", 500, 13, 1},
    {ec::corrupt, "corrupt", 500, 15, 9},
    {ec::from_future, "from_future", 500, 15, 10},
    {ec::nondeterministic, "nondeterministic", 409, 9, 7},
    {ec::no_agent, "no_agent", 404, 5, 3},
    {ec::tool_failed, "tool_failed", 502, 9, 1},
    {ec::action_failed, "action_failed", 422, 9, 1},
    {ec::circuit_open, "circuit_open", 503, 14, 8},
    {ec::rate_limited, "rate_limited", 429, 8, 8},
    {ec::guardrail, "guardrail", 422, 9, 1},
    {ec::invalid_workflow, "invalid_workflow", 400, 3, 2},
    {ec::stale, "stale", 409, 10, 7},
    {ec::quarantined, "quarantined", 409, 9, 7},
    {ec::disk_full, "disk_full", 503, 14, 11},
    {ec::read_only, "read_only", 503, 14, 12},
    {ec::locked, "locked", 503, 14, 13},
    {ec::key_missing, "key_missing", 503, 14, 14},
    {ec::wrong_key, "wrong_key", 503, 14, 15},
    {ec::shredded, "shredded", 410, 5, 3},
};

const auto category = caf::atom("troupe");

} // namespace

const ec_info& info(ec code) {
  auto index = static_cast<size_t>(code) - 1;
  return index < std::size(table) ? table[index] : table[static_cast<size_t>(ec::internal) - 1];
}

ec ec_from_name(std::string_view name) {
  for (auto& row : table)
    if (row.name == name)
      return row.code;
  return ec::internal;
}

std::string to_string(ec code) {
  return std::string{info(code).name};
}

caf::error make_error(ec code, std::string text) {
  if (text.empty())
    return {static_cast<uint8_t>(code), category};
  return {static_cast<uint8_t>(code), category, caf::make_message(std::move(text))};
}

caf::error error_of(const Failure& told) {
  return make_error(static_cast<ec>(told.code()), told.text());
}

Failure to_failure(const caf::error& why) {
  Failure told;
  told.set_code(static_cast<uint32_t>(code_of(why)));
  told.set_text(text_of(why));
  return told;
}

ec code_of(const caf::error& error) {
  if (!error) // CAF would dereference null
    return {};
  if (error.category() == category)
    return info(static_cast<ec>(error.code())).code;
  if (error == caf::sec::request_timeout)
    return ec::timeout;
  if (error == caf::sec::request_receiver_down || error.category() == caf::atom("exit"))
    return ec::unavailable;
  return ec::internal;
}

std::string text_of(const caf::error& error) {
  if (!error)
    return {};
  if (error.category() != category)
    return caf::to_string(error);
  return error.context().match_elements<std::string>() ? error.context().get_as<std::string>(0) : "";
}

std::string describe(const caf::error& error) {
  if (!error)
    return "no error";
  auto text = text_of(error);
  return text.empty() ? to_string(code_of(error)) : to_string(code_of(error)) + ": " + text;
}

void ensure_failed(std::string_view what, const char* file, int line) {
  throw std::logic_error(std::string{file} + ":" + std::to_string(line) + ": " + std::string{what} +
                         " does not hold");
}

} // namespace troupe
