// KEY RING: the keys that seal a store, wrapped by a master key, in a file of their own.
#pragma once

#include <caf/expected.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <troupe/persistence/key_file.hpp>
#include <troupe/persistence/seal.hpp>
#include <troupe/runtime/clock.hpp>
#include <unordered_map>
#include <unordered_set>
#include <vector>

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

/// One data key of a ring.
struct ring_key {
  data_key key;
  std::string tenant; ///< empty = the store's own
  key_state state = key_state::active;
  int64_t made_ms = 0;      ///< Unix time
  bool holds_bytes = false; ///< it has sealed bytes that are no rows and are never sealed anew: it stays
};

/// All keys at one moment. Readers share it without a lock: a ring never changes one it has given away.
class key_set {
public:
  /// The key with an id; null if there is none. A shredded one is found, and cannot open anything.
  const ring_key* find(uint32_t id) const;
  /// The key that seals what this tenant writes; null if it has none yet.
  const ring_key* active(std::string_view tenant) const;
  bool is_shredded(std::string_view tenant) const;
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

private:
  friend class key_ring;
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

/// The keys of one store. Every change is in the file before it is in force. Thread-safe.
///
/// A tenant's key is made when the tenant first writes. The store's naming key is kept here, too, since with it
/// anybody could test whether a name occurs in the store.
class key_ring {
public:
  /// What is told of the store once, at the birth of its ring.
  struct birth {
    std::string store_id;
    std::string naming_key; ///< 32 bytes
    seal_stage stage = seal_stage::clean;
  };

  /// Opens a ring; null if there is no file. Errors: ec::wrong_key (another master key wrapped it), ec::corrupt,
  /// ec::from_future, and those of key_file.
  static caf::expected<std::shared_ptr<key_ring>>
  open(std::shared_ptr<key_file> file, const sealing_key& master, std::shared_ptr<const clock> time);
  /// Makes a new one with a key for the store itself. Errors: those of key_file.
  static caf::expected<std::shared_ptr<key_ring>> make(std::shared_ptr<key_file> file,
                                                       const sealing_key& master,
                                                       std::shared_ptr<const clock> time, birth of);

  /// All keys now.
  std::shared_ptr<const key_set> keys() const;
  const std::string& store_id() const;
  const std::string& naming_key() const;
  /// `a94f0c1e22d06b71`: tells one master key from another and nothing more.
  std::string master() const;

  /// The keys now, with an active one for this tenant: made and on disk if there was none. Errors: ec::shredded,
  /// ec::overloaded (limits::key_ring_tenants), and those of key_file.
  caf::expected<std::shared_ptr<const key_set>> with_key_of(std::string_view tenant);

  /// As store::refusal().
  caf::error refusal(std::string_view tenant) const;

  /// New data keys for all who have one, and if one is given a new master key.
  caf::error rotate(const std::optional<sealing_key>& master = {});

  /// Destroys all keys of a tenant. Error: ec::not_found (it has none), ec::invalid_argument (empty name).
  caf::error shred(std::string_view tenant);

  /// No row needs an old key any more and none of a shredded tenant is left, as of so many changes(): old keys become spare,
  /// spare ones are dropped. Nothing happens if there were changes since.
  caf::error all_sealed(uint64_t changes);
  /// The files hold nothing plain any more.
  caf::error all_clean();

  /// Seals bytes that are no row under a tenant's key; see seal_bytes(). Errors: as with_key_of().
  caf::expected<std::string> seal(std::string_view tenant, std::string_view context, std::string_view bytes);
  /// Opens them. Errors: ec::corrupt, ec::key_missing, ec::shredded.
  caf::expected<std::string> open(std::string_view context, std::string_view sealed) const;

  nonce_source& nonces() {
    return nonces_;
  }

private:
  key_ring(std::shared_ptr<key_file> file, const sealing_key& master, std::shared_ptr<const clock> time);
  caf::error read(std::string_view content);
  caf::error keep(key_set changed, const sealing_key& master);
  void add_fresh(key_set& to, std::string_view tenant) const;

  std::shared_ptr<key_file> file_;
  std::shared_ptr<const clock> clock_;
  nonce_source nonces_;
  birth of_;
  mutable std::mutex mutex_; // guards master_ and keys_, the pointer
  std::mutex change_mutex_;  // held while the ring is changed; taken before mutex_
  sealing_key master_;
  std::shared_ptr<const key_set> keys_;
  std::atomic<bool> any_shredded_ = false; // so that asking costs nothing as long as none is
};

/// Why a value cannot be opened: its key is shredded, or unknown. `what` says what could not be read.
caf::error cannot_open_with(uint32_t id, const key_set& keys, std::string_view what);

} // namespace troupe
