// CHECKUP: the files of a store, as the doctor sees them.
#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/proto/net.pb.h>

namespace troupe {

/// What the files of a store are like.
struct checkup {
  StoreHealth health; ///< findings about files; sound if none is damage
  bool opens = false; ///< a start would open it, after the loss was accepted if that was said
};

/// Looks at log, tables and mark of a store that no process has open, and changes nothing. With `accept_loss`, records that a
/// start would lose count as given up: the store may be opened with store_options::accept_loss. Errors: ec::not_found (no
/// store there), ec::locked, ec::from_future, ec::unavailable, and others than ec::corrupt that opening would give.
caf::expected<checkup> check_files(const std::filesystem::path& directory, bool accept_loss);

} // namespace troupe
