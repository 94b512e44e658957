// Values come out as they went in: whole numbers of 64 bits, floats to the last bit, UTF-8, sorted keys; what JSON cannot hold is an error.
#define CAF_SUITE actors.workflow.expression.result
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/expression/given.hpp>

using namespace troupe;

CAF_TEST(built objects have sorted keys whatever their order was) {
  CAF_CHECK_EQUAL(given("{b = 1, a = 2, B = 3, ['a b'] = 4, aa = 5}"),
                  R"({"B":3,"a":2,"a b":4,"aa":5,"b":1})");
  CAF_CHECK_EQUAL(given("{b = {d = 1, c = 2}, a = {3, {z = 1, y = 2}}}"),
                  R"({"a":[3,{"y":2,"z":1}],"b":{"c":2,"d":1}})");
  std::string built = "{", wanted;
  for (int i = 99; i >= 10; --i) {
    built += "k" + std::to_string(i) + "=1,";
    wanted = ",\"k" + std::to_string(i) + "\":1" + wanted;
  }
  CAF_CHECK_EQUAL(given(built + "}"), "{" + wanted.substr(1) + "}");
}

CAF_TEST(whole numbers keep their 64 bits) {
  for (auto* number : {"9007199254740993", "9223372036854775807", "-9223372036854775808", "0", "-1"})
    CAF_CHECK_EQUAL(given("{inputs[1]}", "[" + std::string{number} + "]"), "[" + std::string{number} + "]");
  CAF_CHECK_EQUAL(given("inputs.n + 1", R"({"n":9007199254740993})"), "9007199254740994");
  CAF_CHECK(refused_with("9223372036854775808 does not fit into 64 bits", "inputs.n + 1",
                         R"({"n":9223372036854775808})"));
  CAF_CHECK(refused_with("1e400 is no number of 64 bits", "inputs.n + 1", R"({"n":1e400})"));
}

CAF_TEST(floats are read again as the same number) {
  for (auto* number : {"0.1", "1.0", "1e+100", "5e-324", "1.7976931348623157e+308", "0.30000000000000004",
                       "-2.5", "123456789.125", "-0.0"})
    CAF_CHECK_EQUAL(given("{inputs[1]}", "[" + std::string{number} + "]"), "[" + std::string{number} + "]");
  CAF_CHECK_EQUAL(given("0.1 + 0.2"), "0.30000000000000004");
  CAF_CHECK_EQUAL(given("{4 / 2, 4 // 2, 2 ^ 53, 1e15}"), "[2.0,2,9007199254740992.0,1000000000000000.0]");
  for (auto* none : {"0/0", "-(0/0)", "1/0", "-1/0", "{a = {0/0}}", "math.huge"})
    CAF_CHECK(refused_with("is no JSON", none));
  CAF_CHECK_EQUAL(given("0/0 ~= 0/0"), "true");
}

CAF_TEST(texts stay what they were) {
  CAF_CHECK_EQUAL(given("{inputs.t}", R"({"t":"é😀\u0000\u001f\"\\\n\b\f\r\t\u007f"})"),
                  "[\"é😀\\u0000\\u001f\\\"\\\\\\n\\u0008\\u000c\\r\\t\\u007f\"]");
  CAF_CHECK_EQUAL(given("'\\u{e9}' .. 'é'"), "\"éé\"");
  CAF_CHECK_EQUAL(given("{['\\n\\u{e9}'] = 1}"), "{\"\\né\":1}");
  for (auto* cut : {"('é'):sub(1, 1)", "('é'):sub(2)", "{('😀'):sub(1, 3)}", "{[('é'):sub(1, 1)] = 1}",
                    "('\\u{800}'):sub(1, 2)"})
    CAF_CHECK(refused_with("no UTF-8", cut));
}

CAF_TEST(a table is a list or an object and never both) {
  CAF_CHECK_EQUAL(given("{1, 'a', true, {}, list()}"), R"([1,"a",true,{},[]])");
  CAF_CHECK_EQUAL(given("{a = nil, b = false}"), R"({"b":false})");
  for (auto* wrong : {"{1, nil, 3}", "{1, a = 2}", "{[1] = 1, [3] = 3}"})
    CAF_CHECK(refused_with("without a gap", wrong));
  for (auto* wrong : {"{[2] = 1}", "{[1.5] = 1}", "{[true] = 1}", "{[{}] = 1}", "{[0] = 1, a = 1}"})
    CAF_CHECK(refused_with("", wrong));
  for (auto* wrong : {"len", "function(x) return x end", "{len}", "math", "{a = string}", "('').upper"})
    CAF_CHECK(refused_with("is no JSON", wrong));
}

CAF_TEST(depth is bounded in documents and results) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CAF_CHECK_EQUAL(given("inputs", nested(expression_limits::depth)), nested(expression_limits::depth));
  CAF_CHECK(refused_with("cannot be read", "inputs", nested(expression_limits::depth + 1)));
  auto deep = [](int depth) {
    return "fold(('x'):rep(" + std::to_string(depth) +
           ", ''):replace('x', 'x,'):split(','), 1, function(a, b) return {a} end)";
  };
  CAF_CHECK_EQUAL(given(deep(3)), "[[[[1]]]]");
  CAF_CHECK(refused_with("more than 64 lists and objects", deep(100)));
}

CAF_TEST(selected values cannot be compared by order and are equal to themselves) {
  CAF_CHECK_EQUAL(given("{inputs.a == inputs.a, inputs.a == inputs.b, inputs.a == {}, inputs.l == inputs.l}",
                        R"({"a":{},"b":{},"l":[]})"),
                  "[true,false,false,true]");
  CAF_CHECK(refused_with("attempt to compare", "inputs.a < inputs.a", R"({"a":{}})"));
  CAF_CHECK(refused_with("attempt to perform arithmetic on a list value (field 'a')", "inputs.a + 1",
                         R"({"a":[]})"));
  CAF_CHECK(refused_with("an object has no '#'", "#inputs.a", R"({"a":{}})"));
  CAF_CHECK(refused_with("attempt to concatenate a nil value (field 'x')", "'a' .. inputs.x"));
  CAF_CHECK(refused_with("line 2: attempt to", "1 +\n1 +\ninputs -- last"));
}
