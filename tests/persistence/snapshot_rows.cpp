// Of an entity's snapshots the newest before the new one stays, whether it is in the store or in the same batch.
#define CAF_SUITE persistence.snapshot_rows
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/support/journal_bench.hpp>
#include <troupe/persistence/snapshot_rows.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

struct snapshots_bench {
  std::shared_ptr<memory_store> rows = open_memory(1);
  memory_objects objects{rows->naming_key()};
  entity_id entity = identify("t/probe/a", rows->naming_key());

  // Writes new snapshots in one batch.
  void add(const std::vector<uint64_t>& fresh, size_t bytes = 1) {
    object_accounts accounts{*rows, &objects};
    write_batch batch;
    for (auto seq : fresh) {
      thin_snapshots(*rows, "t/probe/a", entity, batch, accounts);
      auto value = accounts.keep("t/probe/a", envelope{}, std::to_string(seq) + std::string(bytes, 's'));
      CAF_REQUIRE(value);
      batch.push_back({space::snapshot, snapshot_key(entity, seq), *value});
    }
    CAF_REQUIRE(!accounts.settle(batch));
    CAF_REQUIRE(!rows->write(batch));
    accounts.erase_unreferenced();
  }
  std::vector<uint64_t> present() const {
    std::vector<uint64_t> found;
    CAF_CHECK(!rows->scan(space::snapshot, entity_begin(entity), entity_end(entity), [&](auto key, auto) {
      found.push_back(seq_of_snapshot_key(key));
      return true;
    }));
    return found;
  }
};

using seqs = std::vector<uint64_t>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(snapshot_rows_tests, snapshots_bench)

CAF_TEST(the two newest stay) {
  add({256});
  CAF_CHECK(present() == seqs{256});
  add({512});
  add({768});
  CAF_CHECK(present() == (seqs{768, 512}));
}

CAF_TEST(many in one batch leave two) {
  add({256});
  add({512, 768, 1024, 1280});
  CAF_CHECK(present() == (seqs{1280, 1024}));
}

CAF_TEST(a store from before the rule is tidied with the next snapshot) {
  for (uint64_t seq = 256; seq <= 2560; seq += 256)
    CAF_REQUIRE(!rows->write({{space::snapshot, snapshot_key(entity, seq), "old"}}));
  add({2816});
  CAF_CHECK(present() == (seqs{2816, 2560}));
}

CAF_TEST(snapshots of others stay) {
  auto other = identify("t/probe/b", rows->naming_key());
  for (uint64_t seq : {1, 2, 3})
    CAF_REQUIRE(!rows->write({{space::snapshot, snapshot_key(other, seq), "theirs"}}));
  add({256, 512, 768});
  for (uint64_t seq : {1, 2, 3})
    CAF_CHECK((*rows->get(space::snapshot, snapshot_key(other, seq))).has_value());
}

CAF_TEST(the objects of snapshots leave with them) {
  add({256}, limits::record_bytes);
  add({512}, limits::record_bytes);
  CAF_CHECK_EQUAL(objects.size(), 2u);
  add({768, 1024, 1280}, limits::record_bytes);
  CAF_CHECK(present() == (seqs{1280, 1024}));
  CAF_CHECK_EQUAL(objects.size(), 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
