// An expression selects or builds, always ends, leaves nothing behind, and gives the same bytes on every thread.
#define CAF_SUITE actors.workflow.expression
#define FAIL CAF_FAIL
#include <algorithm>
#include <caf/test/dsl.hpp>
#include <random>
#include <tests/actors/workflow/expression/given.hpp>
#include <thread>
#include <troupe/runtime/utf8.hpp>

using namespace troupe;

namespace {

caf::expected<bool> holds(std::string_view source, std::string_view inputs = "{}") {
  named_json scope[] = {{"inputs", "", inputs}};
  auto compiled = expression::compile(source);
  return compiled ? compiled->holds(scope) : compiled.error();
}

const std::string order =
    R"({"order": {"id": "A-1", "lines": [ {"sku" : "\u00e9\/x", "price":1.50}, {"sku":"b","price":2} ],)"
    R"( "note": null}, "amount": 120})";

} // namespace

CAF_TEST(a selection is copied byte by byte) {
  CAF_CHECK_EQUAL(given("inputs.order.lines[1].sku", order), R"("\u00e9\/x")");
  CAF_CHECK_EQUAL(given("inputs.order.lines[1].price", order), "1.50");
  CAF_CHECK_EQUAL(given(" inputs [ 'order' ].lines[1] -- the first", order),
                  R"({"sku" : "\u00e9\/x", "price":1.50})");
  CAF_CHECK_EQUAL(given("inputs", " " + order + "\n"), order);
  CAF_CHECK_EQUAL(given("(inputs.order.lines)[1]", order), R"({"sku" : "\u00e9\/x", "price":1.50})");
  CAF_CHECK_EQUAL(given("{line = inputs.order.lines[1]}", order),
                  R"({"line":{"sku" : "\u00e9\/x", "price":1.50}})");
  CAF_CHECK_EQUAL(given("inputs.n", R"({"n": 123456789012345678901234567890})"),
                  "123456789012345678901234567890");
}

CAF_TEST(a selection of nothing is null and nothing has no fields) {
  for (auto* source : {"inputs.order.note", "inputs.order.coupon", "inputs.order.lines[3]",
                       "inputs.order.lines[0]", "inputs.order.lines.sku", "inputs.order[1]"}) {
    CAF_CHECK_EQUAL(given(source, order), "null");
    CAF_CHECK_EQUAL(given("(" + std::string{source} + ")", order), "null");
  }
  for (auto* source : {"inputs.order.note.x", "inputs.order.coupon.x", "inputs.amount.x", "inputs.order.id.x",
                       "inputs.order.id[1]"}) {
    CAF_CHECK(given(source, order).starts_with("invalid_argument: line 1: "));
    CAF_CHECK(given("(" + std::string{source} + ")", order).starts_with("invalid_argument: line 1: "));
  }
}

CAF_TEST(a condition is true or false and nothing else) {
  CAF_CHECK(*holds("inputs.amount > 100 and inputs.order.id == 'A-1'", order));
  CAF_CHECK(!*holds("inputs.amount > 1000", order));
  CAF_CHECK(*holds("inputs.ready", R"({"ready":true})"));
  CAF_CHECK(*holds("inputs.order.note == nil and inputs.order.coupon == nil", order));
  auto number = holds("inputs.amount", order);
  CAF_CHECK_EQUAL(code_of(number.error()), ec::invalid_argument);
  CAF_CHECK_EQUAL(text_of(number.error()), "a condition is true or false; this one gives 120");
  CAF_CHECK(!holds("inputs.order.note", order));
  CAF_CHECK(!holds("'true'"));
  CAF_CHECK_EQUAL(text_of(holds("inputs.order > 1", order).error()),
                  "line 1: attempt to compare number with object");
}

CAF_TEST(a name may have one document or one for each of its fields) {
  named_json scope[] = {
      {"steps", "build", R"({"ok":true,"log":"x"})"}, {"steps", "test", "[1,2]"}, {"inputs", "", "{}"}};
  CAF_CHECK_EQUAL(given("steps.build.ok and #steps.test == 2", scope), "true");
  CAF_CHECK_EQUAL(given("steps.test[2]", scope), "2");
  CAF_CHECK_EQUAL(given("steps['test']", scope), "[1,2]");
  CAF_CHECK_EQUAL(given("steps.deploy", scope), "null");
  CAF_CHECK_EQUAL(given("steps.deploy == nil", scope), "true");
  for (auto* source : {"steps", "{steps}", "#steps", "keys(steps)"})
    CAF_CHECK(given(source, scope).starts_with("invalid_argument: "));
  CAF_CHECK_EQUAL(given("inptus.x", scope),
                  "invalid_argument: line 1: nothing is called 'inptus' here; did you mean 'inputs'?");
  CAF_CHECK_EQUAL(given("1 + inptus.x", scope),
                  "invalid_argument: line 1: nothing is called 'inptus' here; did you mean 'inputs'?");
}

CAF_TEST(only documents that are read have to be JSON) {
  named_json scope[] = {{"inputs", "", "{}"}, {"vars", "", "{\n oops"}};
  CAF_CHECK_EQUAL(given("inputs == nil", scope), "false");
  auto refused = given("vars.x", scope);
  CAF_CHECK(refused.starts_with("invalid_argument: line 1: vars cannot be read: line 2, column "));
  CAF_CHECK_EQUAL(given("(vars.x)", scope), refused);
  std::string large(expression_limits::document_bytes + 1, ' ');
  CAF_CHECK(refused_with("of at most 16777216", "inputs.x", large));
}

CAF_TEST(what takes too many steps is ended with its own text) {
  auto forever = "(function(f) return f(f) end)(function(f) return f(f) end)";
  auto began = given(forever);
  CAF_CHECK(began.find("it takes more than 1000000 steps") != began.npos);
  CAF_CHECK_EQUAL(given(forever), began);
}

CAF_TEST(work of functions counts as steps) {
  std::string zeros = "0";
  for (int i = 1; i < 2000; ++i)
    zeros += ",0";
  CAF_CHECK(
      refused_with("steps", "any(inputs, function(a) return contains(inputs, 1) end)", "[" + zeros + "]"));
  CAF_CHECK(refused_with("steps", "any(inputs, function(a) return contains(inputs[1], 'aaab') end)",
                         "[\"" + std::string(100'000, 'a') + "\"," + zeros + "]"));
  CAF_CHECK(refused_with(
      "steps", "any(inputs.l, function(a) return inputs.x == 1 end)", "{\"l\":[" + zeros + "]," + [] {
        std::string members;
        for (int i = 0; i < 10'000; ++i)
          members += "\"k" + std::to_string(i) + "\":0,";
        return members + "\"z\":0}";
      }()));
}

CAF_TEST(a recursion ends without harm) {
  CAF_CHECK(refused_with("it takes more than 32 MiB of memory",
                         "(function(f) return f(f) end)(function(f) return 1 + f(f) end)"));
  CAF_CHECK(refused_with(
      "overflow",
      "(function(f) return f(f) end)(function(f) return map({1}, function(x) return f(f) end) end)"));
  CAF_CHECK_EQUAL(given("1 + 1"), "2");
}

CAF_TEST(what takes too much memory is ended with its own text) {
  auto text = "it takes more than 32 MiB of memory";
  CAF_CHECK(refused_with(text, "('x'):rep(1000000000)"));
  CAF_CHECK(refused_with(text, "('x'):rep(9223372036854775807)"));
  CAF_CHECK(refused_with(
      text, "fold(list(1,2,3,4,5,6,7,8,9,10,11,12), ('x'):rep(100000), function(a, b) return a .. a end)"));
  CAF_CHECK(refused_with(text, "('x'):rep(10):replace('x', ('y'):rep(4000000))"));
  CAF_CHECK(refused_with(
      text, "(function(a) return join({a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a}) end)(('x'):rep(2000000))"));
  std::string many = "[1";
  for (int i = 0; i < 200'000; ++i)
    many += ",1";
  many += "]";
  std::vector<named_json> scope;
  std::string source;
  std::vector<std::string> names;
  for (auto c = 'a'; c <= 'h'; ++c) {
    names.emplace_back(1, c);
    source += (source.empty() ? "#" : " + #") + names.back();
  }
  for (auto& name : names)
    scope.push_back({name, "", many});
  CAF_CHECK(given(source, scope).ends_with(text));
  CAF_CHECK_EQUAL(given("#('x'):rep(1000000)"), "1000000");
}

CAF_TEST(a result has a bound) {
  CAF_CHECK(refused_with("longer than 4194304 bytes", "('x'):rep(5000000)"));
  CAF_CHECK(refused_with("longer than 4194304 bytes",
                         "map({1,2,3,4,5}, function(n) return ('x'):rep(1000000) end)"));
  CAF_CHECK(refused_with("longer than 4194304 bytes", "inputs.x",
                         R"({"x":")" + std::string(5'000'000, 'x') + "\"}"));
  std::string doubling = "1";
  for (int i = 0; i < 40; ++i)
    doubling = "(function(x) return {x, x} end)(" + doubling + ")";
  auto refused = given(doubling);
  CAF_CHECK(refused.find("longer than") != refused.npos || refused.find("steps") != refused.npos);
}

CAF_TEST(the text of an error is short and UTF - 8 whatever it quotes) {
  for (auto& got : {given("('')[('y'):rep(100000)]"), given("('')[('é'):sub(1, 1)]"),
                    given("1 + inputs.n", "{\"n\":1" + std::string(5000, '0') + "}"),
                    given(std::string(4000, 'y') + ".x"), given("'" + std::string(500, '\xc3') + "' + 1"),
                    given("(" + std::string(4000, 'y'))}) {
    CAF_CHECK(got.starts_with("invalid_argument: ") || got.starts_with("compile: "));
    CAF_CHECK(got.size() < 450);
    CAF_CHECK(clean_utf8(got) == got);
  }
}

CAF_TEST(nothing passes from one evaluation into the next) {
  // There is nothing to write with, and no way to what all evaluations share.
  for (auto* source : {"function() x = 1 end",
                       "function() math.floor = nil end",
                       "(function() return 1 end).x",
                       "getmetatable('').__index",
                       "setmetatable({}, {})",
                       "rawset(math, 'floor', 1)",
                       "_G.x",
                       "_ENV.x",
                       "load('x = 1')",
                       "string.dump(len)",
                       "require 'os'",
                       "os.time()",
                       "io.read()",
                       "debug.getregistry()",
                       "coroutine.create(len)",
                       "math.random()",
                       "collectgarbage()",
                       "pcall(len)",
                       "error('x')",
                       "print(1)",
                       "next({})",
                       "pairs({})",
                       "dofile 'x'",
                       "function(_ENV) return x end",
                       "('').dump",
                       "('').gsub",
                       "('x'):gmatch('.')",
                       "string.char(200)"})
    CAF_CHECK(refused_with("", source));
  CAF_CHECK_EQUAL(given("{a = 1}"), R"({"a":1})");
  CAF_CHECK_EQUAL(given("{}"), "{}");
  CAF_CHECK_EQUAL(given("list()"), "[]");
  CAF_CHECK_EQUAL(given("merge({b = 1}, {a = 2})"), R"({"a":2,"b":1})");
  CAF_CHECK_EQUAL(given("('x'):upper()"), R"("X")");
  // A compiled source that is used again sees the new documents alone.
  auto compiled = expression::compile("{inputs.a, list(inputs.b)}");
  named_json first[] = {{"inputs", "", R"({"a":[1],"b":2})"}},
             second[] = {{"inputs", "", R"({"a":3,"b":[4]})"}};
  CAF_CHECK_EQUAL(std::string{*compiled->evaluate(first)}, "[[1],[2]]");
  CAF_CHECK_EQUAL(std::string{*compiled->evaluate(second)}, "[3,[[4]]]");
  CAF_CHECK(!compiled->evaluate({}));
  CAF_CHECK_EQUAL(std::string{*compiled->evaluate(first)}, "[[1],[2]]");
}

CAF_TEST(an expression is evaluated on any thread with equal bytes) {
  auto compiled = expression::compile("{z = inputs.a, a = map(inputs.list, function(x) return x * 1.5 end)}");
  named_json scope[] = {{"inputs", "", R"({"a":{"q":1},"list":[1,2,3]})"}};
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i)
        result = *compiled->evaluate(scope);
    });
  for (auto& thread : threads)
    thread.join();
  for (auto& result : results)
    CAF_CHECK_EQUAL(result, R"({"a":[1.5,3.0,4.5],"z":{"q":1}})");
}

CAF_TEST(more sources than are kept give the same) {
  auto first = expression::compile("inputs.n + 1");
  named_json scope[] = {{"inputs", "", R"({"n":1})"}};
  std::string filler(2000, ' ');
  for (int i = 0; i < 400; ++i) // 800 KB of sources
    CAF_REQUIRE_EQUAL(given("inputs.n + " + std::to_string(i) + filler, scope), std::to_string(i + 1));
  CAF_CHECK_EQUAL(std::string{*first->evaluate(scope)}, "2");
}

CAF_TEST(what it reads is told) {
  auto compiled = expression::compile(
      "steps.build.ok and\n inputs['amount'] > len(vars) and filter(inputs.lines, function(inputs) return\n"
      "inputs.x == steps[inputs.y] end) and {steps = vars.a, inputs.amount}");
  CAF_REQUIRE(compiled);
  std::string told;
  for (auto& read : compiled->reads())
    told += read.name + "." + read.field + "@" + std::to_string(read.line) + ":" +
            std::to_string(read.column) + " ";
  CAF_CHECK_EQUAL(told,
                  "steps.build@1:1 inputs.amount@2:2 vars.@2:25 inputs.lines@2:42 steps.@3:13 vars.a@3:47 ");
  CAF_CHECK(compiled->source().starts_with("steps.build.ok"));
  compiled = expression::compile("{function(x) return x end, x.y}"); // an argument ends with its function
  CAF_REQUIRE_EQUAL(compiled->reads().size(), 1u);
  CAF_CHECK_EQUAL(std::string{compiled->reads()[0].field}, "y");
}

CAF_TEST(any source gives a result or a refusal) {
  const char* words[] = {"inputs",
                         ".a",
                         ".list",
                         "[1]",
                         "[",
                         "]",
                         "(",
                         ")",
                         "{",
                         "}",
                         ",",
                         "=",
                         "==",
                         "~=",
                         "<",
                         "..",
                         "+",
                         "-",
                         "*",
                         "/",
                         "//",
                         "%",
                         "^",
                         "&",
                         "|",
                         "~",
                         "<<",
                         ">>",
                         "#",
                         "not ",
                         " and ",
                         " or ",
                         "nil",
                         "true",
                         "1",
                         "0x1F",
                         "1.5e3",
                         "'x'",
                         "\"\\u{e9}\"",
                         "function(x) return ",
                         " end",
                         "x",
                         "map(",
                         "filter(",
                         "fold(",
                         "sort(",
                         "len(",
                         "keys(",
                         "join(",
                         ":upper()",
                         ":rep(",
                         ":sub(",
                         "string.format(",
                         "math.floor(",
                         "\n",
                         "--",
                         "[[",
                         "\\",
                         "\"",
                         "'",
                         ";",
                         "...",
                         "goto",
                         "\xff",
                         "é",
                         "_ENV",
                         "at(",
                         "merge(",
                         "json(",
                         "9223372036854775807",
                         "1e308",
                         "tostring(",
                         "contains("};
  std::mt19937 random{7};
  named_json scope[] = {{"inputs", "", R"({"a":{"b":[1,2.5,"x",null,true]},"list":[3,1,2]})"}};
  size_t compiled = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string source;
    for (auto n = 1 + random() % 10; n > 0; --n)
      source += words[random() % std::size(words)];
    for (auto open = std::count(source.begin(), source.end(), '(');
         open > std::count(source.begin(), source.end(), ')'); --open)
      source += random() % 2 ? "inputs.list)" : "1)";
    auto made = expression::compile(source);
    if (!made) {
      CAF_REQUIRE_EQUAL(code_of(made.error()), ec::invalid_argument);
      continue;
    }
    ++compiled;
    auto result = made->evaluate(scope), again = made->evaluate(scope);
    CAF_REQUIRE_EQUAL(static_cast<bool>(result), static_cast<bool>(again));
    if (result)
      CAF_REQUIRE_EQUAL(*result, *again);
    else
      CAF_REQUIRE_EQUAL(code_of(result.error()), ec::invalid_argument);
  }
  CAF_CHECK(compiled > 100);
  for (int round = 0; round < 2000; ++round) { // bytes
    std::string source;
    for (auto n = random() % 40; n > 0; --n)
      source += static_cast<char>(random());
    auto made = expression::compile(source);
    CAF_REQUIRE(made || code_of(made.error()) == ec::invalid_argument);
  }
}
