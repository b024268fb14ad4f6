// SPDX-License-Identifier: MIT
#include "einfold/measure.hpp"

#include "base/thread_pool.hpp"
#include "cpu/ceilings.hpp"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <vector>

namespace einfold {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A line of /proc/self/status such as "VmHWM:  1234 kB", in bytes; -1 if there is none.
std::int64_t status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(key)) continue;
    std::istringstream value(line.substr(key.size()));
    std::int64_t kibibytes = -1;
    value >> kibibytes;
    return kibibytes < 0 ? -1 : kibibytes * 1024;
  }
  return -1;
}

/// How far resident memory rises above what it was when this was made (Linux).
class PeakMemory {
 public:
  PeakMemory() {
    malloc_trim(0);  // memory kept from earlier work would hide what this one needs
    std::ofstream reset("/proc/self/clear_refs");
    reset << 5 << std::flush;  // the high-water mark starts anew
    start_ = reset ? status_bytes("VmRSS:") : -1;
  }
  [[nodiscard]] std::int64_t extra_bytes() const {
    return start_ < 0 ? -1 : std::max<std::int64_t>(0, status_bytes("VmHWM:") - start_);
  }

 private:
  std::int64_t start_ = -1;
};

/// Writes every page, so that the result is resident before anything is measured.
void touch(const Tensor& result) {
  constexpr std::size_t kPage = 4096;
  auto* bytes = static_cast<std::byte*>(result.mutable_data());
  const std::size_t size = static_cast<std::size_t>(result.size()) * size_bytes(result.dtype());
  for (std::size_t i = 0; i < size; i += kPage) bytes[i] = std::byte{0};
}

std::int64_t bytes_of(const Tensor& tensor) { return tensor.size() * static_cast<std::int64_t>(size_bytes(tensor.dtype())); }

}  // namespace

std::string instruction_set() { return std::string(cpu::name_of(cpu::chosen_isa())); }

Ceilings measure_ceilings(int threads) {
  if (threads <= 0) threads = available_processors();
  const cpu::Isa isa = cpu::chosen_isa();
  const cpu::ComputePeak peak = cpu::measure_compute_peak(isa, threads);
  const cpu::Bandwidth bandwidth = cpu::measure_bandwidth(isa, threads);
  return {.instruction_set = instruction_set(),
          .threads = threads,
          .flops_float32 = peak.flops_float32,
          .flops_float64 = peak.flops_float64,
          .bytes_read = bandwidth.read,
          .bytes_copied = bandwidth.copied,
          .bytes_written = bandwidth.written};
}

Measurement measure(const Expression& expression, std::span<const Tensor> operands, const MeasureOptions& options) {
  Measurement m;
  std::vector<DType> types;
  for (const Tensor& operand : operands) {
    types.push_back(operand.dtype());
    m.bytes_operands += bytes_of(operand);
  }
  const DType type = expression.dtype(types);
  const Tensor result = m.result = Tensor::uninitialised(type, expression.shape());
  m.bytes_result = bytes_of(result);
  const auto planning = Clock::now();
  m.cost = expression.cost(type, options.run);
  m.seconds_plan = seconds_since(planning);
  touch(result);
  {
    const PeakMemory memory;
    expression.evaluate_into(operands, result, options.run);
    m.bytes_peak_extra = memory.extra_bytes();
  }
  std::vector<double> seconds;
  const auto begin = Clock::now();
  const auto count = [&] { return static_cast<int>(seconds.size()); };
  while (count() < std::max(1, options.repeats) ||
         (count() < options.most_repeats && seconds_since(begin) < options.least_seconds)) {
    const auto start = Clock::now();
    expression.evaluate_into(operands, result, options.run);
    seconds.push_back(seconds_since(start));
  }
  std::sort(seconds.begin(), seconds.end());
  m.repeats = count();
  m.seconds_best = seconds.front();
  m.seconds_median = seconds[seconds.size() / 2];
  return m;
}

}  // namespace einfold
