// What an expression costs: CPU time of one evaluation, documents read included, beside bare Lua that calls the same compiled chunk
// over tables that are there already.

#include <fmt/format.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <tests/bench/bench.hpp>
#include <troupe/actors/workflow/expression.hpp>
#include <troupe/runtime/error.hpp>

namespace troupe::bench {
namespace {

constexpr unsigned rounds = 7;

const std::string inputs =
    R"({"amount":120.5,"currency":"EUR","customer":{"id":"C-1","level":"gold","tags":["new","eu"]},)"
    R"("order":{"id":"A-17","lines":[{"sku":"a","price":12.5,"count":2},{"sku":"b","price":3,"count":1}]}})";

std::string numbers(size_t count) {
  std::string list = "{\"list\":[0";
  for (size_t i = 1; i < count; ++i)
    list += fmt::format(",{}", i);
  return list + "]}";
}

// Microseconds of one call.
template <class Call>
double each_us(size_t calls, Call call) {
  auto began = thread_cpu_s();
  for (size_t i = 0; i < calls; ++i)
    call();
  return 1e6 * (thread_cpu_s() - began) / static_cast<double>(calls);
}

double ours_us(const expression& compiled, std::string_view json, size_t calls) {
  named_json scope[] = {{"inputs", "", json}};
  return each_us(calls, [&] { ensure(compiled.evaluate(scope).engaged(), "it has a result"); });
}

// The same source, on tables that a chunk of Lua has built before.
struct bare_lua {
  explicit bare_lua(const std::string& tables, const std::string& source) : lua(luaL_newstate()) {
    luaL_openlibs(lua);
    ensure(luaL_dostring(lua, tables.c_str()) == LUA_OK, "the tables are Lua");
    ensure(luaL_loadstring(lua, ("return (" + source + ")").c_str()) == LUA_OK, "the source is Lua");
  }
  ~bare_lua() {
    lua_close(lua);
  }
  bare_lua(const bare_lua&) = delete;
  bare_lua& operator=(const bare_lua&) = delete;

  double us(size_t calls) {
    return each_us(calls, [&] {
      lua_pushvalue(lua, 1);
      ensure(lua_pcall(lua, 0, 1, 0) == LUA_OK, "it has a result");
      lua_settop(lua, 1);
    });
  }

  lua_State* lua;
};

constexpr const char* tables = R"(
  inputs = {amount = 120.5, currency = 'EUR', customer = {id = 'C-1', level = 'gold', tags = {'new', 'eu'}},
            order = {id = 'A-17', lines = {{sku = 'a', price = 12.5, count = 2}, {sku = 'b', price = 3, count = 1}}}}
  function map(list, f) local r = {} for i, x in ipairs(list) do r[i] = f(x) end return r end
  function sum(list) local r = 0 for _, x in ipairs(list) do r = r + x end return r end)";

void beside(const std::string& name, const std::string& source, std::string_view json,
            const std::string& lua_tables, size_t calls, double wanted_us) {
  auto compiled = expression::compile(source);
  ensure(compiled.engaged(), "the source is an expression");
  bare_lua bare{lua_tables, source};
  auto result = compare(
      rounds, [&] { return ours_us(*compiled, json, calls); }, [&] { return bare.us(calls); });
  report("expression." + name, result, "us", 0);
  if (wanted_us > 0)
    target("expression." + name, result.ours, "<=", wanted_us);
}

void run() {
  beside("condition", "inputs.amount > 100 and inputs.customer.level == 'gold'", inputs, tables, 20'000, 5);
  beside("condition_of_list", "sum(map(inputs.order.lines, function(x) return x.price * x.count end)) >= 28",
         inputs, tables, 20'000, 5);
  beside("mapping", "{id = inputs.order.id, lines = inputs.order.lines, total = inputs.amount * 2}", inputs,
         tables, 20'000, 0);
  beside("map_1000", "map(inputs.list, function(x) return x * 2 end)", numbers(1000),
         std::string{tables} + " inputs.list = {} for i = 1, 1000 do inputs.list[i] = i - 1 end", 200, 0);
  auto select = *expression::compile("inputs.order.lines[2].sku");
  metric("expression.select", ours_us(select, inputs, 20'000), "us");
  auto source = 0;
  metric("expression.compile",
         each_us(2000,
                 [&] {
                   ensure(expression::compile(
                              fmt::format("inputs.amount > {} and inputs.customer.level == 'gold'", ++source))
                              .engaged(),
                          "it is one");
                 }),
         "us");
}

// The longest that anybody can make it last.
void worst() {
  auto longest = [](const std::string& name, const std::string& source, const std::string& json) {
    named_json scope[] = {{"inputs", "", json}};
    auto compiled = *expression::compile(source);
    auto began = thread_cpu_s();
    auto result = compiled.evaluate(scope);
    metric("expression.worst." + name, 1e3 * (thread_cpu_s() - began), "ms");
    if (result)
      remark("within its bounds");
  };
  longest("instructions", "(function(f) return f(f) end)(function(f) return f(f) end)", "{}");
  longest("calls", "(function(f) return f(f) end)(function(f) return f(math.floor(1.5) and f) end)", "{}");
  longest(
      "search",
      "(function(f) return f(f) end)(function(f) return f(contains(inputs, 'aaaaaaaaaaaaaaaab') or f) end)",
      "\"" + std::string(1'000'000, 'a') + "\"");
  longest("replace",
          "(function(f) return f(f) end)(function(f) return f(inputs:replace('b', 'c') and f) end)",
          "\"" + std::string(100'000, 'b') + "\"");
  longest("members", "(function(f) return f(f) end)(function(f) return f(inputs.x or f) end)", [] {
    std::string members = "{\"a\":1";
    for (int i = 0; i < 10'000; ++i)
      members += fmt::format(",\"member{}\":1", i);
    return members + "}";
  }());
  longest("keys", "(function(f) return f(f) end)(function(f) return f(keys(inputs) and f) end)", [] {
    std::string members = "{\"a\":1";
    for (int i = 0; i < 1000; ++i)
      members += fmt::format(",\"member{}\":1", i * 7919 % 1000);
    return members + "}";
  }());
  longest("document", "#inputs.list", numbers(200'000));
  longest("memory", "(function(f) return f(f, 'x') end)(function(f, t) return f(f, t .. t) end)", "{}");
}

const benchmark conditions{"expression", "one evaluation, beside bare Lua on tables", run};
const benchmark bounds{"expression.worst", "evaluations that end at a bound", worst};

} // namespace
} // namespace troupe::bench
