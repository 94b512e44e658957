// Other nodes see what is offered, by ref or by kind, and nothing else.
#define CAF_SUITE net.link.exports
#include <troupe/net/link/exports.hpp>
#include <troupe/runtime/interface/catalog.hpp>
#include <troupe/runtime/interface/ledger.hpp>
#include <troupe/runtime/proto/catalog.pb.h>
#include <troupe/runtime/proto/ledger.pb.h>
#include <troupe/runtime/proto/rollout.pb.h>

using namespace troupe;

CAF_TEST(a service is found by its ref and an entity by its kind) {
  link_exports all;
  all.offer<workflow_actor>(services::registry);
  all.offer_kind<ledger_actor>("ledger");
  auto registry = all.find(std::string{services::registry});
  CAF_REQUIRE(registry);
  CAF_CHECK((*registry)->find("troupe.GetWorkflow") != nullptr);
  CAF_CHECK((*registry)->find("troupe.ChargeLedger") == nullptr);
  auto ledger = all.find("acme/ledger/goal-1");
  CAF_REQUIRE(ledger);
  CAF_CHECK((*ledger)->find("troupe.ChargeLedger") != nullptr);
  CAF_CHECK(all.is_entity("acme/ledger/goal-1"));
  CAF_CHECK(!all.is_entity(std::string{services::registry}));
}

CAF_TEST(what is not offered is not there) {
  link_exports all;
  all.offer_kind<ledger_actor>("ledger");
  CAF_CHECK_EQUAL(code_of(all.find("system/service/root").error()), ec::not_found);
  CAF_CHECK_EQUAL(code_of(all.find("ledger").error()), ec::invalid_argument);
  CAF_CHECK(!all.is_entity("acme/agent/a1"));
}
