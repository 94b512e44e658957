// SEAL CIPHER: XChaCha20-Poly1305, as fast for short texts as for long ones.
#pragma once

#include <string>
#include <string_view>
#include <troupe/persistence/seal.hpp>

namespace troupe {

/// Bytes that a sealed text is longer than a plain one.
inline constexpr size_t seal_tag_bytes = 16;

/// Appends ciphertext and tag to `out`, byte for byte those of draft-irtf-cfrg-xchacha-03. `context` is what is authenticated
/// beside the text; none of the views may be into `out`. A nonce is used once under a key.
void encrypt(std::string& out, std::string_view plain, std::string_view context, const seal_nonce& nonce,
             const sealing_key& key);

/// Appends the plain text to `out`; false, and nothing is appended, if one byte of all this is not as it was.
bool decrypt(std::string& out, std::string_view sealed, std::string_view context, const seal_nonce& nonce,
             const sealing_key& key);

} // namespace troupe
