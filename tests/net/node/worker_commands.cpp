// Workers in a table, and what each does below it.
#define CAF_SUITE net.node.worker_commands
#include <tests/support/typed.hpp>

using namespace troupe;

namespace {

WorkerList two() {
  WorkerList list;
  auto* one = list.add_workers();
  one->set_name("billing-1");
  one->set_principal("wilma");
  one->set_address("ipv4:127.0.0.1:40000");
  one->set_version("2.4.1");
  one->set_slots(4);
  one->set_busy(3);
  one->set_done(17);
  one->set_refused(1);
  auto* lease = one->add_leases();
  lease->set_task("default/run/r1#print");
  lease->set_attempt(2);
  lease->set_progress("page 3 of 10");
  lease = one->add_leases();
  lease->set_task("default/task/t1");
  lease->set_attempt(1);
  auto* idle = list.add_workers();
  idle->set_name("billing-2");
  idle->set_principal("wilma");
  idle->set_slots(1);
  idle->set_draining(true);
  return list;
}

} // namespace

CAF_TEST(workers are a table with what they do below it) {
  control_node node;
  node.server.reset();
  node.hooks.workers = two;
  node.start();
  auto typed = type(node, {"workers"});
  CAF_CHECK_EQUAL(typed.code, 0);
  CAF_CHECK_EQUAL(
      typed.out,
      "WORKER     STATE      BUSY  DONE  REFUSED  HEARD  VERSION  PRINCIPAL  FROM\n"
      "billing-1  connected  3/4   17    1        -      2.4.1    wilma      ipv4:127.0.0.1:40000\n"
      "billing-2  draining   0/1   0     0        -               wilma\n"
      "\n"
      "billing-1\n"
      "  default/run/r1#print attempt 2, since -: page 3 of 10\n"
      "  default/task/t1 attempt 1, since -\n"
      "  and 1 more\n");
}

CAF_TEST(workers are JSON for programs) {
  control_node node;
  node.server.reset();
  node.hooks.workers = two;
  node.start();
  auto typed = type(node, {"workers", "--json"});
  CAF_CHECK_EQUAL(typed.code, 0);
  CAF_CHECK(typed.out.find("\"page 3 of 10\"") != std::string::npos);
}

CAF_TEST(nobody is told apart from no door) {
  control_node node;
  auto closed = type(node, {"workers"});
  CAF_CHECK_EQUAL(closed.code, 8);
  CAF_CHECK(closed.err.find("[worker_api] address") != std::string::npos);
  node.server.reset();
  node.hooks.workers = [] { return WorkerList{}; };
  node.start();
  CAF_CHECK_EQUAL(type(node, {"workers"}).out, "no worker is connected\n");
}
