// Retention is read from a line a person wrote, and mistakes are named with what is allowed.
#define CAF_SUITE runtime.retention_rules
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/retention_rules.hpp>

using namespace troupe;

namespace {

constexpr int64_t day = 86'400'000;

std::string wrong(std::string_view text) {
  return check_retentions(text).value_or("nothing");
}

} // namespace

CAF_TEST(tenants say what they want and nothing more) {
  auto read = parse_retentions(" acme : run = 365 ,task=30; beta:task=0");
  CAF_REQUIRE(read);
  CAF_CHECK_EQUAL(read->size(), 2u);
  CAF_CHECK_EQUAL(read->at("acme").run_days.value(), 365);
  CAF_CHECK_EQUAL(read->at("acme").task_days.value(), 30);
  CAF_CHECK(!read->at("beta").run_days);
  CAF_CHECK_EQUAL(read->at("beta").task_days.value(), 0);
  CAF_CHECK(parse_retentions("")->empty());
  CAF_CHECK(parse_retentions("  ")->empty());
}

CAF_TEST(a mistake is named with its tenant and what is allowed) {
  CAF_CHECK_EQUAL(wrong("acme"), "'acme' does not begin with a tenant and a colon");
  CAF_CHECK_EQUAL(wrong("a b: run=1"), "'a b: run=1' does not begin with a tenant and a colon");
  CAF_CHECK_EQUAL(wrong("acme: run=1;"), "'' does not begin with a tenant and a colon");
  CAF_CHECK_EQUAL(wrong("acme: days=1"), "acme: 'days=1' is neither run=DAYS nor task=DAYS");
  CAF_CHECK_EQUAL(wrong("acme: run"), "acme: 'run' is neither run=DAYS nor task=DAYS");
  CAF_CHECK_EQUAL(wrong("acme:"), "acme: '' is neither run=DAYS nor task=DAYS");
  CAF_CHECK_EQUAL(wrong("acme: run=1, run=2"), "acme: run is said twice");
  CAF_CHECK_EQUAL(wrong("acme: run=1; acme: task=1"), "acme: is there twice");
  for (auto number : {"-1", "36501", "1.5", "", "7d", "99999999999999999999"})
    CAF_CHECK_EQUAL(wrong(std::string{"acme: run="} + number),
                    std::string{"acme: '"} + number + "' is no number of days from 0 to 36500");
  CAF_CHECK_EQUAL(wrong("acme: run=36500"), "nothing");
}

CAF_TEST(tenants are as many as a person reads) {
  std::string many;
  for (size_t i = 0; i < limits::retention_tenants; ++i)
    many += (i > 0 ? ";t" : "t") + std::to_string(i) + ":run=1";
  CAF_CHECK_EQUAL(wrong(many), "nothing");
  CAF_CHECK_EQUAL(wrong(many + "; one: run=1"), "one: more than 100 tenants");
}

CAF_TEST(what a tenant does not say is as for everybody) {
  retention_rules rules{90, 30, *parse_retentions("acme: run=1; beta: task=0")};
  CAF_CHECK_EQUAL(int64_t{rules.due_ms("other", "run", 5).value()}, 5 + 90 * day);
  CAF_CHECK_EQUAL(int64_t{rules.due_ms("other", "task", 5).value()}, 5 + 30 * day);
  CAF_CHECK_EQUAL(int64_t{rules.due_ms("acme", "run", 5).value()}, 5 + day);
  CAF_CHECK_EQUAL(int64_t{rules.due_ms("acme", "task", 5).value()}, 5 + 30 * day);
  CAF_CHECK(!rules.due_ms("beta", "task", 5));
}

CAF_TEST(what has not ended and what is neither run nor task is never due) {
  retention_rules rules{1, 1, {}};
  CAF_CHECK(!rules.due_ms("t", "run", 0));
  CAF_CHECK(!rules.due_ms("t", "agent", 5));
  CAF_CHECK(!retention_rules{}.due_ms("t", "run", 5)); // 0 = for ever
}

CAF_TEST(a configuration says the rules) {
  config settings;
  settings.retention.run_days = 5;
  settings.retention.tenants = "acme: task=7";
  auto rules = retention_of(settings);
  CAF_REQUIRE(rules);
  CAF_CHECK_EQUAL(rules->run_days, 5);
  CAF_CHECK_EQUAL(rules->task_days, 30);
  CAF_CHECK_EQUAL(rules->tenants.at("acme").task_days.value(), 7);
  settings.retention.tenants = "acme";
  auto refused = retention_of(settings);
  CAF_REQUIRE(!refused);
  CAF_CHECK(text_of(refused.error()).starts_with("[retention] tenants: 'acme' does not begin"));
}
