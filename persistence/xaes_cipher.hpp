// XAES CIPHER: XAES-256-GCM.
#pragma once

#include <string>
#include <string_view>
#include <troupe/persistence/seal.hpp>

namespace troupe {

/// Appends ciphertext and tag, 16 bytes longer than the plain text, to `out`, byte for byte those of C2SP's XAES-256-GCM.
/// `context` is what is authenticated beside the text; none of the views may be into `out`. A nonce is used once under a key.
void xaes_encrypt(std::string& out, std::string_view plain, std::string_view context, const seal_nonce& nonce,
                  const sealing_key& key);

/// Appends the plain text to `out`; false, and nothing is appended, if one byte of all this is not as it was.
bool xaes_decrypt(std::string& out, std::string_view sealed, std::string_view context,
                  const seal_nonce& nonce, const sealing_key& key);

/// How AES-256-GCM is computed: by libsodium where the processor knows AES, else by OpenSSL, several times slower.
enum class aes_by { sodium, openssl };

/// Which of them works here. Tests set it.
aes_by& xaes_is_computed_by();

} // namespace troupe
