// KEY ROW: the key ring of a store that nodes share, as a row of the store itself.
#pragma once

#include <troupe/persistence/key_file.hpp>
#include <troupe/persistence/postgres/store.hpp>

namespace troupe {

/// The row `keyring` of the store there, which must have been opened once. It has a session of its own. What it held before stays in the
/// server's files and logs, under the master key of that time, until the server writes them anew. Errors: ec::unavailable, among others if
/// the connection was lost: what was to replace it may be there then, or come to be there, as long as nothing else is.
std::shared_ptr<key_file> open_key_row(postgres_options to);

} // namespace troupe
