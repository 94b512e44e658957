// Findings travel as bytes and come back equal; bad bytes give an error text.
#define CAF_SUITE examples.repository_audit.finding
#include <caf/test/unit_test.hpp>

#include "examples/repository_audit/finding.hpp"

using namespace troupe::audit;

namespace {

const std::vector<finding> two{
    {"code.c-gets", severity::high, "src/ä.c", 3, 7, "Bad \"call\".", "gets(x)…"},
    {"secret.twilio-key", severity::info, "b", 4294967295u, 1, "", ""},
};

bool refused(std::string_view bytes) {
  return std::holds_alternative<decode_error>(decode(bytes));
}

} // namespace

CAF_TEST(decoded findings equal the encoded ones) {
  const auto back = decode(encode(two));
  CAF_REQUIRE(std::holds_alternative<std::vector<finding>>(back));
  CAF_CHECK(std::get<std::vector<finding>>(back) == two);
  CAF_CHECK_EQUAL(encode({}), R"({"v":1,"findings":[]})");
}

CAF_TEST(every severity survives) {
  for (auto level : all_severities) {
    const std::vector<finding> one{{"a.b", level, "f", 1, 1, "m", "e"}};
    CAF_CHECK(std::get<std::vector<finding>>(decode(encode(one))) == one);
  }
}

CAF_TEST(other bytes are refused with a reason) {
  CAF_CHECK(refused(""));
  CAF_CHECK(refused("not json"));
  CAF_CHECK(refused("[]"));
  CAF_CHECK(refused(R"({"v":2,"findings":[]})"));
  CAF_CHECK(refused(R"({"v":1})"));
  CAF_CHECK(refused(R"({"v":1,"findings":{}})"));
  CAF_CHECK(refused(R"({"v":1,"findings":[["r","high","f",1,1,"m"]]})"));
  CAF_CHECK(refused(R"({"v":1,"findings":[["r","worst","f",1,1,"m","e"]]})"));
  CAF_CHECK(refused(R"({"v":1,"findings":[["r","high","f",0,1,"m","e"]]})"));
  CAF_CHECK(refused(R"({"v":1,"findings":[["r","high","f",1,4294967296,"m","e"]]})"));
  CAF_CHECK(refused(R"({"v":1,"findings":[["r","high","f","1",1,"m","e"]]})"));
  CAF_CHECK(!refused(R"({"v":1,"findings":[["r","high","f",1,1,"m","e"]]})"));
  const auto reason = decode(R"({"v":1,"findings":[[]]})");
  CAF_REQUIRE(std::holds_alternative<decode_error>(reason));
  CAF_CHECK_EQUAL(std::get<decode_error>(reason).text, "finding 0 has a wrong field");
}

CAF_TEST(a truncated encoding is refused at every length) {
  const auto bytes = encode(two);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CAF_CHECK(refused(std::string_view{bytes}.substr(0, size)));
}

CAF_TEST(findings are ordered by file then line then column then rule) {
  const finding base{"b.b", severity::low, "f", 2, 2, "", ""};
  auto other = base;
  other.file = "g";
  CAF_CHECK(comes_before(base, other));
  other = base;
  other.line = 1;
  other.column = 9;
  CAF_CHECK(comes_before(other, base));
  other = base;
  other.rule = "c.a";
  CAF_CHECK(comes_before(base, other));
  CAF_CHECK(!comes_before(base, base));
}

CAF_TEST(a category is what stands before the first dot) {
  CAF_CHECK_EQUAL(category_of("secret.a.b"), "secret");
  CAF_CHECK_EQUAL(category_of("secret"), "secret");
}
