// Which rows of a listing are meant, condition by condition.
#define CAF_SUITE net.api.run_filter
#include <caf/test/unit_test.hpp>
#include <functional>
#include <troupe/net/api/run_filter.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

namespace {

WorkSummary order() {
  WorkSummary work;
  work.set_ref("acme/run/7");
  work.set_title("order books");
  work.set_status("failed");
  work.set_principal("ada");
  work.set_parent("acme/run/1");
  work.set_reason("step pay: no money");
  work.set_created_ms(1000);
  work.set_ended_ms(2000);
  return work;
}

bool lets_through(const std::function<void(RunFilter&)>& condition, const WorkSummary& work = order()) {
  RunFilter filter;
  condition(filter);
  return matches(filter, work);
}

} // namespace

CAF_TEST(no condition lets everything through) {
  CAF_CHECK(matches(RunFilter{}, order()));
  CAF_CHECK(matches(RunFilter{}, WorkSummary{}));
}

CAF_TEST(each condition is kept) {
  CAF_CHECK(lets_through([](auto& f) { f.add_status("parked"), f.add_status("failed"); }));
  CAF_CHECK(!lets_through([](auto& f) { f.add_status("running"); }));
  CAF_CHECK(lets_through([](auto& f) { f.set_title("order books"); }));
  CAF_CHECK(lets_through([](auto& f) { f.set_title("order*"); }));
  CAF_CHECK(!lets_through([](auto& f) { f.set_title("order"); }));
  CAF_CHECK(lets_through([](auto& f) { f.set_principal("ada"); }));
  CAF_CHECK(!lets_through([](auto& f) { f.set_principal("bob"); }));
  CAF_CHECK(lets_through([](auto& f) { f.set_parent("acme/run/1"); }));
  CAF_CHECK(!lets_through([](auto& f) { f.set_parent("acme/run/2"); }));
  CAF_CHECK(lets_through([](auto& f) { f.set_tenant("acme"); }));
  CAF_CHECK(!lets_through([](auto& f) { f.set_tenant("acm"); }));
  CAF_CHECK(lets_through([](auto& f) { f.set_reason("no money"); }));
  CAF_CHECK(!lets_through([](auto& f) { f.set_reason("no time"); }));
}

CAF_TEST(of a time the first moment counts and the last does not ) {
  CAF_CHECK(lets_through([](auto& f) { f.set_created_from_ms(1000); }));
  CAF_CHECK(!lets_through([](auto& f) { f.set_created_from_ms(1001); }));
  CAF_CHECK(lets_through([](auto& f) { f.set_created_to_ms(1001); }));
  CAF_CHECK(!lets_through([](auto& f) { f.set_created_to_ms(1000); }));
  CAF_CHECK(lets_through([](auto& f) { f.set_ended_from_ms(2000), f.set_ended_to_ms(2001); }));
  CAF_CHECK(!lets_through([](auto& f) { f.set_ended_to_ms(2000); }));
}

CAF_TEST(what has not ended has ended at no time) {
  auto open = order();
  open.set_ended_ms(0);
  CAF_CHECK(!lets_through([](auto& f) { f.set_ended_to_ms(5000); }, open));
}

CAF_TEST(all conditions together must hold) {
  CAF_CHECK(lets_through([](auto& f) { f.add_status("failed"), f.set_principal("ada"); }));
  CAF_CHECK(!lets_through([](auto& f) { f.add_status("failed"), f.set_principal("bob"); }));
}

CAF_TEST(a filter without a condition means nobody in a batch) {
  CAF_CHECK_EQUAL(code_of(check_names_some(RunFilter{})), ec::invalid_argument);
  RunFilter some;
  some.set_tenant("acme");
  CAF_CHECK(!check_names_some(some));
}
