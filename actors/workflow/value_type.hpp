// VALUE TYPE: is a value of the type that was declared? Pure.
#pragma once

#include <caf/error.hpp>
#include <string_view>
#include <troupe/runtime/proto/definition.pb.h>

namespace troupe {

/// The type as definitions spell it: `integer`.
std::string_view word(ValueType type);

/// No error if this JSON is of the type; `any` takes all JSON, `integer` a number without `.` and exponent, and null is of
/// every type. Errors: ec::invalid_argument with what it is instead, or with line and column if it is no JSON.
caf::error fits(ValueType type, std::string_view json);

} // namespace troupe
