// Two journals over one store: whoever has lost a shard writes nothing to it, and loses nobody else's events for it.
#define CAF_SUITE persistence.journal_writer
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/support/journal_bench.hpp>
#include <tests/support/memory_spent_place.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

const std::string a = "t/probe/a", b = "t/probe/b"; // in different shards
const std::string large(limits::record_bytes, 'x'); // and the record around it

struct shared_store {
  // One node: its journal, and what it has been told.
  struct member {
    std::string name;
    std::shared_ptr<shard_epochs> epochs = std::make_shared<shard_epochs>();
    std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
    std::shared_ptr<spent_marks> marks{};
    node_metrics meters{};
    std::vector<uint8_t> deposed{};
    std::unique_ptr<journal_core> core{};
  };
  using words = std::vector<std::string>;

  std::shared_ptr<memory_store> rows = open_memory(1);
  std::shared_ptr<memory_objects> objects = std::make_shared<memory_objects>(rows->naming_key());
  member one{"one"}, two{"two"};
  Replayed last;
  std::string reason;

  shared_store() {
    CAF_REQUIRE(shard_of(a) != shard_of(b));
    start(one);
    start(two);
  }
  void start(member& node) {
    node.core = std::make_unique<journal_core>(
        rows, node.time, node.meters, objects, node.marks,
        journal_sharing{node.epochs, node.name, [&node](uint8_t shard) { node.deposed.push_back(shard); }});
    CAF_REQUIRE(!node.core->start());
  }
  static std::string word(const Failure& failure) {
    return std::string{info(static_cast<ec>(failure.code())).name};
  }
  words process(member& node, std::vector<journal_order> orders) {
    words said;
    for (auto& delivery : node.core->process(orders)) {
      auto content = delivery.message->move_content_to_message();
      if (content.match_elements<Appended>()) {
        said.push_back("appended " + std::to_string(content.get_as<Appended>(0).seq()));
      } else if (content.match_elements<AppendFailed>()) {
        reason = content.get_as<AppendFailed>(0).failure().text();
        said.push_back("failed " + word(content.get_as<AppendFailed>(0).failure()));
      } else {
        last = content.get_as<Replayed>(0);
        said.push_back("replayed " +
                       (last.has_failure() ? word(last.failure()) : std::to_string(last.events_size())));
      }
    }
    return said;
  }
  // As whoever keeps the shards does.
  uint64_t take(member& node, const std::string& ref) {
    auto epoch = rows->raise_epoch(shard_of(ref));
    CAF_REQUIRE(epoch);
    node.epochs->set(shard_of(ref), *epoch);
    return *epoch;
  }
  uint64_t open(member& node, const std::string& ref) {
    process(node, {open_of(*rows, ref)});
    return last.incarnation();
  }
  append_order append(const std::string& ref, uint64_t incarnation, uint64_t seq,
                      const std::vector<std::string>& events) const {
    return append_of(*rows, ref, incarnation, seq, events);
  }
  words events(const std::string& ref) const {
    return stored_events(*rows, ref);
  }
  upkeep_order upkeep(const std::vector<std::string>& refs, ec& heard,
                      std::function<void()> meanwhile = {}) const {
    return {[=, this](const store&, const upkeep_order::awake&) {
              if (meanwhile)
                meanwhile();
              write_batch batch;
              for (auto& ref : refs)
                batch.push_back({space::meta, expired_key(ref, rows->naming_key()), "swept"});
              return batch;
            },
            [&heard](const caf::error& outcome) { heard = outcome ? code_of(outcome) : ec{}; }};
  }
  bool is_swept(const std::string& ref) const {
    return rows->get(space::meta, expired_key(ref, rows->naming_key()))->has_value();
  }
  size_t objects_counted() const {
    size_t found = 0;
    for (auto shard : {shard_of(a), shard_of(b)})
      CAF_REQUIRE(!rows->scan(space::meta, object_begin(shard), object_end(shard),
                              [&](auto, auto) { return ++found > 0; }));
    return found;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(journal_writer_tests, shared_store)

CAF_TEST(a shard that is not this node s is neither read nor written) {
  CAF_CHECK(process(one, {open_of(*rows, a)}) == words{"replayed unavailable"});
  take(one, a);
  auto life = open(one, a);
  CAF_CHECK(process(one, {append(a, life, 1, {"x"})}) == words{"appended 1"});
  CAF_CHECK(process(one, {open_of(*rows, b)}) == words{"replayed unavailable"});
  one.epochs->set(shard_of(a), 0);
  CAF_CHECK(process(one, {append(a, life, 2, {"y"})}) == words{"failed unavailable"});
  CAF_CHECK(reason == "shard " + std::to_string(shard_of(a)) + " has left this node");
  CAF_CHECK(process(one, {open_of(*rows, a)}) == words{"replayed unavailable"});
  CAF_CHECK(events(a) == words{"1:x"});
  CAF_CHECK(one.deposed.empty()); // its node has said so itself
}

CAF_TEST(who takes a shard over sees all of it and the owner before writes nothing any more) {
  take(one, a);
  auto before = open(one, a);
  process(one, {append(a, before, 1, {"x"})});
  auto epoch = take(two, a);
  CAF_CHECK(process(two, {open_of(*rows, a)}) == words{"replayed 1"});
  auto digest = rows->digest();
  CAF_CHECK(process(one, {append(a, before, 2, {"late"})}) == words{"failed unavailable"});
  CAF_CHECK_EQUAL(rows->digest(), digest);
  CAF_CHECK(one.deposed == std::vector<uint8_t>{shard_of(a)});
  CAF_CHECK_EQUAL(one.epochs->of(shard_of(a)) + 1, epoch); // is for its node to change
  CAF_CHECK(process(two, {append(a, last.incarnation(), 2, {"y"})}) == words{"appended 2"});
  CAF_CHECK(events(a) == (words{"1:x", "2:y"}));
  CAF_CHECK_EQUAL(one.core->generation(), 1u); // the store is well
  CAF_CHECK_EQUAL(one.meters.journal_write_failures.value(), 0);
  CAF_CHECK(two.deposed.empty());
}

CAF_TEST(whoever is deposed is told so until he acts on it and asks the store once) {
  take(one, a);
  auto before = open(one, a);
  take(two, a);
  process(one, {append(a, before, 1, {"x"})});
  auto writes = rows->writes();
  CAF_CHECK(process(one, {open_of(*rows, a), append(a, before, 1, {"x"})}) ==
            (words{"failed outcome_unknown", "replayed unavailable"}));
  CAF_CHECK(one.deposed == (std::vector<uint8_t>{shard_of(a), shard_of(a)}));
  CAF_CHECK_EQUAL(rows->writes(), writes);
  take(one, a);
  CAF_CHECK(process(one, {open_of(*rows, a)}) == words{"replayed 0"});
  CAF_CHECK(process(one, {append(a, last.incarnation(), 1, {"y"})}) == words{"appended 1"});
  CAF_CHECK_EQUAL(one.deposed.size(), 2u);
}

CAF_TEST(of a batch those whose shard is lost are refused and all others acknowledged) {
  take(one, a);
  take(one, b);
  auto lost = open(one, a), kept = open(one, b);
  take(two, a);
  CAF_CHECK(process(one, {append(a, lost, 1, {"x"}), append(b, kept, 1, {"1", large}),
                          append(a, lost, 2, {large}), append(b, kept, 3, {"3"})}) ==
            (words{"failed unavailable", "appended 3"}));
  CAF_CHECK(events(a).empty());
  CAF_CHECK_EQUAL(events(b).size(), 3u);
  CAF_CHECK(!rows->get(space::meta, name_key(identify(a, rows->naming_key())))->has_value());
  CAF_CHECK_EQUAL(objects_counted(), 1u);
  CAF_CHECK_EQUAL(one.meters.journal_events.value(), 3);
  CAF_CHECK_EQUAL(one.core->generation(), 1u);
  CAF_CHECK(process(one, {append(b, kept, 4, {"4"})}) == words{"appended 4"});
  CAF_CHECK(one.deposed == std::vector<uint8_t>{shard_of(a)});
  start(one);
  CAF_CHECK(process(one, {open_of(*rows, b)}) == words{"replayed 4"});
}

CAF_TEST(an object that a refused append would have dropped stays) {
  take(one, a);
  take(one, b);
  auto life = open(one, a), other = open(one, b);
  for (uint64_t seq : {1, 2}) {
    auto order = append(a, life, seq, {"x"});
    order.snapshot = "state " + std::to_string(seq) + large;
    process(one, {order});
  }
  CAF_CHECK_EQUAL(objects->size(), 2u);
  take(two, a);
  auto third = append(a, life, 3, {"x"});
  third.snapshot = "state 3" + large; // takes the place of the first
  CAF_CHECK(process(one, {third, append(b, other, 1, {"y"})}) == (words{"failed unavailable", "appended 1"}));
  process(two, {open_of(*rows, a)});
  CAF_CHECK(last.snapshot() == "state 2" + large);
  CAF_CHECK_EQUAL(objects_counted(), 2u);
  auto entity = identify(a, rows->naming_key());
  for (uint64_t seq : {1, 2})
    CAF_CHECK(read_record(a, **rows->get(space::snapshot, snapshot_key(entity, seq)), objects.get()));
  CAF_CHECK_EQUAL(size_t{*sweep_objects(*rows, *objects, shard_of(a))}, 1u); // what was kept for nothing
}

CAF_TEST(a store that fails while a batch is written shard by shard has failed) {
  take(one, a);
  take(one, b);
  auto lost = open(one, a), kept = open(one, b);
  take(two, a);
  rows->fail_next_write(false);
  auto said = process(one, {append(a, lost, 1, {"x"}), append(b, kept, 1, {"y"})});
  CAF_REQUIRE_EQUAL(said.size(), 2u);
  CAF_CHECK_EQUAL(said[1], "failed outcome_unknown");
  CAF_CHECK_EQUAL(one.core->generation(), 2u);
  CAF_CHECK(events(a).empty() && events(b).empty());
  CAF_CHECK(process(one, {open_of(*rows, b)}) == words{"replayed 0"});
  CAF_CHECK(process(one, {append(b, last.incarnation(), 1, {"z"})}) == words{"appended 1"});
}

CAF_TEST(who was awake before a shard left and came back writes nothing under the newer epoch) {
  take(one, a);
  auto old = open(one, a);
  process(one, {append(a, old, 1, {"x"})});
  take(two, a);
  auto there = open(two, a);
  process(two, {append(a, there, 2, {"y"})});
  take(one, a);
  CAF_CHECK(process(one, {append(a, old, 2, {"stale"})}) == words{"failed unavailable"});
  CAF_CHECK(process(one, {open_of(*rows, a)}) == words{"replayed 2"});
  CAF_CHECK(process(one, {append(a, last.incarnation(), 3, {"z"})}) == words{"appended 3"});
  CAF_CHECK(process(two, {append(a, there, 3, {"late"})}) == words{"failed unavailable"});
  CAF_CHECK(events(a) == (words{"1:x", "2:y", "3:z"}));
}

CAF_TEST(an append whose rows are of another shard is refused) {
  take(one, a);
  take(one, b);
  auto life = open(one, a);
  auto order = append(a, life, 1, {"x"});
  order.rows.push_back(
      {space::index, index_key(identify(b, rows->naming_key()), index_table::runs, "r", rows->naming_key()),
       "v"});
  CAF_CHECK(process(one, {order}) == words{"failed internal"});
  CAF_CHECK(events(a).empty());
}

CAF_TEST(upkeep of a lost shard is refused as a whole and the others are asked by themselves) {
  auto heard = ec{};
  process(one, {upkeep({a}, heard)});
  CAF_CHECK_EQUAL(heard, ec::unavailable);
  take(one, a);
  take(one, b);
  auto kept = open(one, b);
  take(two, a);
  process(one, {upkeep({a, b}, heard)});
  CAF_CHECK_EQUAL(heard, ec::unavailable);
  CAF_CHECK(!is_swept(a) && !is_swept(b));
  CAF_CHECK(one.deposed == std::vector<uint8_t>{shard_of(a)});
  process(one, {upkeep({b}, heard)});
  CAF_CHECK_EQUAL(heard, ec{});
  CAF_CHECK(is_swept(b));
  CAF_CHECK(process(one, {append(b, kept, 1, {"x"})}) == words{"appended 1"}); // its seat is still there
  process(two, {upkeep({a}, heard)});
  CAF_CHECK(is_swept(a));
}

CAF_TEST(what upkeep has read is not written when another node has written since) {
  take(one, a);
  auto heard = ec{};
  auto away_and_back = [this] {
    take(two, a);
    auto there = open(two, a);
    process(two, {append(a, there, 1, {"x"})});
    take(one, a);
  };
  process(one, {upkeep({a}, heard, away_and_back)});
  CAF_CHECK_EQUAL(heard, ec::unavailable);
  CAF_CHECK(!is_swept(a));
  process(one, {upkeep({a}, heard)});
  CAF_CHECK_EQUAL(heard, ec{});
}

CAF_TEST(rows of the store itself need no shard) {
  auto heard = ec::internal;
  process(one, {upkeep_order{[](const store&, const upkeep_order::awake&) {
                               return write_batch{{space::meta, store_key("cluster/store/x"), "id"}};
                             },
                             [&](const caf::error& outcome) { heard = outcome ? code_of(outcome) : ec{}; }}});
  CAF_CHECK_EQUAL(heard, ec{});
}

CAF_TEST(each node counts for itself and goes on after a restart) {
  take(one, a);
  take(two, b);
  process(one, {append(a, open(one, a), 1, {"1", "2", "3"})});
  process(two, {append(b, open(two, b), 1, {"1"})});
  CAF_CHECK_EQUAL(read_journal_counters(*rows, "one")->gsn, 3u);
  CAF_CHECK_EQUAL(read_journal_counters(*rows, "two")->gsn, 1u);
  CAF_CHECK_EQUAL(read_journal_counters(*rows, {})->gsn, 0u);
  CAF_CHECK_EQUAL(read_journal_counters(*rows)->gsn, 3u);
  start(one);
  process(one, {append(a, open(one, a), 4, {"4"})});
  CAF_CHECK_EQUAL(read_journal_counters(*rows, "one")->gsn, 4u);
}

CAF_TEST(
    events of an entity grow in number and time though the next node counts less and its clock is behind) {
  two.time->us -= 3'600'000'000;
  take(one, a);
  process(one, {append(a, open(one, a), 1, {"1", "2", "3"})});
  for (auto* node : {&two, &one, &two}) {
    take(*node, a);
    auto life = open(*node, a);
    auto next = events(a).size() + 1;
    process(*node, {append(a, life, next, {"x"})});
  }
  auto headers = stored_headers(*rows);
  CAF_REQUIRE_EQUAL(headers.size(), 6u); // no number twice
  auto entity = identify(a, rows->naming_key());
  envelope before;
  for (uint64_t seq = 1; seq <= 6; ++seq) {
    std::string_view payload;
    auto stored = **rows->get(space::journal, journal_key(entity, seq));
    auto header = *unwrap(stored, payload);
    CAF_CHECK(header.gsn > before.gsn && header.time_us > before.time_us);
    before = header;
  }
}

CAF_TEST(a mark of an append that was refused is harmless when the ledger comes back) {
  auto place = std::make_shared<memory_spent_place>();
  one.marks = std::make_shared<spent_marks>(place, rows->naming_key(), spent_content{rows->id(), {}, {}});
  start(one);
  auto ledger = identify(a, rows->naming_key());
  auto spends = [&](uint64_t life, uint64_t seq, int64_t spent) {
    auto order = append(a, life, seq, {"spent"});
    order.spent = spending{spent, spent + 100};
    return order;
  };
  take(one, a);
  auto before = open(one, a);
  process(one, {spends(before, 1, 10)});
  CAF_CHECK_EQUAL(*one.marks->of(ledger), 110);
  auto reached = *place->reached();
  take(two, a);
  process(one, {spends(before, 2, 500)}); // too late
  CAF_CHECK_EQUAL(*one.marks->of(ledger), 600);
  CAF_CHECK_EQUAL(*place->reached(), reached);
  CAF_CHECK(*place->reached() <=
            read_journal_counters(*rows, "one")->gsn); // else the store would look older than it is
  process(two, {append(a, open(two, a), 2, {"spent"})});
  take(one, a);
  auto again = open(one, a);
  CAF_CHECK_EQUAL(last.spent_before(), 0); // it has events, and they say what was spent
  CAF_CHECK(process(one, {spends(again, 3, 700)}) == words{"appended 3"});
  CAF_CHECK_EQUAL(*one.marks->of(ledger), 800);
}

CAF_TEST_FIXTURE_SCOPE_END()
