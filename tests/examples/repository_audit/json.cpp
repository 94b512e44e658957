// JSON goes in and out of the plain tree unchanged; everything else is refused.
#define CAF_SUITE examples.repository_audit.json
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/json.hpp"

using namespace troupe::audit;

CAF_TEST(every kind of value survives a round trip in the order of its members) {
  const std::string text =
      R"({"z":[null,true,false,-9223372036854775808,9223372036854775807,1.5E0],"a":{"q":"\u0001ä\""}})";
  const auto tree = parse_json(text);
  CAF_REQUIRE(std::holds_alternative<json>(tree));
  CAF_CHECK_EQUAL(write_json(std::get<json>(tree)), text);
}

CAF_TEST(a member is found by its name in an object only) {
  const json tree = json_object{{"a", 1}, {"b", "two"}};
  CAF_REQUIRE(member(tree, "b") != nullptr);
  CAF_CHECK(*member(tree, "b")->as<std::string>() == "two");
  CAF_CHECK(member(tree, "c") == nullptr);
  CAF_CHECK(member(json{json_list{1}}, "a") == nullptr);
}

CAF_TEST(what is no JSON is an error text) {
  for (const auto& text : {std::string{""}, std::string{"{"}, std::string{"[1,]"}, std::string{"\"\xFF\""},
                           std::string{"18446744073709551615"}, std::string(1000, '['), std::string{"{} x"}})
    CAF_CHECK(std::holds_alternative<json_error>(parse_json(text)));
}
