// What ended long ago leaves with every row it has, and what somebody may still need stays.
#define CAF_SUITE persistence.retention
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <set>
#include <tests/support/journal_bench.hpp>
#include <troupe/persistence/effects.hpp>
#include <troupe/persistence/retention.hpp>
#include <troupe/runtime/id.hpp>
#include <troupe/runtime/limits.hpp>

using namespace troupe;

namespace {

constexpr int64_t day = 86'400'000, ended = 1'700'000'000'000, due = ended + day;

struct retention_bench {
  std::shared_ptr<memory_store> rows = open_memory(1);
  std::shared_ptr<memory_objects> objects = std::make_shared<memory_objects>(rows->naming_key());
  std::shared_ptr<hand_clock> time = std::make_shared<hand_clock>();
  journal_core core{rows, time, {}, objects};
  retention_rules rules{1, 1, {}};
  std::set<std::string> awake;

  retention_bench() {
    CAF_REQUIRE(!core.start());
  }
  entity_id id(const std::string& ref) const {
    return identify(ref, rows->naming_key());
  }
  // An entity as its events leave it: two of them, one large, a snapshot, its name and its row in a listing.
  void add(const std::string& ref, int64_t ended_ms = ended, const std::string& parent = {}) {
    std::vector<journal_order> orders{open_of(*rows, ref)};
    core.process(orders);
    WorkSummary work;
    work.set_ref(ref);
    work.set_ended_ms(ended_ms);
    work.set_parent(parent);
    auto table = ref.find("/run/") != std::string::npos ? index_table::runs : index_table::tasks;
    auto order = append_of(*rows, ref, ++opened, 1, {"one", ref + std::string(limits::record_bytes, 'x')});
    order.snapshot = "state";
    order.rows.push_back(
        {space::index, index_key(id(ref), table, "summary", rows->naming_key()), work.SerializeAsString()});
    orders = {order, close_order{id(ref), opened}};
    core.process(orders);
    CAF_REQUIRE_EQUAL(count(ref), 5u);
  }
  void put(const std::string& ref, index_table table) {
    CAF_REQUIRE(!rows->write({{space::index, index_key(id(ref), table, "x", rows->naming_key()), "row"}}));
  }
  void put_timer(const std::string& ref, const std::string& name, int64_t due_ms) {
    TimerRow row;
    row.set_ref(ref);
    row.set_timer(name);
    row.set_due_ms(due_ms);
    CAF_REQUIRE(!rows->write(
        {{space::index, timer_key(id(ref), due_ms, name, rows->naming_key()), row.SerializeAsString()}}));
  }
  // All rows of an entity, wherever they are.
  size_t count(const std::string& ref) const {
    size_t found = 0;
    auto entity = id(ref);
    std::string hash(entity.hash.begin(), entity.hash.end());
    for (auto where : {space::journal, space::snapshot, space::index, space::meta})
      CAF_CHECK(!rows->scan(where, std::string(1, '\0'), "\xff", [&](std::string_view key, std::string_view) {
        found += key.find(hash) != std::string_view::npos;
        return true;
      }));
    return found;
  }
  // Through the journal, as the service does it.
  erasure erase(std::vector<std::string> refs, int64_t now_ms = due) {
    erasure what;
    what.refs = std::move(refs);
    what.rules = rules;
    what.now_ms = now_ms;
    std::vector<journal_order> orders{
        upkeep_order{[&](const store& from, const upkeep_order::awake& seen) {
                       return erase_ended(
                           from,
                           [&](const entity_id& one) {
                             for (auto& ref : awake)
                               if (id(ref) == one)
                                 return true;
                             return seen(one);
                           },
                           what);
                     },
                     [&](const caf::error& outcome) { what.failed = outcome ? outcome : what.failed; }}};
    core.process(orders);
    return what;
  }
  uint64_t opened = 0;
};

const std::string run = "t/run/r", task_ref = "t/task/a";

} // namespace

CAF_TEST_FIXTURE_SCOPE(retention_tests, retention_bench)

CAF_TEST(what is due leaves with every row and object it has) {
  add(run);
  put_timer(run, "late", due + day);
  CAF_CHECK_EQUAL(objects->size(), 1u);
  auto what = erase({run});
  CAF_CHECK(!what.failed);
  CAF_CHECK_EQUAL(what.erased["run"], 1u);
  CAF_CHECK_EQUAL(count(run), 0u);
  CAF_CHECK_EQUAL(objects->size(), 0u);
  CAF_REQUIRE_EQUAL(what.timers.size(), 1u);
  CAF_CHECK_EQUAL(std::string{what.timers[0].cancelled(0).timer()}, "late");
  CAF_CHECK(!(*rows->get(space::meta, name_key(id(run)))).has_value());
}

CAF_TEST(others in the same shard keep all they have) {
  add(run);
  std::string neighbour;
  for (int i = 0; neighbour.empty(); ++i)
    if (auto name = "t/run/n" + std::to_string(i); shard_of(name) == shard_of(run))
      neighbour = name;
  add(neighbour, 0);
  put_timer(neighbour, "later", due);
  erase({run});
  CAF_CHECK_EQUAL(count(run), 0u);
  CAF_CHECK_EQUAL(count(neighbour), 6u);
  CAF_CHECK_EQUAL(objects->size(), 1u);
}

CAF_TEST(what is not due or has not ended or was resumed meanwhile stays) {
  add(run);
  CAF_CHECK(erase({run}, due - 1).erased.empty());
  rules.run_days = 0;
  CAF_CHECK(erase({run}).erased.empty());
  rules.run_days = 1;
  add(task_ref, 0);
  CAF_CHECK(erase({task_ref}).erased.empty());
  CAF_CHECK_EQUAL(count(run), 5u);
  CAF_CHECK_EQUAL(count(task_ref), 5u);
  CAF_CHECK(erase({"t/run/nobody", "t/agent/a"}).erased.empty());
}

CAF_TEST(a tenant of its own is kept as long as it says) {
  rules.tenants = *parse_retentions("acme: run=2; beta: run=0");
  for (std::string tenant : {"t", "acme", "beta"})
    add(tenant + "/run/r");
  for (std::string tenant : {"t", "acme", "beta"})
    erase({tenant + "/run/r"});
  CAF_CHECK_EQUAL(count("t/run/r"), 0u);
  CAF_CHECK_EQUAL(count("acme/run/r"), 5u);
  erase({"acme/run/r"}, due + day);
  erase({"beta/run/r"}, due + 1000 * day);
  CAF_CHECK_EQUAL(count("acme/run/r"), 0u);
  CAF_CHECK_EQUAL(count("beta/run/r"), 5u);
}

CAF_TEST(who is awake stays) {
  add(run);
  awake = {run};
  CAF_CHECK_EQUAL(erase({run}).awake, 1u);
  CAF_CHECK_EQUAL(count(run), 5u);
  awake.clear();
  std::vector<journal_order> orders{open_of(*rows, run)};
  core.process(orders);
  CAF_CHECK_EQUAL(erase({run}).awake, 1u);
  orders = {close_order{id(run), ++opened}};
  core.process(orders);
  erase({run});
  CAF_CHECK_EQUAL(count(run), 0u);
}

CAF_TEST(a dead letter and an open question and an untold end stay) {
  for (auto table : {index_table::dead_letters, index_table::questions}) {
    add(run);
    put(run, table);
    CAF_CHECK_EQUAL(erase({run}).needed, 1u);
    CAF_CHECK_EQUAL(count(run), 6u);
    CAF_REQUIRE(
        !rows->write({{space::index, index_key(id(run), table, "x", rows->naming_key()), std::nullopt}}));
    erase({run});
    CAF_CHECK_EQUAL(count(run), 0u);
  }
  add(task_ref);
  put_timer(task_ref, "|parent", effects::already_sent);
  CAF_CHECK_EQUAL(erase({task_ref}).needed, 1u);
  CAF_CHECK_EQUAL(count(task_ref), 6u);
}

CAF_TEST(a task stays while whoever asked for it has not ended) {
  add(run, 0);
  add(task_ref, ended, run);
  CAF_CHECK_EQUAL(erase({task_ref}).needed, 1u);
  add("t/run/ended", ended);
  add("t/task/of-ended", ended, "t/run/ended");
  add("t/task/of-nobody", ended, "t/run/erased");
  erase({"t/task/of-ended"});
  erase({"t/task/of-nobody"});
  CAF_CHECK_EQUAL(count(task_ref), 5u);
  CAF_CHECK_EQUAL(count("t/task/of-ended"), 0u);
  CAF_CHECK_EQUAL(count("t/task/of-nobody"), 0u);
}

CAF_TEST(a failed write erases all or nothing) {
  for (auto applied : {true, false}) {
    add(run);
    rows->fail_next_write(applied);
    CAF_CHECK_EQUAL(code_of(erase({run}).failed), ec::outcome_unknown);
    CAF_CHECK_EQUAL(count(run), applied ? 0u : 5u);
    CAF_CHECK_EQUAL(objects->size(), 1u); // one too many at most
    erase({run});
    CAF_CHECK_EQUAL(count(run), 0u);
    CAF_REQUIRE(sweep_objects(*rows, *objects, shard_of(run)));
    CAF_CHECK_EQUAL(objects->size(), 0u);
  }
}

CAF_TEST(command ids from before an erased end have expired for that tenant and kind) {
  auto mark = [&](const std::string& ref) {
    return (*rows->get(space::meta, expired_key(ref, rows->naming_key()))).value_or("none");
  };
  add(run);
  erase({run});
  auto last = last_id_of(ended + limits::clock_skew.count());
  CAF_CHECK_EQUAL(mark(run), last);
  CAF_CHECK_EQUAL(mark(task_ref), "none");
  std::string neighbour;
  for (int i = 0; neighbour.empty(); ++i)
    if (auto name = "t/run/n" + std::to_string(i); shard_of(name) == shard_of(run))
      neighbour = name;
  add(neighbour, ended - day); // erased later, though it ended earlier: the mark never goes back
  erase({neighbour});
  CAF_CHECK_EQUAL(mark(run), last);
}

CAF_TEST(a piece ends when it has enough rows and tells where) {
  std::vector<std::string> some;
  for (int i = 0; some.size() < 3; ++i)
    if (auto name = "t/run/n" + std::to_string(i); shard_of(name) == shard_of(run)) {
      add(name);
      some.push_back(name);
    }
  for (uint64_t seq = 3; seq < limits::retention_piece_rows + 3; ++seq)
    CAF_REQUIRE(!rows->write({{space::journal, journal_key(id(some[0]), seq), wrap({}, "x")}}));
  auto what = erase(some);
  CAF_CHECK_EQUAL(what.looked_at, 1u);
  CAF_CHECK_EQUAL(count(some[0]), 0u);
  CAF_CHECK_EQUAL(count(some[1]), 5u);
  CAF_CHECK_EQUAL(erase({some[1], some[2]}).looked_at, 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
