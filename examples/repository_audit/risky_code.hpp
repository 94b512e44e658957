// Code that is easy to attack: unbounded copies, shells, text run as code, unchecked certificates.
#pragma once

#include "finding.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// All rules of check_risky_code, sorted by id; their category is `code`.
std::span<const rule_info> risky_code_rules();

/// Reports risky calls in C, C++, Python, JavaScript, TypeScript and shell; nothing in other languages, and
/// nothing in minified JavaScript (`.min.js`), which is other people's code. Text in comments and strings
/// never counts. `path` is relative; it and the first line tell the language.
std::vector<finding> check_risky_code(std::string_view path, std::string_view text);

} // namespace troupe::audit
