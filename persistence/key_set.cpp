// KEY SET: keys by id and by tenant.
// Invariant: a tenant has one active key, or is shredded, or has never written.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <sodium.h>
#include <troupe/persistence/key_set.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failure != std::errc{} || end != text.data() + text.size())
    return {};
  return value;
}

// Up to the first `end`, which is taken away, too.
std::string_view take(std::string_view& text, char end) {
  auto at = std::min(text.find(end), text.size());
  auto part = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return part;
}

// Before the secret of a key that seals by XAES-256-GCM.
constexpr std::string_view xaes_mark = "xaes:";

std::string line_of(const ring_key& one) {
  auto secret = one.destroyed()
                    ? std::string{"-"}
                    : (one.key.cipher == seal_cipher::xaes_256_gcm ? std::string{xaes_mark} : "") +
                          to_hex({reinterpret_cast<const char*>(one.key.bytes.reveal()), sealing_key::size});
  return fmt::format("key {:08x} {} {} {} {} {}\n", one.key.id, static_cast<int>(one.state), one.made_ms,
                     one.retired_ms, secret, one.tenant);
}

std::optional<ring_key> key_of(std::string_view line) {
  ring_key one;
  auto id = number<uint32_t>(take(line, ' '), 16);
  auto state = number<uint8_t>(take(line, ' '));
  auto made = number<int64_t>(take(line, ' '));
  auto retired = number<int64_t>(take(line, ' '));
  auto secret = take(line, ' ');
  if (!id || *id == 0 || !state || *state > static_cast<uint8_t>(key_state::erased) || !made || !retired)
    return {};
  one.key.id = *id;
  one.state = static_cast<key_state>(*state);
  one.made_ms = *made;
  one.retired_ms = *retired;
  one.tenant = line;
  if (one.destroyed())
    return one;
  if (secret.starts_with(xaes_mark)) {
    one.key.cipher = seal_cipher::xaes_256_gcm;
    secret.remove_prefix(xaes_mark.size());
  }
  auto key = sealing_key::from_bytes(from_hex(secret));
  if (!key)
    return {};
  one.key.bytes = *key;
  return one;
}

} // namespace

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
  if (one.destroyed())
    shredded_.insert(one.tenant);
  keys_.emplace(id, std::move(one));
}

void key_set::add_fresh(std::string_view tenant, int64_t now_ms) {
  ring_key one;
  while (one.key.id == 0 || find(one.key.id))
    one.key.id = randombytes_random();
  one.key.bytes = sealing_key::random();
  one.key.cipher = seal_cipher::xaes_256_gcm;
  one.tenant = tenant;
  one.made_ms = now_ms;
  add(std::move(one));
}

void key_set::rotate(int64_t now_ms) {
  for (auto& [tenant, id] : std::exchange(active_, {})) {
    keys_[id].state = key_state::old;
    keys_[id].retired_ms = now_ms;
    add_fresh(tenant, now_ms);
  }
  ++changes_;
}

caf::error key_set::shred(std::string_view tenant) {
  if (tenant.empty())
    return make_error(ec::invalid_argument, "no tenant is named: the store's own key cannot be shredded");
  if (is_shredded(tenant))
    return shredded_error(tenant);
  if (!active(tenant))
    return make_error(ec::not_found, fmt::format("tenant {} has no key: it has never written here", tenant));
  for (auto& [id, one] : keys_)
    if (one.tenant == tenant) {
      one.state = key_state::shredded;
      one.key.bytes = {};
    }
  active_.erase(std::string{tenant});
  shredded_.emplace(tenant);
  ++changes_;
  return {};
}

void key_set::all_sealed(int64_t now_ms) {
  for (auto at = keys_.begin(); at != keys_.end();) {
    auto& one = at->second;
    auto forgotten = one.retired_ms + std::chrono::milliseconds{spare_key_age}.count() < now_ms;
    if (one.state == key_state::spare && forgotten) {
      at = keys_.erase(at);
      continue;
    }
    if (one.state == key_state::old)
      one.state = key_state::spare;
    if (one.state == key_state::shredded)
      one.state = key_state::erased;
    ++at;
  }
  if (stage_ == seal_stage::converting)
    stage_ = seal_stage::sealed;
}

void key_set::rows_are_of_before() {
  for (auto& [id, one] : keys_) {
    if (one.state == key_state::spare)
      one.state = key_state::old;
    if (one.state == key_state::erased)
      one.state = key_state::shredded;
  }
  stage_ = seal_stage::converting;
  ++changes_;
}

std::string key_set::lines() const {
  auto text = fmt::format("store {}\nnaming_key {}\nstage {}\n", store_id, to_hex(naming_key),
                          static_cast<int>(stage_));
  for (auto& [id, one] : keys_)
    text += line_of(one);
  return text;
}

std::optional<key_set> key_set::from_lines(std::string_view text) {
  key_set found;
  while (!text.empty()) {
    auto line = take(text, '\n');
    auto word = take(line, ' ');
    if (word == "store") {
      found.store_id = line;
    } else if (word == "naming_key") {
      found.naming_key = from_hex(line);
    } else if (word == "stage") {
      auto stage = number<uint8_t>(line);
      if (!stage || *stage > static_cast<uint8_t>(seal_stage::clean))
        return {};
      found.stage_ = static_cast<seal_stage>(*stage);
    } else if (auto key = key_of(line); key && word == "key") {
      found.add(std::move(*key));
    } else {
      return {};
    }
  }
  if (found.naming_key.size() != 32 || found.store_id.empty() || !found.active(""))
    return {};
  return found;
}

caf::error cannot_open_with(uint32_t id, const key_set& keys, std::string_view what) {
  if (auto* key = keys.find(id))
    return shredded_error(key->tenant);
  return make_error(
      ec::key_missing,
      fmt::format("{} is sealed under the key {}, which is not in the key ring: restore the key ring "
                  "that belongs to this store",
                  what, key_name(id)));
}

caf::error shredded_error(std::string_view tenant) {
  return make_error(
      ec::shredded,
      fmt::format("the keys of tenant {} were destroyed on purpose: nothing of it can be read", tenant));
}

} // namespace troupe
