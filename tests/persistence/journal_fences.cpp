// Every row but those of the store itself needs the fence of its shard.
#define CAF_SUITE persistence.journal_fences
#include <algorithm>
#include <caf/test/unit_test.hpp>
#include <troupe/persistence/journal_fences.hpp>
#include <troupe/persistence/keys.hpp>

using namespace troupe;

namespace {

const std::string naming_key = make_naming_key();
const entity_id entity = identify("t/probe/a", naming_key);

struct fence_bench {
  std::shared_ptr<shard_epochs> epochs = std::make_shared<shard_epochs>();
  std::vector<uint8_t> deposed;
  journal_fences fences{journal_sharing{epochs, "one", [this](uint8_t shard) { deposed.push_back(shard); }}};

  static row_change row(uint8_t shard) {
    return {space::meta, name_key({shard, {}}), "ref"};
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(journal_fences_tests, fence_bench)

CAF_TEST(the shard is in every key but those of the store itself) {
  object_id object{};
  object[0] = entity.shard;
  for (auto& key : {journal_key(entity, 1), snapshot_key(entity, 1),
                    index_key(entity, index_table::runs, "row", naming_key),
                    timer_key(entity, 1'700'000'000'000, "timer", naming_key), name_key(entity),
                    object_key(object), expired_key("t/probe/a", naming_key)}) {
    CAF_REQUIRE(shard_of_key(key));
    CAF_CHECK_EQUAL(int{*shard_of_key(key)}, int{entity.shard});
  }
  CAF_CHECK(!shard_of_key(store_key("journal")));
  CAF_CHECK(!shard_of_key(""));
}

CAF_TEST(a batch has one fence for each shard it touches) {
  epochs->set(7, 3);
  epochs->set(200, 9);
  fences.look();
  auto around = fences.around({row(200), row(7), row(200), {space::meta, store_key("x"), "y"}});
  CAF_REQUIRE(around);
  CAF_REQUIRE_EQUAL(around->size(), 2u);
  CAF_CHECK((*around)[0].shard == 7 && (*around)[0].epoch == 3);
  CAF_CHECK((*around)[1].shard == 200 && (*around)[1].epoch == 9);
  auto refused = fences.around({row(7), row(8)});
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(code_of(refused.error()), ec::unavailable);
  CAF_CHECK_EQUAL(text_of(refused.error()), "shard 8 has left this node");
}

CAF_TEST(what changes between two looks is not seen) {
  epochs->set(7, 3);
  fences.look();
  epochs->set(7, 5);
  CAF_CHECK_EQUAL(fences.around({row(7)})->front().epoch, 3u);
  CAF_CHECK(!fences.refusal(7, 3));
  fences.look();
  CAF_CHECK(fences.refusal(7, 3));
  CAF_CHECK(!fences.refusal(7, 5));
}

CAF_TEST(an epoch that was refused is none until there is another) {
  epochs->set(7, 3);
  fences.look();
  CAF_CHECK_EQUAL(code_of(fences.depose(7)), ec::unavailable);
  CAF_CHECK(fences.refusal(7, 3));
  CAF_CHECK(deposed == std::vector<uint8_t>{7}); // once between two looks
  fences.look();
  CAF_CHECK(!fences.around({row(7)}));
  CAF_CHECK(deposed == (std::vector<uint8_t>{7, 7}));
  epochs->set(7, 0);
  fences.look();
  CAF_CHECK(!fences.around({row(7)}));
  CAF_CHECK_EQUAL(deposed.size(), 2u); // its node knows
  epochs->set(7, 4);
  fences.look();
  CAF_CHECK(fences.around({row(7)}));
}

CAF_TEST(without sharing nothing is fenced and nothing refused) {
  journal_fences none{std::nullopt};
  none.look();
  CAF_CHECK(!none.are_up());
  CAF_CHECK(!none.refusal(7, 0));
  CAF_CHECK(none.around({row(7)})->empty());
}

CAF_TEST(a batch falls apart by shards and loses only rows of the store itself) {
  auto parts = apart({row(1), row(2), {space::meta, store_key("x"), "y"}, row(1)});
  CAF_CHECK_EQUAL(parts.size(), 2u);
  CAF_CHECK_EQUAL(parts[1].size(), 2u);
  CAF_CHECK_EQUAL(parts[2].size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
