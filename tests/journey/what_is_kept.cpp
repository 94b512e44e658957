// A real node keeps a megabyte beside its store, has it back after a restart, and tells what it uses and will erase.
#define CAF_SUITE journey.what_is_kept
#include <caf/test/unit_test.hpp>
#include <set>
#include <tests/support/scratch.hpp>
#include <troupe/behaviors/workflow_builder.hpp>
#include <troupe/net/api/access.hpp>
#include <troupe/net/api/client.hpp>
#include <troupe/net/api/control.hpp>
#include <troupe/net/node/node.hpp>
#include <troupe/net/node/standard_behaviors.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s; // only a failing test waits so long

const std::string megabyte = [] {
  std::string text;
  while (text.size() < (1u << 20))
    text += "all that Ada wrote, number " + std::to_string(text.size()) + "; ";
  return text;
}();

struct keeper {
  explicit keeper(const test::scratch& home) {
    settings.node.data_directory = (home.path() / "data").string();
    settings.node.log_level = "error";
    start();
  }
  void start() {
    one.emplace(settings);
    add_standard_behaviors(one->behaviors());
    CAF_REQUIRE(!one->listen());
  }
  void restart() {
    one.reset();
    start();
  }
  StoreUsage usage() {
    auto& data = settings.node.data_directory;
    auto tokens = token_list::read(control_tokens(data));
    CAF_REQUIRE(tokens);
    auto answer = control_client{control_socket(data), tokens->first()}.usage();
    if (!answer)
      CAF_FAIL(describe(answer.error()));
    return *answer;
  }
  uint64_t leaving(const std::string& kind) {
    uint64_t count = 0;
    auto all = usage();
    for (auto& part : all.kinds())
      count += part.kind() == kind ? part.leaving() : 0;
    return count;
  }
  size_t files() const {
    size_t found = 0;
    for (auto& entry :
         std::filesystem::recursive_directory_iterator(settings.node.data_directory + "/objects"))
      found += entry.is_regular_file();
    return found;
  }
  config settings;
  std::optional<node> one;
};

} // namespace

CAF_TEST(a run of a megabyte goes through objects and is back after a restart) {
  test::scratch home;
  keeper here{home};
  workflow_builder flow{"heavy"};
  flow.step("first", "troupe.echo");
  auto ref = here.one->start_run("r", flow.definition(), {{"text", megabyte}});
  CAF_REQUIRE(ref);
  auto ended = here.one->await_run(*ref, patience);
  CAF_REQUIRE(ended);
  CAF_CHECK(ended->outcome().text() == megabyte);
  auto usage = here.usage();
  CAF_CHECK_EQUAL(usage.objects(), here.files());
  CAF_CHECK(usage.objects() >= 2); // what it began with, and what it gave
  here.restart();
  auto again = here.one->describe_run(*ref);
  CAF_REQUIRE(again);
  CAF_CHECK(again->outcome().text() == megabyte);
  CAF_REQUIRE(usage.largest_size() > 0);
  std::set<std::string> named;
  for (auto& one : usage.largest())
    named.insert(one.ref());
  CAF_CHECK_EQUAL(named.count(*ref), 1u);
}

CAF_TEST(the days of the configuration say what leaves next) {
  test::scratch home;
  keeper here{home};
  CAF_REQUIRE(here.one->run("troupe.echo", "x", patience));
  workflow_builder flow{"short"};
  flow.step("first", "troupe.echo").input("text", "x");
  auto ref = here.one->start_run("r", flow.definition(), {});
  CAF_REQUIRE(ref);
  CAF_REQUIRE(here.one->await_run(*ref, patience));
  CAF_CHECK_EQUAL(here.leaving("task"), 0u);
  here.settings.retention.task_days = 1; // over by tomorrow, when retention looks again
  here.restart();
  CAF_CHECK_EQUAL(here.leaving("task"), 1u);
  CAF_CHECK_EQUAL(here.leaving("run"), 0u);
  here.settings.retention.run_days = 1;
  here.settings.retention.tenants = "default: task=2";
  here.restart();
  CAF_CHECK_EQUAL(here.leaving("task"), 0u);
  CAF_CHECK_EQUAL(here.leaving("run"), 1u);
}

CAF_TEST(tenants that cannot be read are refused at the start) {
  test::scratch home;
  config settings;
  settings.node.data_directory = (home.path() / "data").string();
  settings.retention.tenants = "acme";
  node one{settings};
  auto refused = one.start();
  CAF_CHECK_EQUAL(code_of(refused), ec::invalid_argument);
  CAF_CHECK(text_of(refused).starts_with("[retention] tenants: "));
}
