// Source text without what only looks like code.
#pragma once

#include "language.hpp"

#include <string>
#include <string_view>

namespace troupe::audit {

/// `text` with comments as blanks and the inside of strings as '~'; quotes, line ends outside of strings, and
/// so all offsets, stay. Code inside of strings stays code: `${...}` in JavaScript templates, `$(...)` in
/// shell strings. Knows C, C++ (raw strings, digit separators), Python (triple quotes), JavaScript and
/// TypeScript (templates, regular expressions) and shell (here-documents); text of any other language comes
/// back as it is. Time: linear. Code that is cut off or no valid code is masked up to the next line end or
/// the end of the text.
std::string mask(std::string_view text, language lang);

} // namespace troupe::audit
