// Objects and key files of a simulated disk fail as it does, and lose only what a real one may lose.
#define CAF_SUITE sim.objects
#include <caf/test/unit_test.hpp>
#include <tests/support/seeded_random.hpp>
#include <tests/support/simulated_key_file.hpp>
#include <tests/support/simulated_objects.hpp>
#include <troupe/persistence/seal.hpp>

using namespace troupe;

namespace {

struct subject {
  std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>(1);
  simulated_objects objects{disk, std::string(32, 'k')};
  simulated_key_file file{disk};
  object_scope scope{7, "acme"};

  size_t listed() const {
    size_t count = 0;
    CAF_CHECK(!objects.list(7, [&](auto&, uint64_t) {
      ++count;
      return true;
    }));
    return count;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(simulated_objects_tests, subject)

CAF_TEST(what was put is there after every crash) {
  auto name = objects.put(scope, "bytes");
  CAF_REQUIRE(name);
  CAF_CHECK(objects.put(scope, "bytes") == *name);
  disk->crash(false);
  objects.crash(false);
  CAF_CHECK(objects.get(scope, *name) == std::string{"bytes"});
  CAF_CHECK_EQUAL(code_of(objects.get({7, "other"}, *name).error()), ec::corrupt);
  CAF_CHECK_EQUAL(listed(), 1u);
}

CAF_TEST(a failed sync leaves its object there or not ) {
  disk->fail_next_write(false);
  CAF_CHECK_EQUAL(code_of(objects.put(scope, "lost").error()), ec::disk_full);
  CAF_CHECK_EQUAL(listed(), 0u);
  disk->fail_next_write(true);
  CAF_CHECK_EQUAL(code_of(objects.put(scope, "kept").error()), ec::disk_full);
  CAF_CHECK_EQUAL(listed(), 1u);
  disk->set_full(true);
  CAF_CHECK(!objects.put(scope, "more"));
  disk->set_full(false);
  CAF_CHECK(objects.put(scope, "more"));
  disk->fail_reads(1);
  CAF_CHECK_EQUAL(code_of(objects.get(scope, *objects.put(scope, "more")).error()), ec::unavailable);
}

CAF_TEST(a crash may bring back what was erased after the last sync and nothing else) {
  auto name = objects.put(scope, "bytes");
  CAF_REQUIRE(name);
  size_t told = 0;
  objects.on_erase = [&](auto&) { ++told; };
  CAF_CHECK(!objects.erase(name->id));
  CAF_CHECK(!objects.erase(name->id));
  CAF_CHECK_EQUAL(told, 1u);
  objects.crash(false);
  CAF_CHECK_EQUAL(listed(), 1u);
  CAF_CHECK(!objects.erase(name->id));
  objects.crash(true);
  CAF_CHECK_EQUAL(listed(), 0u);
  CAF_CHECK(objects.put(scope, "bytes"));
  CAF_CHECK(!objects.erase(name->id));
  CAF_CHECK(!disk->write({{space::meta, "row", "value"}}));
  objects.crash(false);
  CAF_CHECK_EQUAL(listed(), 0u);
}

CAF_TEST(an object or a key that is synced makes the batch before it known) {
  auto there = [&] { return *disk->get(space::meta, "row") == "value"; };
  CAF_CHECK(!disk->write({{space::meta, "row", "value"}}));
  CAF_CHECK(objects.put(scope, "bytes"));
  disk->crash(false);
  CAF_CHECK(there());
  CAF_CHECK(!disk->write({{space::meta, "row", "other"}}));
  CAF_CHECK(!disk->write({{space::meta, "row", "value"}}));
  CAF_CHECK(!file.replace("keys"));
  disk->crash(false);
  CAF_CHECK(there());
}

CAF_TEST(after a failed replacement either content is there) {
  CAF_CHECK(!file.replace("first"));
  for (auto applied : {false, true}) {
    disk->fail_next_write(applied);
    CAF_CHECK_EQUAL(code_of(file.replace("second")), ec::disk_full);
    CAF_CHECK(**file.read() == (applied ? "second" : "first"));
  }
}

CAF_TEST(a seed decides the keys) {
  auto key_of = [](uint64_t seed) {
    seeded_random chance{seed};
    return sealing_key::random();
  };
  CAF_CHECK(key_of(1) == key_of(1));
  CAF_CHECK(!(key_of(1) == key_of(2)));
  CAF_CHECK(!(sealing_key::random() == sealing_key::random()));
}

CAF_TEST_FIXTURE_SCOPE_END()
