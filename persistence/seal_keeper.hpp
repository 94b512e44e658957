// SEAL KEEPER: sees to it that a store is sealed under its newest keys, while the node works.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <troupe/persistence/seal_course.hpp>

namespace troupe {

/// Rotates and shreds keys, and runs passes whenever rows wait for one, on a thread of its own; everything that touches rows
/// goes through the journal, piece by piece. Thread-safe.
class seal_keeper {
public:
  /// Begins where the life before was cut off. `say` gets a line for the log when a pass ends; on any thread. Not `alone`: other nodes
  /// write to the store as well. Then it runs no passes, which need to know that nobody else writes, and looks for keys that others have
  /// made or destroyed.
  seal_keeper(std::shared_ptr<sealed_store> rows, std::shared_ptr<journal> disk, notice say = {},
              bool alone = true);
  /// Stops after the piece in hand; to be called before the journal ends.
  ~seal_keeper();
  seal_keeper(const seal_keeper&) = delete;
  seal_keeper& operator=(const seal_keeper&) = delete;

  /// Called once, on the journal's thread; at once for what is refused.
  using listener = std::function<void(const caf::error&)>;
  /// New data keys, and a new master key if one is given. Errors: those of key_ring::rotate(), ec::unavailable; ec::conflict, a new master
  /// key while others use the one they have.
  void rotate(const std::optional<sealing_key>& master, listener done);
  /// Destroys a tenant's keys; its entities that are awake are refused from then on. Errors: as key_ring::shred().
  void shred(const std::string& tenant, listener done);

  /// How it stands now.
  seal_status status() const;
  key_ring& ring() const {
    return rows_->ring();
  }

private:
  struct shared; // with the orders that are still in the journal when this goes

  void change(std::function<caf::error(key_ring&)> what, listener done);
  void run();
  void look_at_others();
  void piece();

  std::shared_ptr<sealed_store> rows_;
  std::shared_ptr<journal> disk_;
  seal_course course_;
  const notice say_;
  const bool alone_;
  std::shared_ptr<shared> shared_;
  std::thread thread_;
};

} // namespace troupe
