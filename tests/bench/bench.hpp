// The runner: named benchmarks, METRIC and TARGET lines, ours beside the bare thing in the same minute.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::bench {

/// Registers a benchmark when the program starts.
struct benchmark {
  benchmark(std::string name, std::string what, void (*run)());
};

/// Prints `METRIC name value unit`.
void metric(std::string_view name, double value, std::string_view unit);

/// Prints `TARGET name op wanted met|missed`; `op` is ">=", "<=" or "<".
void target(std::string_view name, double value, std::string_view op, double wanted);

/// Prints a line of text for the reader.
void remark(std::string_view text);

/// Steady time, seconds, and CPU time of the process, seconds.
double now_s();
double cpu_s();
/// CPU time of this thread, seconds: for pure computations, whose wall time on a busy machine is the
/// scheduler's.
double thread_cpu_s();

/// Waits until the process has come to rest; returns when that was, steady seconds.
double wait_until_idle();

double median(std::vector<double> values);
/// The value that a share of all values does not exceed; 0 without values.
double quantile(std::vector<double>& values, double share);

/// Medians of rounds in which ours and the bare thing take turns, so that a busy minute hits both. The ratio
/// is the median of the rounds' ratios. Each is called once before, unmeasured.
struct comparison {
  double ours = 0;
  double bare = 0;
  double ratio = 0; ///< ours / bare
};
comparison compare(unsigned rounds, const std::function<double()>& ours, const std::function<double()>& bare);

/// Prints both sides and their ratio, and judges the ratio.
void report(const std::string& name, const comparison& result, std::string_view unit, double wanted_ratio);

/// A text of so many bytes that does not compress well.
std::string noise(size_t bytes);

} // namespace troupe::bench
