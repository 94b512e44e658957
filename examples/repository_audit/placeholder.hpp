// Is a text a real secret, or a stand-in for one?
#pragma once

#include <string_view>

namespace troupe::audit {

/// Shannon entropy of the bytes of `text`, in bits per byte, 0 to 8.
/// Source: C. E. Shannon, "A Mathematical Theory of Communication", 1948, section 6: H = -sum p log2 p.
double entropy_bits(std::string_view text);

/// Least entropy of a secret, in bits per byte. Eight different characters have exactly this much; "aaaa1111"
/// has 1, English words of ten letters about 2.8, random hexadecimal of 32 digits about 3.7.
inline constexpr double secret_entropy_bits = 3.0;

/// Tells whether `value` is visibly no secret: a variable (`${NAME}`, `{{ name }}`, `%s`, `<name>`), a word
/// such as "example", "changeme" or "your", the word "password" itself, or a filler such as "xxxx", "****" or
/// "12345678".
bool is_placeholder(std::string_view value);

/// Tells whether a string given to a name like "password" is a secret someone could use: 8 bytes or more, no
/// spaces, no path or URL, no placeholder, enough entropy, and letters mixed with digits or with other signs.
bool looks_secret(std::string_view value);

} // namespace troupe::audit
