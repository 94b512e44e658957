// MESSAGES: what is said to etcd and heard from it, as the JSON of its gateway (etcd 3.4, api v3: rpc.proto): bytes in base64, 64-bit numbers as
// text, and what is 0, false or empty left out.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <troupe/net/cluster/coordinator.hpp>
#include <troupe/runtime/secret.hpp>
#include <vector>

namespace troupe::etcd {

/// A key and what is there.
struct row {
  std::string key;
  std::string value;
  int64_t create_revision = 0;
  int64_t mod_revision = 0;
  int64_t lease = 0; ///< 0 = none
};

/// What a transaction asks first: a number of a key; all are 0 for a key that is not there.
struct condition {
  /// Which number.
  enum class of { create_revision, mod_revision, lease };
  of what = of::create_revision;
  std::string key;
  int64_t is = 0;
};

struct operation;

/// `then` if all conditions hold, `otherwise` if not.
struct transaction {
  std::vector<condition> when;
  std::vector<operation> then;
  std::vector<operation> otherwise;
};

/// One step of a transaction.
struct operation {
  /// What it does.
  enum class kind { put, remove, read, nested };
  kind what = kind::read;
  std::string key;
  std::string value;
  int64_t lease = 0;
  transaction inner;
};

/// The texts of requests.
std::string grant_text(int64_t ttl_s);
std::string lease_text(int64_t id); ///< of a renewal, and of an end
std::string transaction_text(const transaction& what);
/// All keys that begin with `prefix`, at most `most`.
std::string range_text(const std::string& prefix, size_t most);
/// All that changes there from a revision on.
std::string watch_text(const std::string& prefix, int64_t from_revision);
/// For a token; holds the password.
std::string login_text(const std::string& user, const secret& password);

/// Answered to grant_text() and to a renewal.
struct lease_answer {
  int64_t id = 0;
  int64_t ttl_s = 0; ///< of a renewal: 0 = there is no such lease any more
};

/// Answered to transaction_text().
struct transaction_answer {
  int64_t revision = 0;
  bool held = false;       ///< all conditions did
  bool inner_held = false; ///< those of a nested one did
  std::vector<row> found;  ///< what was read, also by nested ones
};

/// Answered to range_text().
struct range_answer {
  int64_t revision = 0;
  bool more = false; ///< there are more keys than asked for
  std::vector<row> rows;
};

/// What happened to a key.
struct change {
  bool gone = false;
  row now; ///< if it is gone: key and mod_revision
};

/// One line of a watch.
struct watch_answer {
  std::vector<change> changes;
  std::string ended; ///< why this watch tells nothing any more; empty = it goes on
};

/// Reads answers. Errors: ec::unavailable for what is no such answer, and as refusal() for a refusal inside of a stream.
caf::expected<lease_answer> read_lease(std::string_view text);
caf::expected<lease_answer> read_renewal(std::string_view text); ///< the one line of a stream
caf::expected<transaction_answer> read_transaction(std::string_view text);
caf::expected<range_answer> read_range(std::string_view text);
caf::expected<watch_answer> read_watch(std::string_view line);
caf::expected<secret> read_token(std::string_view text); ///< one that fits into a header

/// What an answer with another status than 200 means: ec::not_found = there is no such lease, ec::unauthenticated = a new token is needed,
/// ec::unavailable = anything else, with etcd's words.
caf::error refusal(long status, std::string_view text);

/// The value of a member's key, and back; nothing for what is none.
std::string presence_text(const presence& as);
std::optional<presence> read_presence(std::string_view text);

} // namespace troupe::etcd
