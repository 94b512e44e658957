// LEDGER PROOF: a store that is opened shows at least what the marks outside of it say was spent.
#pragma once

#include <caf/expected.hpp>
#include <memory>
#include <troupe/persistence/objects.hpp>
#include <troupe/persistence/spent_marks.hpp>
#include <troupe/persistence/store.hpp>
#include <troupe/runtime/clock.hpp>

namespace troupe {

/// A store that has been opened and has no journal yet.
struct opened_store {
  std::shared_ptr<store> rows;
  std::shared_ptr<const clock> time;
  std::shared_ptr<object_store> objects; ///< null = all payloads are in their rows
};

/// Compares it with its marks. If it is the store they are of, and as far as it was, nothing happens. If it was restored, or
/// is an older copy, each ledger gets the event that raises it to its mark. If marks are missing, damaged or another
/// store's, each ledger without one gets the event that makes it exhausted. Then a history begins, as after a restore, so
/// that no other copy of the one that is left passes for this store. A crash anywhere leaves what the next call completes. A store without ledgers needs no marks. Gives the marks for its journal. Errors: those of store and
/// spent_place.
caf::expected<std::shared_ptr<spent_marks>>
prove_ledgers(const opened_store& here, std::shared_ptr<spent_place> place, const notice& warn = {});

} // namespace troupe
