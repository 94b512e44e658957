// SEALED STORE: seals on the way down, opens on the way up.
// Invariants: no value of a row reaches the store below unsealed, but for what that store writes of itself; no value leaves that
// is not as it was written, where it was written.

#include <fmt/format.h>
#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/sealed_store.hpp>
#include <troupe/persistence/store_self.hpp>

namespace troupe {
namespace {

std::string describe_row(space where, std::string_view key) {
  auto entity = entity_of(key);
  if (!entity)
    return fmt::format("a row of the store itself in {}", to_string(where));
  return fmt::format("a row of entity {:02x} in {}",
                     fmt::join(entity->hash.begin(), entity->hash.begin() + 4, ""), to_string(where));
}

caf::error damaged(space where, std::string_view key, std::string_view how) {
  return make_error(ec::corrupt, fmt::format("{} {}; restore it from a copy", describe_row(where, key), how));
}

// Opens values one after the other; most are sealed under the key of the one before.
class opener {
public:
  explicit opener(key_ring& ring) : ring_{ring}, keys_{ring.keys()} {}

  caf::error open(std::string& out, space where, std::string_view key, std::string_view stored) {
    if (sealed_store::is_plain_for_ever(where, key)) {
      out = stored;
      return {};
    }
    auto id = sealing_key_of(stored);
    if (!id && keys_->stage() == seal_stage::converting) {
      out = stored;
      return {};
    }
    if (!id)
      return damaged(where, key, "is not sealed, in a store that is");
    if (!last_ || last_->key.id != *id)
      if (auto failed = look_up(*id, where, key))
        return failed;
    return open_value(out, where, key, stored, last_->key)
               ? caf::error{}
               : damaged(where, key, "is damaged: its seal does not fit");
  }

private:
  caf::error look_up(uint32_t id, space where, std::string_view key) {
    last_ = keys_->find(id);
    if (!last_) { // made after this began
      newer_ = ring_.keys();
      last_ = newer_->find(id);
    }
    if (!last_) { // made by another node
      if (auto failed = ring_.reread())
        return failed;
      newer_ = ring_.keys();
      last_ = newer_->find(id);
    }
    if (last_ && !last_->destroyed())
      return {};
    auto failed = cannot_open_with(id, newer_ ? *newer_ : *keys_, describe_row(where, key));
    last_ = nullptr;
    return failed;
  }

  key_ring& ring_;
  // As it was before the first row was read: a key that leaves the ring meanwhile still opens what the reader sees.
  std::shared_ptr<const key_set> keys_, newer_;
  const ring_key* last_ = nullptr;
};

} // namespace

bool sealed_store::is_plain_for_ever(space where, std::string_view key) {
  static const std::string layout = store_key("layout"), naming_key = store_key("naming_key"),
                           id = store_key("id"), epochs = store_key("epoch/"),
                           counters = store_key("journal"), history = store_key("history"),
                           ring = store_key("keyring");
  return where == space::meta && !key.empty() && key[0] == 0 &&
         (key == layout || key == naming_key || key == id || key == counters || key == history || key == ring ||
          key.substr(0, epochs.size()) == epochs);
}

sealed_store::sealed_store(std::shared_ptr<store> rows, std::shared_ptr<key_ring> ring)
    : rows_{std::move(rows)}, ring_{std::move(ring)} {}

caf::error sealed_store::write(const write_batch& batch, const std::vector<fence>& fences) {
  std::lock_guard lock{write_mutex_};
  if (failed_)
    return make_error(ec::outcome_unknown, "a write has failed: reopen the store");
  auto keys = ring_->keys();
  const ring_key* with = nullptr;
  sealed_.resize(batch.size()); // keys and values of the batch before leave their memory to this one
  for (size_t i = 0; i < batch.size(); ++i) {
    auto& row = batch[i];
    auto& sealed = sealed_[i];
    sealed.where = row.where;
    sealed.key = row.key;
    if (!row.value) {
      sealed.value.reset();
      continue;
    }
    if (sealed_store::is_plain_for_ever(row.where, row.key)) {
      sealed.value = row.value;
      continue;
    }
    auto& tenant = row.tenant.empty() ? owner_of(row.key) : row.tenant;
    if (!with || with->tenant != tenant)
      with = keys->active(tenant);
    if (!with) {
      auto grown = ring_->with_key_of(tenant);
      if (!grown) {
        failed_ = true;
        return make_error(ec::outcome_unknown, fmt::format("no key for what tenant {} writes: {}", row.tenant,
                                                           describe(grown.error())));
      }
      keys = std::move(*grown);
      with = keys->active(tenant);
    }
    if (!sealed.value)
      sealed.value.emplace();
    seal_value(*sealed.value, row.where, row.key, *row.value, with->key, ring_->nonces().next());
  }
  return rows_->write(sealed_, fences);
}

caf::expected<uint64_t> sealed_store::raise_epoch(uint8_t shard) {
  std::lock_guard lock{write_mutex_};
  if (failed_)
    return make_error(ec::outcome_unknown, "a write has failed: reopen the store");
  return rows_->raise_epoch(shard);
}

// The tenant of an entity's row, for those who do not tell it: its name is stored.
const std::string& sealed_store::owner_of(std::string_view key) {
  static const std::string the_store;
  auto entity = entity_of(key);
  if (!entity)
    return the_store;
  auto name = get(space::meta, name_key(*entity));
  owner_ = name && *name ? std::string{tenant_of(**name)} : std::string{};
  return owner_;
}

caf::expected<std::optional<std::string>> sealed_store::get(space where, std::string_view key) const {
  opener keys{*ring_};
  auto stored = rows_->get(where, key);
  if (!stored || !*stored)
    return stored;
  std::string value;
  if (auto failed = keys.open(value, where, key, **stored))
    return failed;
  return std::optional{std::move(value)};
}

caf::error sealed_store::scan(space where, std::string_view from, std::string_view to,
                              const receiver& row) const {
  caf::error failed;
  auto below = rows_->scan(where, from, to, opening(where, row, failed));
  return failed ? failed : below;
}

std::unique_ptr<range_reader> sealed_store::reader(space where, std::string_view end) const {
  struct opening_one final : range_reader {
    opening_one(const sealed_store& all, space where, std::string_view end)
        : all_{all}, where_{where}, below_{all.rows_->reader(where, end)} {}
    caf::error scan(std::string_view from, std::string_view to, const receiver& row) override {
      caf::error failed;
      auto below = below_->scan(from, to, all_.opening(where_, row, failed));
      return failed ? failed : below;
    }
    const sealed_store& all_;
    const space where_;
    std::unique_ptr<range_reader> below_;
  };
  return std::make_unique<opening_one>(*this, where, end);
}

caf::error sealed_store::scan_back(space where, std::string_view from, std::string_view to,
                                   const receiver& row) const {
  caf::error failed;
  auto below = rows_->scan_back(where, from, to, opening(where, row, failed));
  return failed ? failed : below;
}

sealed_store::receiver sealed_store::opening(space where, const receiver& row, caf::error& failed) const {
  auto of_one = where == space::journal || where == space::snapshot;
  return [=, &row, &failed, keys = opener{*ring_}, value = std::string{}](std::string_view key,
                                                                          std::string_view stored) mutable {
    if (auto why = keys.open(value, where, key, stored)) {
      if (!of_one && code_of(why) == ec::shredded)
        return true;
      failed = std::move(why);
      return false;
    }
    return row(key, value);
  };
}

caf::error sealed_store::reopen() {
  std::lock_guard lock{write_mutex_};
  auto failed = rows_->reopen();
  failed_ = static_cast<bool>(failed);
  return failed;
}

caf::error sealed_store::refusal(std::string_view tenant) const {
  return ring_->refusal(tenant);
}

caf::error sealed_store::compact(std::atomic<bool>& stop) {
  return rows_->compact(stop);
}

const std::string& sealed_store::naming_key() const {
  return ring_->naming_key();
}

const std::string& sealed_store::id() const {
  return rows_->id();
}

// -- putting the seal on ------------------------------------------------------

namespace {

// Has anything been written to it but what every store is born with?
caf::expected<bool> is_newborn(const store& rows) {
  bool found = false;
  for (size_t i = 0; i < space_count && !found; ++i) {
    auto where = static_cast<space>(i);
    auto failed = rows.scan(where, "", std::string(64, '\xff'), [&](std::string_view key, std::string_view) {
      found = !sealed_store::is_plain_for_ever(where, key);
      return !found;
    });
    if (failed)
      return failed;
  }
  return !found;
}

// As it is in the rows: another node may have begun to seal them after this one had opened the store.
caf::expected<bool> is_sealed(const store& rows) {
  auto& moved = store_self::moved_naming_key();
  if (rows.naming_key() == moved)
    return true;
  auto key = rows.get(space::meta, store_key("naming_key"));
  if (!key)
    return std::move(key.error());
  return *key == moved;
}

caf::error no_ring(const store& rows, const std::string& file, std::string_view what) {
  return make_error(ec::key_missing,
                    fmt::format("the store {} is sealed, and {}: {}", rows.id(), what, file));
}

} // namespace

caf::expected<sealing> seal_store(std::shared_ptr<store> rows, std::shared_ptr<key_file> file,
                                  const std::optional<sealing_key>& master, std::shared_ptr<const clock> time,
                                  bool restored, bool alone) {
  if (!master) {
    auto content = file->read();
    if (!content)
      return std::move(content.error());
    auto has_moved = is_sealed(*rows);
    if (!has_moved)
      return std::move(has_moved.error());
    if (*content || *has_moved)
      return make_error(
          ec::key_missing,
          fmt::format("the store {} is sealed and no master key is configured: set master_key_file or "
                      "master_key_command in [keys]",
                      rows->id()));
    return sealing{std::move(rows), nullptr};
  }
  auto ring = key_ring::open(file, *master, time);
  if (!ring)
    return std::move(ring.error());
  auto newborn = is_newborn(*rows);
  if (!newborn)
    return std::move(newborn.error());
  auto moved = is_sealed(*rows); // after what it is compared with
  if (!moved)
    return std::move(moved.error());
  auto has_moved = *moved;
  if (!*ring && !*newborn && !has_moved && !alone)
    return make_error(ec::conflict,
                      fmt::format("the store {} has rows and no keys yet, and other nodes may be writing to it: "
                                  "start one node alone with the master key first (without [cluster] etcd)",
                                  rows->id()));
  if (!*ring && has_moved) { // another node may have made it just now
    ring = key_ring::open(file, *master, time);
    if (!ring)
      return std::move(ring.error());
    if (!*ring)
      return no_ring(*rows, file->name(), "its key ring is gone; restore it");
  }
  if (!*ring) {
    key_ring::birth of{rows->id(), *newborn ? make_naming_key() : rows->naming_key(),
                       *newborn ? seal_stage::clean : seal_stage::converting};
    ring = key_ring::make(file, *master, time, std::move(of));
    if (!ring)
      return std::move(ring.error());
  }
  if ((*ring)->store_id() != rows->id())
    return make_error(ec::wrong_key,
                      fmt::format("the key ring {} belongs to the store {}, and this is {}: restore the "
                                  "right one",
                                  file->name(), (*ring)->store_id(), rows->id()));
  if (restored)
    if (auto failed = (*ring)->rows_are_of_before())
      return failed;
  if (!has_moved && !*newborn && (*ring)->keys()->stage() != seal_stage::converting)
    return make_error(ec::corrupt,
                      fmt::format("the store {} is plain though its key ring {} says it is sealed: a "
                                  "copy from before? To seal it, move the key ring away",
                                  rows->id(), file->name()));
  if (!has_moved)
    if (auto failed = rows->write({{space::meta, store_key("layout"), std::to_string(store_self::layout)},
                                   {space::meta, store_key("naming_key"), store_self::moved_naming_key()}}))
      return failed;
  auto sealed = std::make_shared<sealed_store>(std::move(rows), std::move(*ring));
  return sealing{sealed, sealed};
}

} // namespace troupe
