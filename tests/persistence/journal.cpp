// The journal's thread acknowledges what is on the disk, in the order it was given, and ends with nothing
// left in its queue.
#define CAF_SUITE persistence.journal
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <future>
#include <tests/support/journal_bench.hpp>
#include <tests/support/scratch.hpp>

using namespace troupe;

namespace {

const std::string a = "t/probe/a";

struct journal_config : caf::actor_system_config {
  journal_config() {
    add_messages(*this);
  }
};

// A real store and a real thread; the test waits for messages, never for time.
struct disk_bench {
  journal_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  test::scratch home;
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  std::shared_ptr<store> rows;
  std::unique_ptr<journal> disk;
  node_metrics meters;

  disk_bench() {
    open();
  }
  void open() {
    disk.reset();
    rows.reset();
    auto opened = open_rocksdb((home.path() / "store").string());
    CAF_REQUIRE(opened);
    rows = *opened;
    auto started = start_journal(rows, time, meters);
    CAF_REQUIRE(started);
    disk = std::move(*started);
  }
  Replayed wake(const std::string& ref) {
    auto order = open_of(*rows, ref);
    order.reply_to = caf::actor_cast<caf::strong_actor_ptr>(self);
    disk->submit(std::move(order));
    Replayed replayed;
    self->receive([&](const Replayed& answer) { replayed = answer; });
    return replayed;
  }
  void submit(uint64_t incarnation, uint64_t seq, const std::vector<std::string>& events) {
    auto order = append_of(*rows, a, incarnation, seq, events);
    order.owner = caf::actor_cast<caf::strong_actor_ptr>(self);
    disk->submit(std::move(order));
  }
  // The last acknowledgement up to `seq`; they never go back.
  uint64_t await(uint64_t seq) {
    uint64_t last = 0;
    while (last < seq)
      self->receive(
          [&](const Appended& appended) {
            CAF_CHECK(appended.seq() > last);
            last = appended.seq();
          },
          [&](const AppendFailed& failed) {
            CAF_ERROR("refused: " << failed.failure().text());
            last = seq;
          });
    return last;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(journal_tests, disk_bench)

CAF_TEST(what is acknowledged is there after a restart) {
  auto incarnation = wake(a).incarnation();
  for (uint64_t seq = 1; seq <= 200; ++seq)
    submit(incarnation, seq, {"event"});
  CAF_CHECK_EQUAL(await(200), 200u);
  open();
  CAF_CHECK_EQUAL(wake(a).events_size(), 200);
}

CAF_TEST(a stale incarnation is refused over the thread too) {
  auto one = wake(a).incarnation();
  wake(a);
  submit(one, 1, {"late"});
  self->receive([&](const AppendFailed& failed) {
    CAF_CHECK_EQUAL(uint32_t{failed.failure().code()}, static_cast<uint32_t>(ec::outcome_unknown));
  });
  CAF_CHECK(stored_events(*rows, a).empty());
}

CAF_TEST(the destructor finishes what is queued) {
  auto incarnation = wake(a).incarnation();
  for (uint64_t seq = 1; seq <= 500; ++seq)
    submit(incarnation, seq, {std::string(1000, 'x')});
  disk.reset();
  CAF_CHECK_EQUAL(stored_events(*rows, a).size(), 500u);
  CAF_CHECK_EQUAL(await(500), 500u);
}

CAF_TEST(the queue is measured in bytes and empty again when all is written) {
  CAF_CHECK_EQUAL(disk->queued_bytes(), 0u);
  auto incarnation = wake(a).incarnation();
  for (uint64_t seq = 1; seq <= 20; ++seq)
    submit(incarnation, seq, {std::string(limits::journal_batch_bytes / 4, 'x')});
  CAF_CHECK(disk->queued_bytes() < 21 * limits::journal_batch_bytes / 4);
  await(20);
  CAF_CHECK_EQUAL(wake(a).events_size(), 20); // behind it in the queue
  disk.reset();
  CAF_CHECK_EQUAL(stored_events(*rows, a).size(), 20u);
}

CAF_TEST(the queue is shown when a batch is taken and when it is done) {
  struct watching final : clock { // looks at the queue whenever the journal asks it for the time
    metric queue;
    mutable std::atomic<double> most = 0;
    int64_t now_us() const override {
      most = std::max(most.load(), queue.value());
      return 1'700'000'000'000'000;
    }
  };
  auto watch = std::make_shared<watching>();
  watch->queue = meters.journal_queue_bytes;
  disk.reset();
  auto started = start_journal(rows, watch, meters);
  CAF_REQUIRE(started);
  disk = std::move(*started);
  submit(wake(a).incarnation(), 1, {std::string(1000, 'x')});
  await(1);
  disk.reset();
  CAF_CHECK(watch->most.load() >= 1000);
  CAF_CHECK_EQUAL(meters.journal_queue_bytes.value(), 0);
}

CAF_TEST(a journal over a damaged counter does not start) {
  auto memory = open_memory(1);
  CAF_REQUIRE(!memory->write({{space::meta, store_key("journal"), "??"}}));
  auto started = start_journal(memory, time);
  CAF_REQUIRE(!started);
  CAF_CHECK_EQUAL(code_of(started.error()), ec::corrupt);
}

CAF_TEST(a store that accepts no writes is tried again though nobody asks for anything) {
  struct full_store final : store { // refuses to come back a few times, as while its disk is full
    std::shared_ptr<store> rows;
    std::atomic<int> refusals = 0;
    caf::error write(const write_batch& batch, const std::vector<fence>& fences) override {
      return refusals > 0 ? make_error(ec::outcome_unknown, "full") : rows->write(batch, fences);
    }
    caf::expected<std::optional<std::string>> get(space where, std::string_view key) const override {
      return rows->get(where, key);
    }
    caf::error scan(space where, std::string_view from, std::string_view to,
                    const std::function<bool(std::string_view, std::string_view)>& row) const override {
      return rows->scan(where, from, to, row);
    }
    caf::error scan_back(space where, std::string_view from, std::string_view to,
                         const std::function<bool(std::string_view, std::string_view)>& row) const override {
      return rows->scan_back(where, from, to, row);
    }
    caf::error reopen() override {
      return refusals-- > 0 ? make_error(ec::disk_full, "no room") : caf::error{};
    }
    const std::string& naming_key() const override {
      return rows->naming_key();
    }
    const std::string& id() const override {
      return rows->id();
    }
  };
  auto full = std::make_shared<full_store>();
  full->rows = rows;
  std::vector<ec> told;
  std::promise<void> over;
  auto started = start_journal(full, time, {}, {}, [&](const caf::error& trouble) {
    told.push_back(code_of(trouble));
    if (!trouble)
      over.set_value();
  });
  CAF_REQUIRE(started);
  disk = std::move(*started);
  auto incarnation = wake(a).incarnation();
  full->refusals = 2;
  submit(incarnation, 1, {"lost"});
  self->receive([&](const AppendFailed& failed) {
    CAF_CHECK_EQUAL(uint32_t{failed.failure().code()}, static_cast<uint32_t>(ec::outcome_unknown));
  });
  over.get_future().wait(); // the thread asks by itself
  CAF_CHECK(told == (std::vector<ec>{ec::disk_full, ec{}}));
  CAF_CHECK(!disk->trouble());
  submit(wake(a).incarnation(), 1, {"kept"});
  CAF_CHECK_EQUAL(await(1), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
