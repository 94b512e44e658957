// CONFIG TABLE: the rows of config_keys.def as data, for whoever reads, checks or prints a configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <troupe/runtime/config.hpp>
#include <variant>
#include <vector>

namespace troupe {

/// Where a key is kept.
using config_field = std::variant<bool*, int64_t*, double*, std::string*>;

/// One key.
struct config_key {
  std::string_view name;
  config_field (*in)(config&); ///< where a configuration keeps it
  double lowest = 0;           ///< of a number; of a text: bytes
  double highest = 0;
  std::string_view unit;
  std::vector<std::string_view> choices; ///< of a text: all that is allowed; empty = any
  std::string_view what;                 ///< what it does
  std::string_view example{};            ///< of a text with a form of its own; empty = it has none
  std::optional<std::string> (*check)(std::string_view) = nullptr; ///< says what is wrong with such a text
};

/// One section of the file.
struct config_section {
  std::string_view name;
  std::string_view what;
  std::vector<config_key> keys;
};

/// All sections and keys, in the order of config_keys.def.
const std::vector<config_section>& config_table();

/// What a key may be: `an integer from 0 to 1000 attempts`.
std::string allowed_for(const config_key& key);

/// A value as JSON.
std::string json_of(const config_field& field);

} // namespace troupe
