// RULE TEXT: what the small languages of the configuration have in common: `NAME: word=VALUE, word=VALUE; NAME: ...`.
#pragma once

#include <string_view>
#include <vector>

namespace troupe {

/// The text without the blanks around it.
std::string_view trimmed(std::string_view text);

/// The parts between separators, trimmed; one empty part for an empty text.
std::vector<std::string_view> parts_of(std::string_view text, char separator);

/// Is it a name as refs have them: [A-Za-z0-9_.-], 1 to limits::name_bytes bytes?
bool is_rule_name(std::string_view text);

} // namespace troupe
