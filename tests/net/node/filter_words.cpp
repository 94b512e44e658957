// Words of a command line become conditions; what is no time is refused with the option's name.
#define CAF_SUITE net.node.filter_words
#include <caf/test/unit_test.hpp>
#include <troupe/net/node/filter_words.hpp>
#include <troupe/runtime/error.hpp>

using namespace troupe;

CAF_TEST(nothing said is no condition) {
  auto filter = read_filter(cli_arguments{});
  CAF_REQUIRE(filter.engaged());
  CAF_CHECK_EQUAL(filter->ByteSizeLong(), 0u);
}

CAF_TEST(every option becomes its condition) {
  cli_arguments said;
  said.status = "running,failed";
  said.title = "order*";
  said.principal = "ada";
  said.parent_ref = "acme/run/1";
  said.tenant = "acme";
  said.note = "no money";
  said.from = "1970-01-01T00:00:01Z";
  said.to = "1970-01-01T00:00:02Z";
  said.ended_from = "1970-01-01T00:00:03Z";
  said.ended_to = "1970-01-01T00:00:04Z";
  auto filter = read_filter(said);
  CAF_REQUIRE(filter.engaged());
  CAF_CHECK_EQUAL(
      filter->ShortDebugString(),
      "status: \"running\" status: \"failed\" title: \"order*\" principal: \"ada\" parent: \"acme/run/1\" "
      "tenant: \"acme\" reason: \"no money\" created_from_ms: 1000 created_to_ms: 2000 ended_from_ms: 3000 "
      "ended_to_ms: 4000");
}

CAF_TEST(what is no time is refused) {
  cli_arguments said;
  said.ended_from = "yesterday";
  auto filter = read_filter(said);
  CAF_CHECK_EQUAL(code_of(filter.error()), ec::invalid_argument);
  CAF_CHECK(text_of(filter.error()).starts_with("--ended-from: "));
}
