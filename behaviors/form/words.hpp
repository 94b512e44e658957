// WORDS: what the fields of a message are called in YAML and JSON, and how their times and sizes are written.
#pragma once

#include <cstdint>
#include <google/protobuf/descriptor.h>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe {

/// A unit of what a field counts.
struct unit_word {
  std::string_view name;
  int64_t factor; ///< in the field's own unit
};

/// Units of a time, from days to milliseconds, and of a size, from GiB to bytes: the largest first.
std::span<const unit_word> time_units();
std::span<const unit_word> size_units();

/// The units a field is written with: int64 `x_ms` and `x_bytes`. Empty: none, it is written as it is.
std::span<const unit_word> units_of(const google::protobuf::FieldDescriptor& field);

/// What the field is called: its name, without `_ms` and `_bytes` if it is written with units.
std::string_view written_name(const google::protobuf::FieldDescriptor& field);

/// The value in lower case without its prefix, which ends with the first `_`: `n_of` for JOIN_N_OF.
std::string written_word(const google::protobuf::EnumValueDescriptor& value);

/// `1h30m`: whole numbers with units, the larger before the smaller, a `-` before all if it is negative. Nothing: it is not written
/// so, or beyond 64 bits.
std::optional<int64_t> parse_quantity(std::string_view text, std::span<const unit_word> units);

/// As parse_quantity() reads it, with the largest units; 0 has the smallest.
std::string print_quantity(int64_t value, std::span<const unit_word> units);

} // namespace troupe
