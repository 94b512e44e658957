// What the functions of expressions take and give, counted in steps. Each raises an error that names the argument that does not fit.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <troupe/actors/workflow/expression/values.hpp>
#include <utility>

namespace troupe::expressions {

/// One function as Lua calls it.
struct function {
  const char* name;
  int (*call)(lua_State* lua);
};

/// Functions of texts, also called as methods; of lists and objects; of numbers.
std::span<const function> text_functions();
std::span<const function> list_functions();
std::span<const function> math_functions();

/// Bytes that are copied or compared in one step, and searched in one step.
inline constexpr size_t bytes_per_step = 64;
inline constexpr size_t bytes_searched_per_step = 16;

/// Takes steps.
void charge(lua_State* lua, size_t steps);

/// An argument that is a text, and no number that could be one; a number, and no text; a function.
std::string_view text_at(lua_State* lua, int at);
double number_at(lua_State* lua, int at);
void check_function(lua_State* lua, int at);

/// Items of an argument that is a list.
size_t items_at(lua_State* lua, int at);

/// [from, to) of two arguments that are positions as Lua counts them: from 1, or from the end if negative; both may be left out.
std::pair<size_t, size_t> range_at(lua_State* lua, int at, size_t size);

/// What tostring() gives. Raises an error for what has no text.
std::string as_text(lua_State* lua, int at);

/// Where a text is found in another, from a position on, or npos.
size_t search(lua_State* lua, std::string_view all, std::string_view part, size_t from = 0);

/// Bounds what is built outside of Lua's memory.
void check_length(lua_State* lua, size_t bytes);

/// Pushes a text; 1, the number of results.
int push_text(lua_State* lua, std::string_view text);

/// Pushes an empty list with room; puts the value on top at the n-th position of the list below it.
void new_list(lua_State* lua, size_t room);
void put_item(lua_State* lua, size_t n);

} // namespace troupe::expressions
