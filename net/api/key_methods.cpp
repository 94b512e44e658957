// KEY METHODS: which keys seal the store, new ones, and the end of a tenant's.
// Invariant: every path replies exactly once, on the call's own actor.

#include <algorithm>
#include <troupe/net/api/methods.hpp>
#include <troupe/persistence/key_source.hpp>
#include <troupe/persistence/seal_keeper.hpp>
#include <tuple>

namespace troupe {
namespace {

constexpr std::string_view states[] = {"active", "old", "old", "shredded", "shredded"};

KeyList list_of(const seal_keeper& keeper) {
  auto now = keeper.status();
  KeyList list;
  list.set_master(now.master);
  for (auto& [id, one] : now.keys->all()) {
    auto* key = list.add_keys();
    key->set_id(key_name(id));
    key->set_tenant(one.tenant);
    key->set_state(std::string{states[static_cast<size_t>(one.state)]});
    key->set_made_ms(one.made_ms);
  }
  std::sort(list.mutable_keys()->begin(), list.mutable_keys()->end(), [](auto& a, auto& b) {
    return std::tuple{a.tenant(), -a.made_ms(), a.id()} < std::tuple{b.tenant(), -b.made_ms(), b.id()};
  });
  list.set_sealing(now.sealing);
  list.set_rows_seen(now.seen);
  list.set_rows_sealed(now.changed);
  if (now.trouble)
    list.set_trouble(describe(now.trouble));
  return list;
}

caf::error nothing_sealed() {
  return make_error(ec::conflict,
                    "the store of this node is not sealed: make a key with `troupe keys new FILE`, name it "
                    "in [keys] master_key_file, and start the node again");
}

// The keeper answers on the journal's thread; the call goes on by a message to itself.
void when_done(const control_call& call, const reply_to<KeyList>& reply,
               const std::function<void(seal_keeper&, seal_keeper::listener)>& act) {
  auto keeper = call.desk->hooks.keys;
  if (!keeper)
    return reply(nothing_sealed());
  call.self->become([=](const Done&) { reply(list_of(*keeper)); },
                    [=](const Failure& failure) { reply(error_of(failure)); });
  act(*keeper, [me = caf::actor_cast<caf::actor>(call.self)](const caf::error& failed) {
    failed ? caf::anon_send(me, to_failure(failed)) : caf::anon_send(me, Done{});
  });
}

} // namespace

void serve(const control_call& call, const ListKeys&, reply_to<KeyList> reply) {
  if (!call.desk->hooks.keys)
    return reply(nothing_sealed());
  reply(list_of(*call.desk->hooks.keys));
}

void serve(const control_call& call, const RotateKeys& in, reply_to<KeyList> reply) {
  std::optional<sealing_key> master;
  if (!in.master_file().empty()) {
    auto read = master_key_from_file(in.master_file());
    if (!read)
      return reply(std::move(read.error()));
    master = *read;
  }
  when_done(call, reply,
            [&](seal_keeper& keeper, seal_keeper::listener done) { keeper.rotate(master, std::move(done)); });
}

void serve(const control_call& call, const ShredTenant& in, reply_to<KeyList> reply) {
  when_done(call, reply, [&](seal_keeper& keeper, seal_keeper::listener done) {
    keeper.shred(in.tenant(), std::move(done));
  });
}

} // namespace troupe
