// Functions of numbers. Only those whose result is exact, or rounded as IEEE 754 says: it is the same on every machine.

#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <lua.h>
#include <troupe/actors/workflow/expression/arguments.hpp>

namespace troupe::expressions {
namespace {

int push_float_as_whole(lua_State* lua, double number) {
  // 2^63 is a float, the largest whole number is not.
  if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0))
    raise(lua, fmt::format("{} is beyond the whole numbers", float_text(number)));
  lua_pushinteger(lua, static_cast<lua_Integer>(number));
  return 1;
}

template <class Round>
int rounded(lua_State* lua, Round round) {
  auto exact = number_at(lua, 1);
  if (lua_isinteger(lua, 1))
    return lua_settop(lua, 1), 1;
  return push_float_as_whole(lua, round(exact));
}

int math_floor(lua_State* lua) {
  return rounded(lua, [](double x) { return std::floor(x); });
}

int math_ceil(lua_State* lua) {
  return rounded(lua, [](double x) { return std::ceil(x); });
}

int math_round(lua_State* lua) {
  return rounded(lua, [](double x) { return std::round(x); });
}

int math_abs(lua_State* lua) {
  auto given = number_at(lua, 1);
  if (!lua_isinteger(lua, 1))
    lua_pushnumber(lua, std::fabs(given));
  else if (auto whole = lua_tointeger(lua, 1); whole == std::numeric_limits<lua_Integer>::min())
    raise(lua, fmt::format("{} is beyond the whole numbers", "9223372036854775808"));
  else
    lua_pushinteger(lua, std::abs(whole));
  return 1;
}

int math_sqrt(lua_State* lua) {
  lua_pushnumber(lua, std::sqrt(number_at(lua, 1)));
  return 1;
}

int extreme(lua_State* lua, bool largest) {
  number_at(lua, 1);
  int best = 1;
  for (int n = 2; n <= lua_gettop(lua); ++n) {
    number_at(lua, n);
    if (largest ? lua_compare(lua, best, n, LUA_OPLT) : lua_compare(lua, n, best, LUA_OPLT))
      best = n;
  }
  lua_pushvalue(lua, best);
  return 1;
}

int math_max(lua_State* lua) {
  return extreme(lua, true);
}

int math_min(lua_State* lua) {
  return extreme(lua, false);
}

constexpr function functions[] = {
    {"abs", math_abs}, {"ceil", math_ceil},   {"floor", math_floor}, {"max", math_max},
    {"min", math_min}, {"round", math_round}, {"sqrt", math_sqrt},
};

} // namespace

std::span<const function> math_functions() {
  return functions;
}

} // namespace troupe::expressions
