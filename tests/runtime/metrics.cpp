// Metrics are registered once, count what they are told, and cannot grow without bound.
#define CAF_SUITE runtime.metrics
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <cmath>
#include <thread>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/metrics.hpp>

using namespace troupe;

namespace {

struct fixture {
  metrics all;

  bool shows(std::string_view line) const {
    return ("\n" + all.render()).find("\n" + std::string{line} + "\n") != std::string::npos;
  }
  ec refusal(const metric_spec& spec) const {
    auto result = all.register_metric(spec);
    return result ? ec{} : code_of(result.error());
  }
};

metric_spec counter(std::string name, std::vector<std::string> labels = {}) {
  return {std::move(name), metric_kind::counter, "Counts.", std::move(labels)};
}
metric_spec gauge(std::string name, std::vector<std::string> labels = {}) {
  return {std::move(name), metric_kind::gauge, "Measures.", std::move(labels)};
}
metric_spec histogram(std::string name, std::vector<double> buckets = {}) {
  return {std::move(name), metric_kind::histogram, "Sorts.", {}, std::move(buckets)};
}

template <class F>
bool is_defect(F misuse) {
  try {
    misuse();
    return false;
  } catch (const std::logic_error&) {
    return true;
  }
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(metric_tests, fixture)

CAF_TEST(a counter grows and shows on the page) {
  auto tasks = all.family(counter("tasks_total", {"agent", "ok"}));
  tasks.with({"reviewer", "yes"}).add();
  tasks.with({"reviewer", "yes"}).record(2);
  tasks.with({"reviewer", "no"}).add();
  CAF_CHECK_EQUAL(tasks.with({"reviewer", "yes"}).value(), 3);
  CAF_CHECK(shows("# HELP tasks_total Counts."));
  CAF_CHECK(shows("# TYPE tasks_total counter"));
  CAF_CHECK(shows(R"(tasks_total{agent="reviewer",ok="yes"} 3)"));
  CAF_CHECK(shows(R"(tasks_total{agent="reviewer",ok="no"} 1)"));
}

CAF_TEST(a gauge is set and moved) {
  auto depth = all.family(gauge("depth")).with({});
  CAF_CHECK(shows("depth 0")); // a metric without labels shows from the start
  depth.record(5);
  depth.add(-2);
  CAF_CHECK_EQUAL(depth.value(), 3);
  CAF_CHECK(shows("depth 3"));
}

CAF_TEST(a histogram sorts values into its buckets) {
  auto wait = all.family(histogram("wait_seconds", {1, 2})).with({});
  wait.record(1);
  wait.record(1.5);
  wait.record(9);
  CAF_CHECK_EQUAL(wait.value(), 3);
  CAF_CHECK(shows(R"(wait_seconds_bucket{le="1"} 1)"));
  CAF_CHECK(shows(R"(wait_seconds_bucket{le="2"} 2)"));
  CAF_CHECK(shows(R"(wait_seconds_bucket{le="+Inf"} 3)"));
  CAF_CHECK(shows("wait_seconds_sum 11.5"));
  CAF_CHECK(shows("wait_seconds_count 3"));
  all.family(histogram("other_seconds"));
  CAF_CHECK(shows(R"(other_seconds_bucket{le="60"} 0)")); // the default buckets
}

CAF_TEST(misuse by our own code is a defect) {
  auto total = all.family(counter("total")).with({});
  auto wait = all.family(histogram("wait")).with({});
  CAF_CHECK(is_defect([&] { total.add(-1); }));
  CAF_CHECK(is_defect([&] { total.record(INFINITY); }));
  CAF_CHECK(is_defect([&] { wait.record(NAN); }));
  CAF_CHECK(is_defect([&] { wait.add(); }));
  CAF_CHECK(is_defect([&] { all.family(counter("total", {"agent"})); }));
  CAF_CHECK(is_defect([&] { all.family(counter("by_agent", {"agent"})).with({}); }));
  CAF_CHECK_EQUAL(total.value() + wait.value(), 0);
}

CAF_TEST(the same spec is the same metric and another spec is refused) {
  all.family(counter("tasks_total")).with({}).add();
  CAF_CHECK_EQUAL(all.family(counter("tasks_total")).with({}).value(), 1);
  CAF_CHECK(refusal(gauge("tasks_total")) == ec::already_exists);
  CAF_CHECK(refusal(counter("tasks_total", {"agent"})) == ec::already_exists);
}

CAF_TEST(two metrics never show under one name) {
  all.family(histogram("wait"));
  CAF_CHECK(refusal(counter("wait_count")) == ec::already_exists);
  CAF_CHECK(refusal(counter("wait_bucket")) == ec::already_exists);
  all.family(gauge("size_sum"));
  CAF_CHECK(refusal(histogram("size")) == ec::already_exists);
}

CAF_TEST(names and labels follow the grammar) {
  for (auto name : {"", "1a", "a-b", "a b", "\xC3\xA9"})
    CAF_CHECK(refusal(counter(name)) == ec::invalid_argument);
  CAF_CHECK(refusal(counter(std::string(limits::name_bytes + 1, 'a'))) == ec::invalid_argument);
  CAF_CHECK(refusal(counter("a:b_1")) == ec{});
  for (auto label : {"", "1a", "a:b", "__name__", "a-b"})
    CAF_CHECK(refusal(counter("a", {label})) == ec::invalid_argument);
  CAF_CHECK(refusal(counter("a", {"twice", "twice"})) == ec::invalid_argument);
  CAF_CHECK(refusal(counter("a", std::vector<std::string>(limits::metric_labels + 1, "a"))) ==
            ec::invalid_argument);
  CAF_CHECK(refusal({"a", metric_kind::histogram, "Sorts.", {"le"}}) == ec::invalid_argument);
  CAF_CHECK(refusal({"a", metric_kind::gauge, "", {}}) == ec::invalid_argument);
}

CAF_TEST(buckets are finite and grow and are few) {
  CAF_CHECK(refusal(histogram("a", {1, 1})) == ec::invalid_argument);
  CAF_CHECK(refusal(histogram("a", {2, 1})) == ec::invalid_argument);
  CAF_CHECK(refusal(histogram("a", {1, INFINITY})) == ec::invalid_argument);
  CAF_CHECK(refusal({"a", metric_kind::counter, "Counts.", {}, {1}}) == ec::invalid_argument);
  std::vector<double> many;
  for (size_t i = 0; i <= limits::metric_buckets; ++i)
    many.push_back(static_cast<double>(i));
  CAF_CHECK(refusal(histogram("a", many)) == ec::invalid_argument);
  many.pop_back();
  CAF_CHECK(refusal(histogram("a", many)) == ec{});
}

CAF_TEST(values are recorded by name with labels in any order) {
  all.family(counter("tasks_total", {"agent", "ok"}));
  CAF_CHECK(!all.record_metric("tasks_total", 2, {{"ok", "yes"}, {"agent", "a"}}));
  CAF_CHECK(shows(R"(tasks_total{agent="a",ok="yes"} 2)"));
  CAF_CHECK(code_of(all.record_metric("tasks", 1)) == ec::not_found);
  auto wrong = all.record_metric("tasks_total", 1, {{"agent", "a"}});
  CAF_CHECK_EQUAL(describe(wrong), "invalid_argument: tasks_total needs exactly the labels [agent, ok]");
  using labels = std::vector<std::pair<std::string, std::string>>;
  for (auto& bad : {labels{{"agent", "a"}, {"agent", "b"}},
                    labels{{"agent", "a"}, {"ok", "y"}, {"more", "z"}}, labels{{"agent", "a"}, {"no", "y"}}})
    CAF_CHECK(code_of(all.record_metric("tasks_total", 1, bad)) == ec::invalid_argument);
  CAF_CHECK(code_of(all.record_metric("tasks_total", -1, {{"ok", "y"}, {"agent", "a"}})) ==
            ec::invalid_argument);
  CAF_CHECK(code_of(all.record_metric("tasks_total", NAN, {{"ok", "y"}, {"agent", "a"}})) ==
            ec::invalid_argument);
}

CAF_TEST(too many series become one and are counted) {
  auto hits = all.family(gauge("hits", {"user"}));
  for (size_t i = 0; i < limits::metric_series; ++i)
    hits.with({std::to_string(i)}).add();
  CAF_CHECK(all.render().find("troupe_metric_overflow_total{") == std::string::npos);
  hits.with({"late"}).add();
  hits.with({"later"}).record(7);
  hits.with({"5"}).add(); // a series that is known stays itself
  CAF_CHECK(shows(R"(hits{user="other"} 7)"));
  CAF_CHECK(shows(R"(hits{user="5"} 2)"));
  CAF_CHECK(all.render().find("late") == std::string::npos);
  CAF_CHECK(shows(R"(troupe_metric_overflow_total{metric="hits"} 2)"));
}

CAF_TEST(too many metrics are refused) {
  for (size_t i = 1; i < limits::metric_families; ++i)
    all.family(counter("m" + std::to_string(i)));
  CAF_CHECK(refusal(counter("one_more")) == ec::overloaded);
  CAF_CHECK(refusal(counter("m1")) == ec{});
}

CAF_TEST(texts cannot break the page) {
  auto family = all.family({"a", metric_kind::gauge, "back\\slash\nand line", {"l"}});
  family.with({"q\"b\\n\n\xFF"}).record(1);
  CAF_CHECK(shows(R"(# HELP a back\\slash\nand line)"));
  CAF_CHECK(shows("a{l=\"q\\\"b\\\\n\\n\uFFFD\"} 1"));
  family.with({std::string(limits::metric_label_bytes + 1, 'x')}).record(2);
  CAF_CHECK(shows("a{l=\"" + std::string(limits::metric_label_bytes, 'x') + "\"} 2"));
}

CAF_TEST(the page is in order whatever the order of registration) {
  auto b = all.family(counter("b_total", {"l"}));
  all.family(counter("a_total"));
  b.with({"2"}).add();
  b.with({"1"}).add();
  auto page = all.render();
  CAF_CHECK(page.find("a_total") < page.find("b_total"));
  CAF_CHECK(page.find("{l=\"1\"}") < page.find("{l=\"2\"}"));
}

CAF_TEST(a metric may outlive its registry and one made by default records nothing) {
  metric kept;
  kept.add();
  kept.record(1);
  CAF_CHECK_EQUAL(kept.value(), 0);
  {
    metrics gone;
    kept = gone.family(counter("a")).with({});
  }
  kept.add();
  CAF_CHECK_EQUAL(kept.value(), 1);
}

CAF_TEST(threads may count together) {
  auto family = all.family(counter("a", {"l"}));
  auto work = [&] {
    for (int i = 0; i < 1000; ++i)
      family.with({std::to_string(i % 7)}).add();
  };
  std::thread other{work};
  work();
  other.join();
  double sum = 0;
  for (int i = 0; i < 7; ++i)
    sum += family.with({std::to_string(i)}).value();
  CAF_CHECK_EQUAL(sum, 2000);
}

CAF_TEST_FIXTURE_SCOPE_END()
