// LOG: the only file that sees spdlog. Invariant: a line is one JSON object, whatever its texts hold; writing
// never fails.

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <ctime>
#include <fmt/format.h>
#include <functional>
#include <mutex>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/log.hpp>
#include <troupe/runtime/utf8.hpp>

namespace troupe {
namespace {

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warning", "error", "off"};

// spdlog 1.10 leaves a file closed when it cannot begin a new one (a directory that cannot be written any more), and a
// later line that fits into the old one is written through null. So a sink that has failed is made anew.
class spdlog_sink final : public log_sink {
public:
  using maker = std::function<std::unique_ptr<spdlog::sinks::sink>()>;
  explicit spdlog_sink(maker make) : make_{std::move(make)} {
    open();
  }

  bool write(std::string_view line) override {
    if (!sink_ && lines_to_skip_ > 0) {
      --lines_to_skip_;
      return false;
    }
    try {
      if (!sink_)
        open();
      sink_->log(
          spdlog::details::log_msg{spdlog::log_clock::time_point{}, {}, {}, spdlog::level::info, line});
      sink_->flush(); // a line that explains a crash must not die with the process
      return true;
    } catch (const std::exception&) {
      sink_.reset();
      return false;
    }
  }

private:
  void open() {
    lines_to_skip_ = 63; // spdlog takes 50 ms to find that a file cannot be opened: not for every line
    sink_ = make_();
    lines_to_skip_ = 0;
    sink_->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
  }

  maker make_;
  std::unique_ptr<spdlog::sinks::sink> sink_;
  unsigned lines_to_skip_ = 0;
};

std::string time_text(int64_t now_ms) {
  auto seconds = static_cast<std::time_t>(now_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, now_ms % 1000);
}

void append_cut(std::string& out, std::string_view text) {
  if (text.size() <= limits::log_text_bytes)
    append_json(out, text);
  else
    append_json(out, fmt::format("{}... ({} bytes)", cut_utf8(text, limits::log_text_bytes), text.size()));
}

} // namespace

std::string_view to_string(log_level level) {
  return level_names[std::min<size_t>(static_cast<size_t>(level), level_names.size() - 1)];
}

caf::expected<log_level> parse_log_level(std::string_view name) {
  auto i = std::find(level_names.begin(), level_names.end(), name);
  if (i == level_names.end())
    return make_error(ec::invalid_argument,
                      fmt::format("'{}' is no log level; they are {}", name, fmt::join(level_names, ", ")));
  return static_cast<log_level>(i - level_names.begin());
}

void log_field::append_value(std::string& out) const {
  if (auto* text = std::get_if<std::string_view>(&value_))
    append_cut(out, *text);
  else if (auto* flag = std::get_if<bool>(&value_))
    out += *flag ? "true" : "false";
  else if (auto* whole = std::get_if<int64_t>(&value_))
    out += std::to_string(*whole);
  else if (auto* natural = std::get_if<uint64_t>(&value_))
    out += std::to_string(*natural);
  else if (auto x = std::get<double>(value_); std::isfinite(x))
    out += fmt::format("{}", x);
  else
    out += "null"; // JSON has no infinity
}

std::unique_ptr<log_sink> stderr_sink() {
  return std::make_unique<spdlog_sink>([] { return std::make_unique<spdlog::sinks::stderr_sink_st>(); });
}

caf::expected<std::unique_ptr<log_sink>> file_sink(const std::string& path) {
  try {
    return std::unique_ptr<log_sink>{std::make_unique<spdlog_sink>([path] {
      return std::make_unique<spdlog::sinks::rotating_file_sink_st>(path, limits::log_file_bytes,
                                                                    limits::log_files);
    })};
  } catch (const std::exception& e) {
    return make_error(ec::unavailable, fmt::format("the log file {} cannot be written: {}", path, e.what()));
  }
}

struct logger::output {
  std::unique_ptr<log_sink> sink;
  const clock& time;
  std::atomic<log_level> lowest;
  std::array<metric, level_names.size()> lines;
  std::atomic<uint64_t> lost = 0;
  std::mutex mutex; // one line at a time
};

struct logger::origin {
  std::string actor;
  std::string entity;
  std::string trace;
};

logger::logger(std::unique_ptr<log_sink> sink, log_level lowest, const clock& time,
               const node_metrics& meters)
    : output_{new output{std::move(sink), time, {lowest}, {}, {}, {}}} {
  for (size_t i = 0; i + 1 < level_names.size(); ++i) // nothing is written at the last, off
    output_->lines[i] = meters.log_lines.with({level_names[i]});
}

template <class Change>
logger logger::with(Change change) const {
  if (!output_)
    return {};
  auto who = origin_ ? std::make_shared<origin>(*origin_) : std::make_shared<origin>();
  change(*who);
  auto copy = *this;
  copy.origin_ = std::move(who);
  return copy;
}

logger logger::for_actor(std::string_view name) const {
  return with([&](origin& who) { who.actor = name; });
}

logger logger::for_entity(std::string_view ref) const {
  return with([&](origin& who) { who.entity = ref; });
}

logger logger::for_trace(std::string_view traceparent) const {
  return with([&](origin& who) { who.trace = traceparent; });
}

bool logger::enabled(log_level level) const {
  return output_ && level < log_level::off && level >= output_->lowest.load(std::memory_order_relaxed);
}

log_level logger::lowest() const {
  return output_ ? output_->lowest.load(std::memory_order_relaxed) : log_level::off;
}

void logger::set_lowest(log_level level) const {
  if (output_)
    output_->lowest.store(level, std::memory_order_relaxed);
}

uint64_t logger::lost() const {
  return output_ ? output_->lost.load(std::memory_order_relaxed) : 0;
}

void logger::write_line(log_level level, std::string_view message,
                        std::initializer_list<log_field> fields) const {
  constexpr std::array<std::string_view, 3> ours{"time", "level", "message"};
  std::string line = fmt::format(
      "{{\"time\":\"{}\",\"level\":\"{}\",\"message\":", time_text(output_->time.now_ms()), to_string(level));
  append_cut(line, message);
  auto named = [&](std::string_view name, const log_field* end) {
    return std::any_of(fields.begin(), end, [&](auto& field) { return field.name() == name; });
  };
  auto origin_part = [&](std::string_view name, const std::string& text) {
    if (text.empty() || named(name, fields.end()))
      return;
    line += fmt::format(",\"{}\":", name);
    append_cut(line, text);
  };
  if (origin_) {
    origin_part("actor", origin_->actor);
    origin_part("entity", origin_->entity);
    origin_part("trace", origin_->trace);
  }
  for (auto& field : fields) {
    if (named(field.name(), &field))
      continue;
    auto taken = std::find(ours.begin(), ours.end(), field.name()) != ours.end();
    line += ',';
    append_json(line, taken ? std::string{field.name()} + "_" : std::string{field.name()});
    line += ':';
    field.append_value(line);
  }
  line += '}';
  output_->lines[static_cast<size_t>(level)].add();
  std::lock_guard lock{output_->mutex};
  if (!output_->sink->write(line))
    output_->lost.fetch_add(1, std::memory_order_relaxed);
}

struct log_capture::memory {
  mutable std::mutex mutex;
  std::vector<std::string> lines;
};

log_capture::log_capture() : memory_{std::make_shared<memory>()} {}

logger log_capture::log(const clock& time, log_level lowest) const {
  struct sink final : log_sink {
    std::shared_ptr<memory> to;
    bool write(std::string_view line) override {
      std::lock_guard lock{to->mutex};
      to->lines.emplace_back(line);
      return true;
    }
  };
  auto into = std::make_unique<sink>();
  into->to = memory_;
  return {std::move(into), lowest, time};
}

std::vector<std::string> log_capture::lines() const {
  std::lock_guard lock{memory_->mutex};
  return memory_->lines;
}

} // namespace troupe
