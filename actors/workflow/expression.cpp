// EXPRESSION: compiled once per worker, evaluated in a state of Lua that no evaluation can change.
// Invariant: between evaluations a state differs only in its compiled sources. What an expression sees are functions and documents,
// none of which can be written to; values it builds are unreachable when it has ended.

#include <cstdlib>
#include <fmt/format.h>
#include <lauxlib.h>
#include <lua.h>
#include <optional>
#include <troupe/actors/workflow/expression.hpp>
#include <troupe/actors/workflow/expression/syntax.hpp>
#include <troupe/actors/workflow/expression/values.hpp>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/utf8.hpp>
#include <unordered_map>

namespace troupe {
namespace {

// How often Lua looks whether its steps are used up, instructions.
constexpr int look_every = 100;
// Garbage that is kept until the next evaluation, bytes: collecting after each would cost more than the evaluation.
constexpr size_t garbage_bytes = 256u << 10;
// Longest text of an error, bytes: it may quote what was read.
constexpr size_t error_bytes = 400;
constexpr size_t unbounded = SIZE_MAX;

struct account {
  size_t used = 0;
  size_t left = unbounded; // of the evaluation that lasts
};

// The collector rests while an evaluation lasts, so what it drops counts: else its time would be spent in collecting.
void* allocate(void* context, void* block, size_t before, size_t after) {
  auto& memory = *static_cast<account*>(context);
  if (!block)
    before = 0; // else the kind of what is made
  if (after == 0) {
    std::free(block);
    memory.used -= before;
    return nullptr;
  }
  auto more = after > before ? after - before : 0;
  if (more > memory.left)
    return nullptr;
  auto* result = std::realloc(block, after);
  if (!result)
    return nullptr;
  memory.used += after - before; // wraps around when it shrinks
  if (memory.left != unbounded)
    memory.left -= more;
  return result;
}

// An error with a text fit for people and messages, whatever is quoted in it.
caf::error refuse_expression(std::string_view text) {
  return make_error(ec::invalid_argument,
                    std::string{cut_utf8(clean_utf8(cut_utf8(text, error_bytes)), error_bytes)});
}

// What one call of Lua does; everything that may raise an error happens inside of it.
struct job {
  const expression_program& program;
  std::string json;
};

class worker {
public:
  worker() : lua_(lua_newstate(allocate, &memory_)) {
    if (!lua_)
      return;
    lua_pushcfunction(lua_, open);
    if (lua_pcall(lua_, 0, 0, 0) != LUA_OK)
      close();
    else
      kept_ = memory_.used;
  }

  ~worker() {
    close();
  }

  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  // The one of this thread.
  static worker& mine() {
    thread_local std::optional<worker> one;
    if (!one || one->broken_)
      one.emplace();
    return *one;
  }

  caf::error compile(const expression_program& program) {
    if (!lua_)
      return no_memory();
    if (chunks_.contains(program.source))
      return {};
    if (source_bytes_ + program.source.size() > expression_limits::cached_bytes)
      forget();
    return call(
        [](lua_State* lua) {
          auto& self = *static_cast<worker*>(lua_touserdata(lua, 1));
          auto& from = *static_cast<const expression_program*>(lua_touserdata(lua, 2));
          auto chunk = "return (" + from.source.substr(0, from.code_bytes) + ")";
          if (luaL_loadbufferx(lua, chunk.data(), chunk.size(), "=line", "t") != LUA_OK)
            lua_error(lua);
          auto reference = luaL_ref(lua, LUA_REGISTRYINDEX);
          self.chunks_.emplace(from.source, reference);
          self.source_bytes_ += from.source.size();
          return 0;
        },
        const_cast<expression_program*>(&program));
  }

  caf::expected<std::string> evaluate(const expression_program& program, expression_run& run) {
    if (auto failed = compile(program))
      return failed;
    job work{program, {}};
    *static_cast<expression_run**>(lua_getextraspace(lua_)) = &run;
    lua_sethook(
        lua_, [](lua_State* lua, lua_Debug*) { expression_run::of(lua).charge(lua, look_every); },
        LUA_MASKCOUNT, look_every);
    auto failed = call(
        [](lua_State* lua) {
          auto& self = *static_cast<worker*>(lua_touserdata(lua, 1));
          auto& task = *static_cast<job*>(lua_touserdata(lua, 2));
          lua_rawgeti(lua, LUA_REGISTRYINDEX, self.chunks_.at(task.program.source));
          lua_call(lua, 0, 1);
          write_json(lua, -1, task.json);
          return 0;
        },
        &work);
    lua_sethook(lua_, nullptr, 0, 0);
    *static_cast<expression_run**>(lua_getextraspace(lua_)) = nullptr;
    if (failed)
      return failed;
    return std::move(work.json);
  }

private:
  static caf::error no_memory() {
    return make_error(ec::overloaded, "no memory for expressions");
  }

  static int open(lua_State* lua) {
    lua_gc(lua, LUA_GCSTOP);
    open_values(lua);
    lua_newuserdatauv(lua, 0, 0); // the globals: found by a function, so that there is nothing to write to
    lua_createtable(lua, 0, 2);
    open_functions(lua);
    lua_pushcclosure(lua, global, 1);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return 0;
  }

  // A name that is no argument: a function, or a document.
  static int global(lua_State* lua) {
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) == LUA_TNIL)
      push_name(lua, view(lua, 2));
    return 1;
  }

  // Calls a function with this worker and `argument`, within the memory of one evaluation.
  caf::error call(lua_CFunction function, void* argument) {
    lua_pushcfunction(lua_, function);
    lua_pushlightuserdata(lua_, this);
    lua_pushlightuserdata(lua_, argument);
    memory_.left = expression_limits::memory_bytes;
    auto status = lua_pcall(lua_, 2, 0, 0);
    memory_.left = unbounded;
    auto failed = status == LUA_OK ? caf::error{} : error_of(status);
    lua_settop(lua_, 0);
    if (memory_.used > kept_ + garbage_bytes) {
      lua_gc(lua_, LUA_GCCOLLECT);
      kept_ = memory_.used;
    }
    return failed;
  }

  caf::error error_of(int status) {
    if (status == LUA_ERRMEM)
      return make_error(ec::invalid_argument, fmt::format("it takes more than {} MiB of memory",
                                                          expression_limits::memory_bytes >> 20));
    if (status != LUA_ERRRUN || lua_type(lua_, -1) != LUA_TSTRING) {
      broken_ = true; // an exception that is not Lua's went through its frames
      return make_error(ec::internal, fmt::format("Lua ended with status {}", status));
    }
    auto text = view(lua_, -1);
    auto placed = text.starts_with("line:"); // the name of each chunk
    return refuse_expression((placed ? "line " : "") + std::string{text.substr(placed ? 5 : 0)});
  }

  void forget() {
    for (auto& [source, reference] : chunks_)
      luaL_unref(lua_, LUA_REGISTRYINDEX, reference);
    chunks_.clear();
    source_bytes_ = 0;
    lua_gc(lua_, LUA_GCCOLLECT);
    kept_ = memory_.used;
  }

  void close() {
    if (lua_)
      lua_close(lua_);
    lua_ = nullptr;
  }

  account memory_;
  lua_State* lua_;
  std::unordered_map<std::string, int> chunks_; // places in the registry
  size_t source_bytes_ = 0;
  size_t kept_ = 0; // what is no garbage, bytes
  bool broken_ = false;
};

} // namespace

caf::expected<expression> expression::compile(std::string_view source) {
  auto program = parse_expression(source, expression_builtins());
  if (!program)
    return refuse_expression(text_of(program.error()));
  if (auto failed = worker::mine().compile(*program))
    return failed;
  return expression{std::make_shared<const expression_program>(std::move(*program))};
}

caf::expected<std::string> expression::evaluate(expression_scope scope) const {
  expression_run run{scope};
  if (!program_->path)
    return worker::mine().evaluate(*program_, run);
  auto selected = select_json(run, *program_->path);
  return selected ? std::move(selected) : refuse_expression(text_of(selected.error()));
}

caf::expected<bool> expression::holds(expression_scope scope) const {
  constexpr size_t shown = 40;
  auto result = evaluate(scope);
  if (!result)
    return result.error();
  if (*result != "true" && *result != "false")
    return refuse_expression(fmt::format("a condition is true or false; this one gives {}{}",
                                         cut_utf8(*result, shown), result->size() > shown ? "…" : ""));
  return *result == "true";
}

const std::vector<expression_read>& expression::reads() const {
  return program_->reads;
}

const std::string& expression::source() const {
  return program_->source;
}

} // namespace troupe
