// KEY RING: which keys there are, and the file they are kept in.
// Invariants: a key is in the file before anything is sealed with it; the file as a whole is sealed under the master key, so
// that no entry can be taken out, put back or changed.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <sodium.h>
#include <troupe/persistence/key_ring.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

constexpr std::string_view first_line = "troupe keyring ", format_now = "1";

std::string hex(const unsigned char* bytes, size_t count) {
  return fmt::format("{:02x}", fmt::join(bytes, bytes + count, ""));
}

std::string hex(std::string_view bytes) {
  return hex(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes(text.size() / 2, '\0');
  size_t size = 0;
  const char* end = nullptr;
  if (sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(),
                     nullptr, &size, &end) != 0 ||
      end != text.data() + text.size() || 2 * size != text.size())
    return {};
  return bytes;
}

template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failure != std::errc{} || end != text.data() + text.size())
    return {};
  return value;
}

// Eight bytes that tell one master key from another: a hash that needs the key to be made.
std::string fingerprint(const sealing_key& master) {
  constexpr std::string_view text = "troupe master key";
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), master.reveal(), sealing_key::size);
  return hex(hash.data(), 8);
}

// Up to the first `end`, which is taken away, too.
std::string_view take(std::string_view& text, char end) {
  auto at = std::min(text.find(end), text.size());
  auto part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

data_key as_data_key(const sealing_key& master) {
  return {0, master};
}

bool is_destroyed(key_state state) {
  return state == key_state::shredded || state == key_state::erased;
}

std::string line_of(const ring_key& one) {
  auto secret = is_destroyed(one.state) ? std::string{"-"} : hex(one.key.bytes.reveal(), sealing_key::size);
  return fmt::format("key {:08x} {} {} {} {} {}\n", one.key.id, static_cast<int>(one.state), one.made_ms,
                     one.holds_bytes ? 1 : 0, secret, one.tenant);
}

std::optional<ring_key> key_of(std::string_view line) {
  ring_key one;
  auto id = number<uint32_t>(take(line, ' '), 16);
  auto state = number<uint8_t>(take(line, ' '));
  auto made = number<int64_t>(take(line, ' '));
  auto holds = number<uint8_t>(take(line, ' '));
  auto secret = take(line, ' ');
  if (!id || *id == 0 || !state || *state > static_cast<uint8_t>(key_state::erased) || !made || !holds)
    return {};
  one.key.id = *id;
  one.state = static_cast<key_state>(*state);
  one.made_ms = *made;
  one.holds_bytes = *holds != 0;
  one.tenant = line;
  if (is_destroyed(one.state))
    return one;
  auto key = sealing_key::from_bytes(from_hex(secret).value_or(""));
  if (!key)
    return {};
  one.key.bytes = *key;
  return one;
}

caf::error shredded(std::string_view tenant) {
  return make_error(
      ec::shredded,
      fmt::format("the keys of tenant {} were destroyed on purpose: nothing of it can be read", tenant));
}

bool can_be_named(std::string_view tenant) { // in a line of the ring; every tenant of a ref can
  return tenant.size() <= limits::name_bytes &&
         std::none_of(tenant.begin(), tenant.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

} // namespace

// -- all keys at one moment ---------------------------------------------------

const ring_key* key_set::find(uint32_t id) const {
  auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &found->second;
}

const ring_key* key_set::active(std::string_view tenant) const {
  auto found = active_.find(tenant);
  return found == active_.end() ? nullptr : find(found->second);
}

bool key_set::is_shredded(std::string_view tenant) const {
  return !shredded_.empty() && shredded_.find(tenant) != shredded_.end();
}

bool key_set::pending() const {
  return stage_ == seal_stage::converting || std::any_of(keys_.begin(), keys_.end(), [](auto& entry) {
           return entry.second.state == key_state::old || entry.second.state == key_state::shredded;
         });
}

void key_set::add(ring_key one) {
  auto id = one.key.id;
  if (one.state == key_state::active)
    active_[one.tenant] = id;
  if (is_destroyed(one.state))
    shredded_.insert(one.tenant);
  keys_.emplace(id, std::move(one));
}

// -- the ring -----------------------------------------------------------------

key_ring::key_ring(std::shared_ptr<key_file> file, const sealing_key& master,
                   std::shared_ptr<const clock> time)
    : file_{std::move(file)}, clock_{std::move(time)}, master_{master}, keys_{std::make_shared<key_set>()} {}

caf::expected<std::shared_ptr<key_ring>>
key_ring::open(std::shared_ptr<key_file> file, const sealing_key& master, std::shared_ptr<const clock> time) {
  auto content = file->read();
  if (!content)
    return std::move(content.error());
  if (!*content)
    return std::shared_ptr<key_ring>{};
  std::shared_ptr<key_ring> ring{new key_ring{std::move(file), master, std::move(time)}};
  if (auto failed = ring->read(**content))
    return failed;
  return ring;
}

caf::expected<std::shared_ptr<key_ring>> key_ring::make(std::shared_ptr<key_file> file,
                                                        const sealing_key& master,
                                                        std::shared_ptr<const clock> time, birth of) {
  ensure(of.naming_key.size() == 32 && !of.store_id.empty(), "a store with an id and a naming key");
  std::shared_ptr<key_ring> ring{new key_ring{std::move(file), master, std::move(time)}};
  ring->of_ = std::move(of);
  key_set first;
  first.stage_ = ring->of_.stage;
  ring->add_fresh(first, "");
  if (auto failed = ring->keep(std::move(first), master))
    return failed;
  return ring;
}

// Header lines `troupe keyring 1` and `master FINGERPRINT`, then in hex what is sealed under the master key with the header as
// context: lines of what the ring knows.
caf::error key_ring::read(std::string_view content) {
  auto damaged = make_error(ec::corrupt,
                            fmt::format("the key ring {} is damaged: restore it from a copy", file_->name()));
  auto rest = content;
  auto first = take(rest, '\n'), second = take(rest, '\n'), sealed = take(rest, '\n');
  if (first.substr(0, first_line.size()) != first_line || !rest.empty())
    return damaged;
  if (first.substr(first_line.size()) != format_now)
    return make_error(ec::from_future,
                      fmt::format("the key ring {} is of format {}, this program reads {}: use a "
                                  "newer one",
                                  file_->name(), first.substr(first_line.size()), format_now));
  if (second != "master " + fingerprint(master_)) {
    if (second.size() != 7 + 16)
      return damaged;
    return make_error(
        ec::wrong_key,
        fmt::format("the key ring {} was made with the master key {}, and this one is {}: use that one",
                    file_->name(), second.substr(7), fingerprint(master_)));
  }
  auto bytes = from_hex(sealed);
  std::string text;
  auto header = content.substr(0, first.size() + second.size() + 2);
  if (!bytes || !open_bytes(text, header, *bytes, as_data_key(master_)))
    return damaged;
  key_set found;
  for (std::string_view lines = text; !lines.empty();) {
    auto line = take(lines, '\n');
    auto word = take(line, ' ');
    if (word == "store") {
      of_.store_id = line;
    } else if (word == "naming_key") {
      of_.naming_key = from_hex(line).value_or("");
    } else if (word == "stage") {
      auto stage = number<uint8_t>(line);
      if (!stage || *stage > static_cast<uint8_t>(seal_stage::clean))
        return damaged;
      found.stage_ = static_cast<seal_stage>(*stage);
    } else if (auto key = key_of(line); key && word == "key") {
      found.add(std::move(*key));
    } else {
      return damaged;
    }
  }
  sodium_memzero(text.data(), text.size());
  if (of_.naming_key.size() != 32 || of_.store_id.empty() || !found.active(""))
    return damaged;
  any_shredded_ = !found.shredded_.empty();
  keys_ = std::make_shared<key_set>(std::move(found));
  return {};
}

// On disk first, in force then.
caf::error key_ring::keep(key_set changed, const sealing_key& master) {
  auto text = fmt::format("store {}\nnaming_key {}\nstage {}\n", of_.store_id, hex(of_.naming_key),
                          static_cast<int>(changed.stage_));
  for (auto& [id, one] : changed.keys_)
    text += line_of(one);
  auto content = fmt::format("{}{}\nmaster {}\n", first_line, format_now, fingerprint(master));
  std::string sealed;
  seal_bytes(sealed, content, text, as_data_key(master), nonces_.next());
  sodium_memzero(text.data(), text.size());
  content += hex(sealed) + "\n";
  if (content.size() > limits::key_ring_bytes)
    return make_error(ec::overloaded, fmt::format("the key ring {} would be longer than {} bytes",
                                                  file_->name(), limits::key_ring_bytes));
  if (auto failed = file_->replace(content))
    return failed;
  std::lock_guard lock{mutex_};
  any_shredded_ = !changed.shredded_.empty();
  master_ = master;
  keys_ = std::make_shared<key_set>(std::move(changed));
  return {};
}

void key_ring::add_fresh(key_set& to, std::string_view tenant) const {
  ring_key one;
  while (one.key.id == 0 || to.find(one.key.id))
    one.key.id = randombytes_random();
  one.key.bytes = sealing_key::random();
  one.tenant = tenant;
  one.made_ms = clock_->now_ms();
  to.add(std::move(one));
}

std::shared_ptr<const key_set> key_ring::keys() const {
  std::lock_guard lock{mutex_};
  return keys_;
}

const std::string& key_ring::store_id() const {
  return of_.store_id;
}

const std::string& key_ring::naming_key() const {
  return of_.naming_key;
}

std::string key_ring::master() const {
  std::lock_guard lock{mutex_};
  return fingerprint(master_);
}

caf::expected<std::shared_ptr<const key_set>> key_ring::with_key_of(std::string_view tenant) {
  if (auto now = keys(); now->active(tenant))
    return now;
  std::lock_guard lock{change_mutex_};
  auto now = keys();
  if (now->active(tenant)) // somebody was faster
    return now;
  if (now->is_shredded(tenant))
    return shredded(tenant);
  if (!can_be_named(tenant))
    return make_error(ec::invalid_argument, "a tenant without spaces and control characters");
  if (now->active_.size() > limits::key_ring_tenants)
    return make_error(ec::overloaded,
                      fmt::format("{} tenants have keys; more are not kept", now->active_.size()));
  auto changed = *now;
  add_fresh(changed, tenant);
  if (auto failed = keep(std::move(changed), master_))
    return failed;
  return keys();
}

caf::error key_ring::refusal(std::string_view tenant) const {
  return any_shredded_ && keys()->is_shredded(tenant) ? shredded(tenant) : caf::error{};
}

caf::error key_ring::rotate(const std::optional<sealing_key>& master) {
  std::lock_guard lock{change_mutex_};
  auto changed = *keys();
  for (auto& [tenant, id] : std::exchange(changed.active_, {})) {
    changed.keys_[id].state = key_state::old;
    add_fresh(changed, tenant);
  }
  ++changed.changes_;
  return keep(std::move(changed), master.value_or(master_));
}

caf::error key_ring::shred(std::string_view tenant) {
  if (tenant.empty())
    return make_error(ec::invalid_argument, "no tenant is named: the store's own key cannot be shredded");
  std::lock_guard lock{change_mutex_};
  auto changed = *keys();
  if (!changed.active(tenant))
    return changed.is_shredded(tenant)
               ? shredded(tenant)
               : make_error(ec::not_found,
                            fmt::format("tenant {} has no key: it has never written here", tenant));
  for (auto& [id, one] : changed.keys_)
    if (one.tenant == tenant) {
      one.state = key_state::shredded;
      one.key.bytes = {};
    }
  changed.active_.erase(std::string{tenant});
  changed.shredded_.emplace(tenant);
  ++changed.changes_;
  return keep(std::move(changed), master_);
}

caf::error key_ring::all_sealed(uint64_t changes) {
  std::lock_guard lock{change_mutex_};
  auto changed = *keys();
  if (changed.changes_ != changes)
    return {};
  for (auto at = changed.keys_.begin(); at != changed.keys_.end();) {
    auto& one = at->second;
    if (one.state == key_state::spare && !one.holds_bytes) {
      at = changed.keys_.erase(at);
      continue;
    }
    if (one.state == key_state::old)
      one.state = key_state::spare;
    if (one.state == key_state::shredded)
      one.state = key_state::erased;
    ++at;
  }
  if (changed.stage_ == seal_stage::converting)
    changed.stage_ = seal_stage::sealed;
  return keep(std::move(changed), master_);
}

caf::error key_ring::all_clean() {
  std::lock_guard lock{change_mutex_};
  auto changed = *keys();
  if (changed.stage_ != seal_stage::sealed)
    return {};
  changed.stage_ = seal_stage::clean;
  return keep(std::move(changed), master_);
}

// -- bytes that are no row ----------------------------------------------------

caf::expected<std::string> key_ring::seal(std::string_view tenant, std::string_view context,
                                          std::string_view bytes) {
  auto with = with_key_of(tenant);
  if (!with)
    return std::move(with.error());
  if (!(*with)->active(tenant)->holds_bytes) {
    std::lock_guard lock{change_mutex_};
    auto changed = *keys();
    auto* active = changed.active(tenant);
    if (!active)
      return shredded(tenant);
    changed.keys_[active->key.id].holds_bytes = true;
    if (auto failed = keep(std::move(changed), master_))
      return failed;
    with = keys();
  }
  auto* active = (*with)->active(tenant);
  if (!active)
    return shredded(tenant);
  std::string sealed;
  seal_bytes(sealed, context, bytes, active->key, nonces_.next());
  return sealed;
}

caf::expected<std::string> key_ring::open(std::string_view context, std::string_view sealed) const {
  auto with = keys();
  auto id = sealing_key_of(sealed);
  auto* key = id ? with->find(*id) : nullptr;
  if (id && (!key || is_destroyed(key->state)))
    return cannot_open_with(*id, *with, context);
  std::string plain;
  if (!key || !open_bytes(plain, context, sealed, key->key))
    return make_error(ec::corrupt,
                      fmt::format("{} is damaged: its seal does not fit; restore it from a copy", context));
  return plain;
}

caf::error cannot_open_with(uint32_t id, const key_set& keys, std::string_view what) {
  if (auto* key = keys.find(id))
    return shredded(key->tenant);
  return make_error(
      ec::key_missing,
      fmt::format("{} is sealed under the key {}, which is not in the key ring: restore the key ring "
                  "that belongs to this store",
                  what, key_name(id)));
}

} // namespace troupe
