// No more tasks begin than the configuration says, and tenants take turns at what it grants.
#define CAF_SUITE actors.agent.throttles
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <troupe/actors/agent/throttles.hpp>
#include <troupe/runtime/queue_limits.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr int64_t begin_ms = 1'000'000;

RunTask task(const std::string& name, std::vector<std::string> capabilities, const std::string& key = "",
             const std::string& tenant = "t") {
  RunTask result;
  result.set_owner(tenant + "/task/" + name);
  for (auto& capability : capabilities)
    result.mutable_query()->add_required(capability);
  result.set_concurrency_key(key);
  return result;
}

throttles with(std::string_view rates) {
  return throttles{*parse_task_rates(rates)};
}

std::string owners(const std::vector<RunTask>& tasks) {
  std::string all;
  for (auto& one : tasks)
    all += (all.empty() ? "" : " ") + one.owner();
  return all;
}

} // namespace

CAF_TEST(what has no rate is not refused) {
  auto gates = with("llm: rate=1");
  for (int i = 0; i < 10; ++i)
    CAF_CHECK(!gates.refuses(task("1", {"read"}, "k"), begin_ms));
  CAF_CHECK(!gates.rest(begin_ms));
}

CAF_TEST(a burst begins at once and then so many a second) {
  auto gates = with("llm: rate=2, burst=3");
  auto one = task("1", {"read", "llm", "llm"});
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(!gates.refuses(one, begin_ms));
  CAF_CHECK_EQUAL(std::string{gates.refuses(one, begin_ms).value()}, "capability llm");
  CAF_CHECK(gates.refuses(one, begin_ms + 499).has_value());
  CAF_CHECK(!gates.refuses(one, begin_ms + 500));
  CAF_CHECK(gates.refuses(one, begin_ms + 500).has_value());
}

CAF_TEST(a key has a bucket for each tenant) {
  auto gates = with("key mail: rate=1");
  CAF_CHECK(!gates.refuses(task("1", {"send"}, "mail"), begin_ms));
  CAF_CHECK_EQUAL(std::string{gates.refuses(task("2", {"send"}, "mail"), begin_ms).value()}, "key t/mail");
  CAF_CHECK(!gates.refuses(task("1", {"send"}, "mail", "other"), begin_ms));
  CAF_CHECK(!gates.refuses(task("3", {"send"}, "post"), begin_ms));
}

CAF_TEST(who is refused by one bucket takes no token of another) {
  auto gates = with("a: rate=1; b: rate=1");
  CAF_CHECK(!gates.refuses(task("1", {"b"}), begin_ms));
  CAF_CHECK_EQUAL(std::string{gates.refuses(task("2", {"a", "b"}), begin_ms).value()}, "capability b");
  CAF_CHECK(!gates.refuses(task("3", {"a"}), begin_ms));
}

CAF_TEST(who waits comes out when a token is there and tenants take turns) {
  auto gates = with("llm: rate=10, burst=2");
  auto first = task("1", {"llm"}, "", "flood");
  gates.refuses(first, begin_ms);
  CAF_CHECK(!gates.refuses(first, begin_ms));
  CAF_CHECK(!gates.line_of(first));
  auto bucket = gates.refuses(first, begin_ms).value();
  for (auto name : {"1", "2", "3"})
    gates.wait(bucket, task(name, {"llm"}, "", "flood"));
  gates.wait(bucket, task("single", {"llm"}, "", "poor"));
  CAF_CHECK(gates.line_of(task("9", {"read", "llm"})).value() == bucket);
  CAF_CHECK(!gates.line_of(task("9", {"read"})));
  CAF_CHECK_EQUAL(gates.rest(begin_ms)->count(), 100);
  CAF_CHECK_EQUAL(owners(gates.due(begin_ms + 99)), "");
  CAF_CHECK_EQUAL(owners(gates.due(begin_ms + 250)), "flood/task/1 poor/task/single");
  CAF_CHECK(!gates.refuses(first, begin_ms + 250)); // they have not paid
  CAF_CHECK(!gates.refuses(first, begin_ms + 250));
  CAF_CHECK_EQUAL(owners(gates.due(begin_ms + 10'000)), "flood/task/2 flood/task/3");
  CAF_CHECK(!gates.rest(begin_ms + 10'000));
}

CAF_TEST(the scheduler is not sent back at once) {
  auto gates = with("llm: rate=100000, burst=1");
  auto one = task("1", {"llm"});
  CAF_CHECK(!gates.refuses(one, begin_ms));
  gates.wait(gates.refuses(one, begin_ms).value(), one);
  CAF_CHECK_EQUAL(gates.rest(begin_ms)->count(), limits::rate_tick.count());
}

CAF_TEST(of too many buckets those that are full are forgotten and one in use is not ) {
  auto gates = with("key k: rate=1");
  auto in_use = task("1", {"x"}, "k", "busy");
  for (size_t i = 0; i < limits::rate_buckets - 1; ++i)
    gates.refuses(task("1", {"x"}, "k", "t" + std::to_string(i)), begin_ms - 2000);
  CAF_CHECK(!gates.refuses(in_use, begin_ms));
  CAF_CHECK_EQUAL(gates.buckets(), limits::rate_buckets);
  CAF_CHECK(!gates.refuses(task("1", {"x"}, "k", "one more"), begin_ms));
  CAF_CHECK_EQUAL(gates.buckets(), 2u);
  CAF_CHECK(gates.refuses(in_use, begin_ms).has_value());
}

CAF_TEST(the rate that makes a task wait is known by its name) {
  auto gates = with("llm: rate=2, burst=1");
  auto one = task("1", {"llm"});
  CAF_CHECK(!gates.refuses(one, begin_ms));
  CAF_CHECK_EQUAL(gates.rate_of("capability llm"), 2.0);
  CAF_CHECK_EQUAL(gates.rate_of("capability other"), 0.0);
}
