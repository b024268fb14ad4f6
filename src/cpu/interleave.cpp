// SPDX-License-Identifier: MIT
#include "cpu/interleave.hpp"

#include <algorithm>
#include <cstdlib>

namespace einfold::cpu {
namespace {

constexpr std::int64_t kBlockBytes = 128 << 10;
/// Loop points per byte of C, beyond which arithmetic is what takes time: the second cache gains nothing, and small blocks cost.
constexpr double kMostPoints = 4;

bool has_window(const plan::Access& access, std::size_t loop) {
  return std::ranges::any_of(access.windows, [&](const plan::Window& w) { return w.coefficients[loop] != 0; });
}

bool alike(const std::vector<const plan::Nest*>& nests, std::size_t loop) {
  const plan::Nest& first = *nests.front();
  return std::ranges::all_of(nests, [&](const plan::Nest* nest) {
    const auto same = [&](const plan::Access& x, const plan::Access& y) {
      return x.strides.empty() || (x.strides[loop] == y.strides[loop] && !has_window(x, loop));
    };
    return nest->extents.size() == first.extents.size() && nest->extents[loop] == first.extents[loop] && same(nest->a, first.a) &&
           same(nest->b, first.b) && same(nest->c, first.c);
  });
}

/// The largest divisor of n up to `most`.
std::int64_t divisor_up_to(std::int64_t n, std::int64_t most) {
  std::int64_t d = std::clamp<std::int64_t>(most, 1, n);
  while (n % d != 0) --d;
  return d;
}

std::int64_t stride_of(const plan::Access& access, std::size_t loop) { return access.strides.empty() ? 0 : access.strides[loop]; }

}  // namespace

Interleaved interleaved(const plan::Contraction& step, const std::vector<const plan::Nest*>& nests, std::int64_t element_bytes) {
  if (nests.size() < 2) return {};
  std::int64_t bytes = element_bytes;
  for (const std::int64_t extent : step.c_extents) bytes *= extent;
  double points = 0;
  for (const plan::Nest* nest : nests) {
    double box = 1;
    for (const std::int64_t extent : nest->extents) box *= static_cast<double>(extent);
    points += box;
  }
  if (points > kMostPoints * static_cast<double>(bytes)) return {};
  const plan::Nest& first = *nests.front();
  std::vector<std::size_t> loops;
  for (std::size_t l = 0; l < first.extents.size(); ++l)
    if (first.extents[l] > 1 && first.c.strides[l] != 0) loops.push_back(l);
  std::ranges::stable_sort(loops, std::ranges::greater{}, [&](std::size_t l) { return std::abs(first.c.strides[l]); });
  Interleaved result;
  for (const std::size_t l : loops) {
    if (bytes <= kBlockBytes || !alike(nests, l)) break;
    const std::int64_t extent = first.extents[l], one = bytes / extent;
    const std::int64_t block = divisor_up_to(extent, one > 0 ? kBlockBytes / one : extent);
    if (block == extent) continue;
    result.cuts.push_back({l, block, extent / block, {stride_of(first.a, l), stride_of(first.b, l), first.c.strides[l]}});
    result.count *= extent / block;
    bytes = one * block;
  }
  if (bytes > kBlockBytes) return {};
  return result;
}

Offsets Interleaved::start(std::int64_t block) const {
  Offsets at{};
  for (std::size_t n = cuts.size(); n-- > 0; block /= cuts[n].count)
    for (std::size_t o = 0; o < at.size(); ++o) at[o] += block % cuts[n].count * cuts[n].block * cuts[n].stride[o];
  return at;
}

plan::Nest Interleaved::part_of(plan::Nest nest) const {
  for (const CutLoop& cut : cuts) nest.extents[cut.loop] = cut.block;
  return nest;
}

}  // namespace einfold::cpu
