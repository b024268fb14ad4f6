// SPDX-License-Identifier: MIT
//
// Small things, with Google Benchmark: tiles of the micro-kernels, a parallel region, parsing, planning, a call.
// bench_micro --benchmark_filter=Tile
#include "base/thread_pool.hpp"
#include "cpu/ceilings.hpp"
#include "cpu/micro.hpp"
#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace einfold::bench {
namespace {

std::vector<float> random_floats(std::size_t n) {
  std::vector<float> values(n);
  std::minstd_rand engine(1);
  for (float& x : values) x = static_cast<float>(engine()) * 0x1p-31F - 0.5F;
  return values;
}

float* aligned(std::vector<float>& storage) {
  const auto misaligned = reinterpret_cast<std::uintptr_t>(storage.data()) % 64;
  return storage.data() + (64 - misaligned) % 64 / sizeof(float);
}

void report_flops(benchmark::State& state, double flops) {
  state.counters["FLOP/s"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}

void Tile(benchmark::State& state) {
  const auto& micro = cpu::micro_kernels<float>(cpu::chosen_isa());
  const int vectors = static_cast<int>(state.range(0));
  constexpr std::int64_t k = 256;
  const std::int64_t height = micro.family[vectors].height[0], width = vectors * micro.lanes;
  std::vector<float> a = random_floats(static_cast<std::size_t>(height * k));
  std::vector<float> panels = random_floats(static_cast<std::size_t>((k + 16) * width) + 16), results(static_cast<std::size_t>(height * width) + 16);
  std::vector<const float*> rows;
  std::vector<std::int64_t> offsets;
  for (std::int64_t i = 0; i < height; ++i) rows.push_back(a.data() + i * k);
  for (std::int64_t p = 0; p < k; ++p) offsets.push_back(p);
  const cpu::Tile<float> tile{
      .rows = rows.data(), .k_offsets = offsets.data(), .k = k, .panel = aligned(panels), .c = aligned(results), .ldc = width};
  for (auto _ : state) micro.family[vectors].tile[0](tile);
  state.SetLabel(std::to_string(height) + " x " + std::to_string(width));
  report_flops(state, 2.0 * k * static_cast<double>(height * width));
}
BENCHMARK(Tile)->DenseRange(1, cpu::micro_kernels<float>(cpu::chosen_isa()).widths);

void FusedMultiplyAddPeak(benchmark::State& state) {
  const cpu::CeilingLoops& loops = cpu::ceiling_loops(cpu::chosen_isa());
  const auto width = static_cast<std::size_t>(loops.chains * loops.lanes32);
  std::vector<float> in = random_floats(static_cast<std::size_t>(2 * loops.lanes32)), out(width, 1.0F);
  for (auto _ : state) loops.fma32(4096, in.data(), out.data());
  report_flops(state, 2.0 * 4096 * static_cast<double>(width));
}
BENCHMARK(FusedMultiplyAddPeak);

void ParallelRegion(benchmark::State& state) {
  const int threads = static_cast<int>(state.range(0));
  for (auto _ : state) parallel_for(threads, threads, [](std::int64_t task, int) { benchmark::DoNotOptimize(task); });
}
BENCHMARK(ParallelRegion)->Arg(1)->Arg(2)->UseRealTime();

void CompileMatrixProduct(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(compile("ij,jk->ik", {Shape{64, 64}, Shape{64, 64}}).cost());
}
BENCHMARK(CompileMatrixProduct);

void CompileConvolution(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(conv::forward({.padding = 1}, {32, 64, 56, 56}, {64, 64, 3, 3}).cost());
}
BENCHMARK(CompileConvolution)->Unit(benchmark::kMicrosecond);

void CompileKfc(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(conv::kfc({.kernel = {3, 3}, .padding = 1}, {32, 64, 56, 56}).cost());
}
BENCHMARK(CompileKfc)->Unit(benchmark::kMicrosecond);

/// What a call costs beside the work: einsum, and a compiled expression into a result that is there.
struct Call {
  const char* equation;
  std::int64_t n;  ///< every extent, but a batch b of 4
  DType type = DType::kFloat32;

  [[nodiscard]] std::string name() const { return std::string(equation) + "/" + std::to_string(n) + "/" + std::string(name_of(type)); }
  [[nodiscard]] std::vector<Tensor> operands() const {
    std::vector<Tensor> result;
    Shape shape;
    for (const char c : std::string_view(equation)) {
      if (c != ',' && c != '-') {
        shape.push_back(c == 'b' ? 4 : n);
        continue;
      }
      result.push_back(Tensor::from(shape, random_floats(static_cast<std::size_t>(element_count(shape)))).to(type));
      shape.clear();
      if (c == '-') break;
    }
    return result;
  }
};

void call_einsum(benchmark::State& state, const Call& call) {
  const std::vector<Tensor> operands = call.operands();
  for (auto _ : state) benchmark::DoNotOptimize(einsum(call.equation, operands, {.run = {.threads = 1}}));
}

void call_expression(benchmark::State& state, const Call& call) {
  const std::vector<Tensor> operands = call.operands();
  std::vector<EinsumShape> shapes;
  for (const Tensor& operand : operands) shapes.emplace_back(operand.shape());
  const Expression expression = compile(call.equation, shapes);
  const Tensor result = expression.evaluate(operands, {.threads = 1});
  for (auto _ : state) expression.evaluate_into(operands, result, {.threads = 1});
}

const bool calls_registered = [] {
  for (const DType type : {DType::kFloat32, DType::kFloat64}) {
    for (const char* equation : {"ij,ij->ij", "ij,jk->ik", "ij,kj->ik", "ji,jk->ik", "ij,jk->ki", "bij,bjk->bik", "ij,j->i"}) {
      for (const std::int64_t n : {2, 4, 8, 16, 32}) {
        const Call call{equation, n, type};
        benchmark::RegisterBenchmark(("CallEinsum/" + call.name()).c_str(), call_einsum, call);
        benchmark::RegisterBenchmark(("CallExpression/" + call.name()).c_str(), call_expression, call);
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace einfold::bench

BENCHMARK_MAIN();
