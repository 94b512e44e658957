// SEAL COURSE: what is due about the sealing of a store, one step after the other. Knows no thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <troupe/persistence/journal.hpp>
#include <troupe/persistence/seal_pass.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

/// How the sealing of a store stands.
struct seal_status {
  std::string master; ///< fingerprint of the master key
  std::shared_ptr<const key_set> keys;
  bool sealing = false; ///< a pass is under way or due
  uint64_t seen = 0;    ///< rows, by this pass or the last one
  uint64_t changed = 0; ///< of these, sealed anew or erased
  caf::error trouble;   ///< why it does not go on; none = it does
};

/// Passes over a store for as long as rows wait for one, in orders for its journal. Whatever is due is seen by looking at the
/// ring, so a crash at any point only repeats work. Steps are taken one at a time; orders may outlive their course.
class seal_course {
public:
  /// `say` gets a line for the log when a pass ends, on the journal's thread. Pieces of so many rows.
  explicit seal_course(std::shared_ptr<sealed_store> rows, notice say = {},
                       size_t piece_rows = limits::seal_piece_rows);

  /// Nothing, a piece of a pass, or rewriting files.
  enum class step { rest, piece, files };
  /// What is due now.
  step next() const;
  /// The next piece of the pass under way, or the first of a new one. `done` is called on the journal's thread.
  upkeep_order piece(std::function<void()> done);
  /// Rewrites the files, so that nothing of before the first key is left in them; ends early once `stop`.
  void clean_files(std::atomic<bool>& stop);
  /// How long to wait before the next step; nothing = until keys change or the node is started again.
  std::optional<std::chrono::milliseconds> pause() const;

  /// A change of keys. It is done on the journal's thread, where no batch is under way that has chosen its keys already.
  /// `done` is called there with its outcome.
  upkeep_order change(std::function<caf::error(key_ring&)> what, std::function<void(const caf::error&)> done);

  /// How it stands now. Thread-safe.
  seal_status status() const;

private:
  struct shared; // with the orders that are still in the journal when this goes

  std::shared_ptr<shared> shared_;
};

} // namespace troupe
