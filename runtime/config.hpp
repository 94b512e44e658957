// CONFIG: troupe.toml -> one checked struct, read once, at the start.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// What troupe.toml says: `config.tasks.max_retries` and so on. Made by default, it holds the defaults. Every
/// value has been checked against its range; the keys, with units and ranges, are rows of config_keys.def.
struct config {
#define SECTION(section, what) struct section##_section {
#define FLAG(key, initial, what) bool key = initial;
#define WHOLE(key, initial, lowest, highest, unit, what) int64_t key = initial;
#define NUMBER(key, initial, lowest, highest, unit, what) double key = initial;
#define TEXT(key, initial, fewest, most, what) std::string key = initial;
#define CHOICE(key, initial, choices, what) std::string key = initial;
#define FORM(key, initial, most, example, check, what) std::string key = initial;
#define END(section)                                                                                         \
  }                                                                                                          \
  section;
#include <troupe/runtime/config_keys.def>
};

/// Reads a configuration file. Errors: ec::not_found without the file; ec::invalid_argument with every
/// mistake of the file, one per line, as `file:line:column: message`, naming what is allowed and, for an
/// unknown key, the nearest known one.
caf::expected<config> load_config(const std::string& path);

/// Reads a configuration from TOML text; `name` stands for the file in messages. Errors as load_config().
caf::expected<config> parse_config(std::string_view text, std::string_view name);

/// The reference page of all keys: Markdown, the body of docs/reference/config.md.
std::string describe_config();

/// All keys with the values in force, as one JSON object of objects.
std::string config_to_json(const config& values);

} // namespace troupe
