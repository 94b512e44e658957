// A text that is JSON is read as that, and any other is a string.
#define CAF_SUITE actors.workflow.run.values
#include <caf/test/unit_test.hpp>
#include <troupe/actors/workflow/run/values.hpp>

using namespace troupe;

CAF_TEST(texts become JSON and JSON becomes text) {
  CAF_CHECK_EQUAL(as_json("7"), std::string{"7"});
  CAF_CHECK_EQUAL(as_json("7", TYPE_STRING), std::string{"\"7\""});
  CAF_CHECK_EQUAL(as_json("{\"a\": [1]}"), std::string{"{\"a\": [1]}"});
  CAF_CHECK_EQUAL(as_json("{a}"), std::string{"\"{a}\""});
  CAF_CHECK_EQUAL(as_json("say \"x\"\n"), std::string{R"("say \"x\"\n")"});
  CAF_CHECK_EQUAL(as_json(""), std::string{"\"\""});
  CAF_CHECK_EQUAL(as_json("nullify"), std::string{"\"nullify\""});
  CAF_CHECK_EQUAL(as_text("\"a\\u00e4\""), std::string{"aä"});
  CAF_CHECK_EQUAL(as_text(" [1,2]"), std::string{" [1,2]"});
}

CAF_TEST(a value has a type and null has all) {
  CAF_CHECK(is_of("1", TYPE_INTEGER));
  CAF_CHECK(!is_of("1.0", TYPE_INTEGER));
  CAF_CHECK(is_of("1e3", TYPE_NUMBER));
  CAF_CHECK(!is_of("\"1\"", TYPE_NUMBER));
  CAF_CHECK(is_of("true", TYPE_BOOLEAN));
  CAF_CHECK(is_of("[]", TYPE_LIST));
  CAF_CHECK(is_of("{}", TYPE_OBJECT));
  CAF_CHECK(!is_of("{}", TYPE_LIST));
  CAF_CHECK(is_of("null", TYPE_LIST));
  CAF_CHECK(!is_of("nul", TYPE_ANY));
}

CAF_TEST(a list gives its items as they stand) {
  auto items = items_of(R"([1, {"a" : 2},"x"])");
  CAF_REQUIRE(items);
  CAF_REQUIRE_EQUAL(items->size(), 3u);
  CAF_CHECK_EQUAL(items->at(1), std::string{R"({"a" : 2})"});
  CAF_CHECK(!items_of("{}"));
  CAF_CHECK(!items_of("[1"));
}
