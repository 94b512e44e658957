// SESSION: how a store's sessions begin: what they set, whom they wait for, what they find or make.
#pragma once

#include <troupe/persistence/postgres/connection.hpp>
#include <troupe/persistence/store_self.hpp>

namespace troupe {

/// The one session of an open store that writes.
struct writing_session {
  std::unique_ptr<sql_connection> connection;
  std::string backend; ///< which process of the server it has
};

/// Opens it. Waits until the last session of the same `incarnation` has ended, and has the server end its process `before`,
/// if one is named: what that had been told is then done or never will be. Takes the lock of the store, alone or with others.
/// Errors: those of sql_connection::open(); ec::locked, ec::unavailable.
caf::expected<writing_session> open_writing(const postgres_options& to, int64_t incarnation,
                                            const std::string& before = {});

/// Opens one that only reads.
caf::expected<std::unique_ptr<sql_connection>> open_reading(const postgres_options& to);

/// Does the server keep what it says it has kept, and can it be written to? Errors: ec::invalid_argument, ec::read_only,
/// ec::unavailable (a standby).
caf::error check_server(sql_connection& at);

/// What the store knows of itself; with `may_be_born`, makes schema and store where there are none, at most once whoever else
/// does so at the same time. Errors: ec::corrupt, ec::from_future, and those of sql_error().
caf::expected<store_self> know_self(sql_connection& at, bool may_be_born);

/// The rows store_self is made of.
caf::expected<std::map<std::string, std::string>> own_rows(sql_connection& at);

} // namespace troupe
