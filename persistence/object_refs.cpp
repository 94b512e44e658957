// OBJECT REFS: counts of references, changed with the records that hold them.
// Invariants: an object is kept before a row refers to it, and erased after no row does; a crash in between leaves an
// object too many, never one too few.

#include <charconv>
#include <fmt/format.h>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/runtime/limits.hpp>
#include <vector>

namespace troupe {
namespace {

// In a row: id 32 | key 32 | length of the payload u64, big-endian.
constexpr size_t id_bytes = sizeof(object_id), key_bytes = sizeof(object_name::key);
constexpr size_t reference_bytes = id_bytes + key_bytes + sizeof(uint64_t);

std::string encode(const object_reference& reference) {
  std::string bytes(reference.name.id.begin(), reference.name.id.end());
  bytes.append(reference.name.key.begin(), reference.name.key.end());
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes += static_cast<char>(static_cast<uint8_t>(reference.bytes >> shift));
  return bytes;
}

std::optional<object_reference> decode(std::string_view bytes) {
  object_reference reference;
  if (bytes.size() != reference_bytes)
    return {};
  std::copy_n(bytes.begin(), id_bytes, reference.name.id.begin());
  std::copy_n(bytes.begin() + id_bytes, key_bytes, reference.name.key.begin());
  for (auto byte : bytes.substr(id_bytes + key_bytes))
    reference.bytes = (reference.bytes << 8) | static_cast<uint8_t>(byte);
  return reference;
}

bool holds_records(space where) {
  return where == space::journal || where == space::snapshot;
}

// Nothing if the row holds no count.
std::optional<int64_t> count_in(const std::optional<std::string>& row) {
  int64_t count = 0;
  if (!row)
    return count;
  auto [end, failure] = std::from_chars(row->data(), row->data() + row->size(), count);
  if (failure != std::errc{} || end != row->data() + row->size() || count <= 0)
    return {};
  return count;
}

row_change count_row(const std::string& key, int64_t count, const std::string& tenant) {
  return {space::meta, key, count > 0 ? std::optional{std::to_string(count)} : std::nullopt, tenant};
}

} // namespace

std::optional<object_reference> reference_in(std::string_view stored) {
  std::string_view payload;
  auto header = unwrap(stored, payload);
  if (!header || (header->flags & payload_in_object) == 0)
    return {};
  return decode(payload);
}

caf::expected<stored_record> read_record(std::string_view ref, std::string_view stored,
                                         const object_store* objects) {
  std::string_view payload;
  auto header = unwrap(stored, payload);
  if (!header)
    return make_error(ec::corrupt, fmt::format("a record of {} is damaged; restore it from a copy", ref));
  if ((header->flags & payload_in_object) == 0)
    return stored_record{*header, std::string{payload}};
  auto reference = decode(payload);
  if (!reference)
    return make_error(
        ec::corrupt,
        fmt::format("a record of {} is damaged: it refers to no object; restore it from a copy", ref));
  if (!objects)
    return make_error(ec::corrupt, fmt::format("a record of {} is object {}, and there are no objects here",
                                               ref, to_string(reference->name.id)));
  auto bytes = objects->get(scope_of(ref), reference->name);
  if (!bytes)
    return make_error(code_of(bytes.error()), fmt::format("a record of {}: {}", ref, text_of(bytes.error())));
  return stored_record{*header, std::move(*bytes)};
}

caf::expected<std::string> object_accounts::keep(std::string_view ref, envelope header,
                                                 std::string_view payload) {
  if (!objects_ || payload.size() <= limits::record_bytes)
    return wrap(header, payload);
  auto name = objects_->put(scope_of(ref), payload);
  if (!name)
    return std::move(name.error());
  object_reference reference{*name, payload.size()};
  add(reference, tenant_of(ref), 1);
  ++kept_;
  kept_bytes_ += payload.size();
  header.flags |= payload_in_object;
  return wrap(header, encode(reference));
}

void object_accounts::add(const object_reference& reference, std::string_view tenant, int64_t by) {
  auto& change = changes_[object_key(reference.name.id)];
  change.by += by;
  change.tenant = tenant;
}

void object_accounts::drop(std::string_view tenant, std::string_view stored) {
  if (auto reference = reference_in(stored))
    add(*reference, tenant, -1);
}

caf::error object_accounts::follow(const write_batch& batch) {
  std::optional<entity_id> named; // whose tenant this is
  std::string tenant;
  for (auto& [where, key, value, as] : batch) {
    if (!holds_records(where))
      continue;
    auto before = rows_.get(where, key);
    if (!before && code_of(before.error()) == ec::shredded)
      continue; // nobody can tell what it refers to
    if (!before)
      return std::move(before.error());
    auto left = *before ? reference_in(**before) : std::nullopt;
    auto come = value ? reference_in(*value) : std::nullopt;
    if (!left && !come)
      continue;
    if (auto entity = entity_of(key); entity != named) {
      auto name = rows_.get(space::meta, entity ? name_key(*entity) : std::string{});
      if (!name)
        return std::move(name.error());
      tenant = tenant_of(name->value_or(""));
      named = entity;
    }
    if (left)
      add(*left, tenant, -1);
    if (come)
      add(*come, tenant, 1);
  }
  return {};
}

caf::error object_accounts::settle(write_batch& batch) {
  for (auto& [key, change] : changes_) {
    auto row = rows_.get(space::meta, key);
    if (!row)
      return std::move(row.error());
    auto count = count_in(*row);
    if (!count || *count + change.by < 0)
      continue;
    if (change.by != 0)
      batch.push_back(count_row(key, *count + change.by, change.tenant));
    if (*count + change.by == 0)
      unreferenced_.push_back(object_of_key(key));
  }
  return {};
}

void object_accounts::give_up(uint8_t shard) {
  std::erase_if(unreferenced_, [shard](const object_id& id) { return id[0] == shard; });
}

size_t object_accounts::erase_unreferenced() {
  size_t left = 0;
  for (auto& id : unreferenced_)
    left += objects_ && !objects_->erase(id);
  return left;
}

caf::expected<size_t> sweep_objects(const store& rows, object_store& objects, uint8_t shard) {
  size_t left = 0;
  caf::error failed;
  auto sweep = [&](const object_id& id, uint64_t) {
    auto count = rows.get(space::meta, object_key(id));
    if (!count)
      failed = std::move(count.error());
    else if (!*count && !(failed = objects.erase(id)))
      ++left;
    return !failed;
  };
  if (auto unlisted = objects.list(shard, sweep))
    return unlisted;
  if (failed)
    return failed;
  return left;
}

caf::expected<write_batch> recount_objects(const store& rows, uint8_t shard) {
  struct owner {
    entity_id id;
    std::string tenant;
  };
  std::vector<owner> owners; // by name: what can never be read again has none that can be read
  if (auto failed = rows.scan(space::meta, names_begin(shard), names_end(shard),
                              [&](std::string_view key, std::string_view ref) {
                                if (auto entity = entity_of(key))
                                  owners.push_back({*entity, std::string{tenant_of(ref)}});
                                return true;
                              }))
    return failed;
  struct reckoning {
    int64_t records = 0;
    std::string tenant;
  };
  std::map<std::string, reckoning> right;
  for (auto& one : owners)
    for (auto where : {space::journal, space::snapshot})
      if (auto failed = rows.scan(where, entity_begin(one.id), entity_end(one.id),
                                  [&](std::string_view, std::string_view stored) {
                                    if (auto reference = reference_in(stored)) {
                                      auto& sum = right[object_key(reference->name.id)];
                                      ++sum.records;
                                      sum.tenant = one.tenant;
                                    }
                                    return true;
                                  }))
        return failed;
  write_batch changes;
  if (auto failed = rows.scan(space::meta, object_begin(shard), object_end(shard),
                              [&](std::string_view key, std::string_view value) {
                                auto found = right.extract(std::string{key});
                                auto records = found ? found.mapped().records : 0;
                                if (value != std::to_string(records))
                                  changes.push_back(count_row(std::string{key}, records,
                                                              found ? found.mapped().tenant : std::string{}));
                                return true;
                              }))
    return failed;
  for (auto& [key, sum] : right)
    changes.push_back(count_row(key, sum.records, sum.tenant));
  return changes;
}

} // namespace troupe
