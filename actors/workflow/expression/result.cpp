// Results as JSON: what is selected is copied as the bytes it was, what is built is written with sorted keys.

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <lauxlib.h>
#include <lua.h>
#include <troupe/actors/workflow/expression/values.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/utf8.hpp>
#include <variant>

namespace troupe {
namespace {

using kind = json_document::kind;

std::string too_long() {
  return fmt::format("the result is longer than {} bytes", expression_limits::result_bytes);
}

class json_writer {
public:
  json_writer(lua_State* lua, std::string& out) : lua_(lua), run_(expression_run::of(lua)), out_(out) {}

  void value(int at, size_t depth) {
    run_.charge(lua_, 1);
    if (depth > expression_limits::depth)
      raise(lua_, fmt::format("the result has more than {} lists and objects in each other",
                              expression_limits::depth));
    switch (lua_type(lua_, at)) {
    case LUA_TNIL:
      return append("null");
    case LUA_TBOOLEAN:
      return append(lua_toboolean(lua_, at) ? "true" : "false");
    case LUA_TNUMBER:
      return lua_isinteger(lua_, at) ? append(fmt::format("{}", lua_tointeger(lua_, at)))
                                     : number(lua_tonumber(lua_, at));
    case LUA_TSTRING:
      return text(view(lua_, at));
    case LUA_TUSERDATA:
      for (auto* type : {list_type, object_type})
        if (auto* found = place_at(lua_, at, type))
          return append(found->document->bytes(*found->value));
      break;
    case LUA_TTABLE:
      luaL_checkstack(lua_, 8, nullptr);
      return table(lua_absindex(lua_, at), depth);
    }
    raise(lua_, fmt::format("a {} is no JSON", kind_of(lua_, at)));
  }

private:
  void append(std::string_view bytes) {
    if (bytes.size() >
        expression_limits::result_bytes - std::min(expression_limits::result_bytes, out_.size()))
      raise(lua_, too_long());
    run_.charge(lua_, bytes.size() / 64);
    out_ += bytes;
  }

  void number(double number) {
    if (!std::isfinite(number))
      raise(lua_, fmt::format("{} is no JSON", float_text(number)));
    append(float_text(number));
  }

  void text(std::string_view text) {
    if (text.size() > expression_limits::result_bytes)
      raise(lua_, too_long());
    if (clean_utf8(text) != text)
      raise(lua_, "a text in the result is no UTF-8: a character was cut");
    std::string quoted;
    append_json(quoted, text);
    append(quoted);
  }

  void table(int at, size_t depth) {
    auto length = lua_rawlen(lua_, at);
    return length > 0 || is_marked(lua_, at) ? list(at, length, depth) : object(at, depth);
  }

  void list(int at, size_t length, size_t depth) {
    size_t members = 0;
    for (lua_pushnil(lua_); lua_next(lua_, at) != 0; lua_pop(lua_, 1))
      ++members;
    if (members != length)
      raise(lua_, "a built list has positions from 1 on without a gap, and no keys beside them");
    append("[");
    for (size_t n = 1; n <= length; ++n) {
      append(n == 1 ? "" : ",");
      if (lua_rawgeti(lua_, at, static_cast<lua_Integer>(n)) == LUA_TNIL)
        raise(lua_, "a built list has positions from 1 on without a gap, and no keys beside them");
      value(-1, depth + 1);
      lua_pop(lua_, 1);
    }
    append("]");
  }

  void object(int at, size_t depth) {
    auto keys = sorted_keys(lua_, at);
    append("{");
    for (auto& key : keys) {
      append(&key == keys.data() ? "" : ",");
      text(key);
      append(":");
      lua_pushlstring(lua_, key.data(), key.size());
      lua_rawget(lua_, at);
      value(-1, depth + 1);
      lua_pop(lua_, 1);
    }
    append("}");
  }

  lua_State* lua_;
  expression_run& run_;
  std::string& out_;
};

} // namespace

std::string float_text(double number) {
  if (!std::isfinite(number))
    return std::isnan(number) ? "nan"
           : number > 0       ? "inf"
                              : "-inf"; // the sign of a nan depends on the machine
  auto text = fmt::format("{}", number);
  return text.find_first_of(".e") == text.npos ? text + ".0" : text;
}

void write_json(lua_State* lua, int at, std::string& out) {
  json_writer{lua, out}.value(at, 0);
}

caf::expected<std::string> select_json(expression_run& run, const std::vector<path_step>& path) {
  auto& name = std::get<std::string>(path.front());
  auto refuse = [](const std::string& why) { return make_error(ec::invalid_argument, "line 1: " + why); };
  auto from = path.begin() + 1;
  std::string field;
  if (run.is_group(name)) {
    if (from == path.end())
      return refuse(by_fields_only(name));
    if (!std::holds_alternative<std::string>(*from))
      return "null";
    field = std::get<std::string>(*from++);
  } else if (!run.knows(name)) {
    return refuse(unknown(run, name));
  }
  auto document = run.find(name, field);
  if (!document)
    return refuse(text_of(document.error()));
  auto* found = *document ? &(*document)->root() : nullptr;
  for (auto step = from; step != path.end(); ++step) {
    auto* key = std::get_if<std::string>(&*step);
    if (!found || (found->is != kind::list && found->is != kind::object))
      return refuse(fmt::format("what is in front of '{}' is {}",
                                key ? *key : fmt::format("[{}]", std::get<int64_t>(*step)),
                                !found || found->is == kind::null ? "nil" : "no list or object"));
    if (key) {
      found = (*document)->member(*found, *key);
    } else {
      auto position = std::get<int64_t>(*step);
      auto exists = found->is == kind::list && position >= 1 && position <= int64_t{found->count};
      found = exists ? &(*document)->child(*found, static_cast<size_t>(position - 1)) : nullptr;
    }
  }
  auto bytes = found ? (*document)->bytes(*found) : "null";
  if (bytes.size() > expression_limits::result_bytes)
    return refuse(too_long());
  return std::string{bytes};
}

} // namespace troupe
