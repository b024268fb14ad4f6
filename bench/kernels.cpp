// SPDX-License-Identifier: MIT
//
// kernels [THREADS] [FILTER]: the machine's ceilings, then representative steps, stated as loop nests.
// Peak: the best micro-kernel tile on data in the first cache. Read: one pass over an array far larger than
// the caches.
#include "cpu/micro.hpp"
#include "cpu/row_sums.hpp"
#include "cpu/run.hpp"
#include "step_data.hpp"
#include "timing.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace einfold::bench {
namespace {

/// Seconds of a thousandth of a second's work or so at the peak, and how much that is.
struct PeakProbe {
  static constexpr std::int64_t kSteps = 100'000;
  const cpu::MicroKernels<float>& micro = cpu::micro_kernels<float>(cpu::chosen_isa());
  float sink = 0;

  double flops_per_second() {
    const double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    sink = micro.spin(kSteps, 0.5F);
    return 2.0 * static_cast<double>(kSteps * cpu::kSpinChains * micro.lanes) /
           (seconds_of(CLOCK_THREAD_CPUTIME_ID) - start);
  }
};

double peak_flops() {
  PeakProbe probe;
  double best = 0;
  for (int i = 0; i < 50; ++i) best = std::max(best, probe.flops_per_second());
  return best;
}

double read_bytes_per_second() {
  const std::vector<float> a = random_floats(32 << 20);
  const auto& rows = cpu::row_sums<float>(cpu::chosen_isa());
  std::vector<float> sums(1024);
  double sink = 0;
  const double t = time_of([&] {
                     for (std::size_t i = 0; i < a.size(); i += 65536)
                       rows.add(1024, a.data() + i, 64, 64, sums.data());
                     sink += static_cast<double>(sums[0]);
                   }).best;
  if (sink == 0.5) std::puts("");
  return static_cast<double>(a.size()) * 4 / t;
}

/// The widest tile on data in the first cache: what a product can reach on this machine at this moment.
struct TileProbe {
  static constexpr std::int64_t kSteps = 128;
  const cpu::MicroKernels<float>& micro = cpu::micro_kernels<float>(cpu::chosen_isa());
  std::vector<float> a = random_floats(kSteps * 16), storage = random_floats(16384);
  std::vector<std::int64_t> offsets;
  std::vector<const float*> rows;

  TileProbe() {
    for (std::int64_t p = 0; p < kSteps; ++p) offsets.push_back(p);
    for (std::int64_t i = 0; i < 16; ++i) rows.push_back(a.data() + i * kSteps);
  }
  double flops_per_second() {
    const auto misaligned = reinterpret_cast<std::uintptr_t>(storage.data()) % 64;
    float* panel = storage.data() + (64 - misaligned) / 4;
    const int v = micro.widths, height = micro.family[v].height[0];
    const cpu::Tile<float> tile{rows.data(),  offsets.data(),  kSteps, panel,
                                panel + 8192, v * micro.lanes};
    const double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    constexpr int kTimes = 500;
    for (int i = 0; i < kTimes; ++i) micro.family[v].tile[0](tile);
    return 2.0 * kTimes * static_cast<double>(kSteps * height * v * micro.lanes) /
           (seconds_of(CLOCK_THREAD_CPUTIME_ID) - start);
  }
};

struct Paired {
  double best = 0, median = 0;
  double median_peak_flops = 0,
         median_tile_flops = 0;  ///< medians over repetitions of time * peak at that time
};

template <class F>
Paired paired_time_of(F&& f, int threads, double budget = 0.4) {
  const clockid_t clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  PeakProbe peak;
  TileProbe tile;
  f();
  std::vector<double> times, of_peak, of_tile;
  double total = 0;
  while (times.size() < 5 || (total < budget && times.size() < 200)) {
    const double peak_before = peak.flops_per_second(), tile_before = tile.flops_per_second();
    const double start = seconds_of(clock);
    f();
    const double t = seconds_of(clock) - start;
    times.push_back(t);
    of_tile.push_back(t * (tile_before + tile.flops_per_second()) / 2);
    of_peak.push_back(t * (peak_before + peak.flops_per_second()) / 2);
    total += t;
  }
  for (auto* list : {&times, &of_peak, &of_tile}) std::sort(list->begin(), list->end());
  const std::size_t middle = times.size() / 2;
  return {times.front(), times[middle], of_peak[middle], of_tile[middle]};
}

struct Bench {
  int threads = 1;
  const char* filter = "";
  double peak = 0, read = 0;

  /// Fractions are medians over repetitions of the speed over the peak (and over that of a tile) measured
  /// right before and after: clocks vary, and neighbours on the machine take their share.
  void report(const std::string& name, const cpu::Kernel& kernel, const Paired& t, double flops,
              double bytes) const {
    std::printf(
        "%-34s %-10s best %8.3f ms  median %8.3f ms  %7.1f GF/s %5.1f %% of peak %5.1f %% of tile  %6.1f "
        "GB/s %5.2f x read  %6.2f MiB\n",
        name.c_str(), kernel.name().c_str(), t.best * 1e3, t.median * 1e3, flops / t.best * 1e-9,
        100 * flops / t.median_peak_flops / threads, 100 * flops / t.median_tile_flops / threads,
        bytes / t.best * 1e-9, t.best * read / bytes,
        static_cast<double>(kernel.workspace_bytes()) / (1 << 20));
    std::fflush(stdout);
  }

  template <class Step>
  void run(const std::string& name, const Step& step, std::int64_t a, std::int64_t b, std::int64_t c,
           double flops) const {
    if (name.find(filter) == std::string::npos) return;
    const std::vector<float> x = random_floats(a), y = random_floats(b);
    std::vector<float> z(static_cast<std::size_t>(c));
    const auto kernel = cpu::prepare(step, DType::kFloat32, {.threads = threads});
    std::vector<std::byte> space(static_cast<std::size_t>(kernel->workspace_bytes()) + 64);
    const std::size_t skip = (64 - reinterpret_cast<std::uintptr_t>(space.data()) % 64) % 64;
    const std::span<std::byte> workspace(space.data() + skip, space.size() - 64);
    PoolExecutor executor(threads);
    const Paired t = paired_time_of(
        [&] {
          kernel->run({x.data(), b > 0 ? y.data() : nullptr, z.data()}, workspace, executor);
        },
        threads);
    report(name, *kernel, t, flops, 4.0 * static_cast<double>(a + b + c));
  }
};

void matrix_product(const Bench& bench, std::int64_t m, std::int64_t n, std::int64_t k, bool ta, bool tb) {
  Contraction step;
  Nest nest;
  nest.extents = {m, n, k};
  nest.a.strides = ta ? Ints{1, 0, m} : Ints{k, 0, 1};
  nest.b.strides = tb ? Ints{0, k, 1} : Ints{0, 1, n};
  nest.c.strides = {n, 1, 0};
  step.nests = {nest};
  step.c_extents = {m, n};
  step.c_strides = {n, 1};
  bench.run("gemm " + std::to_string(m) + " " + std::to_string(n) + " " + std::to_string(k) +
                (ta ? " T" : " N") + (tb ? "T" : "N"),
            step, m * k, n * k, m * n, 2.0 * static_cast<double>(m * n * k));
}

Window window(std::int64_t constant, std::int64_t extent, std::size_t loops,
              std::initializer_list<std::pair<std::size_t, std::int64_t>> coefficients) {
  Window w{constant, Ints(loops, 0), extent};
  for (const auto& [l, value] : coefficients) w.coefficients[l] = value;
  return w;
}

/// A batch of small products.
void small_products(const Bench& bench, std::int64_t batch, std::int64_t d) {
  Contraction step;
  Nest nest;
  nest.extents = {batch, d, d, d};
  nest.a.strides = {d * d, d, 0, 1};
  nest.b.strides = {d * d, 0, 1, d};
  nest.c.strides = {d * d, d, 1, 0};
  step.nests = {nest};
  step.c_extents = {batch, d, d};
  step.c_strides = {d * d, d, 1};
  const std::int64_t size = batch * d * d;
  bench.run("batch of " + std::to_string(d) + "x" + std::to_string(d), step, size, size, size,
            2.0 * static_cast<double>(size * d));
}

/// 3x3, stride 1, padding 1: loops n g d o1 o2 c k1 k2.
void grouped(const Bench& bench, std::int64_t n, std::int64_t groups, std::int64_t c, std::int64_t i) {
  const std::int64_t plane = i * i, all = groups * c;
  const Ints extents{n, groups, c, i, i, c, 3, 3};
  Access x, w, y;
  x.base = -i - 1;
  x.strides = {all * plane, c * plane, 0, i, 1, plane, i, 1};
  x.windows = {window(-1, i, 8, {{3, 1}, {6, 1}}), window(-1, i, 8, {{4, 1}, {7, 1}})};
  w.strides = {0, c * c * 9, c * 9, 0, 0, 9, 3, 1};
  y.strides = {all * plane, c * plane, plane, i, 1, 0, 0, 0};
  const double flops = 2.0 * static_cast<double>(n * all * plane * c * 9);
  Contraction forward;
  forward.nests = {{extents, x, w, y}};
  forward.c_extents = {n * all * plane};
  forward.c_strides = {1};
  bench.run("forward grouped", forward, n * all * plane, all * c * 9, n * all * plane, flops);
  Contraction weight;
  weight.nests = {{extents, y, x, w}};
  weight.c_extents = {all * c * 9};
  weight.c_strides = {1};
  bench.run("weight-vjp grouped", weight, n * all * plane, n * all * plane, all * c * 9, flops);
}

struct Layer {
  const char* name;
  std::int64_t n, c, i, d, k, s, p;
  [[nodiscard]] std::int64_t o() const { return (i + 2 * p - k) / s + 1; }
  [[nodiscard]] double flops() const {
    return 2.0 * static_cast<double>(n * d * o() * o()) * static_cast<double>(c * k * k);
  }
};

/// Loops n d o1 o2 c k1 k2.
Nest layer_nest(const Layer& l, Access& x, Access& w, Access& y) {
  const std::int64_t o = l.o(), i = l.i, k = l.k;
  x.base = -l.p * i - l.p;
  x.strides = {l.c * i * i, 0, l.s * i, l.s, i * i, i, 1};
  if (l.p > 0) {
    x.windows = {window(-l.p, i, 7, {{2, l.s}, {5, 1}}), window(-l.p, i, 7, {{3, l.s}, {6, 1}})};
  }
  w.strides = {0, l.c * k * k, 0, 0, k * k, k, 1};
  y.strides = {l.d * o * o, o * o, o, 1, 0, 0, 0};
  Nest nest;
  nest.extents = {l.n, l.d, o, o, l.c, k, k};
  return nest;
}

/// kfc of a layer with `groups` times l.c channels: loops g, c k1 k2, c' k1' k2', n o1 o2.
void gram_of_patches(const Bench& bench, const Layer& l, std::int64_t groups) {
  if (std::string("kfc ").append(l.name).find(bench.filter) == std::string::npos) return;
  const std::int64_t o = l.o(), size = l.c * l.k * l.k, plane = l.i * l.i;
  Nest g;
  g.extents = {groups, l.c, l.k, l.k, l.c, l.k, l.k, l.n, o, o};
  g.a.base = g.b.base = -l.p * l.i - l.p;
  g.a.strides = {l.c * plane, plane, l.i, 1, 0, 0, 0, groups * l.c * plane, l.s * l.i, l.s};
  g.b.strides = {l.c * plane, 0, 0, 0, plane, l.i, 1, groups * l.c * plane, l.s * l.i, l.s};
  if (l.p > 0) {
    g.a.windows = {window(-l.p, l.i, 10, {{8, l.s}, {2, 1}}), window(-l.p, l.i, 10, {{9, l.s}, {3, 1}})};
    g.b.windows = {window(-l.p, l.i, 10, {{8, l.s}, {5, 1}}), window(-l.p, l.i, 10, {{9, l.s}, {6, 1}})};
  }
  g.c.strides = {size * size, l.k * l.k * size, l.k * size, size, l.k * l.k, l.k, 1, 0, 0, 0};
  Contraction gram;
  gram.nests = {g};
  gram.symmetry.exchanged = {{1, 4}, {2, 5}, {3, 6}};
  gram.c_extents = {groups * size * size};
  gram.c_strides = {1};
  const std::int64_t xs = l.n * groups * l.c * plane, zs = groups * size * size;
  const std::vector<float> values = random_floats(xs);
  std::vector<float> z(static_cast<std::size_t>(zs));
  const auto kernel = cpu::prepare(gram, DType::kFloat32, {.threads = bench.threads});
  std::vector<std::byte> space(static_cast<std::size_t>(kernel->workspace_bytes()) + 64);
  const std::size_t skip = (64 - reinterpret_cast<std::uintptr_t>(space.data()) % 64) % 64;
  PoolExecutor executor(bench.threads);
  const Paired t = paired_time_of(
      [&] {
        kernel->run({values.data(), values.data(), z.data()}, {space.data() + skip, space.size() - 64},
                    executor);
      },
      bench.threads);
  bench.report(std::string("kfc ") + l.name, *kernel, t,
               2.0 * static_cast<double>(zs) * static_cast<double>(l.n * o * o),
               4.0 * static_cast<double>(xs + zs));
}

void layer(const Bench& bench, const Layer& l) {
  Access x, w, y;
  const Nest shape = layer_nest(l, x, w, y);
  const std::int64_t o = l.o();
  const std::int64_t xs = l.n * l.c * l.i * l.i, ws = l.d * l.c * l.k * l.k, ys = l.n * l.d * o * o;
  Contraction forward;
  forward.nests = {{shape.extents, x, w, y}};
  forward.c_extents = {ys};
  forward.c_strides = {1};
  bench.run(std::string("forward ") + l.name, forward, xs, ws, ys, l.flops());
  Contraction weight;
  weight.nests = {{shape.extents, y, x, w}};
  weight.c_extents = {ws};
  weight.c_strides = {1};
  bench.run(std::string("weight-vjp ") + l.name, weight, ys, xs, ws, l.flops());

  // Input-vjp: o = (i + p - k) / s in s classes per dimension, i = s i' + r, k = s k' + (r + p) mod s.
  Contraction input;
  for (std::int64_t r1 = 0; r1 < l.s; ++r1) {
    for (std::int64_t r2 = 0; r2 < l.s; ++r2) {
      const std::int64_t q1 = (r1 + l.p) % l.s, q2 = (r2 + l.p) % l.s;
      if (q1 >= l.k || q2 >= l.k) continue;
      const std::int64_t i1 = (l.i - r1 + l.s - 1) / l.s, i2 = (l.i - r2 + l.s - 1) / l.s;
      const std::int64_t k1 = (l.k - q1 + l.s - 1) / l.s, k2 = (l.k - q2 + l.s - 1) / l.s;
      const std::int64_t o1 = (r1 + l.p - q1) / l.s, o2 = (r2 + l.p - q2) / l.s;
      Nest nest;  // n c i1 i2 d k1 k2
      nest.extents = {l.n, l.c, i1, i2, l.d, k1, k2};
      nest.a.base = o1 * o + o2;
      nest.a.strides = {l.d * o * o, 0, o, 1, o * o, -o, -1};
      nest.a.windows = {window(o1, o, 7, {{2, 1}, {5, -1}}), window(o2, o, 7, {{3, 1}, {6, -1}})};
      nest.b.base = q1 * l.k + q2;
      nest.b.strides = {0, l.k * l.k, 0, 0, l.c * l.k * l.k, l.s * l.k, l.s};
      nest.c.base = r1 * l.i + r2;
      nest.c.strides = {l.c * l.i * l.i, l.i * l.i, l.s * l.i, l.s, 0, 0, 0};
      input.nests.push_back(nest);
    }
  }
  input.c_extents = {l.n, l.c, l.i, l.i};
  input.c_strides = {l.c * l.i * l.i, l.i * l.i, l.i, 1};
  bench.run(std::string("input-vjp ") + l.name, input, ys, ws, xs, l.flops());

  Contraction unfold;  // loops n c k1 k2 o1 o2
  Nest copy;
  copy.extents = {l.n, l.c, l.k, l.k, o, o};
  copy.a.base = x.base;
  copy.a.strides = {l.c * l.i * l.i, l.i * l.i, l.i, 1, l.s * l.i, l.s};
  copy.a.windows = {window(-l.p, l.i, 6, {{4, l.s}, {2, 1}}), window(-l.p, l.i, 6, {{5, l.s}, {3, 1}})};
  std::int64_t step = 1;
  copy.c.strides.assign(6, 0);
  for (std::size_t d = 6; d-- > 0;) {
    copy.c.strides[d] = step;
    step *= copy.extents[d];
  }
  unfold.has_b = false;
  unfold.nests = {copy};
  unfold.c_extents = {step};
  unfold.c_strides = {1};
  bench.run(std::string("unfold ") + l.name, unfold, xs, 0, step, 0);

  gram_of_patches(bench, l, 1);
}

/// kfac-reduce of ConvNeXt's first depth-wise layer: windowed sums over i1, over i2, and over both.
void windowed_sums(const Bench& bench) {
  const std::int64_t n = 32 * 128, i = 64, k = 7, p = 3;
  plan::WindowedAxis axis;
  for (std::int64_t j = 0; j < p; ++j) axis.segments.push_back({j, 1, 1});
  axis.segments.push_back({p, 1, i - 2 * p});
  for (std::int64_t j = 0; j < p; ++j) axis.segments.push_back({i - p + j, 1, 1});
  for (std::int64_t w = 0; w < k; ++w) {
    std::vector<int> members;
    for (std::int64_t s = 0; s < 2 * p + 1; ++s) {
      const std::int64_t at = s < p ? s : s == p ? p : i - 2 * p - 1 + s;
      if (at - w + p >= 0 && at - w + p < i) members.push_back(static_cast<int>(s));
    }
    axis.members.push_back(members);
  }
  axis.stride_a = axis.stride_c = 1;
  plan::WindowedSum rows;
  rows.extents = {n, i};
  rows.strides_a = {i * i, 1};
  rows.strides_c = {k * i, 1};
  rows.axes = {axis};
  rows.axes[0].stride_a = rows.axes[0].stride_c = i;
  bench.run("windowed sum over rows", rows, n * i * i, 0, n * k * i, 0);
  plan::WindowedSum columns;
  columns.extents = {n, k};
  columns.strides_a = {k * i, i};
  columns.strides_c = {k * k, k};
  columns.axes = {axis};
  bench.run("windowed sum over columns, small", columns, n * k * i, 0, n * k * k, 0);
  columns.extents = {n, i};
  columns.strides_a = {i * i, i};
  columns.strides_c = {k * i, k};
  bench.run("windowed sum over columns", columns, n * i * i, 0, n * k * i, 0);
  plan::WindowedSum images;
  images.extents = {n};
  images.strides_a = {i * i};
  images.strides_c = {k * k};
  images.axes = {axis, axis};
  images.axes[0].stride_a = i;
  images.axes[0].stride_c = k;
  bench.run("windowed sum over images", images, n * i * i, 0, n * k * k, 0);
}

/// Loops n c o1 o2 k1 k2: one channel's image and taps at a time.
void depthwise(const Bench& bench, const Layer& l, bool channels_last = false) {
  const std::int64_t n = l.n, c = l.c, i = l.i, k = l.k, s = l.s, p = l.p, o = l.o();
  Access x, w, y;
  const std::int64_t step = channels_last ? c : 1, x_channel = channels_last ? 1 : i * i;
  x.base = (-p * i - p) * step;
  x.strides = {c * i * i, x_channel, s * i * step, s * step, i * step, step};
  x.windows = {window(-p, i, 6, {{2, s}, {4, 1}}), window(-p, i, 6, {{3, s}, {5, 1}})};
  w.strides = {0, k * k, 0, 0, k, 1};
  y.strides = {c * o * o, channels_last ? 1 : o * o, o * step, step, 0, 0};
  const Ints extents{n, c, o, o, k, k};
  const double flops = 2.0 * static_cast<double>(n * c * o * o * k * k);
  const std::string name = std::string("depth-wise ") + l.name + (channels_last ? ", channels last" : "");
  Contraction forward;
  forward.nests = {{extents, x, w, y}};
  forward.c_extents = {n * c * o * o};
  forward.c_strides = {1};
  bench.run("forward " + name, forward, n * c * i * i, c * k * k, n * c * o * o, flops);
  Contraction weight;
  weight.nests = {{extents, x, y, w}};
  weight.c_extents = {c * k * k};
  weight.c_strides = {1};
  bench.run("weight-vjp " + name, weight, n * c * i * i, n * c * o * o, c * k * k, flops);
  if (channels_last) return;
  Contraction input;  // the residue classes of `layer`, without a sum over channels
  for (std::int64_t r1 = 0; r1 < s; ++r1) {
    for (std::int64_t r2 = 0; r2 < s; ++r2) {
      const std::int64_t q1 = (r1 + p) % s, q2 = (r2 + p) % s;
      const std::int64_t o1 = (r1 + p - q1) / s, o2 = (r2 + p - q2) / s;
      Nest nest;  // n c i1 i2 k1 k2
      nest.extents = {
          n, c, (i - r1 + s - 1) / s, (i - r2 + s - 1) / s, (k - q1 + s - 1) / s, (k - q2 + s - 1) / s};
      nest.a.base = o1 * o + o2;
      nest.a.strides = {c * o * o, o * o, o, 1, -o, -1};
      nest.a.windows = {window(o1, o, 6, {{2, 1}, {4, -1}}), window(o2, o, 6, {{3, 1}, {5, -1}})};
      nest.b.base = q1 * k + q2;
      nest.b.strides = {0, k * k, 0, 0, s * k, s};
      nest.c.base = r1 * i + r2;
      nest.c.strides = {c * i * i, i * i, s * i, s, 0, 0};
      input.nests.push_back(nest);
    }
  }
  input.c_extents = {n, c, i, i};
  input.c_strides = {c * i * i, i * i, i, 1};
  bench.run("input-vjp " + name, input, n * c * o * o, c * k * k, n * c * i * i, flops);
}

}  // namespace
}  // namespace einfold::bench

int main(int argc, char** argv) {
  using namespace einfold::bench;
  Bench bench;
  if (argc > 1) bench.threads = std::atoi(argv[1]);
  if (argc > 2) bench.filter = argv[2];
  bench.peak = peak_flops();
  bench.read = read_bytes_per_second();
  std::printf("%s: peak %.1f GF/s per thread, read %.1f GB/s; threads %d\n",
              std::string(einfold::cpu::name_of(einfold::cpu::chosen_isa())).c_str(), bench.peak * 1e-9,
              bench.read * 1e-9, bench.threads);
  for (const std::int64_t n : {256, 512, 1024, 2048}) matrix_product(bench, n, n, n, false, false);
  matrix_product(bench, 1024, 1024, 1024, true, false);
  matrix_product(bench, 1024, 1024, 1024, false, true);
  const Layer layers[] = {
      {"64x56 3x3", 32, 64, 56, 64, 3, 1, 1},     {"128x28 3x3", 32, 128, 28, 128, 3, 1, 1},
      {"256x14 3x3", 32, 256, 14, 256, 3, 1, 1},  {"512x7 3x3", 32, 512, 7, 512, 3, 1, 1},
      {"64x56 3x3 s2", 32, 64, 56, 128, 3, 2, 1}, {"stem 7x7 s2", 32, 3, 224, 64, 7, 2, 3},
      {"1x1 256x14", 32, 256, 14, 1024, 1, 1, 0}, {"1x1 64x56", 32, 64, 56, 256, 1, 1, 0}};
  for (const Layer& l : layers) layer(bench, l);
  const Layer depthwise_layers[] = {
      {"7x7 128x64", 32, 128, 64, 128, 7, 1, 3},        {"7x7 128x64, in cache", 4, 4, 64, 4, 7, 1, 3},
      {"7x7 256x32", 32, 256, 32, 256, 7, 1, 3},        {"7x7 512x16", 32, 512, 16, 512, 7, 1, 3},
      {"7x7 1024x8", 32, 1024, 8, 1024, 7, 1, 3},       {"3x3 192x28", 32, 192, 28, 192, 3, 1, 1},
      {"3x3 192x28 s2", 32, 192, 28, 192, 3, 2, 1},     {"3x3 192x28, in cache", 8, 8, 28, 8, 3, 1, 1},
      {"3x3 576x16", 32, 576, 16, 576, 3, 1, 1},        {"3x3 960x8", 32, 960, 8, 960, 3, 1, 1},
      {"3x3 96x128 s2", 32, 96, 128, 96, 3, 2, 1},      {"7x7 512x16, in cache", 16, 8, 16, 8, 7, 1, 3},
      {"7x7 1024x8, in cache", 32, 16, 8, 16, 7, 1, 3}, {"3x3 576x16, in cache", 16, 8, 16, 8, 3, 1, 1}};
  for (const Layer& l : depthwise_layers) depthwise(bench, l);
  depthwise(bench, depthwise_layers[0], true);
  depthwise(bench, depthwise_layers[5], true);
  grouped(bench, 32, 32, 8, 28);
  for (const std::int64_t d : {4, 8, 16, 32}) small_products(bench, 1 << 18 >> (d / 4), d);
  gram_of_patches(bench, {"depth-wise 7x7", 32, 1, 64, 1, 7, 1, 3}, 128);
  gram_of_patches(bench, {"depth-wise 3x3", 32, 1, 56, 1, 3, 1, 1}, 128);
  gram_of_patches(bench, {"grouped 3x3", 32, 4, 56, 4, 3, 1, 1}, 32);
  windowed_sums(bench);
  return 0;
}
