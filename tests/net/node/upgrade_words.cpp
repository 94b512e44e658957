// With which definition a run goes on, as a command line says it.
#define CAF_SUITE net.node.upgrade_words
#include "tests/support/typed.hpp"

using namespace troupe;

namespace {

const std::string flow = R"({"name": "report", "steps": [{"id": "one", "task": {"required": ["write"]}}]})";

struct upgraded {
  control_node node;
  std::shared_ptr<UpgradeRun> heard = std::make_shared<UpgradeRun>();

  upgraded() {
    add_name(*node.rows, "default/run/r1");
    node.play("default/run/r1", [kept = heard](const UpgradeRun& command) {
      *kept = command;
      return Done{};
    });
    add_name(*node.rows, "default/workflow/report");
    node.play("default/workflow/report", [](const GetWorkflow& ask) -> caf::result<PublishedWorkflow> {
      if (ask.revision() > 3)
        return make_error(ec::not_found, "there is no such revision");
      PublishedWorkflow published;
      published.mutable_definition()->set_name("report");
      published.mutable_revision()->set_number(ask.revision() == 0 ? 3 : ask.revision());
      return published;
    });
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(upgrade_words_tests, upgraded)

CAF_TEST(a run hears of the definition in a file) {
  auto file = write_file(node.home.path + "/flow.json", flow);
  auto said = type(node, {"run", "upgrade", "r1", "--file", file});
  CAF_CHECK_EQUAL(said.out, "r1 goes on with the new definition\n");
  CAF_CHECK_EQUAL(heard->definition().steps_size(), 1);
  CAF_CHECK_EQUAL(uint64_t{heard->revision()}, 0u);
}

CAF_TEST(a run hears of a published definition and its number) {
  CAF_CHECK_EQUAL(type(node, {"run", "upgrade", "r1", "--workflow", "report"}).code, 0);
  CAF_CHECK_EQUAL(uint64_t{heard->revision()}, 3u);
  CAF_CHECK_EQUAL(type(node, {"run", "upgrade", "r1", "--workflow", "report", "--revision", "2"}).code, 0);
  CAF_CHECK_EQUAL(uint64_t{heard->revision()}, 2u);
}

CAF_TEST(somebody may only ask) {
  auto said = type(node, {"run", "upgrade", "r1", "--workflow", "report", "--check"});
  CAF_CHECK_EQUAL(said.out, "r1 could go on with the new definition\n");
  CAF_CHECK(heard->check_only());
}

CAF_TEST(neither or both or what is not there is refused) {
  CAF_CHECK_EQUAL(type(node, {"run", "upgrade", "r1"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"run", "upgrade", "r1", "--file", "x", "--workflow", "report"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"run", "upgrade", "r1", "--workflow", "report", "--revision", "9"}).code, 3);
  CAF_CHECK_EQUAL(std::string{heard->definition().name()}, "");
}

CAF_TEST(many runs go on with a published definition) {
  WorkSummary work;
  work.set_ref("default/run/r1");
  work.set_title("report");
  work.set_status("running");
  add_row(*node.rows, work.ref(), index_table::runs, work);
  CAF_CHECK_EQUAL(type(node, {"run", "batch", "upgrade", "--title", "report", "--workflow", "report"}).code,
                  0);
  CAF_CHECK_EQUAL(uint64_t{heard->revision()}, 3u);
}

CAF_TEST_FIXTURE_SCOPE_END()
