// SIGNING KEY: Ed25519 keys (RFC 8032) of people who hand workflows from node to node.
#pragma once

#include <caf/expected.hpp>
#include <string>
#include <string_view>

namespace troupe {

/// Who signed, and the signature; both in hex.
struct signed_mark {
  std::string signer;
  std::string signature;
};

/// Makes a key in a new file that only this user can read; gives the public key, 64 hex digits. Errors: ec::already_exists,
/// ec::unavailable.
caf::expected<std::string> make_signing_key(const std::string& path);

/// Signs with the key in a file. Errors: ec::not_found, ec::permission_denied (others may read it), ec::invalid_argument.
caf::expected<signed_mark> sign_with(const std::string& path, std::string_view bytes);

/// Is this the signer's signature of these bytes? What is no key or no signature is none of his.
bool is_signed(const signed_mark& mark, std::string_view bytes);

/// Is this a public key, 64 hex digits?
bool is_public_key(std::string_view text);

} // namespace troupe
