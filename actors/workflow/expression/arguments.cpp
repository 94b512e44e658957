// What the functions of expressions take and give. Invariant: whatever looks at n items or bytes takes steps for them.

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <lauxlib.h>
#include <lua.h>
#include <troupe/actors/workflow/expression/arguments.hpp>

namespace troupe::expressions {

void charge(lua_State* lua, size_t steps) {
  expression_run::of(lua).charge(lua, steps);
}

std::string_view text_at(lua_State* lua, int at) {
  if (lua_type(lua, at) != LUA_TSTRING)
    luaL_typeerror(lua, at, "string");
  auto found = view(lua, at);
  charge(lua, 1 + found.size() / bytes_per_step);
  return found;
}

void check_function(lua_State* lua, int at) {
  if (!lua_isfunction(lua, at))
    luaL_typeerror(lua, at, "function");
}

double number_at(lua_State* lua, int at) {
  if (lua_type(lua, at) != LUA_TNUMBER)
    luaL_typeerror(lua, at, "number");
  return lua_tonumber(lua, at);
}

// Where a text is found in another from a position on. The C library's search, unlike that of std::string, does not take the product
// of both lengths.
size_t search(lua_State* lua, std::string_view all, std::string_view part, size_t from) {
  auto* found =
      static_cast<const char*>(memmem(all.data() + from, all.size() - from, part.data(), part.size()));
  auto position = found ? static_cast<size_t>(found - all.data()) : all.npos;
  charge(lua, 1 + ((found ? position : all.size()) - from) / bytes_searched_per_step);
  return position;
}

void check_length(lua_State* lua, size_t bytes) {
  if (bytes > expression_limits::memory_bytes)
    raise(lua, too_much_memory());
}

int push_text(lua_State* lua, std::string_view text) {
  charge(lua, text.size() / bytes_per_step);
  lua_pushlstring(lua, text.data(), text.size());
  return 1;
}

size_t items_at(lua_State* lua, int at) {
  auto length = list_length(lua, at);
  charge(lua, 1 + length);
  return length;
}

void new_list(lua_State* lua, size_t room) {
  lua_createtable(lua, static_cast<int>(std::min(room, expression_limits::document_values)), 0);
  mark_list(lua);
}

void put_item(lua_State* lua, size_t n) {
  if (lua_isnil(lua, -1))
    raise(lua, fmt::format("item {} of the list would be nil, which a built list cannot hold", n));
  lua_rawseti(lua, -2, static_cast<lua_Integer>(n));
}

std::pair<size_t, size_t> range_at(lua_State* lua, int at, size_t size) {
  auto whole = static_cast<lua_Integer>(size);
  auto position = [&](int n, lua_Integer otherwise) {
    auto given = luaL_optinteger(lua, n, otherwise);
    return given >= 0 ? given : std::max<lua_Integer>(given, -whole - 1) + whole + 1;
  };
  auto from = std::max<lua_Integer>(position(at, 1), 1), to = std::min(position(at + 1, -1), whole);
  return from > to ? std::pair<size_t, size_t>{0, 0}
                   : std::pair{static_cast<size_t>(from - 1), static_cast<size_t>(to)};
}

std::string as_text(lua_State* lua, int at) {
  switch (lua_type(lua, at)) {
  case LUA_TNIL:
    return "nil";
  case LUA_TBOOLEAN:
    return lua_toboolean(lua, at) ? "true" : "false";
  case LUA_TNUMBER:
    return lua_isinteger(lua, at) ? fmt::format("{}", lua_tointeger(lua, at))
                                  : float_text(lua_tonumber(lua, at));
  case LUA_TSTRING:
    return std::string{text_at(lua, at)};
  default:
    raise(lua, fmt::format("a {} has no text; json() writes lists and objects", kind_of(lua, at)));
  }
}

} // namespace troupe::expressions
