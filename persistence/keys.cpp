// KEYS: what every key and record header looks like on disk.
// Invariant: byte order of keys is the order in which rows are read; no byte ever changes its meaning.

#include <algorithm>
#include <fmt/format.h>
#include <sodium.h>
#include <troupe/persistence/keys.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe {
namespace {

// First bytes of keys.
constexpr char store_row = 0, entity_row = 1, index_row = 2, timer_row = 4, name_row = 5, object_row = 6,
               expired_row = 7;

constexpr size_t naming_key_bytes = 32;
constexpr size_t sequenced_key_bytes = 1 + 1 + 16 + 8;

using hash128 = std::array<uint8_t, 16>;
using hash256 = std::array<uint8_t, 32>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

hash256 unkeyed(std::string_view text) {
  hash256 hash;
  crypto_generichash(hash.data(), hash.size(), bytes(text), text.size(), nullptr, 0);
  return hash;
}

hash128 keyed(std::string_view text, std::string_view key) {
  ensure(key.size() == naming_key_bytes, "a naming key of 32 bytes");
  hash128 hash;
  crypto_generichash(hash.data(), hash.size(), bytes(text), text.size(), bytes(key), key.size());
  return hash;
}

template <class T>
void put(std::string& out, T number) {
  std::array<char, sizeof(T)> bytes;
  for (size_t i = 0; i < sizeof(T); ++i)
    bytes[i] = static_cast<char>(static_cast<uint8_t>(number >> (8 * (sizeof(T) - 1 - i))));
  out.append(bytes.data(), bytes.size());
}

template <class T>
T take(std::string_view& in) {
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    number = (number << 8) | static_cast<uint8_t>(in[i]);
  in.remove_prefix(sizeof(T));
  return static_cast<T>(number);
}

void put(std::string& out, const hash128& hash, size_t length) {
  out.append(reinterpret_cast<const char*>(hash.data()), length);
}

std::string entity_key(char row, const entity_id& entity) {
  std::string key{row};
  put(key, entity.shard);
  put(key, entity.hash, entity.hash.size());
  return key;
}

std::string shard_key(char row, uint8_t shard) {
  std::string key{row};
  put(key, shard);
  return key;
}

std::string listing_key(uint8_t shard, uint8_t table) {
  auto key = shard_key(index_row, shard);
  put(key, table);
  return key;
}

uint64_t due(int64_t due_ms) {
  return due_ms < 0 ? 0 : static_cast<uint64_t>(due_ms);
}

// The first string after all that begin with `prefix`; the first byte of a key is never 0xff.
std::string after(std::string prefix) {
  while (static_cast<uint8_t>(prefix.back()) == 0xff)
    prefix.pop_back();
  ++prefix.back();
  return prefix;
}

} // namespace

std::string make_naming_key() {
  ensure(sodium_init() >= 0, "a source of randomness");
  std::string key(naming_key_bytes, '\0');
  randombytes_buf(key.data(), key.size());
  return key;
}

uint8_t shard_of(std::string_view ref) {
  return unkeyed(ref)[0];
}

entity_id identify(std::string_view ref, std::string_view naming_key) {
  return {shard_of(ref), keyed(ref, naming_key)};
}

std::string journal_key(const entity_id& entity, uint64_t seq) {
  auto key = entity_begin(entity);
  put(key, seq);
  return key;
}

std::string snapshot_key(const entity_id& entity, uint64_t seq) {
  return journal_key(entity, ~seq);
}

std::string entity_begin(const entity_id& entity) {
  return entity_key(entity_row, entity);
}

std::string entity_end(const entity_id& entity) {
  return after(entity_begin(entity));
}

std::string shard_begin(uint8_t shard) {
  return shard_key(entity_row, shard);
}

std::string shard_end(uint8_t shard) {
  return after(shard_begin(shard));
}

uint64_t seq_of_journal_key(std::string_view key) {
  ensure(key.size() == sequenced_key_bytes, "a journal or snapshot key of 26 bytes");
  key.remove_prefix(sequenced_key_bytes - sizeof(uint64_t));
  return take<uint64_t>(key);
}

uint64_t seq_of_snapshot_key(std::string_view key) {
  return ~seq_of_journal_key(key);
}

std::string index_key(const entity_id& entity, index_table table, std::string_view row,
                      std::string_view naming_key) {
  auto key = listing_key(entity.shard, static_cast<uint8_t>(table));
  put(key, entity.hash, entity.hash.size());
  put(key, keyed(row, naming_key), 8);
  return key;
}

std::string index_begin(uint8_t shard, index_table table) {
  return listing_key(shard, static_cast<uint8_t>(table));
}

std::string index_end(uint8_t shard, index_table table) {
  return after(index_begin(shard, table));
}

std::string index_begin(const entity_id& entity, index_table table) {
  auto key = listing_key(entity.shard, static_cast<uint8_t>(table));
  put(key, entity.hash, entity.hash.size());
  return key;
}

std::string index_end(const entity_id& entity, index_table table) {
  return after(index_begin(entity, table));
}

std::string timer_key(const entity_id& entity, int64_t due_ms, std::string_view timer,
                      std::string_view naming_key) {
  auto key = timer_begin(entity.shard);
  put(key, due(due_ms));
  put(key, entity.hash, entity.hash.size());
  put(key, keyed(timer, naming_key), 8);
  return key;
}

std::string timer_begin(uint8_t shard) {
  return shard_key(timer_row, shard);
}

std::string timer_end(uint8_t shard, int64_t due_ms) {
  auto key = timer_begin(shard);
  put(key, due(due_ms) + 1);
  return key;
}

std::string name_key(const entity_id& entity) {
  return entity_key(name_row, entity);
}

std::string names_begin(uint8_t shard) {
  return shard_key(name_row, shard);
}

std::string names_end(uint8_t shard) {
  return after(names_begin(shard));
}

std::optional<entity_id> entity_of(std::string_view key) {
  struct layout {
    char row;
    size_t bytes;
    size_t hash_at;
  };
  constexpr layout layouts[] = {{entity_row, sequenced_key_bytes, 2},
                                {index_row, 3 + 16 + 8, 3},
                                {timer_row, 2 + 8 + 16 + 8, 2 + 8},
                                {name_row, 2 + 16, 2}};
  for (auto& [row, bytes, hash_at] : layouts)
    if (key.size() == bytes && key[0] == row) {
      entity_id entity{static_cast<uint8_t>(key[1]), {}};
      std::copy_n(key.begin() + hash_at, entity.hash.size(), entity.hash.begin());
      return entity;
    }
  return {};
}

object_scope scope_of(std::string_view ref) {
  return {shard_of(ref), std::string{tenant_of(ref)}};
}

object_name name_object(const object_scope& whose, std::string_view content, std::string_view naming_key) {
  ensure(naming_key.size() == naming_key_bytes, "a naming key of 32 bytes");
  std::string scope; // a tenant's length before it: no two scopes run together to the same bytes
  put(scope, whose.shard);
  put(scope, static_cast<uint64_t>(whose.tenant.size()));
  scope += whose.tenant;
  std::array<uint8_t, 64> hash;
  crypto_generichash_state state;
  crypto_generichash_init(&state, bytes(naming_key), naming_key.size(), hash.size());
  crypto_generichash_update(&state, bytes(scope), scope.size());
  crypto_generichash_update(&state, bytes(content), content.size());
  crypto_generichash_final(&state, hash.data(), hash.size());
  object_name name;
  std::copy_n(hash.begin(), name.id.size(), name.id.begin());
  std::copy_n(hash.begin() + name.id.size(), name.key.size(), name.key.begin());
  name.id[0] = whose.shard;
  return name;
}

std::string to_string(const object_id& id) {
  return fmt::format("{:02x}", fmt::join(id, ""));
}

std::optional<object_id> parse_object_id(std::string_view text) {
  object_id id;
  if (text.size() != 2 * id.size())
    return {};
  for (size_t i = 0; i < id.size(); ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    auto high = digits.find(text[2 * i]), low = digits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos)
      return {};
    id[i] = static_cast<uint8_t>(16 * high + low);
  }
  return id;
}

std::string object_key(const object_id& id) {
  std::string key{object_row};
  return key.append(reinterpret_cast<const char*>(id.data()), id.size());
}

std::string object_begin(uint8_t shard) {
  std::string key{object_row};
  put(key, shard);
  return key;
}

std::string object_end(uint8_t shard) {
  return after(object_begin(shard));
}

object_id object_of_key(std::string_view key) {
  object_id id;
  ensure(key.size() == 1 + id.size(), "an object's key of 33 bytes");
  std::copy_n(key.begin() + 1, id.size(), reinterpret_cast<char*>(id.data()));
  return id;
}

std::string expired_key(std::string_view ref, std::string_view naming_key) {
  std::string key{expired_row};
  put(key, shard_of(ref));
  put(key, keyed(ref.substr(0, ref.rfind('/')), naming_key), sizeof(hash128));
  return key;
}

std::string store_key(std::string_view name) {
  return std::string{store_row}.append(name);
}

std::string store_end() {
  return after(store_key(""));
}

std::string_view tenant_of(std::string_view ref) {
  return ref.substr(0, ref.find('/'));
}

void put_envelope(std::string& out, const envelope& header) {
  std::array<char, envelope_bytes> bytes;
  auto* at = bytes.data();
  auto put = [&](auto number) {
    for (size_t i = sizeof number; i > 0; --i)
      *at++ = static_cast<char>(static_cast<uint8_t>(number >> (8 * (i - 1))));
  };
  put(header.format);
  put(header.key_id);
  put(header.type);
  put(header.version);
  put(header.flags);
  put(static_cast<uint64_t>(header.time_us));
  put(header.gsn);
  out.append(bytes.data(), bytes.size());
}

std::string wrap(const envelope& header, std::string_view payload) {
  std::string stored;
  stored.reserve(envelope_bytes + payload.size());
  put_envelope(stored, header);
  return stored.append(payload);
}

std::optional<envelope> unwrap(std::string_view stored, std::string_view& payload) {
  if (stored.size() < envelope_bytes)
    return {};
  envelope header;
  header.format = take<uint8_t>(stored);
  if (header.format != envelope{}.format)
    return {};
  header.key_id = take<uint32_t>(stored);
  header.type = take<uint32_t>(stored);
  header.version = take<uint16_t>(stored);
  header.flags = take<uint8_t>(stored);
  header.time_us = take<int64_t>(stored);
  header.gsn = take<uint64_t>(stored);
  payload = stored;
  return header;
}

uint32_t record_type(std::string_view full_name) {
  auto hash = unkeyed(full_name);
  std::string_view start{reinterpret_cast<const char*>(hash.data()), hash.size()};
  return take<uint32_t>(start);
}

} // namespace troupe
