// Calls leave together when they are enough or have waited long enough.
#define CAF_SUITE actors.agent.gathering
#include <caf/test/unit_test.hpp>
#include <troupe/actors/agent/gathering.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

gathered_call call(const std::string& name) {
  gathered_call one;
  one.request.set_name(name);
  return one;
}

std::string names(const std::vector<gathered_call>& calls) {
  std::string all;
  for (auto& one : calls)
    all += one.request.name() + " ";
  return all;
}

} // namespace

CAF_TEST(a full batch leaves at once and in order) {
  gathering line{{3, 10ms}};
  CAF_CHECK(line.add(call("a"), 100).empty());
  CAF_CHECK(line.add(call("b"), 101).empty());
  CAF_CHECK(line.is_open());
  CAF_CHECK_EQUAL(names(line.add(call("c"), 102)), "a b c ");
  CAF_CHECK(!line.is_open());
  CAF_CHECK(line.take_due(200).empty());
}

CAF_TEST(what is not full leaves when the first has waited) {
  gathering line{{3, 10ms}};
  line.add(call("a"), 100);
  line.add(call("b"), 109);
  CAF_CHECK(line.take_due(109).empty());
  CAF_CHECK_EQUAL(names(line.take_due(110)), "a b ");
  line.add(call("c"), 120);
  CAF_CHECK(line.take_due(125).empty());
  CAF_CHECK_EQUAL(names(line.take_due(130)), "c ");
}

CAF_TEST(batches of one wait for nobody) {
  gathering line{{1, 10ms}};
  CAF_CHECK_EQUAL(names(line.add(call("a"), 100)), "a ");
}
