// The key layout, byte by byte. Keys are permanent: what is written here is on disks for years.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

// All integers are big-endian and of fixed width, so that byte order is numeric order.
//
//   journal   01 | shard u8 | entity 16 | seq u64                        -> envelope + JournalRecord
//   snapshot  01 | shard u8 | entity 16 | ~seq u64                       -> envelope + Snapshot, newest first
//   index     02 | shard u8 | table u8 | entity 16 | row name hash 8     -> a listing's row
//             04 | shard u8 | due_ms u64 | entity 16 | timer hash 8      -> TimerRow
//   meta      05 | shard u8 | entity 16                                  -> ref of the entity
//             06 | object 32, which begins with its shard                -> how many records refer to it, decimal
//             07 | shard u8 | tenant and kind 16                         -> last command id that has expired
//             00 | name                                                  -> what the store knows of itself

/// The name of an entity inside keys: keyed BLAKE2b-128 of its ref. Tells nothing without the naming key.
using entity_hash = std::array<uint8_t, 16>;

/// Where an entity lives for ever.
struct entity_id {
  uint8_t shard = 0;
  entity_hash hash{};
  friend bool operator==(const entity_id&, const entity_id&) = default;
  friend auto operator<=>(const entity_id&, const entity_id&) = default;
};

/// Shard of a ref: the first byte of its unkeyed BLAKE2b-256, the same on every node.
uint8_t shard_of(std::string_view ref);

/// A random naming key, for the birth of a store: 32 bytes.
std::string make_naming_key();

/// Id of a ref under a store's naming key (32 bytes).
entity_id identify(std::string_view ref, std::string_view naming_key);

/// Listings kept in the index space. Values are on disk: never renumber.
enum class index_table : uint8_t {
  agents = 1,
  runs = 2,
  tasks = 3,
  dead_letters = 4,
  questions = 5,
  ledgers = 6,
  approvals = 7,
  workflows = 8,
  schedules = 9
};

/// All of them.
inline constexpr index_table index_tables[] = {index_table::agents,    index_table::runs,
                                               index_table::tasks,     index_table::dead_letters,
                                               index_table::questions, index_table::ledgers,
                                               index_table::approvals, index_table::workflows,
                                               index_table::schedules};

/// Key of one event, and of the state after it.
std::string journal_key(const entity_id& entity, uint64_t seq);
std::string snapshot_key(const entity_id& entity, uint64_t seq);
/// First key of an entity in journal or snapshot, and the first key after all of them.
std::string entity_begin(const entity_id& entity);
std::string entity_end(const entity_id& entity);
/// First key of a shard's entities in journal or snapshot, and the first key after all of them.
std::string shard_begin(uint8_t shard);
std::string shard_end(uint8_t shard);
/// Sequence number in a journal key or, inverted, in a snapshot key; the key must be 26 bytes long.
uint64_t seq_of_journal_key(std::string_view key);
uint64_t seq_of_snapshot_key(std::string_view key);

/// Key of a listing's row; `row` names it within its entity.
std::string index_key(const entity_id& entity, index_table table, std::string_view row,
                      std::string_view naming_key);
/// First key of a listing in a shard, and the first key after it.
std::string index_begin(uint8_t shard, index_table table);
std::string index_end(uint8_t shard, index_table table);
/// Same, of one entity's rows in a listing.
std::string index_begin(const entity_id& entity, index_table table);
std::string index_end(const entity_id& entity, index_table table);

/// Key of a timer; `timer` names it within its entity. Unix milliseconds; a time before 1970 counts as 0.
std::string timer_key(const entity_id& entity, int64_t due_ms, std::string_view timer,
                      std::string_view naming_key);
/// First timer key of a shard, and the first key after those due at `due_ms` or before.
std::string timer_begin(uint8_t shard);
std::string timer_end(uint8_t shard, int64_t due_ms);

/// Row that holds an entity's ref, since keys do not tell it.
std::string name_key(const entity_id& entity);
/// First name of a shard, and the first key after all of them.
std::string names_begin(uint8_t shard);
std::string names_end(uint8_t shard);

/// The entity whose row this is, in whatever space; nothing for a row of the store itself and for a key that is none of
/// the above.
std::optional<entity_id> entity_of(std::string_view key);

/// Id of a large payload that is kept apart: its shard, then 31 bytes of a keyed hash of whose it is and what it holds.
using object_id = std::array<uint8_t, 32>;

/// Whose an object is. Shards are moved and tenants shredded one by one, so that no object is in two of them.
struct object_scope {
  uint8_t shard = 0;
  std::string tenant;
};

/// The scope of an entity's objects.
object_scope scope_of(std::string_view ref);

/// An object's id, and the key its bytes are sealed with. Whoever has a record has its object; who has not, has nothing.
struct object_name {
  object_id id{};
  std::array<uint8_t, 32> key{};
  friend bool operator==(const object_name&, const object_name&) = default;
};

/// Name of this content under a store's naming key (32 bytes): the two halves of a keyed BLAKE2b-512, so that the id tells
/// nothing of the key.
object_name name_object(const object_scope& whose, std::string_view content, std::string_view naming_key);

/// 64 hex digits, and back; nothing if it is none.
std::string to_string(const object_id& id);
std::optional<object_id> parse_object_id(std::string_view text);

/// Row that counts the records that refer to an object; first key of a shard, and the first key after all of them.
std::string object_key(const object_id& id);
std::string object_begin(uint8_t shard);
std::string object_end(uint8_t shard);
/// The object in such a key; the key must be 33 bytes long.
object_id object_of_key(std::string_view key);

/// Row that tells which command ids entities of a tenant and kind no longer know; see retention.hpp.
std::string expired_key(std::string_view ref, std::string_view naming_key);

/// Row of the store itself, and the first key after all of them.
std::string store_key(std::string_view name);
std::string store_end();

/// The tenant in a ref, `tenant/kind/key`: all before the first slash.
std::string_view tenant_of(std::string_view ref);

/// Header of a stored record, outside the sealed part: these fields in this order, 28 bytes before the
/// payload.
struct envelope {
  uint8_t format = 1;
  uint32_t key_id = 0;  ///< 0 = not sealed
  uint32_t type = 0;    ///< record_type() of the message's full name
  uint16_t version = 1; ///< schema version of the event or state
  uint8_t flags = 0;    ///< see below
  int64_t time_us = 0;  ///< Unix time, grows strictly within a store
  uint64_t gsn = 0;     ///< global sequence number: counts all events of a store
  friend bool operator==(const envelope&, const envelope&) = default;
};

/// Bytes of a stored envelope.
inline constexpr size_t envelope_bytes = 28;

/// Flag bits of an envelope: the last event of its append; compressed before it was sealed.
inline constexpr uint8_t last_of_append = 1;
inline constexpr uint8_t compressed_payload = 2;
/// The payload is a reference to an object that holds it; see object_refs.hpp.
inline constexpr uint8_t payload_in_object = 4;

/// Appends a header as stored.
void put_envelope(std::string& out, const envelope& header);

/// Envelope and payload as stored.
std::string wrap(const envelope& header, std::string_view payload);

/// Splits a stored record; nothing if it is shorter than a header or of an unknown format.
std::optional<envelope> unwrap(std::string_view stored, std::string_view& payload);

/// Stable number of a record's type: the first four bytes of BLAKE2b-256 of its protobuf full name.
uint32_t record_type(std::string_view full_name);

} // namespace troupe
