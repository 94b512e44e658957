// SEAL PASS: one walk over all rows of a sealed store.
#pragma once

#include <memory>
#include <string>
#include <troupe/persistence/sealed_store.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {

/// Seals anew what is plain or sealed under a key that is not active any more, and erases what belonged to shredded tenants; then
/// tells the ring. It keeps nothing on disk: one that was cut short is simply begun again, and passes quickly over what is done.
/// Not thread-safe.
class seal_pass {
public:
  /// Looks at so many rows per piece, at most.
  explicit seal_pass(std::shared_ptr<sealed_store> rows, size_t piece_rows = limits::seal_piece_rows);

  /// The next rows to write, a bounded piece, for an upkeep_order: to be called by the journal alone, so that nothing else is
  /// written in between. Empty if all it looked at is well. Rows that cannot be opened are left as they are.
  write_batch piece();

  /// The last piece could not be written: it comes again.
  void take_back();

  /// All pieces are on disk: tells the ring, unless there was trouble. Errors: trouble(), and those of the key file.
  caf::error settle() const;

  /// Has every row been looked at?
  bool finished() const {
    return at_.where == space_count;
  }

  /// Rows looked at, and of these sealed anew or erased.
  uint64_t seen() const {
    return at_.seen;
  }
  uint64_t changed() const {
    return at_.changed;
  }

  /// Why not all is sealed: the store or the key ring failed, or a row is damaged. None = all is well.
  const caf::error& trouble() const {
    return trouble_;
  }

private:
  struct place {
    size_t where = 0; // a space; space_count = the end
    std::string from; // first key not looked at
    uint64_t seen = 0;
    uint64_t changed = 0;
  };
  void look_at(space where, std::string_view key, std::string_view stored, write_batch& out);
  const std::string& tenant_of_row(std::string_view key);

  std::shared_ptr<sealed_store> rows_;
  size_t piece_rows_;
  std::shared_ptr<const key_set> keys_;
  uint64_t changes_;
  place at_, before_;
  size_t bytes_ = 0; // in this piece
  caf::error trouble_;
  entity_id named_; // the entity whose tenant is known
  std::string tenant_;
};

} // namespace troupe
