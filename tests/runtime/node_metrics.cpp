// The table of a node's metrics is the reference page, and speaks as Prometheus does.
#define CAF_SUITE runtime.node_metrics
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <fstream>
#include <sstream>
#include <troupe/runtime/node_metrics.hpp>

using namespace troupe;

CAF_TEST(the reference page is what the table says) {
  std::ifstream in{TROUPE_SOURCE_DIR "/docs/reference/metrics.md"};
  std::stringstream page;
  page << in.rdbuf();
  CAF_CHECK_EQUAL(page.str(), describe_metrics()); // write describe_metrics() there
}

CAF_TEST(names say whose a metric is and in which unit and help says what it counts) {
  for (auto& spec : node_metrics{}.all.specs()) {
    CAF_CHECK(spec.name.starts_with("troupe_"));
    CAF_CHECK_EQUAL(spec.name.ends_with("_total"), spec.kind == metric_kind::counter);
    CAF_CHECK(spec.kind != metric_kind::histogram || spec.name.ends_with("_seconds"));
    CAF_CHECK(spec.help.size() > 10 && spec.help.ends_with("."));
  }
}

CAF_TEST(copies count together and nodes apart) {
  node_metrics one, other;
  auto copy = one;
  copy.tasks_created.add();
  copy.tasks_ended.with({"completed", "b"}).add();
  CAF_CHECK_EQUAL(one.tasks_created.value(), 1);
  CAF_CHECK_EQUAL(one.tasks_ended.with({"completed", "b"}).value(), 1);
  CAF_CHECK_EQUAL(other.tasks_created.value(), 0);
}
