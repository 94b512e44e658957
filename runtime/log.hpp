// LOG: what happened, as JSON lines a machine can search and a person can read.
#pragma once

#include <caf/expected.hpp>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <troupe/runtime/clock.hpp>
#include <troupe/runtime/node_metrics.hpp>
#include <variant>
#include <vector>

namespace troupe {

class secret;

/// How important a line is; `off` is more important than any.
enum class log_level : uint8_t { trace, debug, info, warning, error, off };

/// The name, as in the enum; parse_log_level() reads it.
std::string_view to_string(log_level level);

/// Reads a level's name. Errors: ec::invalid_argument with the allowed names.
caf::expected<log_level> parse_log_level(std::string_view name);

/// One more `"name":value` of a line. It only views its text: make it in the call.
class log_field {
public:
  log_field(std::string_view name, std::string_view text) : name_{name}, value_{text} {}
  log_field(std::string_view name, const char* text) : name_{name}, value_{std::string_view{text}} {}
  log_field(std::string_view name, const std::string& text) : name_{name}, value_{std::string_view{text}} {}
  log_field(std::string_view name, std::integral auto value) : name_{name} {
    if constexpr (std::same_as<decltype(value), bool>)
      value_ = value;
    else if constexpr (std::is_signed_v<decltype(value)>)
      value_ = int64_t{value};
    else
      value_ = uint64_t{value};
  }
  log_field(std::string_view name, double value) : name_{name}, value_{value} {}
  /// Writes `***`.
  log_field(std::string_view name, const secret&) : name_{name}, value_{std::string_view{"***"}} {}

  std::string_view name() const {
    return name_;
  }

  /// Appends the value as JSON.
  void append_value(std::string& out) const;

private:
  std::string_view name_;
  std::variant<std::string_view, bool, int64_t, uint64_t, double> value_;
};

/// Where finished lines go. An implementation is called by one thread at a time; false = the line is lost.
class log_sink {
public:
  virtual ~log_sink() = default;
  /// Takes one line, without its line break.
  virtual bool write(std::string_view line) = 0;
};

/// Writes lines to standard error.
std::unique_ptr<log_sink> stderr_sink();

/// Appends lines to a file, each at once; at limits::log_file_bytes a new file is begun, limits::log_files
/// old ones are kept as `name.1.ext` and so on. Errors: ec::unavailable with path and reason.
caf::expected<std::unique_ptr<log_sink>> file_sink(const std::string& path);

/// Writes log lines. Thread-safe; a copy is two pointers; a logger made by default writes nothing. Copies
/// share sink and level, and a line says who wrote it: `time` (RFC 3339, UTC, milliseconds), `level`,
/// `message`, then `actor`, `entity` and `trace` as far as they are known, then its fields in order. Texts
/// are cut at limits::log_text_bytes. A field named like one of the first six replaces actor, entity or
/// trace, and is otherwise written with a `_` behind its name; of two fields with the same name the first
/// counts.
class logger {
public:
  logger() = default;

  /// A logger into a sink. The clock must outlive every copy.
  logger(std::unique_ptr<log_sink> sink, log_level lowest, const clock& time,
         const node_metrics& meters = {});

  /// This logger, speaking for an actor, for an entity (a ref), for a message (a traceparent).
  logger for_actor(std::string_view name) const;
  logger for_entity(std::string_view ref) const;
  logger for_trace(std::string_view traceparent) const;

  /// Whether lines of this level are written: one atomic load, for callers whose fields cost something.
  bool enabled(log_level level) const;

  /// The lowest level written; changing it counts for all copies, from their next line on.
  log_level lowest() const;
  void set_lowest(log_level level) const;

  /// One line. `message` is a constant text; what varies goes into fields.
  void write(log_level level, std::string_view message, std::initializer_list<log_field> fields = {}) const {
    if (enabled(level))
      write_line(level, message, fields);
  }
  /// For those who follow what the code does.
  void debug(std::string_view message, std::initializer_list<log_field> fields = {}) const {
    write(log_level::debug, message, fields);
  }
  /// What an operator may want to know later.
  void info(std::string_view message, std::initializer_list<log_field> fields = {}) const {
    write(log_level::info, message, fields);
  }
  /// What works for now, but needs a look.
  void warning(std::string_view message, std::initializer_list<log_field> fields = {}) const {
    write(log_level::warning, message, fields);
  }
  /// What has failed and will not heal by itself.
  void error(std::string_view message, std::initializer_list<log_field> fields = {}) const {
    write(log_level::error, message, fields);
  }

  /// Lines the sink could not keep, e.g. on a full disk.
  uint64_t lost() const;

private:
  struct output;
  struct origin;
  template <class Change>
  logger with(Change change) const;
  void write_line(log_level level, std::string_view message, std::initializer_list<log_field> fields) const;

  std::shared_ptr<output> output_;
  std::shared_ptr<const origin> origin_;
};

/// Lines in memory, for tests.
class log_capture {
public:
  log_capture();

  /// A logger into this capture. The clock must outlive it.
  logger log(const clock& time, log_level lowest = log_level::trace) const;

  /// The lines so far, oldest first.
  std::vector<std::string> lines() const;

private:
  struct memory;
  std::shared_ptr<memory> memory_;
};

} // namespace troupe
