// A keeper seals while the journal works, and answers who asked.
#define CAF_SUITE persistence.seal_keeper
#include <caf/test/unit_test.hpp>
#include <condition_variable>
#include <deque>
#include <future>
#include <tests/support/journal_bench.hpp>
#include <tests/support/memory_key_file.hpp>
#include <troupe/persistence/seal_keeper.hpp>

using namespace troupe;

namespace {

struct bench {
  std::shared_ptr<memory_store> memory = open_memory(1);
  std::shared_ptr<memory_key_file> file = std::make_shared<memory_key_file>();
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  sealing_key master = sealing_key::random();
  std::shared_ptr<sealed_store> sealed;
  std::shared_ptr<journal> disk;
  std::unique_ptr<seal_keeper> keeper;
  std::mutex mutex; // guards said
  std::condition_variable spoken;
  std::deque<std::string> said;

  ~bench() {
    keeper.reset(); // it speaks into the above
    disk.reset();
  }

  void start() {
    auto opened = seal_store(memory, file, master, time);
    CAF_REQUIRE(opened);
    sealed = opened->sealed;
    auto started = start_journal(sealed, time);
    CAF_REQUIRE(started);
    disk = std::move(*started);
    keeper = std::make_unique<seal_keeper>(sealed, disk, [this](std::string_view text) {
      std::lock_guard lock{mutex};
      said.emplace_back(text);
      spoken.notify_one();
    });
  }
  // The next line the keeper says.
  std::string heard() {
    std::unique_lock lock{mutex};
    spoken.wait(lock, [&] { return !said.empty(); });
    auto line = std::move(said.front());
    said.pop_front();
    return line;
  }
  caf::error done(const std::function<void(seal_keeper::listener)>& act) {
    std::promise<caf::error> outcome;
    act([&](const caf::error& failed) { outcome.set_value(failed); });
    return outcome.get_future().get();
  }
  void write(const std::string& ref) {
    CAF_CHECK(!sealed->write(
        {{space::meta, name_key(identify(ref, sealed->naming_key())), ref, std::string{tenant_of(ref)}}}));
  }
  bool has(const std::string& ref) const {
    auto row = sealed->get(space::meta, name_key(identify(ref, sealed->naming_key())));
    return row && *row == ref;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(seal_keeper_tests, bench)

CAF_TEST(a plain store is sealed and cleaned without being asked) {
  CAF_CHECK(!memory->write(
      {{space::meta, name_key(identify("acme/task/1", memory->naming_key())), "acme/task/1"}}));
  start();
  CAF_CHECK_EQUAL(heard(), "all 1 rows are sealed under the active keys; 1 were sealed anew or erased");
  CAF_CHECK_EQUAL(heard(), "the files from before the first key hold nothing any more");
  auto now = keeper->status();
  CAF_CHECK(!now.sealing);
  CAF_CHECK(now.keys->stage() == seal_stage::clean);
  CAF_CHECK_EQUAL(now.seen, 1u);
  CAF_CHECK_EQUAL(now.changed, 1u);
  CAF_CHECK(has("acme/task/1"));
}

CAF_TEST(keys are rotated and what is stored follows) {
  start();
  write("acme/task/1");
  auto before = sealed->ring().keys()->active("acme")->key.id;
  CAF_CHECK(!done([&](auto then) { keeper->rotate({}, then); }));
  CAF_CHECK(sealed->ring().keys()->active("acme")->key.id != before);
  CAF_CHECK_EQUAL(heard(), "all 1 rows are sealed under the active keys; 1 were sealed anew or erased");
  CAF_CHECK(keeper->status().keys->find(before)->state == key_state::spare);
  CAF_CHECK(has("acme/task/1"));
}

CAF_TEST(a new master key takes over) {
  start();
  auto next_master = sealing_key::random();
  auto fingerprint = keeper->status().master;
  CAF_CHECK(!done([&](auto then) { keeper->rotate(next_master, then); }));
  CAF_CHECK_NOT_EQUAL(keeper->status().master, fingerprint);
  heard();
  CAF_CHECK(key_ring::open(file, next_master, time));
  CAF_CHECK(!key_ring::open(file, master, time));
}

CAF_TEST(a tenant is shredded and its rows are erased) {
  start();
  write("acme/task/1");
  write("other/task/1");
  CAF_CHECK(!done([&](auto then) { keeper->shred("acme", then); }));
  CAF_CHECK_EQUAL(heard(), "all 2 rows are sealed under the active keys; 1 were sealed anew or erased");
  CAF_CHECK(!has("acme/task/1"));
  CAF_CHECK(has("other/task/1"));
  CAF_CHECK_EQUAL(code_of(done([&](auto then) { keeper->shred("nobody", then); })), ec::not_found);
  CAF_CHECK_EQUAL(code_of(done([&](auto then) { keeper->shred("acme", then); })), ec::shredded);
}

CAF_TEST(trouble is told and the next change of keys tries again) {
  start();
  write("acme/task/1");
  file->full = true;
  CAF_CHECK_EQUAL(code_of(done([&](auto then) { keeper->rotate({}, then); })), ec::disk_full);
  file->full = false;
  CAF_CHECK(!done([&](auto then) { keeper->rotate({}, then); }));
  heard();
  CAF_CHECK(!keeper->status().trouble);
}

CAF_TEST(a damaged row is told and the old keys stay) {
  start();
  write("acme/task/1");
  auto key = name_key(identify("acme/task/1", sealed->naming_key()));
  auto broken = **memory->get(space::meta, key);
  broken.back() = static_cast<char>(broken.back() ^ 1);
  CAF_CHECK(!memory->write({{space::meta, key, broken}}));
  CAF_CHECK(!done([&](auto then) { keeper->rotate({}, then); }));
  CAF_CHECK_EQUAL(heard().substr(0, 27), "not all rows could be seale");
  auto now = keeper->status();
  CAF_CHECK_EQUAL(code_of(now.trouble), ec::corrupt);
  CAF_CHECK(now.sealing);
}

CAF_TEST(a keeper that goes in the middle is taken over by the next) {
  for (int i = 0; i < 50; ++i)
    CAF_CHECK(!memory->write({{space::index, "k" + std::to_string(i), std::string(100'000, 'x')}}));
  start();
  keeper.reset();
  disk.reset();
  memory = memory->clone();
  start();
  CAF_CHECK_EQUAL(heard().substr(0, 11), "all 50 rows");
  CAF_CHECK_EQUAL(heard(), "the files from before the first key hold nothing any more");
}

CAF_TEST(a keeper among others runs no pass and refuses a new master key) {
  CAF_CHECK(!memory->write(
      {{space::meta, name_key(identify("acme/task/1", memory->naming_key())), "acme/task/1"}}));
  auto opened = seal_store(memory, file, master, time);
  CAF_REQUIRE(opened);
  auto started = start_journal(opened->sealed, time);
  CAF_REQUIRE(started);
  std::shared_ptr<journal> others = std::move(*started);
  seal_keeper one{opened->sealed, others, {}, false};
  CAF_CHECK_EQUAL(code_of(done([&](auto then) { one.rotate(sealing_key::random(), then); })), ec::conflict);
  CAF_CHECK(!done([&](auto then) { one.rotate({}, then); }));
  auto now = one.status();
  CAF_CHECK(now.sealing);
  CAF_CHECK_EQUAL(now.seen, 0u);
  CAF_CHECK_EQUAL(code_of(now.trouble), ec::unavailable);
  auto plain = memory->get(space::meta, name_key(identify("acme/task/1", memory->naming_key())));
  CAF_CHECK(plain && *plain == "acme/task/1");
}

CAF_TEST_FIXTURE_SCOPE_END()
