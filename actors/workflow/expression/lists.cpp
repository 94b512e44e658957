// Functions of lists and objects, selected or built. Invariant: no result depends on the order in which a table is kept.

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <lauxlib.h>
#include <lua.h>
#include <troupe/actors/workflow/expression/arguments.hpp>

namespace troupe::expressions {
namespace {

// Calls the function at `function` with the n-th item of the list at 1.
void call_with_item(lua_State* lua, int function, size_t n) {
  lua_pushvalue(lua, function);
  push_item(lua, 1, n);
  lua_call(lua, 1, 1);
}

bool pop_condition(lua_State* lua) {
  if (!lua_isboolean(lua, -1))
    raise(lua, fmt::format("the function gives a {}, not true or false", kind_of(lua, -1)));
  auto holds = lua_toboolean(lua, -1) != 0;
  lua_pop(lua, 1);
  return holds;
}

// Characters of a text, items of a list, members of an object.
int len(lua_State* lua) {
  size_t count = 0;
  if (lua_type(lua, 1) == LUA_TSTRING)
    for (auto c : text_at(lua, 1))
      count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  else if (kind_of(lua, 1) == "object" && !(lua_istable(lua, 1) && lua_rawlen(lua, 1) > 0))
    count = sorted_keys(lua, 1).size();
  else
    count = items_at(lua, 1);
  lua_pushinteger(lua, static_cast<lua_Integer>(count));
  return 1;
}

int contains(lua_State* lua) {
  luaL_checkany(lua, 2);
  auto found = false;
  if (lua_type(lua, 1) == LUA_TSTRING) {
    found = search(lua, text_at(lua, 1), text_at(lua, 2)) != std::string_view::npos;
  } else if (kind_of(lua, 1) == "object") {
    auto keys = sorted_keys(lua, 1);
    found = std::binary_search(keys.begin(), keys.end(), text_at(lua, 2));
  } else {
    auto length = items_at(lua, 1);
    for (size_t n = 1; n <= length && !found; ++n, lua_pop(lua, 1)) {
      push_item(lua, 1, n);
      found = lua_compare(lua, 2, -1, LUA_OPEQ) != 0;
    }
  }
  lua_pushboolean(lua, found);
  return 1;
}

int keys(lua_State* lua) {
  auto all = sorted_keys(lua, 1);
  new_list(lua, all.size());
  for (size_t n = 0; n < all.size(); ++n) {
    push_text(lua, all[n]);
    put_item(lua, n + 1);
  }
  return 1;
}

int values(lua_State* lua) {
  auto all = sorted_keys(lua, 1);
  new_list(lua, all.size());
  for (size_t n = 0; n < all.size(); ++n) {
    push_text(lua, all[n]);
    lua_gettable(lua, 1);
    put_item(lua, n + 1);
  }
  return 1;
}

// Follows fields and positions for as long as there is something: at(inputs, "order", "lines", 1) is nil if any is missing.
int at(lua_State* lua) {
  auto last = lua_gettop(lua);
  lua_pushvalue(lua, 1);
  for (int n = 2; n <= last && !lua_isnil(lua, -1); ++n) {
    if (!lua_istable(lua, -1) && lua_type(lua, -1) != LUA_TUSERDATA)
      raise(lua, fmt::format("a {} has no fields", kind_of(lua, -1)));
    lua_pushvalue(lua, n);
    lua_gettable(lua, -2);
  }
  return 1;
}

int make_list(lua_State* lua) {
  auto count = lua_gettop(lua);
  new_list(lua, static_cast<size_t>(count));
  for (int n = 1; n <= count; ++n) {
    lua_pushvalue(lua, n);
    put_item(lua, static_cast<size_t>(n));
  }
  return 1;
}

int map(lua_State* lua) {
  auto length = items_at(lua, 1);
  check_function(lua, 2);
  new_list(lua, length);
  for (size_t n = 1; n <= length; ++n) {
    call_with_item(lua, 2, n);
    put_item(lua, n);
  }
  return 1;
}

int filter(lua_State* lua) {
  auto length = items_at(lua, 1);
  check_function(lua, 2);
  new_list(lua, 0);
  for (size_t n = 1, kept = 0; n <= length; ++n) {
    call_with_item(lua, 2, n);
    if (!pop_condition(lua))
      continue;
    push_item(lua, 1, n);
    put_item(lua, ++kept);
  }
  return 1;
}

int fold(lua_State* lua) {
  auto length = items_at(lua, 1);
  check_function(lua, 3);
  lua_pushvalue(lua, 2);
  for (size_t n = 1; n <= length; ++n) {
    lua_pushvalue(lua, 3);
    lua_insert(lua, -2);
    push_item(lua, 1, n);
    lua_call(lua, 2, 1);
  }
  return 1;
}

int until(lua_State* lua, bool wanted) {
  auto length = items_at(lua, 1);
  check_function(lua, 2);
  auto found = false;
  for (size_t n = 1; n <= length && !found; ++n) {
    call_with_item(lua, 2, n);
    found = pop_condition(lua) == wanted;
  }
  lua_pushboolean(lua, found == wanted);
  return 1;
}

int any(lua_State* lua) {
  return until(lua, true);
}

int all(lua_State* lua) {
  return until(lua, false);
}

int first(lua_State* lua) {
  auto length = items_at(lua, 1);
  check_function(lua, 2);
  for (size_t n = 1; n <= length; ++n) {
    call_with_item(lua, 2, n);
    if (pop_condition(lua))
      return push_item(lua, 1, n), 1;
  }
  lua_pushnil(lua);
  return 1;
}

int slice(lua_State* lua) {
  auto [from, to] = range_at(lua, 2, items_at(lua, 1));
  new_list(lua, to - from);
  for (auto n = from; n < to; ++n) {
    push_item(lua, 1, n + 1);
    put_item(lua, n - from + 1);
  }
  return 1;
}

int concat(lua_State* lua) {
  auto lists = lua_gettop(lua);
  size_t written = 0;
  new_list(lua, 0);
  for (int at = 1; at <= lists; ++at) {
    auto length = items_at(lua, at);
    for (size_t n = 1; n <= length; ++n) {
      push_item(lua, at, n);
      put_item(lua, ++written);
    }
  }
  return 1;
}

int merge(lua_State* lua) {
  auto objects = lua_gettop(lua);
  lua_newtable(lua);
  for (int at = 1; at <= objects; ++at)
    for (auto& key : sorted_keys(lua, at)) {
      push_text(lua, key);
      lua_pushvalue(lua, -1);
      lua_gettable(lua, at);
      lua_rawset(lua, -3);
    }
  return 1;
}

// Sorted by what the function gives for an item, or by the items: all numbers or all texts. Equal ones stay in their order.
int sort(lua_State* lua) {
  auto length = items_at(lua, 1);
  if (!lua_isnoneornil(lua, 2))
    check_function(lua, 2);
  lua_settop(lua, 2);
  new_list(lua, length); // the keys, at 3
  for (size_t n = 1; n <= length; ++n) {
    if (lua_isnil(lua, 2))
      push_item(lua, 1, n);
    else
      call_with_item(lua, 2, n);
    auto kind = lua_type(lua, -1);
    if ((kind != LUA_TNUMBER && kind != LUA_TSTRING) ||
        (kind == LUA_TNUMBER && std::isnan(lua_tonumber(lua, -1))))
      raise(lua, fmt::format("sort() compares numbers or strings; item {} gives a {}", n,
                             kind == LUA_TNUMBER ? "nan" : kind_of(lua, -1)));
    if (lua_rawgeti(lua, 3, 1) != LUA_TNIL && lua_type(lua, -1) != kind)
      raise(lua,
            fmt::format(
                "sort() compares numbers or strings, not one with the other; item {} is the first other", n));
    lua_pop(lua, 1);
    put_item(lua, n);
  }
  std::vector<size_t> order;
  for (size_t n = 1; n <= length; ++n)
    order.push_back(n);
  charge(lua, length * static_cast<size_t>(std::log2(length + 1)));
  std::stable_sort(order.begin(), order.end(), [lua](size_t left, size_t right) {
    auto is_text = lua_rawgeti(lua, 3, static_cast<lua_Integer>(left)) == LUA_TSTRING;
    lua_rawgeti(lua, 3, static_cast<lua_Integer>(right));
    auto less = is_text ? view(lua, -2) < view(lua, -1) : lua_compare(lua, -2, -1, LUA_OPLT) != 0;
    lua_pop(lua, 2);
    return less;
  });
  new_list(lua, length);
  for (size_t n = 1; n <= length; ++n) {
    push_item(lua, 1, order[n - 1]);
    put_item(lua, n);
  }
  return 1;
}

int sum(lua_State* lua) {
  auto length = items_at(lua, 1);
  lua_pushinteger(lua, 0);
  for (size_t n = 1; n <= length; ++n) {
    push_item(lua, 1, n);
    if (lua_type(lua, -1) != LUA_TNUMBER)
      raise(lua, fmt::format("sum() adds numbers; item {} is a {}", n, kind_of(lua, -1)));
    lua_arith(lua, LUA_OPADD);
  }
  return 1;
}

int join(lua_State* lua) {
  auto length = items_at(lua, 1);
  auto between = lua_isnoneornil(lua, 2) ? std::string_view{} : text_at(lua, 2);
  std::string result;
  for (size_t n = 1; n <= length; ++n) {
    if (n > 1)
      result += between;
    push_item(lua, 1, n);
    auto part = as_text(lua, -1);
    lua_pop(lua, 1);
    charge(lua, 1 + between.size() / bytes_per_step);
    check_length(lua, result.size() + part.size());
    result += part;
  }
  return push_text(lua, result);
}

constexpr function functions[] = {
    {"all", all},       {"any", any},        {"at", at},         {"concat", concat}, {"contains", contains},
    {"filter", filter}, {"first", first},    {"fold", fold},     {"join", join},     {"keys", keys},
    {"len", len},       {"list", make_list}, {"map", map},       {"merge", merge},   {"slice", slice},
    {"sort", sort},     {"sum", sum},        {"values", values},
};

} // namespace

std::span<const function> list_functions() {
  return functions;
}

} // namespace troupe::expressions
