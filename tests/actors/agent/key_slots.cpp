// Of tasks with equal keys one is with an agent; the others wait, each gets its turn.
#define CAF_SUITE actors.agent.key_slots
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <troupe/actors/agent/key_slots.hpp>

using namespace troupe;

namespace {

RunTask task(const std::string& name, const std::string& key, const std::string& tenant = "t",
             Priority priority = PRIORITY_MEDIUM) {
  RunTask result;
  result.set_owner(tenant + "/task/" + name);
  result.set_concurrency_key(key);
  result.set_priority(priority);
  return result;
}

std::string name_of(const std::optional<RunTask>& one) {
  return one ? one->owner().substr(one->owner().rfind('/') + 1) : "nobody";
}

} // namespace

CAF_TEST(a key belongs to its tenant) {
  CAF_CHECK(!key_slots::key_of(task("1", "")));
  CAF_CHECK_EQUAL(std::string{*key_slots::key_of(task("1", "k"))}, "t/k");
  key_slots keys;
  keys.hold(task("1", "k"));
  CAF_CHECK(!keys.is_free_for(task("2", "k")));
  CAF_CHECK(keys.is_free_for(task("1", "k"))); // its own
  CAF_CHECK(keys.is_free_for(task("2", "k", "other")));
  CAF_CHECK(keys.is_free_for(task("2", "other")));
  CAF_CHECK(keys.is_free_for(task("2", "")));
}

CAF_TEST(who waits is next one at a time and by priority) {
  key_slots keys;
  keys.hold(task("1", "k"));
  keys.wait(task("2", "k"));
  keys.wait(task("3", "k", "t", PRIORITY_HIGH));
  CAF_CHECK_EQUAL(name_of(keys.release(task("2", "k"), 0)), "nobody"); // it does not hold it
  CAF_CHECK_EQUAL(name_of(keys.release(task("1", "k"), 0)), "3");
  CAF_CHECK_EQUAL(name_of(keys.release(task("1", "k"), 0)), "nobody"); // told twice
  keys.hold(task("3", "k"));
  CAF_CHECK_EQUAL(name_of(keys.pass(task("9", "k"), 0)), "nobody"); // it is held
  CAF_CHECK_EQUAL(name_of(keys.release(task("3", "k"), 0)), "2");
  CAF_CHECK(keys.is_free_for(task("4", "k")));
  CAF_CHECK_EQUAL(name_of(keys.release(task("5", ""), 0)), "nobody");
  CAF_CHECK_EQUAL(name_of(keys.pass(task("5", ""), 0)), "nobody");
}

CAF_TEST(when who was handed out needs no agent the next one is) {
  key_slots keys;
  keys.hold(task("1", "k"));
  keys.wait(task("2", "k"));
  keys.wait(task("3", "k"));
  auto next = keys.release(task("1", "k"), 0);
  CAF_CHECK_EQUAL(name_of(next), "2");
  CAF_CHECK_EQUAL(name_of(keys.pass(*next, 0)), "3");
  CAF_CHECK_EQUAL(name_of(keys.pass(task("3", "k"), 0)), "nobody");
}

CAF_TEST(until it is known who holds what no key is free) {
  key_slots keys;
  keys.close();
  CAF_CHECK(!keys.is_free_for(task("1", "k")));
  CAF_CHECK(keys.is_free_for(task("1", "")));
  keys.wait(task("1", "k"));
  keys.wait(task("2", "k"));
  keys.wait(task("1", "l"));
  keys.wait(task("1", "m"));
  keys.hold(task("8", "k")); // learned
  keys.hold(task("9", "m")); // learned, and gone before all is known
  CAF_CHECK_EQUAL(name_of(keys.release(task("9", "m"), 0)), "nobody");
  auto first = keys.open(0);
  CAF_REQUIRE_EQUAL(first.size(), 2u);
  CAF_CHECK_EQUAL(std::string{*key_slots::key_of(first[0])}, "t/l");
  CAF_CHECK_EQUAL(std::string{*key_slots::key_of(first[1])}, "t/m");
  CAF_CHECK_EQUAL(name_of(keys.release(task("8", "k"), 0)), "1");
}

CAF_TEST(two that were learned to hold a key both have to let go) {
  key_slots keys;
  keys.hold(task("1", "k"));
  keys.hold(task("2", "k"));
  keys.wait(task("3", "k"));
  CAF_CHECK_EQUAL(name_of(keys.release(task("1", "k"), 0)), "nobody");
  CAF_CHECK_EQUAL(name_of(keys.release(task("2", "k"), 0)), "3");
}

CAF_TEST(who has the key of a task is known by name) {
  key_slots keys;
  CAF_CHECK(!keys.holder(task("1", "k")));
  keys.hold(task("1", "k"));
  CAF_CHECK(!keys.holder(task("1", "k"))); // itself
  CAF_CHECK_EQUAL(std::string{keys.holder(task("2", "k"))->first}, "t/task/1");
  CAF_CHECK(!keys.holder(task("2", "")));
}
