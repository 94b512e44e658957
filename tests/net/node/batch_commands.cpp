// The same for many runs, as somebody sees it who types `troupe run batch ...`.
#define CAF_SUITE net.node.batch_commands
#include "tests/support/typed.hpp"

using namespace troupe;

namespace {

struct batch_house {
  batch_house() {
    for (std::string id : {"r1", "r2"}) {
      auto ref = "default/run/" + id;
      add_name(*node.rows, ref);
      WorkSummary work;
      work.set_ref(ref);
      work.set_title("order");
      work.set_status("running");
      work.set_created_ms(1'700'000'000'000 + id.back());
      add_row(*node.rows, ref, index_table::runs, work);
      node.play(
          ref,
          [id](const CancelRun&) -> caf::result<Done> {
            if (id == "r1")
              return make_error(ec::conflict, "the run has ended");
            return Done{};
          },
          [](const SignalRun& signal) -> caf::result<Done> {
            if (signal.name() != "go" || signal.payload() != "7")
              return make_error(ec::invalid_argument, "another signal");
            return Done{};
          });
    }
  }
  control_node node;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(batch_command_tests, batch_house)

CAF_TEST(what is done and what is refused is told and the exit code says so) {
  auto said = type(node, {"run", "batch", "cancel", "--status", "running"});
  CAF_CHECK_EQUAL(said.code, 1);
  CAF_CHECK(said.out.find("default/run/r2  done\n") != std::string::npos);
  CAF_CHECK(said.out.find("the run has ended") != std::string::npos);
  CAF_CHECK(said.out.find("1 done, 1 refused\n") != std::string::npos);
}

CAF_TEST(a signal reaches all that fit) {
  auto said = type(node, {"run", "batch", "signal", "--title", "ord*", "--name", "go", "--value", "7"});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK(said.out.find("2 done, 0 refused\n") != std::string::npos);
}

CAF_TEST(a dry run only shows who is meant) {
  auto said = type(node, {"run", "batch", "cancel", "--title", "order", "--dry-run", "--limit", "1"});
  CAF_CHECK_EQUAL(said.code, 0);
  CAF_CHECK_EQUAL(said.out, "RUN             ANSWER\n"
                            "default/run/r2  is meant\n"
                            "1 of 2 that fit; repeat it for the others, or use --limit\n");
}

CAF_TEST(a batch that means everybody or does nothing known is refused) {
  CAF_CHECK_EQUAL(type(node, {"run", "batch", "cancel"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"run", "batch", "kill", "--status", "running"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"run", "batch", "signal", "--status", "running"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"run", "batch", "cancel", "--from", "soon"}).code, 2);
  CAF_CHECK_EQUAL(type(node, {"run", "batch", "cancel", "--status", "parked"}).out, "no runs fit\n");
}

CAF_TEST(lists take the same conditions) {
  CAF_CHECK(type(node, {"run", "list", "--title", "order"}).out.find("r1") != std::string::npos);
  CAF_CHECK_EQUAL(type(node, {"run", "list", "--by", "nobody"}).out, "no runs\n");
}

CAF_TEST_FIXTURE_SCOPE_END()
