// UPKEEP: deeds and judgement of everything that is nobody's event.

#include <fmt/format.h>
#include <tests/simulator/upkeep.hpp>

namespace troupe {
namespace {

using namespace std::chrono_literals;

std::string tenant_name(size_t i) {
  return i == 0 ? "tenant" : fmt::format("tenant{}", i);
}

} // namespace

std::string simulated_upkeep::some_account() {
  auto one = at_.pick(at_.story.accounts);
  return fmt::format("{}/account/a{}", tenant_name(one % at_.story.tenants), one);
}

// The same bytes again and again, so that records share an object.
void simulated_upkeep::bulk(const std::string& ref) {
  AccountDeposit large;
  large.set_amount(static_cast<int64_t>(at_.pick(3)) + 1);
  large.set_parts(static_cast<uint32_t>(1 + at_.pick(3)));
  large.set_bulk_kib(65);
  door_.command<AccountSeen>(ref, large);
}

void simulated_upkeep::day() {
  at_.tell("a day passes");
  at_.pass(24h + std::chrono::minutes{at_.pick(180)});
}

void simulated_upkeep::reborn() {
  std::vector<std::string> free;
  at_.log.each([&](const shadow& entity) {
    if (entity.kind() == "task" && entity.events() == 0 && at_.log.was_erased(entity.ref()))
      free.push_back(entity.ref());
  });
  if (free.empty())
    return;
  CreateTask create;
  create.mutable_spec()->add_required("look");
  create.mutable_spec()->set_title("born again");
  door_.command<TaskAccepted>(free[at_.pick(free.size())], create);
}

// While people go on and the journal waits for its disk: what is queued together is written together.
void simulated_upkeep::rotate() {
  if (auto* keeper = at_.storage.keeper()) {
    auto new_master = at_.pick(3) == 0;
    if (at_.pick(4) > 0)
      at_.disk->slow_down(std::chrono::milliseconds{100 + at_.pick(200)}, 30);
    for (auto more = 8 + at_.pick(24); more > 0; --more)
      at_.later(std::chrono::milliseconds{at_.pick(2500)}, [this] {
        AccountDeposit some;
        some.set_amount(1);
        door_.command<AccountSeen>(some_account(), some);
      });
    auto fails = at_.pick(4) == 0; // the ring's own sync
    keeper->change(
        [this, new_master, fails](key_ring& ring) {
          if (fails)
            at_.disk->fail_next_write(at_.pick(2) == 0);
          return at_.storage.rotate(ring, new_master);
        },
        [this](const caf::error& failed) { at_.tell("keys are rotated: " + describe(failed)); });
    at_.pass(std::chrono::milliseconds{at_.pick(2500)});
  }
}

void simulated_upkeep::shred() {
  auto* keeper = at_.storage.keeper();
  if (!keeper || at_.story.tenants < 2)
    return;
  auto tenant = tenant_name(1 + at_.pick(at_.story.tenants - 1));
  keeper->change([tenant](key_ring& ring) { return ring.shred(tenant); },
                 [this, tenant](const caf::error& failed) {
                   at_.tell("tenant " + tenant + " is shredded: " + describe(failed));
                   at_.note_shredded();
                 });
}

void simulated_upkeep::trouble() {
  at_.at_upkeep = [this] {
    switch (at_.pick(4)) {
    case 0:
      at_.tell("a sync of the upkeep fails");
      at_.disk->fail_next_write(at_.pick(2) == 0);
      break;
    case 1:
      at_.tell("reads of the upkeep fail");
      at_.disk->fail_reads(static_cast<unsigned>(1 + at_.pick(3)));
      break;
    default:
      at_.steps_to_cut = 1 + at_.pick(25);
      break;
    }
  };
}

void simulated_upkeep::come_to_rest() {
  if (at_.story.keep_days < 0 && !at_.story.sealed)
    return;
  at_.tell("time passes until nothing is due any more");
  at_.pass(std::chrono::hours{24} * (at_.story.keep_days + 2));
}

void simulated_upkeep::judge(bool after_all) {
  at_.storage.check(after_all);
  if (!after_all)
    return;
  check_rows();
  check_shredded();
  if (at_.story.keep_days > 0)
    at_.log.each([this](const shadow& entity) {
      if (entity.events() > 0 && entity.has_ended() && !entity.is_dead_letter())
        at_.object("kept", entity.ref() + " has ended long ago and is not erased");
    });
}

// Names and snapshots of those who have events, and of nobody else.
void simulated_upkeep::check_rows() {
  auto& rows = at_.storage.meant();
  std::map<entity_id, std::string> named;
  at_.log.each([&](const shadow& entity) {
    if (entity.events() > 0)
      named.emplace(identify(entity.ref(), rows.naming_key()), entity.ref());
  });
  for (auto where : {space::journal, space::snapshot, space::meta})
    if (auto failed =
            at_.disk->scan(where, "", std::string(64, '\xff'), [&](std::string_view key, std::string_view) {
              if (auto owner = entity_of(key); owner && named.count(*owner) == 0)
                at_.object("kept",
                           fmt::format("a row in {} is left of somebody who is gone", to_string(where)));
              return true;
            }))
      at_.object("kept", "the disk cannot be read: " + describe(failed));
  for (auto& [id, ref] : named)
    if (auto name = rows.get(space::meta, name_key(id)); !name || *name != ref)
      at_.object("kept", ref + " has no name");
}

void simulated_upkeep::check_shredded() {
  for (size_t i = 0; i < at_.story.accounts; ++i) {
    auto tenant = tenant_name(i % at_.story.tenants);
    auto ref = fmt::format("{}/account/a{}", tenant, i);
    if (at_.storage.is_shredded(tenant))
      at_.post<AccountSeen>(ref, AccountAsk{}, [this, ref](caf::expected<AccountSeen> seen) {
        if (seen || code_of(seen.error()) != ec::shredded)
          at_.object("shredded", ref + " of a shredded tenant answers: " +
                                     (seen ? to_log_text(*seen) : describe(seen.error())));
      });
  }
  at_.settle();
}

} // namespace troupe
