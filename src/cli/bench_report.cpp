// SPDX-License-Identifier: MIT
#include "cli/bench_report.hpp"

#include <algorithm>
#include <cstdio>

namespace einfold::cli {
namespace {

template <class... Values>
std::string formatted(const char* format, Values... values) {
  char text[512];
  const int size = std::snprintf(text, sizeof text, format, values...);
  return {text, static_cast<std::size_t>(std::clamp(size, 0, static_cast<int>(sizeof text) - 1))};
}

double giga(double value) { return value * 1e-9; }
double mebi(std::int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

double peak(const Timed& timed, const Ceilings& ceilings) {
  const bool wide = timed.dtype == DType::kFloat64 || timed.dtype == DType::kComplex128;
  return wide ? ceilings.flops_float64 : ceilings.flops_float32;
}

double gigabytes_per_second(const Timed& timed) {
  const Measurement& m = timed.measurement;
  return giga(static_cast<double>(m.bytes_operands + m.bytes_result)) / m.seconds_median;
}

const char* verdict(const SampleCheck& check) { return check.passed ? "right" : "WRONG"; }

}  // namespace

double fraction_of_peak(const Timed& timed, const Ceilings& ceilings) {
  return timed.nominal_flops / timed.measurement.seconds_median / peak(timed, ceilings);
}

double seconds_read_bound(const Timed& timed, const Ceilings& ceilings) {
  return static_cast<double>(timed.measurement.bytes_operands) / ceilings.bytes_read;
}

double fraction_of_bandwidth(const Timed& timed, const Ceilings& ceilings) {
  const double write = static_cast<double>(timed.measurement.bytes_result) / ceilings.bytes_written;
  return (seconds_read_bound(timed, ceilings) + write) / timed.measurement.seconds_median;
}

nlohmann::ordered_json to_json(const Ceilings& c) {
  return {{"instruction_set", c.instruction_set},        {"threads", c.threads},
          {"gflops_float32", giga(c.flops_float32)},     {"gflops_float64", giga(c.flops_float64)},
          {"gigabytes_read", giga(c.bytes_read)},        {"gigabytes_copied", giga(c.bytes_copied)},
          {"gigabytes_written", giga(c.bytes_written)}};
}

nlohmann::ordered_json to_json(const Timed& timed, const Ceilings& ceilings) {
  const Measurement& m = timed.measurement;
  return {{"what", timed.what},
          {"dtype", name_of(timed.dtype)},
          {"threads", ceilings.threads},
          {"repeats", m.repeats},
          {"seconds_median", m.seconds_median},
          {"seconds_best", m.seconds_best},
          {"seconds_plan", m.seconds_plan},
          {"gflops_nominal", giga(timed.nominal_flops) / m.seconds_median},
          {"gflops_executed", giga(m.cost.executed_flops) / m.seconds_median},
          {"gigabytes_per_second", gigabytes_per_second(timed)},
          {"fraction_of_peak", fraction_of_peak(timed, ceilings)},
          {"fraction_of_peak_executed", m.cost.executed_flops / m.seconds_median / peak(timed, ceilings)},
          {"fraction_of_bandwidth", fraction_of_bandwidth(timed, ceilings)},
          {"seconds_read_bound", seconds_read_bound(timed, ceilings)},
          {"bytes_operands", m.bytes_operands},
          {"bytes_result", m.bytes_result},
          {"bytes_workspace", m.cost.workspace_bytes},
          {"bytes_peak_extra", m.bytes_peak_extra},
          {"checked_entries", timed.check.entries},
          {"checked_by_reference", timed.check.by_reference},
          {"worst_error_units", timed.check.worst_error_units},
          {"passed", timed.check.passed}};
}

std::string to_text(const Ceilings& c) {
  return formatted("ceilings     %s, %d thread%s: %.1f GFLOP/s float32, %.1f float64; memory read %.1f, copied %.1f, written %.1f GB/s\n",
                   c.instruction_set.c_str(), c.threads, c.threads == 1 ? "" : "s", giga(c.flops_float32), giga(c.flops_float64),
                   giga(c.bytes_read), giga(c.bytes_copied), giga(c.bytes_written));
}

std::string to_text(const Timed& timed, const Ceilings& ceilings) {
  const Measurement& m = timed.measurement;
  std::string text = timed.what + "\n";
  text += formatted("time         %.4g ms median of %d, best %.4g ms; planned in %.3g ms\n", 1e3 * m.seconds_median, m.repeats,
                    1e3 * m.seconds_best, 1e3 * m.seconds_plan);
  text += formatted("arithmetic   %.1f GFLOP/s nominal, %.1f %% of the peak; executed %.1f GFLOP/s, %.1f %%\n",
                    giga(timed.nominal_flops) / m.seconds_median, 100 * fraction_of_peak(timed, ceilings),
                    giga(m.cost.executed_flops) / m.seconds_median,
                    100 * m.cost.executed_flops / m.seconds_median / peak(timed, ceilings));
  text += formatted("memory       %.1f GB/s, %.1f %% of what reading the operands and writing the result once allows; one read %.4g ms\n",
                    gigabytes_per_second(timed), 100 * fraction_of_bandwidth(timed, ceilings), 1e3 * seconds_read_bound(timed, ceilings));
  text += formatted("workspace    %.2f MiB", mebi(m.cost.workspace_bytes));
  if (m.bytes_peak_extra >= 0) text += formatted("; peak beyond operands and result %.2f MiB", mebi(m.bytes_peak_extra));
  text += formatted("\nresult       %s: %d entries compared with %s, worst error %.2g rounding units of the absolute sum\n", verdict(timed.check),
                    static_cast<int>(timed.check.entries), timed.check.by_reference ? "the reference" : "another plan in float64",
                    timed.check.worst_error_units);
  return text;
}

std::string table_head() {
  return "        ms   GFLOP/s   % peak  % memory   workspace   peak extra  result\n";
}

std::string table_line(const Timed& timed, const Ceilings& ceilings) {
  const Measurement& m = timed.measurement;
  return formatted("%10.4g %9.1f %8.1f %9.1f %7.2f MiB %8.2f MiB  %-6s  ", 1e3 * m.seconds_median, giga(timed.nominal_flops) / m.seconds_median,
                   100 * fraction_of_peak(timed, ceilings), 100 * fraction_of_bandwidth(timed, ceilings), mebi(m.cost.workspace_bytes),
                   mebi(std::max<std::int64_t>(0, m.bytes_peak_extra)), verdict(timed.check)) +
         timed.what + "\n";
}

}  // namespace einfold::cli
