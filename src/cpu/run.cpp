// SPDX-License-Identifier: MIT
#include "cpu/run.hpp"

#include "base/fail.hpp"
#include "cpu/box.hpp"
#include "cpu/cover.hpp"
#include "cpu/depthwise.hpp"
#include "cpu/gemm.hpp"
#include "cpu/generic.hpp"
#include "cpu/interleave.hpp"
#include "cpu/line_writer.hpp"
#include "cpu/map.hpp"
#include "cpu/parts.hpp"
#include "cpu/reduce.hpp"
#include "cpu/roles.hpp"
#include "cpu/shift_gram.hpp"
#include "cpu/small_products.hpp"
#include "cpu/stencil.hpp"
#include "cpu/windowed_sum.hpp"

#include <algorithm>
#include <limits>

namespace einfold::cpu {
namespace {

/// What a kernel may need that has an alternative.
std::int64_t allowed(const Options& options) { return options.least_workspace ? 0 : options.workspace_limit_bytes; }

/// The first candidate that takes the nest; the last takes every one.
std::unique_ptr<const NestKernel> choose(const NestProblem& problem, const Options& options,
                                         std::vector<Declined>& declined) {
  const auto note = [&](const char* name, std::string reason) {
    const bool known = std::any_of(declined.begin(), declined.end(),
                                   [&](const Declined& d) { return d.name == name && d.reason == reason; });
    if (!known) declined.push_back({name, std::move(reason)});
  };
  struct Entry {
    const char* name;
    Candidate (*make)(const NestProblem&, const Options&);
  };
  constexpr Entry entries[] = {{"map", make_map},
                               {"depth-wise lanes", make_depthwise_lanes},
                               {"depth-wise", make_depthwise_image},
                               {"depth-wise taps", make_depthwise_taps},
                               {"small products", make_small_products},
                               {"reduction", make_reduction},
                               {"stencil", make_stencil},
                               {"gemm", make_gemm},
                               {"sum of products", make_sum_of_products}};
  for (const Entry& entry : entries) {
    Candidate candidate = entry.make(problem, options);
    if (candidate.kernel && candidate.kernel->workspace_bytes <= allowed(options)) {
      return std::move(candidate.kernel);
    }
    note(entry.name, candidate.kernel
                         ? cat("needs ", candidate.kernel->workspace_bytes, " bytes of workspace")
                         : std::move(candidate.reason));
  }
  return make_generic(problem);
}

/// Elements of C in the box of a nest without windows on C.
double elements_written(const LoopNest& nest) {
  double count = 1;
  for (const Loop& loop : nest.loops) {
    if (nest.depends(loop, kC)) count *= static_cast<double>(loop.extent);
  }
  return count;
}

/// A step nest by nest. Each nest has the first candidate that takes it.
class NestByNest final : public Kernel {
 public:
  NestByNest(const plan::Contraction& step, DType dtype, const Options& options,
             std::vector<Declined>& declined)
      : dtype_(dtype), box_(step.c_extents, step.c_strides) {
    std::vector<LoopNest> nests;
    std::vector<const plan::Nest*> sources;
    for (const plan::Nest& nest : step.nests) {
      LoopNest loops = loop_nest_of(nest, step.has_a, step.has_b);
      if (loops.empty) continue;
      nests.push_back(std::move(loops));
      sources.push_back(&nest);
    }
    // One nest may write all of C. Several that share C among themselves write their parts.
    const Cover cover = nests.size() > 1 ? cover_of(step, sources) : Cover{true, true};
    zero_first_ = step.zero_first;
    bool all_overwrite = !nests.empty() && cover.whole;
    for (LoopNest& nest : nests) {
      const plan::Factor factor{step.factor.real * nest.repeats.real,
                                static_cast<std::int64_t>(static_cast<std::uint64_t>(step.factor.integer) *
                                                          static_cast<std::uint64_t>(nest.repeats.integer))};
      const double written = nests.size() == 1 ? box_.size() : elements_written(nest);
      const double all_flops = flops_of(nest, step.has_a, step.has_b);
      const double points = nest.points(), bytes = bytes_touched(nest, step.has_a, step.has_b, dtype);
      const NestProblem problem{std::move(nest), factor, step.zero_first && cover.apart,  written, step.has_a,
                                step.has_b,      dtype,  !step.symmetry.exchanged.empty()};
      std::unique_ptr<const NestKernel> kernel = choose(problem, options, declined);
      all_overwrite = all_overwrite && kernel->overwrites;
      workspace_bytes_ = std::max(workspace_bytes_, kernel->workspace_bytes);
      const double flops = kernel->flops >= 0 ? kernel->flops : all_flops;
      flops_ += flops;
      const double read_again = kernel->overwrites ? 0 : written * static_cast<double>(size_bytes(dtype));
      loads_.push_back({flops > 0 ? flops : points, bytes + read_again, kernel->of_peak});
      if (name_.find(kernel->name) == std::string::npos) name_ += (name_.empty() ? "" : ", ") + kernel->name;
      nests_.push_back(std::move(kernel));
    }
    if (all_overwrite) zero_first_ = false;
    if (nests_.empty()) name_ = "zeros";
    if (zero_first_) loads_.push_back({.bytes = box_.size() * static_cast<double>(size_bytes(dtype))});
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    if (zero_first_) write_zeros(box_, buffers.c, size_bytes(dtype_), executor);
    for (const auto& nest : nests_) nest->run(buffers, workspace, executor);
  }

  /// How often a run passes over C.
  [[nodiscard]] std::size_t passes() const { return nests_.size() + (zero_first_ ? 1 : 0); }

 private:
  DType dtype_;
  Box box_;
  bool zero_first_ = false;
  std::vector<std::unique_ptr<const NestKernel>> nests_;
};

std::int64_t nests_that_run(const plan::Contraction& step) {
  return std::count_if(step.nests.begin(), step.nests.end(),
                       [&](const plan::Nest& nest) { return !loop_nest_of(nest, step.has_a, step.has_b).empty; });
}

/// Loop points per byte of C.
double points_per_byte(const plan::Contraction& step, DType dtype) {
  double points = 0, bytes = static_cast<double>(size_bytes(dtype));
  for (const plan::Nest& nest : step.nests) {
    double box = 1;
    for (const std::int64_t extent : nest.extents) box *= static_cast<double>(extent);
    points += box;
  }
  for (const std::int64_t extent : step.c_extents) bytes *= static_cast<double>(extent);
  return points / bytes;
}

/// The shorter side of the narrowest product in the step.
std::int64_t narrowest(const plan::Contraction& step) {
  std::int64_t side = std::numeric_limits<std::int64_t>::max();
  for (const plan::Nest& nest : step.nests) {
    const LoopNest loops = loop_nest_of(nest, step.has_a, step.has_b);
    if (loops.empty) continue;
    const Roles roles = roles_of(loops);
    side = std::min({side, count(roles.a_rows), count(roles.b_rows)});
  }
  return side;
}

/// Residue classes each by itself, and whole lines from them; null if the step has none, if they need too much memory, or where it does not pay.
std::shared_ptr<Kernel> class_by_class(const plan::Contraction& step, DType dtype, const Options& options, bool streams,
                                       std::vector<Declined>& declined) {
  constexpr std::int64_t kMostScratch = 3 << 19;  // bytes: with what the classes' kernels need, within 2 MiB
  constexpr std::int64_t kShortLine = 32;         // elements: of shorter lines, a call for each costs more than whole lines gain
  if (!can_interleave(dtype)) return nullptr;
  const auto interleaving = interleaving_of(step);
  if (!interleaving || interleaving->line < kShortLine) return nullptr;
  if (interleaving->scratch_elements * static_cast<std::int64_t>(size_bytes(dtype)) > kMostScratch) return nullptr;
  std::vector<std::shared_ptr<const Kernel>> classes;
  std::vector<Declined> of_classes;
  for (const Interleaving::Class& one : interleaving->classes)
    classes.push_back(std::make_shared<NestByNest>(one.step, dtype, options, of_classes));
  auto kernel = interleaved(*interleaving, std::move(classes), dtype, streams, options);
  if (kernel->workspace_bytes() > allowed(options)) return nullptr;
  declined.insert(declined.end(), of_classes.begin(), of_classes.end());
  return kernel;
}

/// C in parts that stay in a cache, if it is much larger and met more than once: in a core's own cache if there is little to
/// compute, else in the last one, for kernels that multiply matrices are the better the larger these are.
std::shared_ptr<Kernel> nests_of(const plan::Contraction& step, DType dtype, const Options& options,
                                 std::vector<Declined>& declined) {
  // on every machine, for the same bits
  constexpr std::int64_t kLastCache = 2 << 20, kOwnCache = 128 << 10;
  constexpr std::int64_t kSomeOfIt = 1 << 20;  // a part that has its classes beside it, about as large again
  constexpr double kLittle = 4;  // loop points per byte
  constexpr std::int64_t kNarrow = 16;  // rows or columns: about one tile of a product; with fewer, it is partly idle
  constexpr auto kAlignment = static_cast<std::int64_t>(kWorkspaceAlignment);
  const auto element = static_cast<std::int64_t>(size_bytes(dtype));
  const bool streams = beyond_caches(Box(step.c_extents, step.c_strides).size() * static_cast<double>(element), options.stream_bytes);
  const auto in_parts_of = [&](Sharing sharing, std::int64_t bytes, bool by_class) -> std::shared_ptr<Kernel> {
    auto parts = parts_of(step, element, options.stream_bytes < 0 ? bytes : options.stream_bytes);
    if (!parts || (by_class && narrowest(parts->step) < std::min(kNarrow, narrowest(step)))) return nullptr;
    Options one = options;
    if (sharing == Sharing::kOneThread) {
      one.threads = 1;
      one.workspace_limit_bytes = options.workspace_limit_bytes / std::max(1, options.threads) / kAlignment * kAlignment;
    }
    std::shared_ptr<const Kernel> part;
    if (by_class)
      part = class_by_class(parts->step, dtype, one, streams, declined);
    else
      part = std::make_shared<NestByNest>(parts->step, dtype, one, declined);
    return part ? part_by_part(std::move(*parts), sharing, std::move(part), dtype, options.threads) : nullptr;
  };
  const bool little = points_per_byte(step, dtype) < kLittle;
  const auto in_parts = [&]() -> std::shared_ptr<Kernel> {
    for (const bool by_class : {true, false}) {
      if (auto kernel = little ? in_parts_of(Sharing::kOneThread, kOwnCache, by_class) : nullptr) return kernel;
      if (auto kernel = in_parts_of(Sharing::kAllThreads, by_class ? kSomeOfIt : kLastCache, by_class)) return kernel;
      if (auto kernel = by_class ? class_by_class(step, dtype, options, streams, declined) : nullptr) return kernel;
    }
    return nullptr;
  };
  const bool several = nests_that_run(step) > 1;  // they pass over C several times, whatever their kernels
  if (several) {
    if (auto kernel = in_parts()) return kernel;
  }
  std::vector<Declined> of_whole;
  auto whole = std::make_shared<NestByNest>(step, dtype, options, of_whole);
  if (!several && whole->passes() > 1) {
    if (auto kernel = in_parts()) return kernel;
  }
  declined.insert(declined.end(), of_whole.begin(), of_whole.end());
  return whole;
}

}  // namespace

/// Completes the kernel that was chosen.
struct Choice {
  static std::shared_ptr<const Kernel> finish(std::shared_ptr<Kernel> kernel, std::vector<Declined> declined,
                                              const Options& options) {
    if (!options.least_workspace && kernel->workspace_bytes() > options.workspace_limit_bytes) {
      fail(ErrorKind::kMemory, "E0601", "kernel '", kernel->name(), "' needs a workspace of ",
           kernel->workspace_bytes(), " bytes, but only ", options.workspace_limit_bytes,
           " are allowed; allow that many, or fewer threads");
    }
    kernel->declined_ = std::move(declined);
    return kernel;
  }
};

std::shared_ptr<const Kernel> prepare(const plan::Contraction& step, DType dtype, const Options& options) {
  std::vector<Declined> declined;
  std::string reason;
  auto gram = make_shift_gram(step, dtype, options, reason);
  if (gram && gram->workspace_bytes() <= allowed(options)) {
    return Choice::finish(std::move(gram), {}, options);
  }
  if (gram) reason = cat("needs ", gram->workspace_bytes(), " bytes of workspace");
  declined.push_back({"shift-invariant Gram", std::move(reason)});
  auto kernel = nests_of(step, dtype, options, declined);
  return Choice::finish(std::move(kernel), std::move(declined), options);
}

std::shared_ptr<const Kernel> prepare(const plan::WindowedSum& step, DType dtype, const Options& options) {
  return Choice::finish(make_windowed_sum(step, dtype, options), {}, options);
}

}  // namespace einfold::cpu
