// JSON to Lua. A list or an object of a document is no table but a place in its text, so it costs nothing until it is looked into, is
// never changed, and is written as the bytes it was.
// Errors are Lua's, raised as exceptions: the library is the one compiled as C++, so destructors run.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <lauxlib.h>
#include <lua.h>
#include <troupe/actors/workflow/expression/values.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/nearest.hpp>

namespace troupe {
namespace {

using kind = json_document::kind;

constexpr const char* group_type = "group";
constexpr const char* built_list_type = "built list";

constexpr size_t bytes_read_per_step = 64;
constexpr size_t steps_per_key = 4; // copied and sorted

struct group {
  std::string_view name;
};

void push_number(lua_State* lua, std::string_view text) {
  if (text.find_first_of(".eE") == text.npos) {
    int64_t whole = 0;
    if (std::from_chars(text.begin(), text.end(), whole).ec != std::errc{})
      raise(lua, fmt::format("{} does not fit into 64 bits, and a copy would not be exact", text));
    if (text != "-0")
      return lua_pushinteger(lua, whole);
  }
  double number = 0;
  if (std::from_chars(text.begin(), text.end(), number).ec != std::errc{})
    raise(lua, fmt::format("{} is no number of 64 bits", text));
  lua_pushnumber(lua, number);
}

void push_value(lua_State* lua, const json_document& document, const json_document::value& value) {
  auto bytes = document.bytes(value);
  switch (value.is) {
  case kind::null:
    return lua_pushnil(lua);
  case kind::boolean:
    return lua_pushboolean(lua, bytes == "true");
  case kind::number:
    return push_number(lua, bytes);
  case kind::text: {
    std::string buffer;
    auto characters = document.characters(value, buffer);
    lua_pushlstring(lua, characters.data(), characters.size());
    return;
  }
  case kind::list:
  case kind::object:
    auto* place = static_cast<json_place*>(lua_newuserdatauv(lua, sizeof(json_place), 0));
    *place = {&document, &value};
    luaL_setmetatable(lua, value.is == kind::list ? list_type : object_type);
  }
}

const json_document* load(lua_State* lua, std::string_view name, std::string_view field) {
  auto found = expression_run::of(lua).find(name, field);
  if (!found)
    raise(lua, text_of(found.error()));
  return *found;
}

// list[position]
int index_list(lua_State* lua) {
  auto& list = *place_at(lua, 1, list_type);
  int fits = 0;
  auto position = lua_type(lua, 2) == LUA_TNUMBER ? lua_tointegerx(lua, 2, &fits) : 0;
  if (fits && position >= 1 && static_cast<uint64_t>(position) <= list.value->count)
    push_item(lua, 1, static_cast<size_t>(position));
  else
    lua_pushnil(lua);
  return 1;
}

int length_of_list(lua_State* lua) {
  lua_pushinteger(lua, place_at(lua, 1, list_type)->value->count);
  return 1;
}

// object.field
int index_object(lua_State* lua) {
  auto& object = *place_at(lua, 1, object_type);
  expression_run::of(lua).charge(lua, 1 + object.value->count / 8);
  auto* member =
      lua_type(lua, 2) == LUA_TSTRING ? object.document->member(*object.value, view(lua, 2)) : nullptr;
  if (member)
    push_value(lua, *object.document, *member);
  else
    lua_pushnil(lua);
  return 1;
}

int length_of_object(lua_State* lua) {
  raise(lua, "an object has no '#'; len() counts its members");
}

int same_place(lua_State* lua) {
  auto* left = place_at(lua, 1, list_type) ? place_at(lua, 1, list_type) : place_at(lua, 1, object_type);
  auto* right = place_at(lua, 2, list_type) ? place_at(lua, 2, list_type) : place_at(lua, 2, object_type);
  lua_pushboolean(lua, left && right && left->value == right->value);
  return 1;
}

// steps.build, where each field has a document of its own
int index_group(lua_State* lua) {
  auto& from = *static_cast<group*>(luaL_checkudata(lua, 1, group_type));
  auto* document = lua_type(lua, 2) == LUA_TSTRING ? load(lua, from.name, view(lua, 2)) : nullptr;
  if (document)
    push_value(lua, *document, document->root());
  else
    lua_pushnil(lua);
  return 1;
}

int whole_group(lua_State* lua) {
  raise(lua, by_fields_only(static_cast<group*>(lua_touserdata(lua, 1))->name));
}

void new_type(lua_State* lua, const char* name, std::initializer_list<luaL_Reg> functions) {
  luaL_newmetatable(lua, name);
  for (auto& function : functions) {
    lua_pushcfunction(lua, function.func);
    lua_setfield(lua, -2, function.name);
  }
  lua_pop(lua, 1);
}

} // namespace

std::string unknown(const expression_run& run, std::string_view name) {
  auto names = run.names();
  auto near = nearest(name, names);
  return near.empty() ? fmt::format("nothing is called '{}' here", name)
                      : fmt::format("nothing is called '{}' here; did you mean '{}'?", name, near);
}

std::string too_many_steps() {
  return fmt::format("it takes more than {} steps", expression_limits::steps);
}

std::string too_much_memory() {
  return fmt::format("it takes more than {} MiB of memory", expression_limits::memory_bytes >> 20);
}

std::string by_fields_only(std::string_view name) {
  return fmt::format("'{}' is read by its fields only", name);
}

json_place* place_at(lua_State* lua, int at, const char* type) {
  return static_cast<json_place*>(luaL_testudata(lua, at, type));
}

void raise(lua_State* lua, const std::string& why) {
  luaL_where(lua, 1);
  lua_pushlstring(lua, why.data(), why.size());
  lua_concat(lua, 2);
  lua_error(lua);
  std::abort(); // lua_error() does not return, but does not say so
}

std::string_view view(lua_State* lua, int at) {
  size_t size = 0;
  auto* text = lua_tolstring(lua, at, &size);
  return {text, size};
}

expression_run& expression_run::of(lua_State* lua) {
  return **static_cast<expression_run**>(lua_getextraspace(lua));
}

void expression_run::charge(lua_State* lua, uint64_t steps) {
  if (steps <= steps_left_) {
    steps_left_ -= steps;
    return;
  }
  steps_left_ = 0;
  raise(lua, too_many_steps());
}

caf::expected<const json_document*> expression_run::find(std::string_view name, std::string_view field) {
  auto from = std::find_if(scope_.begin(), scope_.end(),
                           [&](auto& one) { return one.name == name && one.field == field; });
  if (from == scope_.end())
    return nullptr;
  for (auto& one : loaded_)
    if (one.from == &*from)
      return &one.document;
  auto refuse = [&](std::string_view why) {
    return make_error(ec::invalid_argument,
                      fmt::format("{}{}{} cannot be read: {}", name, field.empty() ? "" : ".", field, why));
  };
  if (from->json.size() > expression_limits::document_bytes)
    return refuse(
        fmt::format("{} bytes, of at most {}", from->json.size(), expression_limits::document_bytes));
  auto steps = from->json.size() / bytes_read_per_step;
  if (steps > steps_left_)
    return refuse(too_many_steps());
  steps_left_ -= steps;
  auto read = json_document::read(from->json, expression_limits::depth, expression_limits::document_values);
  if (!read)
    return refuse(text_of(read.error()));
  document_bytes_ += read->memory_bytes();
  if (document_bytes_ > expression_limits::memory_bytes)
    return refuse(too_much_memory());
  loaded_.push_back({&*from, std::move(*read)});
  return &loaded_.back().document;
}

bool expression_run::is_group(std::string_view name) const {
  return std::any_of(scope_.begin(), scope_.end(),
                     [&](auto& one) { return one.name == name && !one.field.empty(); });
}

bool expression_run::knows(std::string_view name) const {
  return std::any_of(scope_.begin(), scope_.end(), [&](auto& one) { return one.name == name; });
}

std::vector<std::string_view> expression_run::names() const {
  std::vector<std::string_view> found;
  for (auto& one : scope_)
    if (std::find(found.begin(), found.end(), one.name) == found.end())
      found.push_back(one.name);
  return found;
}

std::string_view kind_of(lua_State* lua, int at) {
  if (auto type = luaL_getmetafield(lua, at, "__name"); type != LUA_TNIL) {
    std::string_view name = lua_tostring(lua, -1); // lives on in the metatable
    lua_pop(lua, 1);
    return name == built_list_type ? list_type : name;
  }
  if (lua_type(lua, at) != LUA_TTABLE)
    return luaL_typename(lua, at);
  return lua_rawlen(lua, at) > 0 ? list_type : object_type;
}

void open_values(lua_State* lua) {
  new_type(lua, list_type, {{"__index", index_list}, {"__len", length_of_list}, {"__eq", same_place}});
  new_type(lua, object_type, {{"__index", index_object}, {"__len", length_of_object}, {"__eq", same_place}});
  new_type(lua, group_type, {{"__index", index_group}, {"__len", whole_group}});
  new_type(lua, built_list_type, {});
}

void push_name(lua_State* lua, std::string_view name) {
  auto& run = expression_run::of(lua);
  if (run.is_group(name)) {
    auto* from = static_cast<group*>(lua_newuserdatauv(lua, sizeof(group), 0));
    auto names = run.names();
    *from = {*std::find(names.begin(), names.end(), name)};
    return luaL_setmetatable(lua, group_type);
  }
  if (auto* document = load(lua, name, {}))
    return push_value(lua, *document, document->root());
  raise(lua, unknown(run, name));
}

bool is_marked(lua_State* lua, int table) {
  auto marked = lua_getmetatable(lua, table) != 0;
  lua_pop(lua, marked ? 1 : 0);
  return marked;
}

size_t list_length(lua_State* lua, int at) {
  if (auto* list = place_at(lua, at, list_type))
    return list->value->count;
  if (lua_istable(lua, at)) {
    auto length = lua_rawlen(lua, at);
    if (length > 0 || is_marked(lua, at))
      return length;
    lua_pushnil(lua);
    if (lua_next(lua, at) == 0)
      return 0; // {} is both
  }
  luaL_typeerror(lua, at, list_type);
  return 0;
}

void push_item(lua_State* lua, int at, size_t n) {
  if (auto* list = place_at(lua, at, list_type))
    push_value(lua, *list->document, list->document->child(*list->value, n - 1));
  else
    lua_rawgeti(lua, at, static_cast<lua_Integer>(n));
}

std::vector<std::string> sorted_keys(lua_State* lua, int at) {
  std::vector<std::string> keys;
  if (auto* object = place_at(lua, at, object_type)) {
    std::string buffer;
    for (size_t n = 0; n < object->value->count; n += 2)
      keys.emplace_back(object->document->characters(object->document->child(*object->value, n), buffer));
  } else if (lua_istable(lua, at)) {
    for (lua_pushnil(lua); lua_next(lua, at) != 0; lua_pop(lua, 1)) {
      if (lua_type(lua, -2) != LUA_TSTRING)
        raise(lua, fmt::format("the keys of an object are texts; one is a {}", kind_of(lua, -2)));
      keys.emplace_back(view(lua, -2));
    }
  } else {
    luaL_typeerror(lua, at, object_type);
  }
  expression_run::of(lua).charge(lua, keys.size() * steps_per_key);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

void mark_list(lua_State* lua) {
  luaL_setmetatable(lua, built_list_type);
}

} // namespace troupe
