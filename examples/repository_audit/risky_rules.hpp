// The tables of risky code, one per family of languages; risky_code.hpp shows them together.
#pragma once

#include "hits.hpp"
#include "word_rules.hpp"

#include <span>
#include <string_view>

namespace troupe::audit {

/// Risky calls of C and C++.
std::span<const word_rule> c_rules();

/// Risky calls of Python.
std::span<const word_rule> python_rules();

/// Risky calls and assignments of JavaScript and TypeScript.
std::span<const word_rule> javascript_rules();

/// Risky commands of shell scripts.
std::span<const rule_info> shell_rules();

/// Adds the places where a shell script is risky. `code` is the masked text.
void check_shell(std::string_view text, std::string_view code, hit_list& hits);

} // namespace troupe::audit
