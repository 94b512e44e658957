// Rates are read from a line a person wrote, and mistakes are named with what is allowed.
#define CAF_SUITE runtime.task_rates
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <troupe/runtime/queue_limits.hpp>
#include <troupe/runtime/task_rates.hpp>

using namespace troupe;

namespace {

std::string wrong(std::string_view text) {
  return check_task_rates(text).value_or("nothing");
}

} // namespace

CAF_TEST(capabilities and keys have rates and bursts) {
  auto read = parse_task_rates(" llm.call : rate = 10 ,burst=20; key mail: rate=0.5;draw:rate=3");
  CAF_REQUIRE(read);
  CAF_CHECK_EQUAL(read->by_capability.size(), 2u);
  CAF_CHECK_EQUAL(read->by_capability.at("llm.call").per_second, 10.0);
  CAF_CHECK_EQUAL(read->by_capability.at("llm.call").burst, 20.0);
  CAF_CHECK_EQUAL(read->by_capability.at("draw").burst, 3.0);
  CAF_CHECK_EQUAL(read->by_key.at("mail").per_second, 0.5);
  CAF_CHECK_EQUAL(read->by_key.at("mail").burst, 1.0);
  CAF_CHECK(parse_task_rates(" ")->by_capability.empty());
  CAF_CHECK(parse_task_rates("key: rate=1")->by_capability.count("key") == 1); // a capability of that name
}

CAF_TEST(a mistake is named with its place and what is allowed) {
  const std::string opening =
      " does not begin with a capability, or `key` and a concurrency key, and a colon";
  CAF_CHECK_EQUAL(wrong("llm"), "'llm'" + opening);
  CAF_CHECK_EQUAL(wrong("a b: rate=1"), "'a b: rate=1'" + opening);
  CAF_CHECK_EQUAL(wrong("a: rate=1;"), "''" + opening);
  CAF_CHECK_EQUAL(wrong("a: speed=1"), "a: 'speed=1' is neither rate=NUMBER nor burst=NUMBER");
  CAF_CHECK_EQUAL(wrong("a: rate"), "a: 'rate' is neither rate=NUMBER nor burst=NUMBER");
  CAF_CHECK_EQUAL(wrong("a: rate=1, rate=2"), "a: rate is said twice");
  CAF_CHECK_EQUAL(wrong("a: burst=2"), "a: has no rate=NUMBER");
  CAF_CHECK_EQUAL(wrong("a: rate=1; a: rate=2"), "a: is there twice");
  CAF_CHECK_EQUAL(wrong("a: rate=1; key a: rate=2"), "nothing");
  for (auto text : {"0", "-1", "x", "1x", "nan", "inf", "1000001"})
    CAF_CHECK_EQUAL(wrong(std::string{"key a: rate="} + text),
                    "a: '" + std::string{text} + "' is no rate from 1e-06 to 1000000");
  CAF_CHECK_EQUAL(wrong("a: rate=1, burst=0.5"), "a: '0.5' is no burst from 1 to 1000000");
}

CAF_TEST(there are only so many rates) {
  std::string text;
  for (size_t i = 0; i < limits::task_rates; ++i)
    text += (i > 0 ? ";" : "") + std::string{"c"} + std::to_string(i) + ":rate=1";
  CAF_CHECK_EQUAL(wrong(text), "nothing");
  CAF_CHECK_EQUAL(wrong(text + ";more:rate=1"), "more: more than 100 rates");
}
