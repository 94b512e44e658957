// The journal writes only what follows, numbers what it writes, and after a failed write trusts nobody from
// before.
#define CAF_SUITE persistence.journal_core
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/support/journal_bench.hpp>
#include <troupe/runtime/id.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

const std::string a = "t/probe/a", b = "t/probe/b";
const std::string large(limits::record_bytes, 'x'); // and the record around it

// A store that writes one batch and reopens only when told that it may.
class brittle_store final : public store {
public:
  explicit brittle_store(std::shared_ptr<memory_store> rows) : rows_{std::move(rows)} {}
  caf::error write(const write_batch& batch, const std::vector<fence>& fences) override {
    return rows_->write(batch, fences);
  }
  caf::expected<std::optional<std::string>> get(space where, std::string_view key) const override {
    if (unreadable)
      return make_error(ec::unavailable, "no disk");
    return rows_->get(where, key);
  }
  caf::error scan(space where, std::string_view from, std::string_view to,
                  const std::function<bool(std::string_view, std::string_view)>& row) const override {
    return rows_->scan(where, from, to, row);
  }
  caf::error scan_back(space where, std::string_view from, std::string_view to,
                       const std::function<bool(std::string_view, std::string_view)>& row) const override {
    return rows_->scan_back(where, from, to, row);
  }
  caf::error reopen() override {
    ++reopens;
    return stuck ? make_error(why, "no reopening") : rows_->reopen();
  }
  const std::string& naming_key() const override {
    return rows_->naming_key();
  }
  const std::string& id() const override {
    return rows_->id();
  }
  bool stuck = false;
  ec why = ec::unavailable;
  bool unreadable = false;
  int reopens = 0;

private:
  std::shared_ptr<memory_store> rows_;
};

struct core_bench {
  std::shared_ptr<memory_store> memory = open_memory(1);
  std::shared_ptr<brittle_store> rows = std::make_shared<brittle_store>(memory);
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  std::shared_ptr<memory_objects> objects = std::make_shared<memory_objects>(memory->naming_key());
  std::unique_ptr<journal_core> core;
  node_metrics meters;

  core_bench() {
    restart();
  }
  void restart() {
    core = std::make_unique<journal_core>(rows, time, meters, objects);
    CAF_REQUIRE(!core->start());
  }
  static std::string word(const Failure& failure) {
    return std::string{info(static_cast<ec>(failure.code())).name};
  }
  // What was delivered, in words: "appended 2 by 1", "failed outcome_unknown by 1", "replayed t/probe/a 3 as
  // 2".
  std::vector<std::string> process(std::vector<journal_order> orders) {
    std::vector<std::string> said;
    for (auto& delivery : core->process(orders)) {
      auto content = delivery.message->move_content_to_message();
      if (content.match_elements<Appended>()) {
        auto& appended = content.get_as<Appended>(0);
        said.push_back("appended " + std::to_string(appended.seq()) + " by " +
                       std::to_string(appended.incarnation()));
      } else if (content.match_elements<AppendFailed>()) {
        auto& failed = content.get_as<AppendFailed>(0);
        reason = failed.failure().text();
        said.push_back("failed " + word(failed.failure()) + " by " + std::to_string(failed.incarnation()));
      } else {
        last = content.get_as<Replayed>(0);
        said.push_back("replayed " + last.ref() + " " +
                       (last.has_failure() ? word(last.failure()) : std::to_string(last.events_size())) +
                       " as " + std::to_string(last.incarnation()));
      }
    }
    return said;
  }
  uint64_t open(const std::string& ref) {
    process({open_of(*rows, ref)});
    return last.incarnation();
  }
  append_order append(const std::string& ref, uint64_t incarnation, uint64_t seq,
                      const std::vector<std::string>& events) const {
    return append_of(*rows, ref, incarnation, seq, events);
  }
  using words = std::vector<std::string>;

  Replayed last;
  std::string reason;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(journal_core_tests, core_bench)

CAF_TEST(what follows is written and acknowledged and read back) {
  auto one = open(a);
  CAF_CHECK(process({append(a, one, 1, {"x", "y"})}) == words{"appended 2 by 1"});
  CAF_CHECK(process({append(a, one, 3, {"z"})}) == words{"appended 3 by 1"});
  CAF_CHECK(process({open_of(*rows, a)}) == words{"replayed t/probe/a 3 as 2"});
  JournalRecord record;
  CAF_REQUIRE(record.ParseFromString(last.events(2).record()));
  CAF_CHECK_EQUAL(std::string{record.event()}, "z");
  CAF_CHECK_EQUAL(uint64_t{last.events(2).seq()}, 3u);
}

CAF_TEST(a gap and a repetition are refused and write nothing) {
  auto one = open(a);
  process({append(a, one, 1, {"x"})});
  auto before = memory->digest();
  CAF_CHECK(process({append(a, one, 1, {"again"})}) == words{"failed outcome_unknown by 1"});
  CAF_CHECK(process({append(a, one, 3, {"gap"})}) == words{"failed outcome_unknown by 1"});
  CAF_CHECK_EQUAL(memory->digest(), before);
  CAF_CHECK(process({append(a, one, 2, {"y"})}) == words{"appended 2 by 1"});
}

CAF_TEST(an entity that never opened or has closed is refused) {
  CAF_CHECK(process({append(a, 1, 1, {"x"})}) == words{"failed outcome_unknown by 1"});
  auto one = open(a);
  process({close_order{identify(a, rows->naming_key()), one}});
  CAF_CHECK(process({append(a, one, 1, {"x"})}) == words{"failed outcome_unknown by 1"});
  CAF_CHECK(stored_events(*rows, a).empty());
}

CAF_TEST(a close of an older incarnation does not close the newer one) {
  auto one = open(a), two = open(a);
  process({close_order{identify(a, rows->naming_key()), one}});
  CAF_CHECK(process({append(a, two, 1, {"x"})}) == words{"appended 1 by 2"});
}

CAF_TEST(a stale incarnation is refused though its numbers fit) {
  auto one = open(a), two = open(a);
  CAF_CHECK(process({append(a, one, 1, {"old"})}) == words{"failed outcome_unknown by 1"});
  CAF_CHECK(process({append(a, two, 1, {"new"})}) == words{"appended 1 by 2"});
  CAF_CHECK(stored_events(*rows, a) == words{"1:new"});
}

CAF_TEST(an open in the queue keeps what came before it and drops what comes behind) {
  auto one = open(a);
  auto said = process({append(a, one, 1, {"before"}), open_of(*rows, a), append(a, one, 2, {"behind"})});
  CAF_CHECK(said == (words{"failed outcome_unknown by 1", "appended 1 by 1", "replayed t/probe/a 1 as 2"}));
  CAF_CHECK(stored_events(*rows, a) == words{"1:before"});
}

CAF_TEST(one write and one acknowledgement for all appends of an entity in a batch) {
  auto one = open(a), two = open(b);
  auto writes = memory->writes();
  auto said = process({append(a, one, 1, {"1"}), append(b, two, 1, {"1", "2"}), append(a, one, 2, {"2"}),
                       append(a, one, 3, {"3"})});
  CAF_CHECK(said == (words{"appended 3 by 1", "appended 2 by 2"}));
  CAF_CHECK_EQUAL(memory->writes(), writes + 1);
}

CAF_TEST(rows and a snapshot are written with the events) {
  auto one = open(a);
  auto order = append(a, one, 1, {"x"});
  order.rows.push_back({space::index, "\x02row", "value"});
  order.snapshot = "state";
  order.snapshot_version = 7;
  process({order});
  CAF_CHECK(**rows->get(space::index, "\x02row") == "value");
  process({open_of(*rows, a)});
  CAF_CHECK_EQUAL(uint64_t{last.snapshot_seq()}, 1u);
  CAF_CHECK_EQUAL(uint32_t{last.snapshot_version()}, 7u);
  CAF_CHECK_EQUAL(std::string{last.snapshot()}, "state");
  CAF_CHECK_EQUAL(last.events_size(), 0);
  auto whole = open_of(*rows, a);
  whole.without_snapshot = true;
  process({whole});
  CAF_CHECK_EQUAL(last.events_size(), 1);
  CAF_CHECK_EQUAL(uint64_t{last.snapshot_seq()}, 0u);
}

CAF_TEST(the ref of an entity is kept with its first event) {
  auto one = open(a);
  process({append(a, one, 1, {"x"})});
  CAF_CHECK(**rows->get(space::meta, name_key(identify(a, rows->naming_key()))) == a);
}

CAF_TEST(the last event of an append is marked) {
  auto one = open(a);
  process({append(a, one, 1, {"x", "y"}), append(a, one, 3, {"z"})});
  auto headers = stored_headers(*rows);
  CAF_REQUIRE_EQUAL(headers.size(), 3u);
  CAF_CHECK_EQUAL(int{headers[0].flags}, 0);
  CAF_CHECK_EQUAL(int{headers[1].flags}, int{last_of_append});
  CAF_CHECK_EQUAL(int{headers[2].flags}, int{last_of_append});
}

CAF_TEST(a failed write leaves the outcome unknown for all in it and nobody from before is believed) {
  auto one = open(a), two = open(b);
  auto generation = core->generation();
  memory->fail_next_write(false);
  CAF_CHECK(process({append(a, one, 1, {"x"}), append(b, two, 1, {"y"})}) ==
            (words{"failed outcome_unknown by 1", "failed outcome_unknown by 2"}));
  CAF_CHECK(reason.find("the store failed") == 0);
  CAF_CHECK_EQUAL(core->generation(), generation + 1);
  CAF_CHECK_EQUAL(rows->reopens, 1);
  for (auto seq : {1u, 2u})
    CAF_CHECK(process({append(a, one, seq, {"late"})}) == words{"failed outcome_unknown by 1"});
  CAF_CHECK(stored_events(*rows, a).empty());
  auto three = open(a);
  CAF_CHECK(three > two);
  CAF_CHECK(process({append(a, three, 1, {"fresh"})}) == words{"appended 1 by 3"});
}

CAF_TEST(a write that failed may be there and is read then) {
  auto one = open(a);
  memory->fail_next_write(true);
  CAF_CHECK(process({append(a, one, 1, {"x"})}) == words{"failed outcome_unknown by 1"});
  CAF_CHECK(process({open_of(*rows, a)}) == words{"replayed t/probe/a 1 as 2"});
  CAF_CHECK(process({append(a, 2, 2, {"y"})}) == words{"appended 2 by 2"});
  auto headers = stored_headers(*rows);
  CAF_REQUIRE_EQUAL(headers.size(), 2u); // each its own number
}

CAF_TEST(an open in a batch that fails is served from what is there) {
  auto one = open(a);
  process({append(a, one, 1, {"x"})});
  memory->fail_next_write(false);
  CAF_CHECK(process({append(a, one, 2, {"y"}), open_of(*rows, b), open_of(*rows, a)}) ==
            (words{"failed outcome_unknown by 1", "replayed t/probe/b 0 as 4", "replayed t/probe/a 1 as 5"}));
  CAF_CHECK(process({append(a, 5, 2, {"z"}), append(b, 4, 1, {"w"})}) ==
            (words{"appended 2 by 5", "appended 1 by 4"}));
}

CAF_TEST(a store that cannot reopen takes no writes until it can and is read meanwhile) {
  auto one = open(a);
  process({append(a, one, 1, {"x"})});
  rows->stuck = true;
  memory->fail_next_write(false);
  process({append(a, one, 2, {"y"})});
  CAF_CHECK(process({append(a, one, 2, {"y"})}) == words{"failed unavailable by 1"});
  CAF_CHECK(process({open_of(*rows, a)}) == words{"replayed t/probe/a 1 as 2"});
  CAF_CHECK(process({append(a, 2, 2, {"y"})}) == words{"failed unavailable by 2"});
  CAF_CHECK_EQUAL(rows->reopens, 4); // it tries each time
  rows->stuck = false;
  CAF_CHECK(process({append(a, 2, 2, {"y"})}) ==
            words{"failed outcome_unknown by 2"}); // it was told that it failed
  CAF_CHECK(process({open_of(*rows, a)}) == words{"replayed t/probe/a 1 as 3"});
  CAF_CHECK(process({append(a, 3, 2, {"y"})}) == words{"appended 2 by 3"});
}

CAF_TEST(a full disk has its own code and the next process brings the store back) {
  for (auto [why, told] : {std::pair{ec::disk_full, ec::disk_full}, std::pair{ec::read_only, ec::read_only},
                           std::pair{ec::permission_denied, ec::unavailable}}) {
    restart();
    rows->why = why;
    auto one = open(a);
    CAF_CHECK(!core->trouble());
    rows->stuck = true;
    memory->fail_next_write(false);
    process({append(a, one, stored_events(*rows, a).size() + 1, {"x"})});
    CAF_CHECK_EQUAL(code_of(core->trouble()), told);
    auto two = open(a);
    process({append(a, two, 1, {"x"})});
    CAF_CHECK(reason.find("the store accepts no writes: no reopening") == 0);
    rows->stuck = false;
    process({}); // as the thread does when nobody asks for anything
    CAF_CHECK(!core->trouble());
  }
}

CAF_TEST(who was opened while the disk was full goes on if nothing was left behind and else is replayed) {
  for (auto applied : {false, true}) {
    auto one = open(a), two = open(b);
    auto before = stored_events(*rows, a).size(), other = stored_events(*rows, b).size();
    rows->stuck = true;
    memory->fail_next_write(applied);
    process({append(a, one, before + 1, {"x"}), append(b, two, other + 1, {"y"})});
    one = open(a);
    rows->stuck = false;
    if (applied)
      CAF_CHECK_EQUAL(std::string{process({append(a, one, before + 1, {"z"})}).front()},
                      "failed outcome_unknown by " + std::to_string(one));
    else
      CAF_CHECK_EQUAL(std::string{process({append(a, one, before + 1, {"z"})}).front()},
                      "appended " + std::to_string(before + 1) + " by " + std::to_string(one));
  }
}

CAF_TEST(numbers and times grow strictly though the clock steps back and the journal restarts) {
  auto one = open(a);
  process({append(a, one, 1, {"1", "2"})});
  time->us -= 3'600'000'000;
  process({append(a, one, 3, {"3"})});
  restart();
  time->us -= 3'600'000'000;
  auto again = open(a);
  process({append(a, again, 4, {"4", "5"})});
  auto headers = stored_headers(*rows);
  CAF_REQUIRE_EQUAL(headers.size(), 5u);
  for (size_t i = 0; i < headers.size(); ++i) {
    CAF_CHECK_EQUAL(headers[i].gsn, i + 1);
    if (i > 0)
      CAF_CHECK(headers[i].time_us > headers[i - 1].time_us);
  }
  time->us += 10'000'000'000;
  process({append(a, again, 6, {"6"})});
  CAF_CHECK(stored_headers(*rows).back().time_us == time->us);
}

CAF_TEST(batches and events and bytes are counted when they are on disk) {
  auto one = open(a), two = open(b);
  CAF_CHECK_EQUAL(meters.journal_batches.value(), 0);
  process({append(a, one, 1, {"1", "2"}), append(b, two, 1, {"3"}), append(b, two, 9, {"refused"})});
  CAF_CHECK_EQUAL(meters.journal_batches.value(), 1);
  CAF_CHECK_EQUAL(meters.journal_events.value(), 3);
  CAF_CHECK_EQUAL(meters.journal_sync_seconds.value(), 1);
  auto bytes = meters.journal_bytes.value();
  process({append(a, one, 3, {"4"})});
  auto shorter = meters.journal_bytes.value() - bytes;
  process({append(a, one, 4, {std::string(100, '5')})});
  CAF_CHECK_EQUAL(meters.journal_bytes.value() - bytes - shorter, shorter + 99);
  CAF_CHECK_EQUAL(meters.journal_write_failures.value(), 0);
  memory->fail_next_write(false);
  process({append(a, one, 5, {"6"})});
  CAF_CHECK_EQUAL(meters.journal_batches.value(), 3);
  CAF_CHECK_EQUAL(meters.journal_events.value(), 5);
  CAF_CHECK_EQUAL(meters.journal_write_failures.value(), 1);
  CAF_CHECK_EQUAL(meters.journal_reopens.value(), 1);
}

CAF_TEST(a missing event and a damaged one are found and named) {
  auto one = open(a);
  process({append(a, one, 1, {"1", "2", "3"})});
  auto entity = identify(a, rows->naming_key());
  auto second = **rows->get(space::journal, journal_key(entity, 2));
  CAF_REQUIRE(!memory->write({{space::journal, journal_key(entity, 2), std::nullopt}}));
  CAF_CHECK(process({open_of(*rows, a)}) == words{"replayed t/probe/a corrupt as 2"});
  CAF_CHECK_EQUAL(std::string{last.failure().text()},
                  "t/probe/a: event 2 is missing; restore it from a copy");
  CAF_REQUIRE(!memory->write({{space::journal, journal_key(entity, 2), "short"}}));
  process({open_of(*rows, a)});
  CAF_CHECK_EQUAL(std::string{last.failure().text()},
                  "t/probe/a: event 2 is damaged; restore it from a copy");
  CAF_CHECK(process({append(a, last.incarnation(), 4, {"4"})}) == words{"failed outcome_unknown by 3"});
  CAF_REQUIRE(!memory->write({{space::journal, journal_key(entity, 2), second}}));
  CAF_CHECK(process({open_of(*rows, a)}) == words{"replayed t/probe/a 3 as 4"});
}

CAF_TEST(a damaged snapshot is passed by) {
  auto one = open(a);
  for (uint64_t seq : {1, 2}) {
    auto order = append(a, one, seq, {"x"});
    order.snapshot = "state " + std::to_string(seq);
    process({order});
  }
  auto entity = identify(a, rows->naming_key());
  CAF_REQUIRE(!memory->write({{space::snapshot, snapshot_key(entity, 2), "damaged"}}));
  process({open_of(*rows, a)});
  CAF_CHECK_EQUAL(std::string{last.snapshot()}, "state 1");
  CAF_CHECK_EQUAL(last.events_size(), 1);
}

CAF_TEST(a journal does not start over a counter row that is damaged or cannot be read) {
  auto one = open(a);
  process({append(a, one, 1, {"x"})});
  rows->unreadable = true;
  CAF_CHECK_EQUAL(code_of(journal_core(rows, time).start()), ec::unavailable);
  rows->unreadable = false;
  CAF_REQUIRE(!memory->write({{space::meta, store_key("journal"), "??"}}));
  CAF_CHECK_EQUAL(code_of(journal_core(rows, time).start()), ec::corrupt);
}

CAF_TEST(upkeep writes what it says and knows who is awake) {
  open(a);
  std::string heard = "nothing";
  auto chore = upkeep_order{[&](const store&, const upkeep_order::awake& is_awake) {
                              CAF_CHECK(is_awake(identify(a, rows->naming_key())));
                              CAF_CHECK(!is_awake(identify(b, rows->naming_key())));
                              return write_batch{{space::meta, "swept", "yes"}};
                            },
                            [&](const caf::error& outcome) { heard = describe(outcome); }};
  CAF_CHECK(process({chore}).empty());
  CAF_CHECK_EQUAL(heard, "no error");
  CAF_CHECK(memory->get(space::meta, "swept")->has_value());
}

CAF_TEST(upkeep sees what was appended before it in the same batch) {
  auto one = open(a);
  size_t seen = 0;
  process({append(a, one, 1, {"x"}), upkeep_order{[&](const store&, const upkeep_order::awake&) {
                                                    seen = stored_events(*rows, a).size();
                                                    return write_batch{};
                                                  },
                                                  {}}});
  CAF_CHECK_EQUAL(seen, 1u);
}

CAF_TEST(upkeep that could not be written is told and ends every incarnation) {
  auto one = open(a);
  memory->fail_next_write(false);
  auto heard = ec{};
  process({upkeep_order{[](const store&, const upkeep_order::awake&) {
                          return write_batch{{space::meta, "swept", "yes"}};
                        },
                        [&](const caf::error& outcome) { heard = code_of(outcome); }}});
  CAF_CHECK_EQUAL(heard, ec::outcome_unknown);
  CAF_CHECK_EQUAL(core->generation(), 2u);
  CAF_CHECK(process({append(a, one, 1, {"x"})}) == words{"failed outcome_unknown by 1"});
}

CAF_TEST(a large event is an object and comes back whole after a restart) {
  auto one = open(a);
  CAF_CHECK(process({append(a, one, 1, {"small", large})}) == words{"appended 2 by 1"});
  CAF_CHECK_EQUAL(objects->size(), 1u);
  CAF_CHECK_EQUAL(meters.objects_kept.value(), 1);
  CAF_CHECK(meters.object_bytes.value() > static_cast<double>(large.size()));
  restart();
  process({open_of(*rows, a)});
  CAF_REQUIRE_EQUAL(last.events_size(), 2);
  JournalRecord record;
  CAF_REQUIRE(record.ParseFromString(last.events(1).record()));
  CAF_CHECK_EQUAL(record.event(), large);
}

CAF_TEST(a large event whose object is missing or altered is named and never replayed wrong) {
  auto one = open(a);
  process({append(a, one, 1, {large})});
  auto stored = **rows->get(space::journal, journal_key(identify(a, rows->naming_key()), 1));
  auto id = reference_in(stored)->name.id;
  objects->damage(id);
  CAF_CHECK(process({open_of(*rows, a)}) == words{"replayed t/probe/a corrupt as 2"});
  CAF_CHECK_EQUAL(std::string{last.failure().text()}, "t/probe/a: event 1: a record of t/probe/a: object " +
                                                          to_string(id) +
                                                          " is not what it was; restore it from a backup");
  CAF_CHECK(!objects->erase(id));
  CAF_CHECK(process({open_of(*rows, a)}) == words{"replayed t/probe/a corrupt as 3"});
}

CAF_TEST(an object that cannot be kept refuses its append and no other) {
  auto one = open(a), two = open(b);
  process({append(a, one, 1, {"x"})});
  auto before = memory->digest();
  objects->fail_next_put();
  CAF_CHECK(process({append(a, one, 2, {"y", large}), append(a, one, 4, {"z"})}) ==
            (words{"failed outcome_unknown by 1", "failed outcome_unknown by 1"}));
  CAF_CHECK(reason.find("newer incarnation") != std::string::npos);
  CAF_CHECK_EQUAL(memory->digest(), before);
  CAF_CHECK_EQUAL(objects->size(), 0u);
  objects->fail_next_put();
  CAF_CHECK(process({append(b, two, 1, {"w"}), append(a, open(a), 2, {large})}) ==
            (words{"failed outcome_unknown by 3", "appended 1 by 2"}));
  CAF_CHECK(reason.find("on demand") != std::string::npos);
  CAF_CHECK(stored_events(*rows, a) == words{"1:x"});
  CAF_CHECK(stored_events(*rows, b) == words{"1:w"});
}

CAF_TEST(an object of a batch that failed is garbage until a sweep and not before the outcome is known) {
  auto one = open(a);
  memory->fail_next_write(true);
  process({append(a, one, 1, {large})});
  CAF_CHECK_EQUAL(size_t{*sweep_objects(*memory, *objects, shard_of(a))}, 0u); // the batch is there after all
  CAF_CHECK(process({open_of(*rows, a)}) == words{"replayed t/probe/a 1 as 2"});
  memory->fail_next_write(false);
  process({append(a, 2, 2, {large + "y"})});
  CAF_CHECK_EQUAL(objects->size(), 2u);
  CAF_CHECK_EQUAL(size_t{*sweep_objects(*memory, *objects, shard_of(a))}, 1u);
  CAF_CHECK(process({open_of(*rows, a)}) == words{"replayed t/probe/a 1 as 3"});
}

CAF_TEST(upkeep that erases records takes their objects after its batch is durable and only then) {
  auto one = open(a);
  process({append(a, one, 1, {large, large})});
  process({close_order{identify(a, rows->naming_key()), one}});
  auto erase = [&] {
    return upkeep_order{[&](const store&, const upkeep_order::awake&) {
                          write_batch batch;
                          for (uint64_t seq : {1, 2})
                            batch.push_back({space::journal,
                                             journal_key(identify(a, rows->naming_key()), seq),
                                             std::nullopt});
                          return batch;
                        },
                        {}};
  };
  memory->fail_next_write(false);
  process({erase()});
  CAF_CHECK_EQUAL(objects->size(), 1u);
  CAF_CHECK(process({open_of(*rows, a)}) == words{"replayed t/probe/a 2 as 2"});
  process({close_order{identify(a, rows->naming_key()), 2}});
  process({erase()});
  CAF_CHECK_EQUAL(objects->size(), 0u);
  CAF_CHECK_EQUAL(meters.objects_erased.value(), 1);
}

CAF_TEST(an object that is erased and kept again in the same round is there) {
  auto one = open(a), two = open(b);
  process({append(a, one, 1, {large})});
  process({close_order{identify(a, rows->naming_key()), one}});
  auto erase = upkeep_order{
      [&](const store&, const upkeep_order::awake&) {
        return write_batch{{space::journal, journal_key(identify(a, rows->naming_key()), 1), std::nullopt}};
      },
      {}};
  auto again = append(a, 0, 1, {large});
  process({open_of(*rows, a)});
  again.incarnation = last.incarnation();
  again.first_seq = 2; // the same bytes once more, before the erasure is written
  process({again, erase, append(b, two, 1, {"x"})});
  auto stored = **rows->get(space::journal, journal_key(identify(a, rows->naming_key()), 2));
  CAF_CHECK(read_record(a, stored, objects.get()));
  CAF_CHECK_EQUAL(objects->size(), 1u);
}

CAF_TEST(of the snapshots of an entity two are kept) {
  auto one = open(a);
  for (uint64_t seq : {1, 2, 3, 4}) {
    auto order = append(a, one, seq, {"x"});
    order.snapshot = "state " + std::to_string(seq) + large;
    process({order});
  }
  size_t snapshots = 0;
  auto entity = identify(a, rows->naming_key());
  CAF_CHECK(!rows->scan(space::snapshot, entity_begin(entity), entity_end(entity),
                        [&](auto, auto) { return ++snapshots > 0; }));
  CAF_CHECK_EQUAL(snapshots, 2u);
  CAF_CHECK_EQUAL(objects->size(), 2u);
  process({open_of(*rows, a)});
  CAF_CHECK(last.snapshot() == "state 4" + large);
  objects->damage(reference_in(**rows->get(space::snapshot, snapshot_key(entity, 4)))->name.id);
  process({open_of(*rows, a)});
  CAF_CHECK(last.snapshot() == "state 3" + large);
  CAF_CHECK_EQUAL(last.events_size(), 1);
}

CAF_TEST(a replay tells which command ids have expired) {
  process({open_of(*rows, a)});
  CAF_CHECK_EQUAL(last.expired_before(), "");
  CAF_REQUIRE(!memory->write({{space::meta, expired_key(a, rows->naming_key()), last_id_of(1000)}}));
  process({open_of(*rows, a)});
  CAF_CHECK_EQUAL(last.expired_before(), last_id_of(1000));
}

CAF_TEST_FIXTURE_SCOPE_END()
