// KEY SET: all keys of a store at one moment, and what can become of them.
#pragma once

#include <caf/error.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <troupe/persistence/seal.hpp>
#include <unordered_map>
#include <unordered_set>

namespace troupe {

/// What a data key is for. Values are in the key ring: never renumber.
enum class key_state : uint8_t {
  active = 0,   ///< seals what is written
  old = 1,      ///< opens what is not yet sealed anew
  spare = 2,    ///< nothing in the store needs it; a backup of it may
  shredded = 3, ///< destroyed: only its id is known
  erased = 4,   ///< destroyed, and the rows it sealed are gone
};

/// How much of a store is sealed. Values are in the key ring: never renumber.
enum class seal_stage : uint8_t {
  converting = 0, ///< rows from before the first key may still be plain
  sealed = 1,     ///< every row is sealed, a plain one is refused; files may still hold what was overwritten
  clean = 2,      ///< the files too
};

/// How long a ring keeps a key that no row needs any more: as long as a yearly backup is of use.
inline constexpr std::chrono::hours spare_key_age{24 * 400};

/// One data key of a ring.
struct ring_key {
  data_key key;
  std::string tenant; ///< empty = the store's own
  key_state state = key_state::active;
  int64_t made_ms = 0;    ///< Unix time
  int64_t retired_ms = 0; ///< when another took its place; 0 = it is active

  /// Is nothing left of it but its id?
  bool destroyed() const {
    return state == key_state::shredded || state == key_state::erased;
  }
};

/// All keys at one moment. Readers share it without a lock: a ring never changes one it has given away.
class key_set {
public:
  /// Of this store; whose rows are hashed under this naming key, 32 bytes.
  std::string store_id;
  std::string naming_key;

  /// The key with an id; null if there is none. A shredded one is found, and cannot open anything.
  const ring_key* find(uint32_t id) const;
  /// The key that seals what this tenant writes; null if it has none yet.
  const ring_key* active(std::string_view tenant) const;
  bool is_shredded(std::string_view tenant) const;
  bool any_shredded() const {
    return !shredded_.empty();
  }
  /// Do rows wait to be sealed anew, or to be erased?
  bool pending() const;

  /// All keys, by id.
  const std::map<uint32_t, ring_key>& all() const {
    return keys_;
  }
  seal_stage stage() const {
    return stage_;
  }
  /// How often keys were rotated or shredded since the ring was opened.
  uint64_t changes() const {
    return changes_;
  }

  /// A random key for a tenant that has no active one.
  void add_fresh(std::string_view tenant, int64_t now_ms);
  /// A new key for everybody who has one; the ones before become old.
  void rotate(int64_t now_ms);
  /// Forgets all keys of a tenant. Errors: ec::not_found (it has none), ec::shredded (it is done already),
  /// ec::invalid_argument (empty name).
  caf::error shred(std::string_view tenant);
  /// No row needs an old key any more, and none of a shredded tenant is left. A key nothing needs goes when it was retired
  /// spare_key_age ago; until then, backups may.
  void all_sealed(int64_t now_ms);
  /// The rows are those of an earlier time: some may be plain, or sealed under keys that no row needed any more, or of
  /// tenants whose rows were gone. They wait again.
  void rows_are_of_before();
  /// How much of the store is sealed from now on.
  void set_stage(seal_stage stage) {
    stage_ = stage;
  }
  /// Another node has made this of `before`: whoever counts changes() sees one.
  void follow(const key_set& before) {
    changes_ = before.changes_ + 1;
  }

  /// As lines of text, and from them; nothing if they are not such lines. changes() is not in them.
  std::string lines() const;
  static std::optional<key_set> from_lines(std::string_view text);

private:
  void add(ring_key key);
  struct text_hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::map<uint32_t, ring_key> keys_;
  std::unordered_map<std::string, uint32_t, text_hash, std::equal_to<>> active_;
  std::unordered_set<std::string, text_hash, std::equal_to<>> shredded_;
  seal_stage stage_ = seal_stage::clean;
  uint64_t changes_ = 0;
};

/// Why a value cannot be opened: its key is shredded, or unknown. `what` says what could not be read.
caf::error cannot_open_with(uint32_t id, const key_set& keys, std::string_view what);

/// Nothing of this tenant can be read: ec::shredded.
caf::error shredded_error(std::string_view tenant);

} // namespace troupe
