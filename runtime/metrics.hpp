// METRICS: numbers about the node, for /metrics, status and alerts.
#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// A counter only grows, a gauge goes up and down, a histogram counts values by size.
enum class metric_kind : uint8_t { counter, gauge, histogram };

/// What a metric is. Names and units as Prometheus wants them: base units last (`_seconds`, `_bytes`),
/// counters end in `_total`.
struct metric_spec {
  std::string name; ///< [a-zA-Z_:][a-zA-Z0-9_:]*
  metric_kind kind = metric_kind::counter;
  std::string help; ///< one sentence; not empty
  std::vector<std::string>
      labels; ///< [a-zA-Z_][a-zA-Z0-9_]*, not `__...`, at most limits::metric_labels; a histogram has no `le`
  std::vector<double> buckets =
      {}; ///< histogram: upper bounds, growing, at most limits::metric_buckets; empty = default_buckets
  bool operator==(const metric_spec&) const = default;
};

/// Seconds from a millisecond to a minute: from a message between actors to a call of a model.
inline constexpr std::initializer_list<double> default_buckets{0.001, 0.005, 0.01, 0.05, 0.1,
                                                               0.5,   1,     5,    10,   60};

/// One series of a metric. Cheap to copy and to use: counters and gauges are one atomic, histograms one short
/// lock. A metric made by default records nothing. It may outlive its registry.
class metric {
public:
  /// Adds to a counter (finite, >= 0), sets a gauge, or puts a value (no NaN) into a histogram.
  void record(double value) const;

  /// Adds to a counter (finite, >= 0) or a gauge.
  void add(double delta = 1) const;

  /// The value of a counter or gauge; how many values a histogram holds.
  double value() const;

private:
  friend class metric_family;
  struct series;
  std::shared_ptr<series> series_;
};

/// A registered metric with all its series.
class metric_family {
public:
  /// The series with these label values, in the order of metric_spec::labels. Takes a lock: keep the result.
  /// Values are cut at limits::metric_label_bytes. Above limits::metric_series they all become "other", a
  /// word kept for this: every value recorded there also counts in
  /// `troupe_metric_overflow_total{metric="<name>"}`.
  metric with(std::initializer_list<std::string_view> values) const;

private:
  friend class metrics;
  struct state;
  explicit metric_family(std::shared_ptr<state> s) : state_{std::move(s)} {}
  metric at(std::vector<std::string> values) const;
  static std::shared_ptr<metric::series> make_series(const state& family);
  std::shared_ptr<state> state_;
};

/// The metrics of one node. Thread-safe; copies share everything.
class metrics {
public:
  metrics();

  /// Registers a metric; the same spec again gives the same family. Errors: ec::invalid_argument for what the
  /// spec does not allow; ec::already_exists for a name that is taken by another one; ec::overloaded above
  /// limits::metric_families.
  caf::expected<metric_family> register_metric(const metric_spec& spec) const;

  /// Registers a metric of our own code, where an error is a defect.
  metric_family family(const metric_spec& spec) const;

  /// Records a value by name; labels in any order. Errors: ec::not_found for an unknown name;
  /// ec::invalid_argument when the labels are not those of the metric, or the value is nothing it can take.
  caf::error record_metric(std::string_view name, double value,
                           const std::vector<std::pair<std::string, std::string>>& labels = {}) const;

  /// What is registered, by name.
  std::vector<metric_spec> specs() const;

  /// All metrics by name, series by label values, in the Prometheus text format 0.0.4.
  std::string render() const;

private:
  struct registry;
  std::shared_ptr<registry> registry_;
};

} // namespace troupe
