// UTF-8: text from anywhere made fit for JSON and for the metrics page.
#pragma once

#include <string>
#include <string_view>

namespace troupe {

/// The text with every byte sequence that is no UTF-8 replaced by U+FFFD, one per maximal part (Unicode 15,
/// section 3.9).
std::string clean_utf8(std::string_view text);

/// Appends the text as a JSON string, with its quotes (RFC 8259, section 7); bytes that are no UTF-8 become
/// U+FFFD.
void append_json(std::string& out, std::string_view text);

/// At most `bytes` of the text, never ending within a character.
std::string_view cut_utf8(std::string_view text, size_t bytes);

} // namespace troupe
