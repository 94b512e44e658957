// The door to a store that several nodes share, in PostgreSQL.
#pragma once

#include <string>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/secret.hpp>

namespace troupe {

/// Where a shared store is, and how it is opened.
struct postgres_options {
  std::string address; ///< a postgresql:// URI or key=value pairs, as libpq reads them; without a password
  secret password{};   ///< empty = from where libpq looks for one: `passfile`, PGPASSWORD, ~/.pgpass
  std::string name = "troupe"; ///< what the server shows for this node (application_name)
  /// One node alone has it open; another waits for limits::postgres_takeover and is refused. False: each write carries fences.
  bool alone = true;
};

/// Opens the store of a database (PostgreSQL 15 or newer), in its schema `troupe`, which is made if it is not there. The server
/// syncs what it commits, or is refused. Off this machine the connection is under TLS, with `sslmode=verify-full`. Needs a
/// session of its own per connection: no pooler between that shares them.
///
/// A fence is checked in the statement of its batch, so a write under an epoch that was raised elsewhere changes nothing; whoever
/// raises one waits for the writes in flight under the last. After ec::outcome_unknown reads answer ec::unavailable as well,
/// until reopen(), which waits for the end of what the lost session had been told.
///
/// Errors, each with the place and the next step, none with a password: ec::invalid_argument (the address, or a server that does
/// not sync), ec::permission_denied, ec::not_found (no such database), ec::locked, ec::read_only (a server that is), ec::disk_full,
/// ec::corrupt, ec::from_future (a newer layout), ec::unavailable (a standby, and anything else).
caf::expected<std::shared_ptr<store>> open_postgres(postgres_options options);

} // namespace troupe
