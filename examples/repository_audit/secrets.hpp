// Secrets that stand in a text: tokens of known format, private keys, passwords.
#pragma once

#include "finding.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace troupe::audit {

/// All rules of check_secrets; their category is `secret`.
std::span<const rule_info> secret_rules();

/// Reports secrets. A token of a known format that is visibly a stand-in (an example key of a vendor's
/// documentation, a filler such as "xxxx") is reported as info; a stand-in assigned to a telling name is not
/// reported. A password or private key in a file of tests or examples is reported as low: it rarely opens
/// anything. `path` is relative; it tells whether values may stand without quotes, as in .env and YAML.
/// Sources of the formats: the vendors' documentation and the patterns that gitleaks and detect-secrets agree
/// on.
std::vector<finding> check_secrets(std::string_view path, std::string_view text);

/// A part of a text that must not be shown.
struct secret_span {
  std::size_t begin; ///< first byte
  std::size_t end;   ///< behind the last byte
  std::size_t shown; ///< how many of its first bytes may be shown: at most 4, and at most a quarter
};

/// Everything in `text` that may be a secret, sorted, without overlap. Wider than check_secrets:
/// placeholders, every value given to a telling name, and every long run of mixed letters and digits.
std::vector<secret_span> secrets_in(std::string_view text);

} // namespace troupe::audit
