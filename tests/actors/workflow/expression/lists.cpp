// Functions of lists and objects work alike on what is selected and what is built.
#define CAF_SUITE actors.workflow.expression.lists
#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>
#include <tests/actors/workflow/expression/given.hpp>

using namespace troupe;

namespace {

const char* inputs =
    R"({"l":[3,1,2],"o":{"b":1,"a":[ 2 ],"b":7},"e":[],"eo":{},"n":[1,null],"m":[{"k":"y","v":1},{"k":"x","v":2},{"k":"y","v":3}]})";

} // namespace

CAF_TEST(each function of lists and objects has its result) {
  std::pair<const char*, const char*> rows[] = {
      {"len(inputs.l)", "3"},
      {"len({1, 2})", "2"},
      {"len(inputs.o)", "2"},
      {"len({a = 1})", "1"},
      {"len({})", "0"},
      {"len(inputs.e) + len(inputs.eo)", "0"},
      {"len('é😀')", "2"},
      {"#inputs.l", "3"},
      {"contains(inputs.l, 2)", "true"},
      {"contains(inputs.l, 2.0)", "true"},
      {"contains({1, 2}, '2')", "false"},
      {"contains(inputs.n, nil)", "true"},
      {"contains(inputs.o, 'a')", "true"},
      {"contains({a = 1}, 'b')", "false"},
      {"contains('abc', 'bc')", "true"},
      {"contains('abc', '')", "true"},
      {"keys(inputs.o)", R"(["a","b"])"},
      {"keys({c = 1, b = 2, a = 3})", R"(["a","b","c"])"},
      {"keys({})", "[]"},
      {"values(inputs.o)", "[[ 2 ],7]"},
      {"values({c = 1, b = 2, a = 3})", "[3,2,1]"},
      {"at(inputs, 'o', 'a', 1)", "2"},
      {"at(inputs, 'x', 'a', 1) == nil", "true"},
      {"at({a = {b = 1}}, 'a', 'b')", "1"},
      {"list(1, inputs.e)", "[1,[]]"},
      {"map(inputs.l, function(x) return x * 2 end)", "[6,2,4]"},
      {"map({1, 2}, tostring)", R"(["1","2"])"},
      {"map(inputs.e, len)", "[]"},
      {"map(inputs.m, function(x) return {x.k, x} end)[2]", R"(["x",{"k":"x","v":2}])"},
      {"filter(inputs.l, function(x) return x > 1 end)", "[3,2]"},
      {"filter(inputs.n, function(x) return x == 1 end)", "[1]"},
      {"filter(inputs.l, function(x) return false end)", "[]"},
      {"fold(inputs.l, 10, function(a, x) return a - x end)", "4"},
      {"fold(inputs.e, 'x', len)", R"("x")"},
      {"any(inputs.l, function(x) return x == 2 end)", "true"},
      {"any(inputs.e, function(x) return true end)", "false"},
      {"all(inputs.l, function(x) return x > 1 end)", "false"},
      {"all(inputs.l, function(x) return x > 0 end)", "true"},
      {"all(inputs.e, function(x) return false end)", "true"},
      {"first(inputs.m, function(x) return x.v > 1 end).v", "2"},
      {"first(inputs.l, function(x) return x > 9 end) == nil", "true"},
      {"slice(inputs.l, 2)", "[1,2]"},
      {"slice({1, 2, 3}, -2, 2)", "[2]"},
      {"slice(inputs.l, 9)", "[]"},
      {"concat(inputs.l, {4}, inputs.e)", "[3,1,2,4]"},
      {"concat()", "[]"},
      {"merge(inputs.o, {a = 1, c = 2})", R"({"a":1,"b":7,"c":2})"},
      {"merge()", "{}"},
      {"sort(inputs.l)", "[1,2,3]"},
      {"sort({2.5, 2, -1})", "[-1,2,2.5]"},
      {"sort({'b', 'a', 'é', 'B'})", R"(["B","a","b","é"])"},
      {"map(sort(inputs.m, function(x) return x.k end), function(x) return x.v end)", "[2,1,3]"},
      {"sort(inputs.e)", "[]"},
      {"sum(inputs.l)", "6"},
      {"sum({1, 0.5})", "1.5"},
      {"sum({})", "0"},
      {"join(inputs.l, ', ')", R"("3, 1, 2")"},
      {"join({'a', 1.5, true})", R"("a1.5true")"},
      {"join(inputs.e, ',')", R"("")"},
  };
  for (auto& [source, wanted] : rows)
    CAF_CHECK_EQUAL(given(source, inputs), wanted);
}

CAF_TEST(what does not fit is refused) {
  for (auto* source :
       {"map(1, len)", "map(nil, len)", "map('x', len)", "map({a = 1}, len)", "map(inputs.o, len)",
        "filter(inputs.eo, len)", "sum('x')", "slice(inputs.o)", "join({a = 1})", "sort(nil)",
        "concat({1}, 2)", "first(true, len)", "any(len, len)", "all(1, len)", "fold(inputs.o, 1, len)"})
    CAF_CHECK(refused_with("(list expected", source, inputs));
  for (auto* source : {"keys(1)", "keys(inputs.l)", "values(nil)", "merge({}, 1)", "merge(inputs.l)"})
    CAF_CHECK(refused_with("(object expected", source, inputs));
  for (auto* source : {"map({1}, 2)", "filter({1}, nil)", "fold({1}, 1)", "any({1}, {})", "all({1})",
                       "first({1}, 'x')", "sort({1}, 1)"})
    CAF_CHECK(refused_with("(function expected", source));
  for (auto* source : {"keys({1, 2})", "values({1})"})
    CAF_CHECK(refused_with("the keys of an object are texts; one is a number", source));
  for (auto* source : {"filter({1}, function(x) return x end)", "any({1}, function(x) return nil end)",
                       "all({1}, len) and 1"})
    CAF_CHECK(refused_with("", source));
  CAF_CHECK(
      refused_with("item 2 of the list would be nil", "map(inputs.n, function(x) return x end)", inputs));
  CAF_CHECK(refused_with("item 1 of the list would be nil", "list(nil)"));
  CAF_CHECK(refused_with("item 1 is a string", "sum({'1'})"));
  CAF_CHECK(refused_with("not one with the other; item 2", "sort({1, 'a'})"));
  CAF_CHECK(refused_with("item 1 gives a list", "sort({{1}})"));
  CAF_CHECK(refused_with("item 1 gives a nan", "sort({0/0})"));
  CAF_CHECK(refused_with("a number has no fields", "at({a = 1}, 'a', 'b')"));
  CAF_CHECK(refused_with("a list has no text", "join({{1}})"));
  CAF_CHECK(refused_with("", "len(1)"));
  CAF_CHECK(refused_with("", "len()"));
  CAF_CHECK(refused_with("", "contains({})"));
  CAF_CHECK(refused_with("(string expected", "contains({a = 1}, 1)"));
}
