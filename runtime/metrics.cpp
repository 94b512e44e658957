// METRICS: the only file that sees prometheus-cpp.
// Invariant: a name means one metric, on the page too; a family has at most limits::metric_series series, and
// one for the others.

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>
#include <troupe/runtime/error.hpp>
#include <troupe/runtime/limits.hpp>
#include <troupe/runtime/metrics.hpp>
#include <troupe/runtime/utf8.hpp>
#include <variant>

namespace troupe {
namespace {

constexpr std::string_view other = "other";

bool is_identifier(std::string_view text, bool colons) {
  auto fits = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (colons && c == ':');
  };
  return !text.empty() && text.size() <= limits::name_bytes && !(text[0] >= '0' && text[0] <= '9') &&
         std::all_of(text.begin(), text.end(), fits);
}

/// Empty, or why a spec is refused.
std::string mistake_of(const metric_spec& spec) {
  if (!is_identifier(spec.name, true))
    return fmt::format("'{}' is no metric name: [a-zA-Z_:][a-zA-Z0-9_:]*, at most {} bytes", spec.name,
                       limits::name_bytes);
  if (spec.help.empty())
    return spec.name + " has no help text";
  if (spec.labels.size() > limits::metric_labels)
    return fmt::format("{} has {} labels; at most {} are allowed", spec.name, spec.labels.size(),
                       limits::metric_labels);
  for (auto i = spec.labels.begin(); i != spec.labels.end(); ++i)
    if (!is_identifier(*i, false) || i->starts_with("__") || std::find(spec.labels.begin(), i, *i) != i ||
        (*i == "le" && spec.kind == metric_kind::histogram))
      return fmt::format(
          "'{}' is no label of {}: [a-zA-Z_][a-zA-Z0-9_]*, once, not __..., not le of a histogram", *i,
          spec.name);
  if (spec.kind != metric_kind::histogram && !spec.buckets.empty())
    return spec.name + " is no histogram and has no buckets";
  if (spec.buckets.size() > limits::metric_buckets)
    return fmt::format("{} has {} buckets; at most {} are allowed", spec.name, spec.buckets.size(),
                       limits::metric_buckets);
  for (size_t i = 0; i < spec.buckets.size(); ++i)
    if (!std::isfinite(spec.buckets[i]) || (i > 0 && spec.buckets[i] <= spec.buckets[i - 1]))
      return fmt::format("the buckets of {} must be finite and grow", spec.name);
  return {};
}

// The names a metric has on the page.
std::vector<std::string> page_names(const metric_spec& spec) {
  if (spec.kind != metric_kind::histogram)
    return {spec.name};
  return {spec.name, spec.name + "_bucket", spec.name + "_sum", spec.name + "_count"};
}

bool accepts(metric_kind kind, double value) {
  switch (kind) {
  case metric_kind::counter:
    return std::isfinite(value) && value >= 0;
  case metric_kind::gauge:
    return true;
  default:
    return !std::isnan(value);
  }
}

// The text format wants these escaped in a help text; the library does not do it.
std::string escaped_help(std::string_view help) {
  std::string out;
  for (auto c : clean_utf8(help))
    out += c == '\\' ? "\\\\" : c == '\n' ? "\\n" : std::string(1, c);
  return out;
}

} // namespace

struct metric::series {
  metric_kind kind;
  std::variant<prometheus::Counter, prometheus::Gauge, prometheus::Histogram> number;
  std::shared_ptr<series> overflow; // set on "other": counts what is recorded here

  void record(double value) {
    if (auto* counter = std::get_if<prometheus::Counter>(&number))
      counter->Increment(value);
    else if (auto* gauge = std::get_if<prometheus::Gauge>(&number))
      gauge->Set(value);
    else
      std::get<prometheus::Histogram>(number).Observe(value);
    if (overflow)
      overflow->record(1);
  }
};

struct metric_family::state {
  metric_spec spec;
  std::shared_ptr<state> overflow; // counts what "other" takes; null in that metric itself
  std::mutex mutex;
  std::map<std::vector<std::string>, std::shared_ptr<metric::series>> series;
};

struct metrics::registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<metric_family::state>, std::less<>> families;
  std::map<std::string, std::string> taken; // name on the page -> metric
};

void metric::record(double value) const {
  if (!series_)
    return;
  ensure(accepts(series_->kind, value), "a counter grows by finite amounts and a histogram takes numbers");
  series_->record(value);
}

void metric::add(double delta) const {
  if (!series_)
    return;
  if (auto* gauge = std::get_if<prometheus::Gauge>(&series_->number)) {
    gauge->Increment(delta);
    if (series_->overflow)
      series_->overflow->record(1);
    return;
  }
  ensure(series_->kind == metric_kind::counter, "add() is for counters and gauges");
  record(delta);
}

double metric::value() const {
  if (!series_)
    return 0;
  if (auto* counter = std::get_if<prometheus::Counter>(&series_->number))
    return counter->Value();
  if (auto* gauge = std::get_if<prometheus::Gauge>(&series_->number))
    return gauge->Value();
  return static_cast<double>(
      std::get<prometheus::Histogram>(series_->number).Collect().histogram.sample_count);
}

std::shared_ptr<metric::series> metric_family::make_series(const state& family) {
  using prometheus::Counter, prometheus::Gauge, prometheus::Histogram;
  using number = decltype(metric::series::number);
  auto& spec = family.spec;
  if (spec.kind == metric_kind::counter)
    return std::shared_ptr<metric::series>{
        new metric::series{spec.kind, number{std::in_place_type<Counter>}, {}}};
  if (spec.kind == metric_kind::gauge)
    return std::shared_ptr<metric::series>{
        new metric::series{spec.kind, number{std::in_place_type<Gauge>}, {}}};
  auto bounds = spec.buckets.empty() ? std::vector<double>{default_buckets} : spec.buckets;
  return std::shared_ptr<metric::series>{
      new metric::series{spec.kind, number{std::in_place_type<Histogram>, bounds}, {}}};
}

metric metric_family::at(std::vector<std::string> values) const {
  for (auto& value : values)
    value = clean_utf8(cut_utf8(value, limits::metric_label_bytes));
  auto& all = state_->series;
  std::lock_guard lock{state_->mutex};
  auto i = all.find(values);
  if (i == all.end() && all.size() >= limits::metric_series) {
    values.assign(values.size(), std::string{other});
    i = all.find(values);
  }
  if (i == all.end()) {
    auto made = make_series(*state_);
    auto is_other = std::all_of(values.begin(), values.end(), [](auto& value) { return value == other; });
    if (state_->overflow && is_other && !values.empty())
      made->overflow = metric_family{state_->overflow}.at({state_->spec.name}).series_;
    i = all.emplace(std::move(values), std::move(made)).first;
  }
  metric result;
  result.series_ = i->second;
  return result;
}

metric metric_family::with(std::initializer_list<std::string_view> values) const {
  ensure(values.size() == state_->spec.labels.size(), "one value per label of the metric");
  return at({values.begin(), values.end()});
}

metrics::metrics() : registry_{std::make_shared<registry>()} {
  family({"troupe_metric_overflow_total",
          metric_kind::counter,
          "Values recorded under the label value other, because their metric has too many series.",
          {"metric"}});
}

caf::expected<metric_family> metrics::register_metric(const metric_spec& spec) const {
  if (auto mistake = mistake_of(spec); !mistake.empty())
    return make_error(ec::invalid_argument, mistake);
  std::lock_guard lock{registry_->mutex};
  if (auto i = registry_->families.find(spec.name); i != registry_->families.end() && i->second->spec == spec)
    return metric_family{i->second};
  for (auto& name : page_names(spec))
    if (auto i = registry_->taken.find(name); i != registry_->taken.end())
      return make_error(
          ec::already_exists,
          fmt::format("{} would show as {}, which the different metric {} has", spec.name, name, i->second));
  if (registry_->families.size() >= limits::metric_families)
    return make_error(ec::overloaded, fmt::format("{} is one metric too many; at most {} are kept", spec.name,
                                                  limits::metric_families));
  auto made = std::make_shared<metric_family::state>();
  made->spec = spec;
  if (auto i = registry_->families.find("troupe_metric_overflow_total"); i != registry_->families.end())
    made->overflow = i->second;
  registry_->families[spec.name] = made;
  for (auto& name : page_names(spec))
    registry_->taken[name] = spec.name;
  metric_family result{made};
  if (spec.labels.empty())
    result.at({}); // shown as 0 from the start
  return result;
}

metric_family metrics::family(const metric_spec& spec) const {
  auto result = register_metric(spec);
  ensure(static_cast<bool>(result), result ? std::string{} : text_of(result.error()));
  return *result;
}

caf::error metrics::record_metric(std::string_view name, double value,
                                  const std::vector<std::pair<std::string, std::string>>& labels) const {
  std::shared_ptr<metric_family::state> found;
  {
    std::lock_guard lock{registry_->mutex};
    auto i = registry_->families.find(name);
    if (i == registry_->families.end())
      return make_error(ec::not_found, fmt::format("no metric is registered as {}", name));
    found = i->second;
  }
  auto& spec = found->spec;
  std::vector<std::string> values;
  for (auto& label : spec.labels)
    if (auto i =
            std::find_if(labels.begin(), labels.end(), [&](auto& given) { return given.first == label; });
        i != labels.end())
      values.push_back(i->second);
  if (values.size() != spec.labels.size() || labels.size() != spec.labels.size())
    return make_error(ec::invalid_argument,
                      fmt::format("{} needs exactly the labels [{}]", name, fmt::join(spec.labels, ", ")));
  if (!accepts(spec.kind, value))
    return make_error(ec::invalid_argument, fmt::format("{} cannot take {}", name, value));
  metric_family{found}.at(std::move(values)).record(value);
  return {};
}

std::vector<metric_spec> metrics::specs() const {
  std::vector<metric_spec> result;
  std::lock_guard lock{registry_->mutex};
  for (auto& [name, family] : registry_->families)
    result.push_back(family->spec);
  return result;
}

std::string metrics::render() const {
  std::vector<prometheus::MetricFamily> page;
  std::lock_guard lock{registry_->mutex};
  for (auto& [name, family] : registry_->families) {
    constexpr prometheus::MetricType types[] = {
        prometheus::MetricType::Counter, prometheus::MetricType::Gauge, prometheus::MetricType::Histogram};
    auto& shown = page.emplace_back();
    shown.name = name;
    shown.help = escaped_help(family->spec.help);
    shown.type = types[static_cast<size_t>(family->spec.kind)];
    std::lock_guard series_lock{family->mutex};
    for (auto& [values, series] : family->series) {
      auto& row = shown.metric.emplace_back(
          std::visit([](auto& number) { return number.Collect(); }, series->number));
      for (size_t i = 0; i < values.size(); ++i)
        row.label.push_back({family->spec.labels[i], values[i]});
    }
  }
  return prometheus::TextSerializer{}.Serialize(page);
}

} // namespace troupe
