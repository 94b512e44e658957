// Numbers and conversions: exact, or refused.
#define CAF_SUITE actors.workflow.expression.functions
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/expression/given.hpp>

using namespace troupe;

CAF_TEST(each function of numbers has its result) {
  std::pair<const char*, const char*> rows[] = {
      {"math.abs(-3)", "3"},
      {"math.abs(-2.5)", "2.5"},
      {"math.floor(-2.5)", "-3"},
      {"math.ceil(2.1)", "3"},
      {"math.round(2.5)", "3"},
      {"math.round(-2.5)", "-3"},
      {"math.floor(math.maxinteger)", "9223372036854775807"},
      {"math.max(1, 2.5, -1)", "2.5"},
      {"math.min(1, 2.5, -1)", "-1"},
      {"math.sqrt(2.25)", "1.5"},
      {"math.mininteger", "-9223372036854775808"},
      {"1 < math.huge", "true"},
      {"7 // 2", "3"},
      {"-7 % 3", "2"},
      {"tostring(nil) .. tostring(true) .. tostring(1) .. tostring(0.1 + 0.2) .. tostring(1e15) .. "
       "tostring('x')",
       R"("niltrue10.300000000000000041000000000000000.0x")"},
      {"tostring(0/0) .. tostring(-(0/0)) .. tostring(1/0) .. tostring(-1/0)", R"("nannaninf-inf")"},
      {"tonumber('12') + tonumber('-1.5')", "10.5"},
      {"tonumber(3)", "3"},
      {"tonumber('0x10') == nil and tonumber('') == nil and tonumber(' 1') == nil and tonumber('nan') == nil "
       "and tonumber('1e999') == nil",
       "true"},
      {"type(nil) .. type(true) .. type(1) .. type('') .. type({1}) .. type({a = 1}) .. type(list()) .. "
       "type(len)",
       R"("nilbooleannumberstringlistobjectlistfunction")"},
      {"type(inputs) .. type(inputs.l)", R"("objectlist")"},
      {"json(inputs) .. json({b = 1, a = 'x'}) .. json(nil)", R"("{\"l\": []}{\"a\":\"x\",\"b\":1}null")"},
  };
  for (auto& [source, wanted] : rows)
    CAF_CHECK_EQUAL(given(source, R"({"l": []})"), wanted);
}

CAF_TEST(what is no number is refused) {
  for (auto* source : {"math.abs('1')", "math.floor(nil)", "math.ceil({})", "math.round(true)", "math.max()",
                       "math.min(1, '2')", "math.sqrt('4')"})
    CAF_CHECK(refused_with("(number expected", source));
  for (auto* source : {"math.floor(1e300)", "math.ceil(0/0)", "math.round(math.huge)",
                       "math.abs(math.mininteger)", "math.floor(2^63)"})
    CAF_CHECK(refused_with("is beyond the whole numbers", source));
  for (auto* source : {"tostring({})", "tostring(len)", "tostring(inputs)"})
    CAF_CHECK(refused_with("has no text", source));
  for (auto* source : {"tostring()", "type()", "json()", "json(len)", "tonumber({})", "tonumber()", "1 // 0",
                       "1 % 0", "1.5 & 1"})
    CAF_CHECK(refused_with("line 1: ", source));
}

CAF_TEST(libraries have no fields but their functions and cannot be counted) {
  for (auto* source :
       {"math['x']", "math[1]", "string['rep' .. 'x']", "#math", "math.floor.x", "keys(math)", "len(string)"})
    CAF_CHECK(refused_with("line 1: ", source));
  CAF_CHECK_EQUAL(given("math['floor'](1.5)"), "1");
}
