// OBJECT REFS: counts of references, changed with the records that hold them.
// Invariants: an object is kept before a row refers to it, and erased after no row does; a crash in between leaves an
// object too many, never one too few.

#include <charconv>
#include <fmt/format.h>
#include <troupe/persistence/object_refs.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

constexpr size_t reference_bytes = sizeof(object_id) + sizeof(uint64_t);

std::string encode(const object_reference& reference) {
  std::string bytes(reference.id.begin(), reference.id.end());
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes += static_cast<char>(static_cast<uint8_t>(reference.bytes >> shift));
  return bytes;
}

std::optional<object_reference> decode(std::string_view bytes) {
  object_reference reference;
  if (bytes.size() != reference_bytes)
    return {};
  std::copy_n(bytes.begin(), reference.id.size(), reference.id.begin());
  for (auto byte : bytes.substr(reference.id.size()))
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

row_change count_row(const std::string& key, int64_t count) {
  return {space::meta, key, count > 0 ? std::optional{std::to_string(count)} : std::nullopt};
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
                                               ref, to_string(reference->id)));
  auto bytes = objects->get(scope_of(ref), reference->id);
  if (!bytes)
    return make_error(code_of(bytes.error()), fmt::format("a record of {}: {}", ref, text_of(bytes.error())));
  return stored_record{*header, std::move(*bytes)};
}

caf::expected<std::string> object_accounts::keep(std::string_view ref, envelope header,
                                                 std::string_view payload) {
  if (!objects_ || payload.size() <= limits::record_bytes)
    return wrap(header, payload);
  auto id = objects_->put(scope_of(ref), payload);
  if (!id)
    return std::move(id.error());
  ++changes_[object_key(*id)];
  ++kept_;
  kept_bytes_ += payload.size();
  header.flags |= payload_in_object;
  return wrap(header, encode({*id, payload.size()}));
}

void object_accounts::drop(std::string_view stored) {
  if (auto reference = reference_in(stored))
    --changes_[object_key(reference->id)];
}

caf::error object_accounts::follow(const write_batch& batch) {
  for (auto& [where, key, value, tenant] : batch) {
    if (!holds_records(where))
      continue;
    auto before = rows_.get(where, key);
    if (!before && code_of(before.error()) == ec::shredded)
      continue; // nobody can tell what it refers to
    if (!before)
      return std::move(before.error());
    if (*before)
      drop(**before);
    if (auto reference = value ? reference_in(*value) : std::nullopt)
      ++changes_[object_key(reference->id)];
  }
  return {};
}

caf::error object_accounts::settle(write_batch& batch) {
  for (auto& [key, change] : changes_) {
    auto row = rows_.get(space::meta, key);
    if (!row)
      return std::move(row.error());
    auto count = count_in(*row);
    if (!count || *count + change < 0)
      continue;
    if (change != 0)
      batch.push_back(count_row(key, *count + change));
    if (*count + change == 0)
      unreferenced_.push_back(object_of_key(key));
  }
  return {};
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
  std::map<std::string, int64_t> counts;
  for (auto where : {space::journal, space::snapshot})
    if (auto failed = rows.scan(where, shard_begin(shard), shard_end(shard),
                                [&](std::string_view, std::string_view stored) {
                                  if (auto reference = reference_in(stored))
                                    ++counts[object_key(reference->id)];
                                  return true;
                                }))
      return failed;
  write_batch changes;
  auto stale = [&](std::string_view key, std::string_view value) {
    std::string name{key};
    auto right = counts.extract(name);
    auto count = right ? right.mapped() : 0;
    if (value != std::to_string(count))
      changes.push_back(count_row(name, count));
    return true;
  };
  if (auto failed = rows.scan(space::meta, object_begin(shard), object_end(shard), stale))
    return failed;
  for (auto& [key, count] : counts)
    changes.push_back(count_row(key, count));
  return changes;
}

} // namespace troupe
