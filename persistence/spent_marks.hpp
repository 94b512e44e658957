// SPENT MARKS: what ledgers have spent at least, kept outside of their store, so that no older copy of it takes that back.
#pragma once

#include <caf/expected.hpp>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {

/// What an entity has spent when its append is on disk. Its mark is on disk before.
struct spending {
  int64_t spent = 0;
  int64_t ahead = 0; ///< where its mark goes if that is below `spent`: the higher, the rarer
  bool proven =
      false; ///< somebody vouches for it: it takes the place of a mark that says spent_marks::unknown
};

/// Where marks lie: outside of the store they are of. The simulator brings its own.
class spent_place {
public:
  virtual ~spent_place() = default;

  /// What replace() was given last; nothing if there is nothing. Errors: as key_file::read().
  virtual caf::expected<std::optional<std::string>> read() const = 0;

  /// Replaces it as a whole, synced. Errors: as key_file::replace().
  virtual caf::error replace(std::string_view content) = 0;

  /// The highest number reach() was told since restart(), or one before; 0 if that is not known. Errors: ec::corrupt,
  /// ec::unavailable.
  virtual caf::expected<uint64_t> reached() const = 0;

  /// The journal has written a spending, and this event last. Synced now and then: a number that is too low notices
  /// less. Errors: ec::unavailable.
  virtual caf::error reach(uint64_t gsn, int64_t now_ms) = 0;

  /// The journal begins with this event, which may be lower than what was reached. Synced. Errors: ec::unavailable.
  virtual caf::error restart(uint64_t gsn) = 0;

  /// How it is called in messages.
  virtual std::string name() const = 0;
};

/// The files of a store with this id in a directory for all stores, made when the first is written.
std::shared_ptr<spent_place> open_spent_directory(const std::filesystem::path& directory,
                                                  const std::string& store);

/// What marks say.
struct spent_content {
  std::string store;   ///< its id, at most 255 bytes
  std::string history; ///< see ADR 17: each restore begins one; empty = that of its birth
  std::map<entity_id, int64_t> marks;
  friend bool operator==(const spent_content&, const spent_content&) = default;
};

/// As it is stored, under a store's naming key (32 bytes).
std::string encode(const spent_content& content, std::string_view naming_key);

/// Error: ec::corrupt (it is damaged, or was encoded under another naming key).
caf::expected<spent_content> decode_spent(std::string_view bytes, std::string_view naming_key);

/// The marks of an open store. A mark is at least what its ledger has spent durably; it never falls, but for one that is
/// unknown and is proven. Not thread-safe: the journal's thread uses it.
class spent_marks {
public:
  /// The mark of a ledger of which nobody knows what it has spent.
  static constexpr int64_t unknown = std::numeric_limits<int64_t>::max();

  /// `known` is what lies in the place, or nothing that matters does.
  spent_marks(std::shared_ptr<spent_place> place, std::string naming_key, spent_content known)
      : place_{std::move(place)}, naming_key_{std::move(naming_key)}, known_{std::move(known)} {}

  /// A mark; nothing if none was ever made.
  std::optional<int64_t> of(const entity_id& entity) const;

  /// These spendings are about to be written. Errors: those of spent_place::replace(); ec::overloaded above
  /// limits::ledgers. Then no mark has changed.
  caf::error raise(const std::map<entity_id, spending>& coming);

  /// Spendings were written, and this event last. Errors: those of spent_place::reach().
  caf::error reach(uint64_t gsn, int64_t now_ms) {
    return place_->reach(gsn, now_ms);
  }

  /// Writes this in place of what lies there; the journal ends with event `gsn`. Errors: those of spent_place.
  caf::error begin(spent_content content, uint64_t gsn);

private:
  std::shared_ptr<spent_place> place_;
  std::string naming_key_;
  spent_content known_;
};

} // namespace troupe
