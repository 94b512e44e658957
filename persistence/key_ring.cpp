// KEY RING: the file in which keys are kept, and who may change them when.
// Invariants: a key is in the file before anything is sealed with it; the file as a whole is sealed under the master key, so
// that no entry can be taken out, put back or changed.
// Of a file that nodes share, each change replaces exactly what it was made of, in one step of the file's; whoever was slower begins
// anew with what is there. So a key that is in the file stays in it, two nodes never have two active keys for one tenant, and whoever
// dies has either changed the file or not: there is nothing in between. A node that does not know how its change ended finds out with
// its next one.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sodium.h>
#include <troupe/persistence/key_ring.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/key_limits.hpp>
#include <troupe/runtime/limits.hpp>

namespace troupe {
namespace {

// Rings of format 1 have keys of one cipher only.
constexpr std::string_view first_line = "troupe keyring ", format_before = "1", format_now = "2";

// Eight bytes that tell one master key from another: a hash that needs the key to be made.
std::string fingerprint(const sealing_key& master) {
  constexpr std::string_view text = "troupe master key";
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), master.reveal(), sealing_key::size);
  return to_hex({reinterpret_cast<const char*>(hash.data()), 8});
}

data_key as_data_key(const sealing_key& master) {
  return {0, master};
}

bool can_be_named(std::string_view tenant) { // in a line of the ring; every tenant of a ref can
  return tenant.size() <= limits::name_bytes &&
         std::none_of(tenant.begin(), tenant.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

} // namespace

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
  auto found = ring->parse(**content);
  if (!found)
    return std::move(found.error());
  ring->content_ = std::move(*content);
  ring->naming_key_ = found->naming_key;
  ring->install(std::move(*found), master);
  return ring;
}

caf::expected<std::shared_ptr<key_ring>> key_ring::make(std::shared_ptr<key_file> file,
                                                        const sealing_key& master,
                                                        std::shared_ptr<const clock> time, birth of) {
  ensure(of.naming_key.size() == 32 && !of.store_id.empty(), "a store with an id and a naming key");
  std::shared_ptr<key_ring> ring{new key_ring{file, master, time}};
  key_set first;
  first.store_id = std::move(of.store_id);
  first.naming_key = ring->naming_key_ = std::move(of.naming_key);
  first.set_stage(of.stage);
  first.add_fresh("", ring->clock_->now_ms());
  auto kept = ring->keep(std::move(first), master);
  if (!kept)
    return std::move(kept.error());
  if (!*kept) // another node was faster
    return open(std::move(file), master, std::move(time));
  return ring;
}

// Header lines `troupe keyring 2` and `master FINGERPRINT`, then in hex what is sealed under the master key with the header as
// context: lines of what the ring knows.
caf::expected<key_set> key_ring::parse(std::string_view content) const {
  auto damaged = make_error(ec::corrupt,
                            fmt::format("the key ring {} is damaged: restore it from a copy", file_->name()));
  auto line_end = content.find('\n');
  auto header_end = content.find('\n', std::min(line_end, content.size() - 1) + 1);
  if (content.substr(0, first_line.size()) != first_line || header_end == std::string_view::npos ||
      content.back() != '\n')
    return damaged;
  auto format = content.substr(first_line.size(), line_end - first_line.size());
  if (format != format_now && format != format_before)
    return make_error(ec::from_future,
                      fmt::format("the key ring {} is of format {}, this program reads {}: use a newer one",
                                  file_->name(), format, format_now));
  auto master = content.substr(line_end + 1, header_end - line_end - 1);
  if (master != "master " + fingerprint(master_)) {
    if (master.size() != 7 + 16)
      return damaged;
    return make_error(
        ec::wrong_key,
        fmt::format("the key ring {} was made with the master key {}, and this one is {}: use that one",
                    file_->name(), master.substr(7), fingerprint(master_)));
  }
  auto sealed = from_hex(content.substr(header_end + 1, content.size() - header_end - 2));
  std::string text;
  if (!open_bytes(text, content.substr(0, header_end + 1), sealed, as_data_key(master_)))
    return damaged;
  auto found = key_set::from_lines(text);
  sodium_memzero(text.data(), text.size());
  if (!found)
    return damaged;
  return std::move(*found);
}

caf::error key_ring::catch_up() {
  auto content = file_->read();
  if (!content)
    return std::move(content.error());
  if (!*content)
    return make_error(ec::key_missing, fmt::format("the key ring {} is gone; restore it", file_->name()));
  if (*content == content_)
    return {};
  auto found = parse(**content);
  if (!found)
    return std::move(found.error());
  auto now = keys();
  if (found->store_id != now->store_id || found->naming_key != naming_key_)
    return make_error(ec::corrupt, fmt::format("the key ring {} has become that of the store {}: restore it",
                                               file_->name(), found->store_id));
  found->follow(*now);
  content_ = std::move(*content);
  install(std::move(*found), master_);
  return {};
}

void key_ring::install(key_set keys, const sealing_key& master) {
  std::lock_guard lock{mutex_};
  any_shredded_ = keys.any_shredded();
  master_ = master;
  keys_ = std::make_shared<key_set>(std::move(keys));
}

// On disk first, in force then. Two lines, `troupe keyring 2` and `master FINGERPRINT`; then in hex, sealed under the master key
// with these lines as its context, what the ring knows.
// False: somebody else has changed it meanwhile.
caf::expected<bool> key_ring::keep(key_set changed, const sealing_key& master) {
  auto text = changed.lines();
  auto content = fmt::format("{}{}\nmaster {}\n", first_line, format_now, fingerprint(master));
  std::string sealed;
  seal_bytes(sealed, content, text, as_data_key(master), nonces_.next());
  sodium_memzero(text.data(), text.size());
  content += to_hex(sealed) + "\n";
  if (content.size() > limits::key_ring_bytes)
    return make_error(ec::overloaded, fmt::format("the key ring {} would be longer than {} bytes",
                                                  file_->name(), limits::key_ring_bytes));
  auto kept = file_->exchange(content_, content);
  if (!kept || !*kept)
    return kept;
  content_ = std::move(content);
  install(std::move(changed), master);
  return true;
}

caf::error key_ring::change(const step& what, const std::optional<sealing_key>& master) {
  for (size_t tries = 0; tries < limits::key_ring_tries; ++tries) {
    auto changed = *keys();
    auto any = what(changed);
    if (!any)
      return std::move(any.error());
    if (!*any)
      return {};
    auto kept = keep(std::move(changed), master.value_or(master_));
    if (!kept)
      return std::move(kept.error());
    if (*kept)
      return {};
    if (auto failed = catch_up())
      return failed;
  }
  return make_error(ec::unavailable, fmt::format("others change the key ring {} all the time; try again",
                                                 file_->name()));
}

caf::error key_ring::reread() {
  if (!file_->is_shared())
    return {};
  std::lock_guard lock{change_mutex_};
  return catch_up();
}

std::shared_ptr<const key_set> key_ring::keys() const {
  std::lock_guard lock{mutex_};
  return keys_;
}

std::string key_ring::store_id() const {
  return keys()->store_id;
}

const std::string& key_ring::naming_key() const {
  return naming_key_;
}

std::string key_ring::master() const {
  std::lock_guard lock{mutex_};
  return fingerprint(master_);
}

caf::expected<std::shared_ptr<const key_set>> key_ring::with_key_of(std::string_view tenant) {
  if (auto now = keys(); now->active(tenant))
    return now;
  std::lock_guard lock{change_mutex_};
  auto failed = change([&](key_set& all) -> caf::expected<bool> {
    if (all.active(tenant)) // somebody was faster
      return false;
    if (all.is_shredded(tenant))
      return shredded_error(tenant);
    if (!can_be_named(tenant))
      return make_error(ec::invalid_argument, "a tenant without spaces and control characters");
    if (all.all().size() >= limits::key_ring_keys)
      return make_error(ec::overloaded,
                        fmt::format("the key ring holds {} keys; more are not kept", all.all().size()));
    all.add_fresh(tenant, clock_->now_ms());
    return true;
  });
  if (failed)
    return failed;
  return keys();
}

caf::error key_ring::refusal(std::string_view tenant) const {
  return any_shredded_ && keys()->is_shredded(tenant) ? shredded_error(tenant) : caf::error{};
}

caf::error key_ring::rotate(const std::optional<sealing_key>& master) {
  std::lock_guard lock{change_mutex_};
  return change(
      [&](key_set& all) {
        all.rotate(clock_->now_ms());
        return true;
      },
      master);
}

caf::error key_ring::shred(std::string_view tenant) {
  std::lock_guard lock{change_mutex_};
  return change([&](key_set& all) -> caf::expected<bool> {
    if (auto failed = all.shred(tenant))
      return failed;
    return true;
  });
}

caf::error key_ring::rows_are_of_before() {
  std::lock_guard lock{change_mutex_};
  return change([](key_set& all) {
    all.rows_are_of_before();
    return true;
  });
}

caf::error key_ring::all_sealed(uint64_t changes) {
  std::lock_guard lock{change_mutex_};
  return change([&](key_set& all) {
    if (all.changes() != changes)
      return false;
    all.all_sealed(clock_->now_ms());
    return true;
  });
}

caf::error key_ring::all_clean() {
  std::lock_guard lock{change_mutex_};
  return change([](key_set& all) {
    if (all.stage() != seal_stage::sealed)
      return false;
    all.set_stage(seal_stage::clean);
    return true;
  });
}

} // namespace troupe
