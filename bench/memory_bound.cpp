// SPDX-License-Identifier: MIT
//
// memory_bound [THREADS] [FILTER]: the machine's bandwidths, then steps that read or write every number about once.
// Read: sums of runs from an array far larger than the caches. Copy: memcpy, bytes read and written. Stream:
// non-temporal stores of random data from the first cache.
#include "cpu/rows.hpp"
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

double read_bytes_per_second(int threads) {
  const std::vector<float> a = random_floats(32 << 20);
  const auto& rows = cpu::row_kernels<float>(cpu::chosen_isa());
  const std::int64_t run = 4096, runs = 64, piece = run * runs, n = static_cast<std::int64_t>(a.size());
  std::vector<float> sums(static_cast<std::size_t>(threads) * 64);
  PoolExecutor executor(threads);
  const double t = time_of([&] {
                     executor.run(n / piece, [&](std::int64_t i, int worker) {
                       rows.accumulate(
                           {runs, run, a.data() + i * piece, run, nullptr, 0, 0, sums.data() + worker * 64, 0, 64});
                     });
                   }, threads).best;
  return static_cast<double>(n) * 4 / t;
}

/// Bytes read and written per second by a copy, and bytes written past the caches, between arrays far larger than them.
struct WriteBandwidth {
  double copy = 0, stream = 0;
};

WriteBandwidth write_bytes_per_second(int threads) {
  const std::int64_t n = 32 << 20, piece = 1 << 16;
  const std::vector<float> from = random_floats(n);
  std::vector<float> storage(static_cast<std::size_t>(n) + 16);
  const auto misaligned = reinterpret_cast<std::uintptr_t>(storage.data()) % 64;
  float* to = storage.data() + (64 - misaligned) / 4;
  const auto stream = cpu::stream_lines(cpu::chosen_isa());
  PoolExecutor executor(threads);
  const auto best = [&](auto&& body) {
    return time_of([&] { executor.run(n / piece, [&](std::int64_t i, int) { body(i * piece); }); }, threads).best;
  };
  const double copy = best([&](std::int64_t at) { std::memcpy(to + at, from.data() + at, piece * 4); });
  const double write = best([&](std::int64_t at) {  // the source stays in the first cache
    for (std::int64_t i = 0; i < piece; i += 2048) {
      stream(8192, reinterpret_cast<const std::byte*>(from.data() + at), reinterpret_cast<std::byte*>(to + at + i));
    }
    cpu::finish_streaming();
  });
  return {8.0 * static_cast<double>(n) / copy, 4.0 * static_cast<double>(n) / write};
}

struct Bench {
  int threads = 1;
  const char* filter = "";
  double read = 0;
  WriteBandwidth write{};

  /// The bound: every operand read once and the result streamed once, one after the other.
  void report(const std::string& name, const cpu::Kernel& kernel, Timing t, double flops, double read_bytes,
              double written_bytes) const {
    const double bound = read_bytes / read + written_bytes / write.stream;
    std::printf("%-46s %-20s best %8.3f ms  median %8.3f ms  %6.1f GF/s  %6.1f GB/s  %4.2f of the bound  %5.2f MiB\n",
                name.c_str(), kernel.name().c_str(), t.best * 1e3, t.median * 1e3, flops / t.best * 1e-9,
                (read_bytes + written_bytes) / t.best * 1e-9, bound / t.best,
                static_cast<double>(kernel.workspace_bytes()) / (1 << 20));
    std::fflush(stdout);
  }

  void run(const std::string& name, const Contraction& step, std::int64_t a, std::int64_t b, std::int64_t c,
           double flops) const {
    if (name.find(filter) == std::string::npos) return;
    const std::vector<float> x = random_floats(a), y = random_floats(b);
    std::vector<float> z(static_cast<std::size_t>(c), 1.0F);
    const auto kernel = cpu::prepare(step, DType::kFloat32, {.threads = threads});
    std::vector<std::byte> space(static_cast<std::size_t>(kernel->workspace_bytes()) + 64);
    const std::size_t skip = (64 - reinterpret_cast<std::uintptr_t>(space.data()) % 64) % 64;
    const std::span<std::byte> workspace(space.data() + skip, space.size() - 64);
    PoolExecutor executor(threads);
    const float* second = step.same ? x.data() : b > 0 ? y.data() : nullptr;
    const Timing t = time_of([&] { kernel->run({x.data(), second, z.data()}, workspace, executor); }, threads);
    report(name, *kernel, t, flops, 4.0 * static_cast<double>(a + b), 4.0 * static_cast<double>(c));
  }
};

struct Layer {
  const char* name;
  std::int64_t n, c, i, k, s, p;
  [[nodiscard]] std::int64_t o() const { return (i + 2 * p - k) / s + 1; }
};

Window window(std::int64_t constant, std::int64_t extent, std::size_t loops,
              std::initializer_list<std::pair<std::size_t, std::int64_t>> coefficients) {
  Window w{constant, Ints(loops, 0), extent};
  for (const auto& [l, value] : coefficients) w.coefficients[l] = value;
  return w;
}

void unfold(const Bench& bench, const Layer& l) {
  const std::int64_t o = l.o();
  Contraction step;  // loops n c k1 k2 o1 o2
  Nest copy;
  copy.extents = {l.n, l.c, l.k, l.k, o, o};
  copy.a.base = -l.p * l.i - l.p;
  copy.a.strides = {l.c * l.i * l.i, l.i * l.i, l.i, 1, l.s * l.i, l.s};
  copy.a.windows = {window(-l.p, l.i, 6, {{4, l.s}, {2, 1}}), window(-l.p, l.i, 6, {{5, l.s}, {3, 1}})};
  std::int64_t size = 1;
  copy.c.strides.assign(6, 0);
  for (std::size_t d = 6; d-- > 0;) {
    copy.c.strides[d] = size;
    size *= copy.extents[d];
  }
  step.has_b = false;
  step.nests = {copy};
  step.c_extents = {size};
  step.c_strides = {1};
  bench.run(std::string("unfold ") + l.name, step, l.n * l.c * l.i * l.i, 0, size, 0);
}

/// C[order of A's axes] = A.
void permute(const Bench& bench, const std::string& name, const Ints& extents, const std::vector<std::size_t>& order) {
  Contraction step;
  step.has_b = false;
  Nest nest;
  nest.extents = extents;
  nest.a.strides.assign(extents.size(), 0);
  nest.c.strides.assign(extents.size(), 0);
  std::int64_t size = 1, c_step = 1;
  for (std::size_t d = extents.size(); d-- > 0;) {
    nest.a.strides[d] = size;
    size *= extents[d];
  }
  for (std::size_t d = extents.size(); d-- > 0;) {
    nest.c.strides[order[d]] = c_step;
    c_step *= extents[order[d]];
  }
  step.nests = {nest};
  step.c_extents = {size};
  step.c_strides = {1};
  bench.run(name, step, size, 0, size, 0);
}

/// C = sum of A, or of A times A, over the axes that are not kept.
void reduce(const Bench& bench, const std::string& name, const Ints& extents, const std::vector<bool>& kept,
            bool squares) {
  Contraction step;
  step.has_b = squares;
  Nest nest;
  nest.extents = extents;
  nest.a.strides.assign(extents.size(), 0);
  nest.c.strides.assign(extents.size(), 0);
  std::int64_t size = 1, c_size = 1;
  for (std::size_t d = extents.size(); d-- > 0;) {
    nest.a.strides[d] = size;
    size *= extents[d];
    if (!kept[d]) continue;
    nest.c.strides[d] = c_size;
    c_size *= extents[d];
  }
  nest.b = nest.a;
  step.same = squares;
  step.nests = {nest};
  step.c_extents = {c_size};
  step.c_strides = {1};
  bench.run(name, step, size, 0, c_size, squares ? 2.0 * static_cast<double>(size) : static_cast<double>(size));
}

/// Elementwise and outer products, and a tensor times a number per row.
void products(const Bench& bench) {
  const std::int64_t n = 4096, m = 4096;
  const auto product = [&](const char* name, const Ints& a, const Ints& b) {
    Contraction step;
    step.nests = {{{n, m}, {0, a, {}}, {0, b, {}}, {0, {m, 1}, {}}}};
    step.c_extents = {n * m};
    step.c_strides = {1};
    const auto size = [&](const Ints& strides) { return (strides[0] ? n : 1) * (strides[1] ? m : 1); };
    bench.run(name, step, size(a), size(b), n * m, static_cast<double>(n * m));
  };
  product("elementwise product 4096 x 4096", {m, 1}, {m, 1});
  product("transposed times plain 4096 x 4096", {1, n}, {m, 1});
  product("outer product 4096 x 4096", {1, 0}, {0, 1});
  product("rows times numbers 4096 x 4096", {m, 1}, {1, 0});
}

void unfolds(const Bench& bench) {
  const Layer layers[] = {{"64x56 3x3", 32, 64, 56, 3, 1, 1},    {"128x28 3x3", 32, 128, 28, 3, 1, 1},
                          {"256x14 3x3", 32, 256, 14, 3, 1, 1},  {"512x7 3x3", 32, 512, 7, 3, 1, 1},
                          {"64x56 3x3 s2", 32, 64, 56, 3, 2, 1}, {"stem 7x7 s2", 32, 3, 224, 7, 2, 3},
                          {"1x1 64x56", 32, 64, 56, 1, 1, 0},    {"128x64 7x7, batch 2", 2, 128, 64, 7, 1, 3}};
  for (const Layer& l : layers) unfold(bench, l);
}

void permutations(const Bench& bench) {
  permute(bench, "copy 64 Mi", {1 << 24}, {0});
  permute(bench, "permute 4096 x 4096", {4096, 4096}, {1, 0});
  permute(bench, "permute 3001 x 5003", {3001, 5003}, {1, 0});
  permute(bench, "permute 512 x 512", {512, 512}, {1, 0});
  permute(bench, "permute nchw to nhwc", {32, 64, 56 * 56}, {0, 2, 1});
  permute(bench, "permute nhwc to nchw, 3 channels", {32, 224 * 224, 3}, {0, 2, 1});
  permute(bench, "permute abcd to dcba, 64", {64, 64, 64, 64}, {3, 2, 1, 0});
  permute(bench, "permute abcd to acbd, 7 x 64 x 64 x 500", {7, 64, 64, 500}, {0, 2, 1, 3});
}

void reductions(const Bench& bench) {
  reduce(bench, "sum of all, 10 million", {10'000'000}, {false}, false);
  reduce(bench, "sum over rows 100000 x 250", {100'000, 250}, {true, false}, false);
  reduce(bench, "sum over columns 100000 x 250", {100'000, 250}, {false, true}, false);
  reduce(bench, "sum to channels 32 64 3136", {32, 64, 3136}, {false, true, false}, false);
  reduce(bench, "sum over the middle 1000 128 100", {1000, 128, 100}, {true, false, true}, false);
  reduce(bench, "sum of runs of 49", {200'000, 49}, {true, false}, false);
  reduce(bench, "squared norms 32 x 600000", {32, 600'000}, {true, false}, true);
  reduce(bench, "sums of squares 64 x 147456", {64, 147'456}, {false, true}, true);
}

void matrix_vector(const Bench& bench) {
  const std::int64_t n = 3000;
  Contraction step;
  Nest nest;
  nest.extents = {n, n};
  nest.a.strides = {n, 1};
  nest.b.strides = {0, 1};
  nest.c.strides = {1, 0};
  step.nests = {nest};
  step.c_extents = {n};
  step.c_strides = {1};
  bench.run("matrix times vector 3000", step, n * n, n, n, 2.0 * static_cast<double>(n * n));
  nest.a.strides = {1, n};
  step.nests = {nest};
  bench.run("transposed matrix times vector 3000", step, n * n, n, n, 2.0 * static_cast<double>(n * n));
}

}  // namespace
}  // namespace einfold::bench

int main(int argc, char** argv) {
  using namespace einfold::bench;
  Bench bench;
  if (argc > 1) bench.threads = std::atoi(argv[1]);
  if (argc > 2) bench.filter = argv[2];
  bench.read = read_bytes_per_second(bench.threads);
  bench.write = write_bytes_per_second(bench.threads);
  std::printf("%s: read %.1f GB/s, copy %.1f GB/s, stream %.1f GB/s; threads %d\n",
              std::string(einfold::cpu::name_of(einfold::cpu::chosen_isa())).c_str(), bench.read * 1e-9,
              bench.write.copy * 1e-9, bench.write.stream * 1e-9, bench.threads);
  unfolds(bench);
  permutations(bench);
  reductions(bench);
  products(bench);
  matrix_vector(bench);
  return 0;
}
