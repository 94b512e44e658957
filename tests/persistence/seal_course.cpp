// A course seals what waits for it step by step, tries again what may pass, and rests when nothing is due.
#define CAF_SUITE persistence.seal_course
#include <caf/test/unit_test.hpp>
#include <tests/support/journal_bench.hpp>
#include <tests/support/memory_key_file.hpp>
#include <tests/support/simulated_disk.hpp>
#include <troupe/persistence/seal_course.hpp>

using namespace troupe;
using namespace std::chrono_literals;
using step = seal_course::step;

namespace {

struct bench {
  std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>(1);
  std::shared_ptr<memory_key_file> file = std::make_shared<memory_key_file>();
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  std::shared_ptr<sealed_store> sealed;
  std::optional<journal_core> core;
  std::optional<seal_course> course;
  std::vector<std::string> said;

  bench() {
    auto opened = seal_store(disk, file, sealing_key::random(), time);
    CAF_REQUIRE(opened);
    sealed = opened->sealed;
    core.emplace(sealed, time);
    CAF_REQUIRE(!core->start());
    course.emplace(
        sealed, [this](std::string_view text) { said.emplace_back(text); }, 10);
    for (int i = 0; i < 30; ++i)
      CAF_REQUIRE(!sealed->write({{space::timeseries, "row" + std::to_string(i), "value", "acme"}}));
  }
  void work(upkeep_order order) {
    std::vector<journal_order> orders;
    orders.emplace_back(std::move(order));
    core->process(orders);
  }
  caf::error rotate() {
    caf::error outcome;
    work(course->change([](key_ring& ring) { return ring.rotate(); },
                        [&](const caf::error& failed) { outcome = failed; }));
    return outcome;
  }
  bool piece() {
    auto done = false;
    work(course->piece([&] { done = true; }));
    return done;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(seal_course_tests, bench)

CAF_TEST(nothing is due until keys change and then piece after piece) {
  CAF_CHECK(course->next() == step::rest);
  CAF_CHECK(!course->pause());
  CAF_CHECK(!rotate());
  int pieces = 0;
  for (; course->next() == step::piece; ++pieces) {
    CAF_CHECK(course->pause() == 0ms);
    CAF_CHECK(piece());
    CAF_REQUIRE(pieces < 10);
  }
  CAF_CHECK_EQUAL(pieces, 4); // the store's own row is looked at, too
  CAF_CHECK_EQUAL(said, std::vector<std::string>{
                            "all 30 rows are sealed under the active keys; 30 were sealed anew or erased"});
  CAF_CHECK(course->next() == step::rest);
  CAF_CHECK(!course->pause());
}

CAF_TEST(a piece that was not written comes again) {
  CAF_CHECK(!rotate());
  disk->fail_next_write(false);
  CAF_CHECK(piece());
  CAF_CHECK(course->pause() == std::optional{std::chrono::milliseconds{limits::seal_retry}});
  while (course->next() == step::piece)
    CAF_CHECK(piece());
  CAF_CHECK(!course->status().trouble);
  CAF_CHECK_EQUAL(said.size(), 1u);
}

CAF_TEST(a walk during which the store could not be read is begun again) {
  CAF_CHECK(!rotate());
  disk->fail_reads(1);
  while (said.empty())
    CAF_CHECK(piece());
  CAF_CHECK_EQUAL(code_of(course->status().trouble), ec::unavailable);
  CAF_CHECK(course->next() == step::piece);
  CAF_CHECK(course->pause() == std::optional{std::chrono::milliseconds{limits::seal_again}});
  while (course->next() == step::piece)
    CAF_CHECK(piece());
  CAF_CHECK(!course->status().trouble);
}

CAF_TEST(a ring that could not be written is told again) {
  CAF_CHECK(!rotate());
  file->full = true;
  while (said.empty())
    CAF_CHECK(piece());
  CAF_CHECK_EQUAL(code_of(course->status().trouble), ec::disk_full);
  CAF_CHECK(course->pause() == std::optional{std::chrono::milliseconds{limits::seal_again}});
  file->full = false;
  while (course->next() == step::piece)
    CAF_CHECK(piece());
  CAF_CHECK(!course->status().trouble);
}

CAF_TEST(a damaged row is not tried again before keys change) {
  auto key = std::string{"row3"};
  auto broken = **disk->get(space::timeseries, key);
  broken.back() = static_cast<char>(broken.back() ^ 1);
  CAF_CHECK(!disk->write({{space::timeseries, key, broken}}));
  CAF_CHECK(!rotate());
  while (said.empty())
    CAF_CHECK(piece());
  CAF_CHECK_EQUAL(code_of(course->status().trouble), ec::corrupt);
  CAF_CHECK(course->next() == step::piece);
  CAF_CHECK(!course->pause());
  CAF_CHECK(!rotate());
  CAF_CHECK(course->pause() == 0ms);
}

CAF_TEST(a change of keys says how it went) {
  file->full = true;
  CAF_CHECK_EQUAL(code_of(rotate()), ec::disk_full);
  file->full = false;
  CAF_CHECK(!rotate());
}

CAF_TEST_FIXTURE_SCOPE_END()
