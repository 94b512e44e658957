// SEAL PASS: which rows are to be written again.
// Invariant: the ring hears that all is sealed only after a walk that met every row, with no change of keys since it began and
// none it could not open.

#include <troupe/persistence/keys.hpp>
#include <troupe/persistence/seal_pass.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

const std::string past_all_keys(64, '\xff');

} // namespace

seal_pass::seal_pass(std::shared_ptr<sealed_store> rows, size_t piece_rows)
    : rows_{std::move(rows)}, piece_rows_{piece_rows}, keys_{rows_->ring().keys()}, changes_{
                                                                                        keys_->changes()} {}

write_batch seal_pass::piece() {
  write_batch out;
  if (finished())
    return out;
  before_ = at_;
  bytes_ = 0;
  keys_ = rows_->ring().keys();
  size_t looked = 0;
  auto full = [&] { return looked >= piece_rows_ || bytes_ >= limits::seal_piece_bytes; };
  while (!finished() && !full()) {
    auto where = static_cast<space>(at_.where);
    auto cut = false;
    auto failed = rows_->below().scan(where, at_.from, past_all_keys,
                                      [&](std::string_view key, std::string_view stored) {
                                        if (full()) {
                                          at_.from = key;
                                          cut = true;
                                          return false;
                                        }
                                        ++looked;
                                        look_at(where, key, stored, out);
                                        return true;
                                      });
    if (failed)
      trouble_ = failed; // the rest of this space has to wait for a later walk
    if (!cut) {
      ++at_.where;
      at_.from.clear();
    }
  }
  at_.changed += out.size();
  return out;
}

void seal_pass::take_back() {
  at_ = before_;
}

caf::error seal_pass::settle() const {
  return trouble_ ? trouble_ : rows_->ring().all_sealed(changes_);
}

void seal_pass::look_at(space where, std::string_view key, std::string_view stored, write_batch& out) {
  if (sealed_store::is_plain_for_ever(where, key))
    return;
  ++at_.seen;
  auto erase = [&] { out.push_back({where, std::string{key}, std::nullopt}); };
  auto id = sealing_key_of(stored);
  auto* with = id ? keys_->find(*id) : nullptr;
  if (with && with->state == key_state::active)
    return;
  if (with && with->destroyed())
    return erase();
  std::string value;
  if (id || keys_->stage() != seal_stage::converting) {
    auto damage = make_error(ec::corrupt, "some rows cannot be opened: `troupe doctor` names them");
    if (!with || !open_value(value, where, key, stored, with->key)) {
      trouble_ = std::move(damage);
      return;
    }
  } else {
    value = stored;
  }
  auto& tenant = with ? with->tenant : tenant_of_row(key);
  if (keys_->is_shredded(tenant))
    return erase();
  bytes_ += key.size() + value.size();
  out.push_back({where, std::string{key}, std::move(value), tenant});
}

// The tenant of a plain row: in the name of its entity, which may be sealed already.
const std::string& seal_pass::tenant_of_row(std::string_view key) {
  static const std::string the_store;
  auto entity = entity_of(key);
  if (!entity)
    return the_store;
  if (*entity != named_) {
    auto name = rows_->get(space::meta, name_key(*entity));
    named_ = *entity;
    tenant_ = name && *name ? std::string{troupe::tenant_of(**name)} : std::string{};
  }
  return tenant_;
}

} // namespace troupe
