// KEY RING: the keys that seal a store, wrapped by a master key, in a file of their own.
#pragma once

#include <atomic>
#include <caf/expected.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <troupe/persistence/key_file.hpp>
#include <troupe/persistence/key_set.hpp>
#include <troupe/runtime/clock.hpp>

namespace troupe {

/// The keys of one store. Every change is in the file before it is in force. Thread-safe. Where nodes share a store they share the file,
/// too: a change of one is known to another when that one meets a key it does not know, changes the ring itself, or looks (reread()).
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
  std::string store_id() const;
  const std::string& naming_key() const; ///< the same for ever
  /// `a94f0c1e22d06b71`: tells one master key from another and nothing more.
  std::string master() const;

  /// The keys now, with an active one for this tenant: made and on disk if there was none. Errors: ec::shredded,
  /// ec::overloaded (limits::key_ring_keys), and those of key_file.
  caf::expected<std::shared_ptr<const key_set>> with_key_of(std::string_view tenant);

  /// Looks what other nodes have changed, if the file is shared. Errors: those of open(); ec::key_missing if there is no file any more.
  caf::error reread();

  /// As store::refusal().
  caf::error refusal(std::string_view tenant) const;

  /// New data keys for all who have one, and if one is given a new master key.
  caf::error rotate(const std::optional<sealing_key>& master = {});

  /// Destroys all keys of a tenant. Error: ec::not_found (it has none), ec::invalid_argument (empty name).
  caf::error shred(std::string_view tenant);

  /// The store was restored from a backup: see key_set::rows_are_of_before().
  caf::error rows_are_of_before();

  /// No row needs an old key any more and none of a shredded tenant is left, as of so many changes(): old keys become spare,
  /// and spare ones go in time. Nothing happens if there were changes since.
  caf::error all_sealed(uint64_t changes);
  /// The files hold nothing plain any more.
  caf::error all_clean();

  /// For whoever seals under these keys.
  nonce_source& nonces() {
    return nonces_;
  }

private:
  key_ring(std::shared_ptr<key_file> file, const sealing_key& master, std::shared_ptr<const clock> time);
  using step = std::function<caf::expected<bool>(key_set& keys)>; // false = there is nothing to change
  caf::error change(const step& what, const std::optional<sealing_key>& master = {});
  caf::expected<key_set> parse(std::string_view content) const;
  caf::error catch_up();
  caf::expected<bool> keep(key_set changed, const sealing_key& master);
  void install(key_set keys, const sealing_key& master);

  std::shared_ptr<key_file> file_;
  std::shared_ptr<const clock> clock_;
  nonce_source nonces_;
  std::string naming_key_;
  mutable std::mutex mutex_; // guards master_ and keys_, the pointer
  std::mutex change_mutex_;  // held while the ring is changed; taken before mutex_; guards content_
  std::optional<std::string> content_; // of the file, as it was read or written last
  sealing_key master_;
  std::shared_ptr<const key_set> keys_;
  std::atomic<bool> any_shredded_ = false; // so that asking costs nothing as long as none is
};

} // namespace troupe
