// References are counted with the records that hold them: an object stays while one record refers to it and leaves after
// the last has left.
#define CAF_SUITE persistence.object_refs
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/support/journal_bench.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

const std::string a = "t/probe/a";
const std::string large(limits::record_bytes + 1, 'x');

struct refs_bench {
  std::shared_ptr<memory_store> rows = open_memory(1);
  memory_objects objects{rows->naming_key()};
  entity_id entity = identify(a, rows->naming_key());

  refs_bench() {
    CAF_REQUIRE(!rows->write({{space::meta, name_key(entity), a}}));
  }
  std::string key(uint64_t seq) const {
    return journal_key(entity, seq);
  }
  // Writes records as the journal does: payloads by seq, nothing = the row leaves.
  void write(const std::map<uint64_t, std::optional<std::string>>& payloads) {
    object_accounts accounts{*rows, &objects};
    write_batch batch;
    for (auto& [seq, payload] : payloads) {
      auto before = (*rows->get(space::journal, key(seq))).value_or("");
      accounts.drop("t", before);
      std::optional<std::string> value;
      if (payload) {
        auto stored = accounts.keep(a, envelope{}, *payload);
        CAF_REQUIRE(stored);
        value = *stored;
      }
      batch.push_back({space::journal, key(seq), value});
    }
    CAF_REQUIRE(!accounts.settle(batch));
    CAF_REQUIRE(!rows->write(batch));
    accounts.erase_unreferenced();
  }
  std::string stored(uint64_t seq) const {
    return (*rows->get(space::journal, key(seq))).value_or("");
  }
  std::string payload(uint64_t seq) const {
    auto record = read_record(a, stored(seq), &objects);
    return record ? record->payload : describe(record.error());
  }
  std::string count() const {
    std::string all;
    CAF_CHECK(
        !rows->scan(space::meta, object_begin(entity.shard), object_end(entity.shard), [&](auto, auto value) {
          all += std::string{value} + " ";
          return true;
        }));
    return all;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(object_refs_tests, refs_bench)

CAF_TEST(a payload above the limit becomes an object and its row refers to it) {
  std::string just(limits::record_bytes, 'x');
  write({{1, just}, {2, large}});
  CAF_CHECK_EQUAL(objects.size(), 1u);
  CAF_CHECK_EQUAL(stored(1).size(), envelope_bytes + just.size());
  CAF_CHECK_EQUAL(stored(2).size(), envelope_bytes + 72);
  CAF_CHECK(!reference_in(stored(1)));
  CAF_REQUIRE(reference_in(stored(2)).has_value());
  CAF_CHECK_EQUAL(uint64_t{reference_in(stored(2))->bytes}, large.size());
  CAF_CHECK_EQUAL(payload(1), just);
  CAF_CHECK_EQUAL(payload(2), large);
}

CAF_TEST(an object stays until the last of its records has left) {
  write({{1, large}, {2, large}});
  write({{3, large}});
  CAF_CHECK_EQUAL(count(), "3 ");
  write({{1, {}}, {3, {}}});
  CAF_CHECK_EQUAL(count(), "1 ");
  CAF_CHECK_EQUAL(payload(2), large);
  write({{2, {}}});
  CAF_CHECK_EQUAL(count(), "");
  CAF_CHECK_EQUAL(objects.size(), 0u);
}

CAF_TEST(a record that goes as another one with the same payload comes keeps the object) {
  write({{1, large}});
  write({{1, {}}, {2, large}});
  CAF_CHECK_EQUAL(count(), "1 ");
  CAF_CHECK_EQUAL(payload(2), large);
  write({{2, large}});
  CAF_CHECK_EQUAL(count(), "1 ");
}

CAF_TEST(what the batch of somebody else replaces or deletes is followed) {
  write({{1, large}, {2, large}});
  object_accounts accounts{*rows, &objects};
  write_batch batch{{space::journal, key(1), stored(1)}, {space::journal, key(2), std::nullopt}};
  CAF_REQUIRE(!accounts.follow(batch));
  CAF_REQUIRE(!accounts.settle(batch));
  CAF_REQUIRE(!rows->write(batch));
  CAF_CHECK_EQUAL(accounts.erase_unreferenced(), 0u);
  CAF_CHECK_EQUAL(count(), "1 ");
  CAF_CHECK_EQUAL(payload(1), large);
}

CAF_TEST(an object that is missing or altered is named with its record and never served) {
  write({{1, large}});
  auto id = reference_in(stored(1))->name.id;
  objects.damage(id);
  CAF_CHECK_EQUAL(payload(1), "corrupt: a record of t/probe/a: object " + to_string(id) +
                                  " is not what it was; restore it from a backup");
  CAF_CHECK(!objects.erase(id));
  CAF_CHECK(payload(1).find("is missing") != std::string::npos);
  CAF_CHECK_EQUAL(code_of(read_record(a, stored(1), nullptr).error()), ec::corrupt);
  CAF_CHECK_EQUAL(code_of(read_record(a, "short", &objects).error()), ec::corrupt);
  CAF_CHECK_EQUAL(code_of(read_record(a, wrap({.flags = payload_in_object}, "no id"), &objects).error()),
                  ec::corrupt);
}

CAF_TEST(without an object store every payload stays in its row) {
  object_accounts accounts{*rows, nullptr};
  auto stored = accounts.keep(a, envelope{}, large);
  CAF_REQUIRE(stored);
  CAF_CHECK_EQUAL(stored->size(), envelope_bytes + large.size());
}

CAF_TEST(a payload that cannot be kept is refused) {
  objects.fail_next_put();
  object_accounts accounts{*rows, &objects};
  auto refused = accounts.keep(a, envelope{}, large);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::disk_full);
  write_batch batch;
  CAF_CHECK(!accounts.settle(batch));
  CAF_CHECK(batch.empty());
}

CAF_TEST(what is kept and dropped by the same batch leaves nothing behind) {
  object_accounts accounts{*rows, &objects};
  auto stored = accounts.keep(a, envelope{}, large);
  CAF_REQUIRE(stored);
  accounts.drop("t", *stored);
  write_batch batch;
  CAF_CHECK(!accounts.settle(batch));
  CAF_CHECK(batch.empty());
  CAF_CHECK_EQUAL(accounts.erase_unreferenced(), 1u);
  CAF_CHECK_EQUAL(objects.size(), 0u);
}

CAF_TEST(a sweep takes what nothing refers to and nothing else) {
  write({{1, large}});
  auto garbage = objects.put(scope_of(a), "left behind by a crash");
  auto elsewhere = objects.put({static_cast<uint8_t>(entity.shard + 1), "t"}, "of another shard");
  CAF_REQUIRE(garbage && elsewhere);
  CAF_CHECK_EQUAL(size_t{*sweep_objects(*rows, objects, entity.shard)}, 1u);
  CAF_CHECK_EQUAL(objects.size(), 2u);
  CAF_CHECK_EQUAL(payload(1), large);
  CAF_CHECK_EQUAL(size_t{*sweep_objects(*rows, objects, static_cast<uint8_t>(entity.shard + 1))}, 1u);
}

CAF_TEST(a count that does not add up keeps the object) {
  write({{1, large}, {2, large}});
  auto counted = object_key(reference_in(stored(1))->name.id);
  for (std::string wrong : {"1", "many", "-3"}) {
    CAF_REQUIRE(!rows->write({{space::meta, counted, wrong}}));
    object_accounts accounts{*rows, &objects};
    write_batch batch{{space::journal, key(1), std::nullopt}, {space::journal, key(2), std::nullopt}};
    CAF_REQUIRE(!accounts.follow(batch));
    CAF_CHECK(!accounts.settle(batch));
    CAF_CHECK_EQUAL(batch.size(), 2u);
    CAF_CHECK_EQUAL(accounts.erase_unreferenced(), 0u);
  }
}

CAF_TEST(a recount makes counts what the records add up to) {
  write({{1, large}, {2, large}, {3, large + "y"}});
  CAF_CHECK(recount_objects(*rows, entity.shard)->empty());
  auto twice = object_key(reference_in(stored(1))->name.id),
       once = object_key(reference_in(stored(3))->name.id);
  object_id stranger{entity.shard};
  CAF_REQUIRE(!rows->write({{space::meta, twice, "7"},
                            {space::meta, once, std::nullopt},
                            {space::meta, object_key(stranger), "1"}}));
  auto changes = recount_objects(*rows, entity.shard);
  CAF_REQUIRE(changes);
  CAF_CHECK_EQUAL(changes->size(), 3u);
  CAF_REQUIRE(!rows->write(*changes));
  CAF_CHECK_EQUAL(std::string{**rows->get(space::meta, twice)}, "2");
  CAF_CHECK_EQUAL(std::string{**rows->get(space::meta, once)}, "1");
  CAF_CHECK(!(*rows->get(space::meta, object_key(stranger))).has_value());
}

CAF_TEST_FIXTURE_SCOPE_END()
