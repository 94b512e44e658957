// A ledger answers when it is on disk, once for each command, and remembers across a restart.
#define CAF_SUITE actors.ops.ledger
#include "tests/support/fixture.hpp"
#include <troupe/runtime/actor.hpp>
#include <troupe/runtime/proto/ledger.pb.h>

using namespace troupe;

namespace {

const std::string purse = "acme/ledger/purse";

struct treasury : house {
  treasury()
      : house{[](caf::scheduled_actor* root, doors_ptr outside) {
          outside->names->put(std::string{services::shard_host},
                              caf::actor_cast<caf::actor>(spawn_shard_host(root, outside, {ledger_kind()})));
        }} {}

  static SetLedgerLimit limit(int64_t amount) {
    SetLedgerLimit cmd;
    cmd.set_amount(amount);
    cmd.set_unit("usd-micro");
    return cmd;
  }
  static ChargeLedger charge(int64_t amount, const std::string& command = {}) {
    ChargeLedger cmd;
    cmd.set_amount(amount);
    cmd.set_purpose("a call");
    cmd.mutable_context()->set_command_id(command);
    return cmd;
  }
  int64_t spent() {
    return request<LedgerState>(purse, GetLedger{}).spent();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(ledger_tests, treasury)

CAF_TEST(a charge is answered with what is spent and too much is refused) {
  CAF_CHECK_EQUAL(std::string{request<LedgerState>(purse, limit(100)).ledger()}, purse);
  CAF_CHECK_EQUAL(int64_t{request<LedgerState>(purse, charge(70)).spent()}, 70);
  CAF_CHECK_EQUAL(refusal<LedgerState>(purse, charge(31)), ec::budget_exceeded);
  CAF_CHECK_EQUAL(spent(), 70);
}

CAF_TEST(nobody has a ledger that was never begun) {
  CAF_CHECK_EQUAL(refusal<LedgerState>(purse, GetLedger{}), ec::not_found);
  CAF_CHECK_EQUAL(refusal<LedgerState>(purse, charge(1)), ec::not_found);
}

CAF_TEST(a command given twice is charged once even after a restart) {
  request<LedgerState>(purse, limit(100));
  auto once = command_id();
  request<LedgerState>(purse, charge(30, once));
  CAF_CHECK_EQUAL(int64_t{request<LedgerState>(purse, charge(30, once)).spent()}, 30);
  crash_and_recover();
  CAF_CHECK_EQUAL(int64_t{request<LedgerState>(purse, charge(30, once)).spent()}, 30);
  CAF_CHECK_EQUAL(int64_t{request<LedgerState>(purse, charge(30, command_id())).spent()}, 60);
}

CAF_TEST(a restarted ledger still knows what was spent) {
  request<LedgerState>(purse, limit(100));
  request<LedgerState>(purse, charge(70));
  crash_and_recover();
  CAF_CHECK_EQUAL(refusal<LedgerState>(purse, charge(31)), ec::budget_exceeded);
  CAF_CHECK_EQUAL(int64_t{request<LedgerState>(purse, charge(30)).spent()}, 100);
}

CAF_TEST(many charges leave a snapshot and the same sum) {
  request<LedgerState>(purse, limit(1'000'000));
  for (uint64_t i = 0; i < limits::snapshot_every + 10; ++i)
    request<LedgerState>(purse, charge(3));
  crash_and_recover();
  CAF_CHECK_EQUAL(spent(), static_cast<int64_t>(3 * (limits::snapshot_every + 10)));
}

CAF_TEST(a ledger is listed as it stands) {
  request<LedgerState>(purse, limit(100));
  request<LedgerState>(purse, charge(70));
  auto id = identify(purse, rows->naming_key());
  std::vector<LedgerState> listed;
  CAF_REQUIRE(!rows->scan(space::index, index_begin(id.shard, index_table::ledgers),
                          index_end(id.shard, index_table::ledgers), [&](auto, auto value) {
                            listed.emplace_back().ParseFromString(std::string{value});
                            return true;
                          }));
  CAF_REQUIRE_EQUAL(listed.size(), 1u);
  CAF_CHECK(equal(listed[0], request<LedgerState>(purse, GetLedger{})));
}

CAF_TEST(every append carries what is spent then with or without a command id) {
  std::vector<int64_t> carried;
  bool proven = false;
  twins watched;
  watched.journal.before = [&](std::span<const journal_order> orders) {
    for (auto& order : orders)
      if (auto* append = std::get_if<append_order>(&order)) {
        carried.push_back(append->spent ? append->spent->spent : -1);
        proven = proven || (append->spent && append->spent->proven);
      }
  };
  node.reset();
  node.emplace(
      rows, time, 7,
      [](caf::scheduled_actor* root, doors_ptr outside) {
        outside->names->put(std::string{services::shard_host},
                            caf::actor_cast<caf::actor>(spawn_shard_host(root, outside, {ledger_kind()})));
      },
      std::move(watched));
  request<LedgerState>(purse, limit(100));
  request<LedgerState>(purse, charge(30));
  request<LedgerState>(purse, charge(20, command_id()));
  CAF_CHECK(carried == (std::vector<int64_t>{0, 30, 50}));
  CAF_CHECK(!proven);
}

CAF_TEST(a promise is made once and settled once even after a restart) {
  std::vector<std::string> told;
  auto listen = [&] {
    auto run = node->system().spawn([&told](caf::event_based_actor* self) -> caf::behavior {
      house_rules(self);
      return {[&told](const FundsReserved& answer) {
                told.push_back(answer.has_failure() ? "refused" : "promised");
              },
              [&told](const FundsSettled&) { told.push_back("settled"); }};
    });
    node->outside()->names->put("acme/run/r1", run);
  };
  auto reserve = [&](uint32_t number, int64_t amount) {
    ReserveFunds cmd;
    cmd.mutable_grant()->set_run("acme/run/r1");
    cmd.mutable_grant()->set_number(number);
    cmd.mutable_grant()->set_amount(amount);
    node->outside()->names->tell(purse, std::move(cmd));
    node->settle();
  };
  auto settle = [&](uint32_t number, int64_t amount) {
    SettleFunds cmd;
    cmd.set_run("acme/run/r1");
    cmd.set_number(number);
    cmd.set_spent(amount);
    node->outside()->names->tell(purse, std::move(cmd));
    node->settle();
  };
  listen();
  reserve(1, 60);
  CAF_CHECK_EQUAL(told.back(), "refused"); // nobody has begun it
  request<LedgerState>(purse, limit(100));
  reserve(1, 60);
  reserve(1, 60);
  CAF_CHECK_EQUAL(told.back(), "promised");
  reserve(2, 60);
  CAF_CHECK_EQUAL(told.back(), "refused");
  CAF_CHECK_EQUAL(refusal<LedgerState>(purse, charge(41)), ec::budget_exceeded);
  crash_and_recover();
  listen();
  auto held = request<LedgerState>(purse, GetLedger{});
  CAF_CHECK_EQUAL(int64_t{held.reserved()}, 60);
  CAF_CHECK_EQUAL(held.open_size(), 1);
  settle(1, 25);
  settle(1, 60);
  CAF_CHECK_EQUAL(told.back(), "settled");
  auto after = request<LedgerState>(purse, GetLedger{});
  CAF_CHECK_EQUAL(int64_t{after.spent()}, 25);
  CAF_CHECK_EQUAL(int64_t{after.reserved()}, 0);
  auto count = told.size();
  reserve(1, 60); // too late
  CAF_CHECK_EQUAL(told.size(), count);
  crash_and_recover();
  CAF_CHECK_EQUAL(spent(), 25);
}

CAF_TEST_FIXTURE_SCOPE_END()
