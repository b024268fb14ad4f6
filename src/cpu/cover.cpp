// SPDX-License-Identifier: MIT
#include "cpu/cover.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace einfold::cpu {
namespace {

constexpr std::size_t kMostNests = 256;  // pairs are compared

}  // namespace

bool apart(const Progression& x, const Progression& y) {
  if (x.last() < y.start || y.last() < x.start) return true;
  const std::int64_t common = std::gcd(x.step, y.step);
  return common == 0 ? x.start != y.start : (x.start - y.start) % common != 0;
}

std::optional<std::vector<CoveredAxis>> axes_of(const plan::Contraction& step, std::int64_t& low) {
  std::vector<CoveredAxis> axes;
  low = 0;
  for (std::size_t i = 0; i < step.c_extents.size(); ++i) {
    if (step.c_extents[i] == 1) continue;
    if (step.c_strides[i] < 0) low += step.c_strides[i] * (step.c_extents[i] - 1);
    axes.push_back({std::abs(step.c_strides[i]), step.c_extents[i]});
  }
  std::sort(axes.begin(), axes.end(), [](const CoveredAxis& x, const CoveredAxis& y) { return x.stride > y.stride; });
  std::int64_t finer = 0;
  for (std::size_t i = axes.size(); i-- > 0;) {
    if (axes[i].stride <= finer) return std::nullopt;
    finer += axes[i].stride * (axes[i].extent - 1);
  }
  return axes;
}

std::optional<std::vector<Progression>> box_of(const plan::Nest& nest, const std::vector<CoveredAxis>& axes, std::int64_t low) {
  std::vector<Progression> box(axes.size());
  std::int64_t corner = nest.c.base - low;
  for (std::size_t l = 0; l < nest.extents.size(); ++l) {
    const std::int64_t stride = nest.c.strides[l];
    if (stride == 0 || nest.extents[l] == 1) continue;
    if (stride < 0) corner += stride * (nest.extents[l] - 1);
    const auto axis = std::find_if(axes.begin(), axes.end(), [&](const CoveredAxis& a) { return a.stride <= std::abs(stride); });
    if (axis == axes.end() || stride % axis->stride != 0) return std::nullopt;
    Progression& p = box[static_cast<std::size_t>(axis - axes.begin())];
    if (p.count > 1) return std::nullopt;
    p.step = std::abs(stride) / axis->stride;
    p.count = nest.extents[l];
    p.loop = l;
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (corner < 0) return std::nullopt;
    box[i].start = corner / axes[i].stride;
    corner %= axes[i].stride;
    if (box[i].last() >= axes[i].extent) return std::nullopt;
  }
  if (corner != 0) return std::nullopt;
  return box;
}

Cover cover_of(const plan::Contraction& step, const std::vector<const plan::Nest*>& nests) {
  std::int64_t low = 0;
  const auto axes = axes_of(step, low);
  if (!axes || nests.size() > kMostNests) return {};
  std::vector<std::vector<Progression>> boxes;
  double covered = 0, all = 1;
  for (const CoveredAxis& axis : *axes) all *= static_cast<double>(axis.extent);
  for (const plan::Nest* nest : nests) {
    auto box = box_of(*nest, *axes, low);
    if (!box) return {};
    double size = 1;
    for (std::size_t i = 0; i < box->size(); ++i) size *= static_cast<double>((*box)[i].count);
    covered += size;
    for (const auto& other : boxes) {
      bool disjoint = false;
      for (std::size_t i = 0; i < other.size() && !disjoint; ++i) disjoint = apart((*box)[i], other[i]);
      if (!disjoint) return {};
    }
    boxes.push_back(*std::move(box));
  }
  return {true, covered == all};
}

}  // namespace einfold::cpu
