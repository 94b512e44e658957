// JSON <-> Lua: documents that are looked into where they stand, and results written as JSON. For expression*.cpp only.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <troupe/actors/workflow/expression/document.hpp>
#include <troupe/actors/workflow/expression/syntax.hpp>

struct lua_State;

namespace troupe {

/// What one evaluation reads and may still take; the state points to it while it lasts.
class expression_run {
public:
  explicit expression_run(expression_scope scope) : scope_(scope) {}

  /// The run of a state. Only valid while one lasts.
  static expression_run& of(lua_State* lua);

  /// Takes steps. Raises an error of Lua's when there are not enough.
  void charge(lua_State* lua, uint64_t steps);

  /// The document of a name, or of one of its fields: nullptr if there is none.
  caf::expected<const json_document*> find(std::string_view name, std::string_view field);

  /// Is this name looked up by its fields? Does it exist at all?
  bool is_group(std::string_view name) const;
  bool knows(std::string_view name) const;

  /// The names in scope.
  std::vector<std::string_view> names() const;

private:
  struct loaded {
    const named_json* from;
    json_document document;
  };

  expression_scope scope_;
  std::deque<loaded> loaded_; // addresses stay
  uint64_t steps_left_ = expression_limits::steps;
  size_t document_bytes_ = 0; // of memory
};

/// Raises an error of Lua's: the line, where there is one, and a text.
[[noreturn]] void raise(lua_State* lua, const std::string& why);

/// The bytes of a text on the stack, for as long as it stands there.
std::string_view view(lua_State* lua, int at);

/// What the values of Lua are called here: nil, boolean, number, string, list, object, function.
std::string_view kind_of(lua_State* lua, int at);

/// What is said of an evaluation that takes too much.
std::string too_many_steps();
std::string too_much_memory();

/// Why a name cannot be read: because there is none, or because each of its fields has a document.
std::string unknown(const expression_run& run, std::string_view name);
std::string by_fields_only(std::string_view name);

/// What the metatables of selected lists and objects are called; Lua's own errors show it.
constexpr const char* list_type = "list";
constexpr const char* object_type = "object";

/// A selected list or object.
struct json_place {
  const json_document* document;
  const json_document::value* value;
};

/// The selected list or object at a place of the stack, or nullptr.
json_place* place_at(lua_State* lua, int at, const char* type);

/// Is this table a list, even if it is empty? Only what functions have built is marked.
bool is_marked(lua_State* lua, int table);

/// Prepares a state for the functions below.
void open_values(lua_State* lua);

/// Pushes the functions and libraries of expressions, by name; they cannot be changed. Texts get theirs as methods.
void open_functions(lua_State* lua);

/// What open_functions() offers.
const std::vector<expression_builtin>& expression_builtins();

/// Pushes the value of a name in scope. Raises an error if there is none.
void push_name(lua_State* lua, std::string_view name);

/// The length of a list, selected or built. Raises an error that names the argument if it is none.
size_t list_length(lua_State* lua, int at);

/// Pushes the n-th item of a list, from 1; nil for a null.
void push_item(lua_State* lua, int at, size_t n);

/// The keys of an object, selected or built, sorted and each once. Raises an error that names the argument if it is none.
std::vector<std::string> sorted_keys(lua_State* lua, int at);

/// Makes the table on top of the stack a list, even if it stays empty.
void mark_list(lua_State* lua);

/// A float as it is written in JSON: the shortest that is read as the same number.
std::string float_text(double number);

/// Appends a value as JSON. Raises an error for what JSON cannot hold, and for exceeded bounds.
void write_json(lua_State* lua, int at, std::string& out);

/// The bytes of a selection, `null` if there are none. Errors: ec::invalid_argument.
caf::expected<std::string> select_json(expression_run& run, const std::vector<path_step>& path);

} // namespace troupe
