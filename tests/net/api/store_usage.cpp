// A usage is what a count by hand gives, names the largest, and tells what leaves next.
#define CAF_SUITE net.api.store_usage
#include "tests/support/served.hpp"
#include <tests/support/journal_bench.hpp>
#include <troupe/net/api/store_usage.hpp>

using namespace troupe;

namespace {

constexpr int64_t ended = 1'700'000'000'000, a_day = 86'400'000;

struct usage_bench : desk_house {
  journal_core core{rows, std::make_shared<hand_clock>(), {}, objects};
  std::map<std::string, uint64_t> by_hand; // bytes by ref
  uint64_t opened = 0;

  usage_bench() {
    CAF_REQUIRE(!core.start());
  }
  // An entity with these events, and a snapshot if one is given.
  void add(const std::string& ref, const std::vector<std::string>& events, const std::string& snapshot = {}) {
    std::vector<journal_order> orders{open_of(*rows, ref)};
    core.process(orders);
    auto order = append_of(*rows, ref, ++opened, 1, events);
    order.snapshot = snapshot;
    constexpr uint64_t key_bytes = 26, reference_bytes = 72;
    auto bytes_of = [](uint64_t payload) {
      auto is_large = payload > limits::record_bytes;
      return key_bytes + envelope_bytes + payload + (is_large ? reference_bytes : 0);
    };
    for (auto& record : order.records)
      by_hand[ref] += bytes_of(record.size());
    if (!snapshot.empty())
      by_hand[ref] += bytes_of(snapshot.size());
    orders = {order, close_order{order.entity, opened}};
    core.process(orders);
  }
  void end(const std::string& ref, int64_t ended_ms) {
    WorkSummary work;
    work.set_ref(ref);
    work.set_ended_ms(ended_ms);
    CAF_REQUIRE(!rows->write(
        {{space::index,
          index_key(identify(ref, rows->naming_key()), index_table::runs, "summary", rows->naming_key()),
          work.SerializeAsString()}}));
  }
  StoreUsage measured(int64_t now_ms = ended, std::function<bool()> go_on = {}) {
    return answered(measure_store(*rows, objects.get(), {{1, 1, {}}, now_ms, std::move(go_on)}));
  }
  static const KindUsage& of(const StoreUsage& usage, const std::string& tenant, const std::string& kind) {
    for (auto& one : usage.kinds())
      if (one.tenant() == tenant && one.kind() == kind)
        return one;
    CAF_FAIL("no " << tenant << "/" << kind);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(store_usage_tests, usage_bench)

CAF_TEST(an empty store uses nothing) {
  auto usage = measured();
  CAF_CHECK_EQUAL(usage.kinds_size(), 0);
  CAF_CHECK_EQUAL(usage.largest_size(), 0);
  CAF_CHECK_EQUAL(usage.objects(), 0u);
  CAF_REQUIRE_EQUAL(static_cast<size_t>(usage.spaces_size()), space_count);
  CAF_CHECK_EQUAL(usage.spaces(0).rows(), 0u);
}

CAF_TEST(a usage is what a count by hand gives) {
  std::string megabyte(1u << 20, 'm');
  add("t/run/small", {"a", "bb"});
  add("t/run/large", {"a", megabyte}, "state");
  add("t/task/one", {"ccc"});
  add("u/run/theirs", {"dddd"});
  auto usage = measured();
  CAF_REQUIRE_EQUAL(usage.kinds_size(), 3);
  auto& runs = of(usage, "t", "run");
  CAF_CHECK_EQUAL(runs.entities(), 2u);
  CAF_CHECK_EQUAL(runs.events(), 4u);
  CAF_CHECK_EQUAL(runs.snapshots(), 1u);
  CAF_CHECK_EQUAL(runs.objects(), 1u);
  CAF_CHECK(runs.object_bytes() > megabyte.size());
  auto sum = by_hand["t/run/small"] + by_hand["t/run/large"];
  CAF_CHECK_EQUAL(runs.event_bytes() + runs.snapshot_bytes() + runs.object_bytes(), sum);
  CAF_CHECK_EQUAL(runs.mean_bytes(), sum / 2);
  CAF_CHECK_EQUAL(runs.largest_bytes(), by_hand["t/run/large"]);
  CAF_CHECK_EQUAL(of(usage, "t", "task").event_bytes(), by_hand["t/task/one"]);
  CAF_CHECK_EQUAL(of(usage, "u", "run").event_bytes(), by_hand["u/run/theirs"]);
  CAF_CHECK_EQUAL(usage.objects(), 1u);
  CAF_CHECK_EQUAL(usage.object_bytes(), runs.object_bytes());
  uint64_t journal_rows = 0, journal_bytes = 0;
  CAF_CHECK(!rows->scan(space::journal, std::string(1, '\0'), "\xff", [&](auto key, auto value) {
    ++journal_rows;
    journal_bytes += key.size() + value.size();
    return true;
  }));
  CAF_CHECK_EQUAL(usage.spaces(0).rows(), journal_rows);
  CAF_CHECK_EQUAL(usage.spaces(0).bytes(), journal_bytes);
  CAF_CHECK_EQUAL(std::string{usage.spaces(0).space()}, "journal");
}

CAF_TEST(the largest of each kind are named from the largest down) {
  for (size_t i = 0; i < limits::usage_largest + 5; ++i)
    add("t/run/r" + std::to_string(i), {std::string(10 * i, 'x')});
  add("t/task/one", {"x"});
  auto usage = measured();
  CAF_REQUIRE_EQUAL(static_cast<size_t>(usage.largest_size()), limits::usage_largest + 1);
  CAF_CHECK_EQUAL(std::string{usage.largest(0).ref()}, "t/run/r14");
  CAF_CHECK_EQUAL(usage.largest(0).bytes(), by_hand["t/run/r14"]);
  CAF_CHECK_EQUAL(std::string{usage.largest(9).ref()}, "t/run/r5");
  CAF_CHECK_EQUAL(std::string{usage.largest(10).ref()}, "t/task/one");
}

CAF_TEST(tenants beyond what is told apart count together) {
  for (size_t i = 0; i < limits::usage_rows + 3; ++i)
    add("t" + std::to_string(i) + "/run/r", {"x"});
  auto usage = measured();
  CAF_CHECK_EQUAL(static_cast<size_t>(usage.kinds_size()), limits::usage_rows + 1);
  CAF_CHECK_EQUAL(of(usage, "*", "run").entities(), 3u);
}

CAF_TEST(what retention will take is told and dead letters are not in it) {
  add("t/run/due", {"x"});
  end("t/run/due", ended);
  add("t/run/dead", {"x"});
  end("t/run/dead", ended);
  add_row(*rows, "t/run/dead", index_table::dead_letters, DeadLetter{});
  add("t/run/open", {"x"});
  end("t/run/open", 0);
  CAF_CHECK_EQUAL(of(measured(ended + a_day - 1), "t", "run").leaving(), 0u);
  auto usage = measured(ended + a_day);
  CAF_CHECK_EQUAL(of(usage, "t", "run").leaving(), 1u);
  CAF_CHECK_EQUAL(of(usage, "t", "run").leaving_bytes(), by_hand["t/run/due"]);
}

CAF_TEST(nobody waits for long work that nobody waits for) {
  for (int i = 0; i < 3; ++i)
    add("t/run/r" + std::to_string(i), std::vector<std::string>(1000, "x"));
  int asked = 0;
  auto stopped = measure_store(*rows, nullptr, {{}, 0, [&] { return ++asked < 2; }});
  CAF_REQUIRE(!stopped);
  CAF_CHECK_EQUAL(code_of(stopped.error()), ec::cancelled);
  CAF_CHECK_EQUAL(asked, 2);
}

CAF_TEST(a call is answered and sees a day ahead) {
  add("t/run/due", {"x"});
  end("t/run/due", time->now_ms());
  desk.retention = {1, 1, {}};
  auto usage = answered(call<StoreUsage>(GetStoreUsage{}));
  CAF_CHECK_EQUAL(of(usage, "t", "run").leaving(), 1u);
  desk.retention = {2, 1, {}};
  CAF_CHECK_EQUAL(of(answered(call<StoreUsage>(GetStoreUsage{})), "t", "run").leaving(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
