// The whitelist: everything an expression can call. Invariant: no function changes an argument or knows time or chance, and no
// library can be written to.

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <lauxlib.h>
#include <limits>
#include <lua.h>
#include <troupe/actors/workflow/expression/arguments.hpp>

namespace troupe {
namespace {

using namespace expressions;

int to_string(lua_State* lua) {
  luaL_checkany(lua, 1);
  return push_text(lua, as_text(lua, 1));
}

int to_number(lua_State* lua) {
  if (lua_type(lua, 1) == LUA_TNUMBER)
    return lua_settop(lua, 1), 1;
  auto from = text_at(lua, 1);
  int64_t whole = 0;
  double number = 0;
  auto all = [&](auto& value) {
    auto [stopped, failed] = std::from_chars(from.begin(), from.end(), value);
    return failed == std::errc{} && stopped == from.end();
  };
  if (all(whole))
    lua_pushinteger(lua, whole);
  else if (all(number) && std::isfinite(number))
    lua_pushnumber(lua, number);
  else
    lua_pushnil(lua);
  return 1;
}

int type(lua_State* lua) {
  luaL_checkany(lua, 1);
  return push_text(lua, kind_of(lua, 1));
}

int json(lua_State* lua) {
  luaL_checkany(lua, 1);
  std::string written;
  write_json(lua, 1, written);
  return push_text(lua, written);
}

constexpr function functions[] = {
    {"json", json},
    {"tonumber", to_number},
    {"tostring", to_string},
    {"type", type},
};

// Of a library: the member, or an error; the table of members is its upvalue and never seen.
int index_library(lua_State* lua) {
  lua_pushvalue(lua, 2);
  if (lua_type(lua, 2) != LUA_TSTRING || lua_rawget(lua, lua_upvalueindex(1)) == LUA_TNIL)
    raise(lua, lua_type(lua, 2) == LUA_TSTRING ? fmt::format("there is no function '{}'", view(lua, 2))
                                               : std::string{"a string or library has no positions"});
  return 1;
}

// Pops a table of members and gives the value on top a metatable that looks into it, and lets nobody write.
void seal(lua_State* lua) {
  lua_createtable(lua, 0, 1);
  lua_insert(lua, -2);
  lua_pushcclosure(lua, index_library, 1);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, -2);
}

void push_library(lua_State* lua, std::span<const function> members) {
  lua_newtable(lua);
  for (auto& member : members) {
    lua_pushcfunction(lua, member.call);
    lua_setfield(lua, -2, member.name);
  }
}

} // namespace

void open_functions(lua_State* lua) {
  push_library(lua, list_functions());
  for (auto& one : functions) {
    lua_pushcfunction(lua, one.call);
    lua_setfield(lua, -2, one.name);
  }
  lua_newuserdatauv(lua, 0, 0);
  push_library(lua, math_functions());
  lua_pushnumber(lua, std::numeric_limits<double>::infinity());
  lua_setfield(lua, -2, "huge");
  lua_pushinteger(lua, std::numeric_limits<lua_Integer>::max());
  lua_setfield(lua, -2, "maxinteger");
  lua_pushinteger(lua, std::numeric_limits<lua_Integer>::min());
  lua_setfield(lua, -2, "mininteger");
  seal(lua);
  lua_setfield(lua, -2, "math");
  lua_newuserdatauv(lua, 0, 0);
  push_library(lua, text_functions());
  seal(lua);
  lua_setfield(lua, -2, "string");
  lua_pushliteral(lua, ""); // stands for all texts
  push_library(lua, text_functions());
  seal(lua);
  lua_pop(lua, 1);
}

const std::vector<expression_builtin>& expression_builtins() {
  static const auto all_of_them = [] {
    auto names = [](std::span<const function> from) {
      std::vector<std::string_view> found;
      for (auto& one : from)
        found.emplace_back(one.name);
      return found;
    };
    std::vector<expression_builtin> result;
    for (auto name : names(list_functions()))
      result.push_back({name, {}});
    for (auto name : names(functions))
      result.push_back({name, {}});
    auto math = names(math_functions());
    math.insert(math.end(), {"huge", "maxinteger", "mininteger"});
    result.push_back({"math", math});
    result.push_back({"string", names(text_functions())});
    return result;
  }();
  return all_of_them;
}

} // namespace troupe
