// Functions of texts. No patterns: matching them takes time that nothing bounds. No locale: letters are those of ASCII.

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <lauxlib.h>
#include <lua.h>
#include <troupe/actors/workflow/expression/arguments.hpp>

namespace troupe::expressions {
namespace {

template <class Change>
int changed(lua_State* lua, Change change) {
  std::string copy{text_at(lua, 1)};
  change(copy);
  return push_text(lua, copy);
}

int string_lower(lua_State* lua) {
  return changed(lua, [](auto& t) {
    for (auto& c : t)
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
}

int string_upper(lua_State* lua) {
  return changed(lua, [](auto& t) {
    for (auto& c : t)
      c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
}

int string_len(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(text_at(lua, 1).size()));
  return 1;
}

int string_trim(lua_State* lua) {
  auto all = text_at(lua, 1);
  auto from = std::min(all.find_first_not_of(" \t\r\n"), all.size());
  return push_text(lua, all.substr(from, all.find_last_not_of(" \t\r\n") + 1 - from));
}

int string_sub(lua_State* lua) {
  auto all = text_at(lua, 1);
  auto [from, to] = range_at(lua, 2, all.size());
  return push_text(lua, all.substr(from, to - from));
}

int string_find(lua_State* lua) {
  auto found = search(lua, text_at(lua, 1), text_at(lua, 2));
  if (found == std::string_view::npos)
    lua_pushnil(lua);
  else
    lua_pushinteger(lua, static_cast<lua_Integer>(found + 1));
  return 1;
}

int string_starts_with(lua_State* lua) {
  lua_pushboolean(lua, text_at(lua, 1).starts_with(text_at(lua, 2)));
  return 1;
}

int string_ends_with(lua_State* lua) {
  lua_pushboolean(lua, text_at(lua, 1).ends_with(text_at(lua, 2)));
  return 1;
}

// Calls `part` with each piece between separators, and `last` with the rest.
template <class Part, class Last>
void cut(lua_State* lua, std::string_view all, std::string_view separator, Part part, Last last) {
  size_t from = 0;
  for (size_t to; (to = search(lua, all, separator, from)) != all.npos; from = to + separator.size())
    part(all.substr(from, to - from));
  last(all.substr(from));
}

std::string_view separator(lua_State* lua, int at) {
  auto found = text_at(lua, at);
  luaL_argcheck(lua, !found.empty(), at, "the empty text is everywhere");
  return found;
}

int string_replace(lua_State* lua) {
  auto all = text_at(lua, 1), old = separator(lua, 2), with = text_at(lua, 3);
  std::string result;
  auto add = [&](std::string_view more) {
    charge(lua, 1 + more.size() / bytes_per_step);
    check_length(lua, result.size() + more.size());
    result += more;
  };
  cut(
      lua, all, old, [&](auto part) { add(part), add(with); }, add);
  return push_text(lua, result);
}

int string_split(lua_State* lua) {
  auto all = text_at(lua, 1), at = separator(lua, 2);
  new_list(lua, 0);
  size_t n = 0;
  auto add = [&](std::string_view part) {
    push_text(lua, part);
    charge(lua, 1);
    put_item(lua, ++n);
  };
  cut(lua, all, at, add, add);
  return 1;
}

int string_rep(lua_State* lua) {
  auto all = text_at(lua, 1);
  auto times = std::max<lua_Integer>(luaL_checkinteger(lua, 2), 0);
  if (!all.empty() && static_cast<uint64_t>(times) > expression_limits::memory_bytes / all.size())
    check_length(lua, expression_limits::memory_bytes + 1);
  auto size = all.size() * static_cast<size_t>(all.empty() ? 0 : times);
  charge(lua, size / bytes_per_step);
  std::string result{all.substr(0, size)};
  result.reserve(size);
  while (result.size() < size)
    result.append(result, 0, size - result.size());
  return push_text(lua, result);
}

// %s, %d, %x, %f with `0`, a width of at most two digits and a precision of at most one; %%.
int string_format(lua_State* lua) {
  auto form = text_at(lua, 1);
  std::string result;
  int argument = 1;
  for (size_t at = 0; at < form.size(); ++at) {
    if (form[at] != '%') {
      result += form[at];
      continue;
    }
    auto from = ++at;
    auto digits = [&](size_t most) {
      size_t value = 0;
      for (auto end = at + most; at < form.size() && at < end && form[at] >= '0' && form[at] <= '9'; ++at)
        value = value * 10 + static_cast<size_t>(form[at] - '0');
      return value;
    };
    auto zeros = at < form.size() && form[at] == '0';
    auto width = digits(2);
    auto has_precision = at < form.size() && form[at] == '.';
    at += has_precision;
    auto precision = has_precision ? digits(1) : 6;
    auto kind = at < form.size() ? form[at] : '\0';
    std::string part;
    if (kind == '%' && at == from) {
      result += '%';
      continue;
    }
    ++argument;
    if (kind == 's' && !has_precision && !zeros) {
      luaL_checkany(lua, argument);
      part = as_text(lua, argument);
    } else if (kind == 'd' && !has_precision) {
      part = fmt::format("{}", luaL_checkinteger(lua, argument));
    } else if (kind == 'x' && !has_precision) {
      part = fmt::format("{:x}", static_cast<uint64_t>(luaL_checkinteger(lua, argument)));
    } else if (kind == 'f') {
      auto given = number_at(lua, argument);
      part = std::isfinite(given) ? fmt::format("{:.{}f}", given, precision) : float_text(given);
    } else {
      raise(lua, "format() knows %s, %d, %x, %f and %%, as %8s, %05d and %.2f");
    }
    auto signs = zeros && part.starts_with('-') ? size_t{1} : size_t{0};
    if (part.size() < width)
      part.insert(signs, width - part.size(), zeros ? '0' : ' ');
    result += part;
    charge(lua, 1 + part.size() / bytes_per_step);
    check_length(lua, result.size());
  }
  return push_text(lua, result);
}

constexpr function functions[] = {
    {"ends_with", string_ends_with},
    {"find", string_find},
    {"format", string_format},
    {"len", string_len},
    {"lower", string_lower},
    {"rep", string_rep},
    {"replace", string_replace},
    {"split", string_split},
    {"starts_with", string_starts_with},
    {"sub", string_sub},
    {"trim", string_trim},
    {"upper", string_upper},
};

} // namespace

std::span<const function> text_functions() {
  return functions;
}

} // namespace troupe::expressions
