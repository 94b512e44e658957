// ACCESS: who asks, and may they? Tokens name principals; one table says which role each method needs.
#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <troupe/runtime/secret.hpp>
#include <vector>

namespace troupe {

/// What a principal may do; each role may do what the ones before it may, but a viewer does no tasks.
enum class access_role : uint8_t {
  worker,    ///< does tasks, and nothing else
  viewer,    ///< reads
  operator_, ///< starts, stops and answers work
  admin,     ///< changes the node and its agents
};

/// `worker`, `viewer`, `operator` or `admin`.
std::string_view to_string(access_role standing);

/// Somebody who showed a valid token.
struct identity {
  std::string principal;
  access_role standing = access_role::viewer;
};

/// Creates a directory for this user alone (mode 0700, with parents), or accepts one that already is. Errors:
/// ec::permission_denied (wider, a link, somebody else's), ec::unavailable (cannot be created); the text
/// names the next step.
caf::error make_private_directory(const std::string& path);

/// The tokens of a node. The file holds lines `principal role token`, `#` begins a comment.
class token_list {
public:
  /// Reads the file. Errors: ec::not_found, ec::permission_denied (not a file of this user with mode 0600),
  /// ec::invalid_argument with the line.
  static caf::expected<token_list> read(const std::string& path);

  /// Reads the file; at first start makes it, with one random token for the principal `admin`. Errors: as
  /// read(), and ec::unavailable.
  static caf::expected<token_list> open(const std::string& path);

  /// Who this token belongs to. Compares with every token in constant time. Error: ec::unauthenticated.
  caf::expected<identity> identify(std::string_view token) const;

  /// The first token, which a client that was given the file uses; the list is never empty.
  const secret& first() const {
    return entries_.front().token;
  }

private:
  struct entry {
    identity who;
    secret token;
  };
  std::vector<entry> entries_;
};

/// The least role a method of the control service, or of the door for workers, needs; nothing for an unknown method.
std::optional<access_role> needed_role(std::string_view method);

/// The policy: unknown methods are denied to everybody. Error: ec::permission_denied with the reason.
caf::error permit(const identity& who, std::string_view method);

} // namespace troupe
