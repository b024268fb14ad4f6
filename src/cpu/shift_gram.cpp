// SPDX-License-Identifier: MIT
#include "cpu/shift_gram.hpp"

#include "cpu/box.hpp"
#include "cpu/element.hpp"
#include "cpu/tiling.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>

namespace einfold::cpu {
namespace {

using Ints = std::vector<std::int64_t>;

/// Positions [first, last) that are in the windows of the same taps.
struct Region {
  std::int64_t first, last;
  std::vector<bool> taps;
};

/// One dimension of the tensor, seen at  position = constant + o + dilation k,  0 <= position < extent.
struct Dimension {
  std::size_t row, column, sum;  ///< the loops k, k' and o
  std::int64_t taps = 1, dilation = 1, constant = 0, extent = 0, stride = 0;
  std::vector<Region> regions;
};

/// The only loop of a role that takes part in a window with this coefficient, the window having just two
/// loops.
bool matches(const plan::Window& w, std::size_t sum, std::size_t tap) {
  if (w.coefficients[sum] != 1) return false;
  for (std::size_t l = 0; l < w.coefficients.size(); ++l) {
    if (l != sum && l != tap && w.coefficients[l] != 0) return false;
  }
  return w.coefficients[tap] != 0;
}

std::optional<Dimension> dimension_of(const plan::Nest& nest, std::size_t row, std::size_t column) {
  Dimension d{row, column, 0};
  d.taps = nest.extents[row];
  std::int64_t longest = 0;
  bool found = false;
  for (std::size_t o = 0; o < nest.extents.size(); ++o) {
    const std::int64_t step = nest.a.strides[o];
    if (nest.extents[o] < 2 || step == 0 || step != nest.b.strides[o] || nest.c.strides[o] != 0) continue;
    const auto window = [&](const plan::Access& x, std::size_t tap) {
      return std::find_if(x.windows.begin(), x.windows.end(),
                          [&](const plan::Window& w) { return matches(w, o, tap); });
    };
    const auto wa = window(nest.a, row), wb = window(nest.b, column);
    const bool windowed = wa != nest.a.windows.end() && wb != nest.b.windows.end();
    if (windowed) {
      const std::int64_t dilation = wa->coefficients[row];
      if (wb->coefficients[column] != dilation || wa->constant != wb->constant || wa->extent != wb->extent)
        continue;
      if (nest.a.strides[row] != dilation * step) continue;
      d.sum = o;
      d.dilation = dilation;
      d.constant = wa->constant;
      d.extent = wa->extent;
      d.stride = step;
      return d;
    }
    // Without windows: the axis on which taps and positions overlap; the longest step if there are several.
    const std::int64_t tap = nest.a.strides[row];
    if (tap % step != 0 || std::abs(tap) > std::abs(step) * (nest.extents[o] - 1) ||
        std::abs(step) <= longest)
      continue;
    longest = std::abs(step);
    found = true;
    d.sum = o;
    d.dilation = tap / step;
    d.stride = step;
    const std::int64_t reach = d.dilation * (d.taps - 1);
    d.constant = reach < 0 ? -reach : 0;
    d.extent = std::abs(reach) + nest.extents[o];
  }
  if (!found) return std::nullopt;
  return d;
}

void cut_into_regions(Dimension& d, std::int64_t positions) {
  std::set<std::int64_t> cuts;
  const auto from = [&](std::int64_t k) {
    return std::clamp<std::int64_t>(d.constant + d.dilation * k, 0, d.extent);
  };
  const auto to = [&](std::int64_t k) {
    return std::clamp<std::int64_t>(d.constant + d.dilation * k + positions, 0, d.extent);
  };
  for (std::int64_t k = 0; k < d.taps; ++k) {
    cuts.insert(from(k));
    cuts.insert(to(k));
  }
  for (auto cut = cuts.begin(); cut != cuts.end() && std::next(cut) != cuts.end(); ++cut) {
    Region region{*cut, *std::next(cut), std::vector<bool>(static_cast<std::size_t>(d.taps), false)};
    for (std::int64_t k = 0; k < d.taps; ++k) {
      region.taps[static_cast<std::size_t>(k)] = from(k) <= region.first && region.last <= to(k);
    }
    if (std::find(region.taps.begin(), region.taps.end(), true) != region.taps.end())
      d.regions.push_back(region);
  }
}

/// A step in the parts that this kernel needs.
struct ShiftProblem {
  plan::Contraction step;
  std::vector<Dimension> dimensions;
  std::vector<std::pair<std::size_t, std::size_t>>
      channels;  ///< exchanged loops of A and B without a position
  std::vector<std::size_t> sums, batch;

  [[nodiscard]] const plan::Nest& nest() const { return step.nests[0]; }
};

std::optional<ShiftProblem> analyse(const plan::Contraction& step, std::string& reason) {
  const auto decline = [&](const char* why) {
    reason = why;
    return std::nullopt;
  };
  if (step.symmetry.exchanged.empty()) return decline("not symmetric");
  if (step.nests.size() != 1 || !step.has_a || !step.has_b) return decline("several nests");
  ShiftProblem p{step, {}, {}, {}, {}};
  const plan::Nest& nest = step.nests[0];
  if (!nest.c.windows.empty()) return decline("windows on the result");
  std::vector<bool> used(nest.extents.size(), false);
  for (auto [x, y] : step.symmetry.exchanged) {
    auto row = static_cast<std::size_t>(x), column = static_cast<std::size_t>(y);
    if (nest.b.strides[row] != 0) std::swap(row, column);
    if (nest.extents[row] != nest.extents[column]) return decline("exchanged loops of different extents");
    used[row] = used[column] = true;
    if (nest.extents[row] == 1) continue;
    if (nest.b.strides[row] != 0 || nest.a.strides[column] != 0 ||
        nest.a.strides[row] != nest.b.strides[column]) {
      return decline("operands that differ");
    }
    const auto dimension = dimension_of(nest, row, column);
    if (dimension && !used[dimension->sum]) {
      used[dimension->sum] = true;
      p.dimensions.push_back(*dimension);
      cut_into_regions(p.dimensions.back(), nest.extents[dimension->sum]);
    } else {
      p.channels.emplace_back(row, column);
    }
  }
  if (p.dimensions.empty()) return decline("no taps that share positions");
  std::int64_t channels = 1;
  for (const auto& [row, column] : p.channels) channels *= nest.extents[row];
  if (channels < 8) return decline("few channels");
  if (nest.a.base != nest.b.base) return decline("operands that differ");
  for (std::size_t l = 0; l < nest.extents.size(); ++l) {
    if (used[l] || nest.extents[l] == 1) continue;
    if (nest.a.strides[l] != nest.b.strides[l]) return decline("operands that differ");
    (nest.c.strides[l] != 0 ? p.batch : p.sums).push_back(l);
  }
  if (!p.batch.empty()) return decline("several Gram matrices");
  // Every window must be one of the dimensions'.
  std::size_t windows = 0;
  for (const Dimension& d : p.dimensions) {
    windows +=
        static_cast<std::size_t>(std::count_if(nest.a.windows.begin(), nest.a.windows.end(),
                                               [&](const auto& w) { return matches(w, d.sum, d.row); }));
  }
  if (windows != nest.a.windows.size() || windows != nest.b.windows.size()) return decline("other windows");
  return p;
}

/// One product per region, for all displacements of which the first that is not zero is positive:
///     R[displacement, c', c] = sum_{.., j} A[c, .., j] B[c', .., j + D displacement].
struct RegionProduct {
  std::vector<std::size_t> region;  ///< per dimension
  std::shared_ptr<const Kernel> kernel;
};

class ShiftGram final : public Kernel {
 public:
  ShiftGram(ShiftProblem problem, DType dtype, const Options& options)
      : problem_(std::move(problem)), dtype_(dtype), box_(problem_.step.c_extents, problem_.step.c_strides) {
    name_ = "shift-invariant Gram";
    for (const auto& [row, column] : problem_.channels) channels_ *= problem_.nest().extents[row];
    std::vector<std::size_t> region(problem_.dimensions.size(), 0);
    std::int64_t inner = 0;
    for (;;) {
      products_.push_back(product(region, dtype, options));
      inner = std::max(inner, products_.back().kernel->workspace_bytes());
      flops_ += products_.back().kernel->flops();
      std::size_t d = region.size();
      while (d > 0 && ++region[d - 1] == problem_.dimensions[d - 1].regions.size()) region[--d] = 0;
      if (d == 0) break;
    }
    result_bytes_ = displacements_ * channels_ * channels_ * static_cast<std::int64_t>(size_bytes(dtype));
    result_bytes_ = (result_bytes_ + 63) / 64 * 64;
    workspace_bytes_ = result_bytes_ + inner;
    list_pairs();
  }

  void run(const Buffers& buffers, std::span<std::byte> workspace, Executor& executor) const override {
    if (problem_.step.zero_first) write_zeros(box_, buffers.c, size_bytes(dtype_), executor);
    for (const RegionProduct& product : products_) {
      product.kernel->run({buffers.a, buffers.b, workspace.data()},
                          workspace.subspan(static_cast<std::size_t>(result_bytes_)), executor);
      with_element_type(dtype_, [&](auto zero) {
        using T = decltype(zero);
        assemble(product, reinterpret_cast<const T*>(workspace.data()), static_cast<T*>(buffers.c), executor);
      });
    }
  }

 private:
  /// Number of displacements of group g: zero in the dimensions before g, positive in g (in the last group
  /// zero, too), anything in the dimensions after g.
  [[nodiscard]] std::int64_t group_size(std::size_t g) const {
    const auto& dims = problem_.dimensions;
    std::int64_t size = dims[g].taps - (g + 1 < dims.size() ? 1 : 0);
    for (std::size_t d = g + 1; d < dims.size(); ++d) size *= 2 * dims[d].taps - 1;
    return size;
  }

  /// Where a displacement with its first non-zero entry positive lies in R.
  [[nodiscard]] std::int64_t index_of(const Ints& displacement) const {
    const auto& dims = problem_.dimensions;
    std::int64_t before = 0;
    std::size_t g = 0;
    while (g + 1 < dims.size() && displacement[g] == 0) before += group_size(g++);
    std::int64_t at = displacement[g] - (g + 1 < dims.size() ? 1 : 0);
    for (std::size_t d = g + 1; d < dims.size(); ++d)
      at = at * (2 * dims[d].taps - 1) + displacement[d] + dims[d].taps - 1;
    return before + at;
  }

  RegionProduct product(const std::vector<std::size_t>& region, DType dtype, const Options& options) {
    const plan::Nest& nest = problem_.nest();
    const auto& dims = problem_.dimensions;
    plan::Contraction step;
    displacements_ = 0;
    for (std::size_t g = 0; g < dims.size(); ++g) {
      plan::Nest part;
      std::vector<std::size_t> position(dims.size());
      const auto loop = [&](std::int64_t extent, std::int64_t a, std::int64_t b, std::int64_t c) {
        part.extents.push_back(extent);
        part.a.strides.push_back(a);
        part.b.strides.push_back(b);
        part.c.strides.push_back(c);
        return part.extents.size() - 1;
      };
      part.a.base = nest.a.base;
      part.b.base = nest.b.base;
      part.c.base = displacements_ * channels_ * channels_;
      // c' is slower than c in R.
      std::int64_t c_stride = 1;
      for (std::size_t i = problem_.channels.size(); i-- > 0;) {
        const std::size_t l = problem_.channels[i].first;
        loop(nest.extents[l], nest.a.strides[l], 0, c_stride);
        c_stride *= nest.extents[l];
      }
      for (std::size_t i = problem_.channels.size(); i-- > 0;) {
        const std::size_t l = problem_.channels[i].second;
        loop(nest.extents[l], 0, nest.b.strides[l], c_stride);
        c_stride *= nest.extents[l];
      }
      for (const std::size_t l : problem_.sums)
        loop(nest.extents[l], nest.a.strides[l], nest.b.strides[l], 0);
      for (std::size_t d = 0; d < dims.size(); ++d) {
        const Region& r = dims[d].regions[region[d]];
        position[d] = loop(r.last - r.first, dims[d].stride, dims[d].stride, 0);
        part.a.base += (r.first - dims[d].constant) * dims[d].stride;
        part.b.base += (r.first - dims[d].constant) * dims[d].stride;
      }
      std::vector<std::pair<std::int64_t, std::optional<std::size_t>>> shift(dims.size(), {0, std::nullopt});
      for (std::size_t d = dims.size(); d-- > g;) {
        const bool first = d == g, last_group = g + 1 == dims.size();
        shift[d].first = first ? (last_group ? 0 : 1) : 1 - dims[d].taps;
        const std::int64_t count = first ? dims[d].taps - shift[d].first : 2 * dims[d].taps - 1;
        shift[d].second = loop(count, 0, dims[d].dilation * dims[d].stride, c_stride);
        part.b.base += shift[d].first * dims[d].dilation * dims[d].stride;
        c_stride *= count;
      }
      for (std::size_t d = 0; d < dims.size(); ++d) {
        plan::Window window{dims[d].regions[region[d]].first + shift[d].first * dims[d].dilation,
                            Ints(part.extents.size(), 0), dims[d].extent};
        window.coefficients[position[d]] = 1;
        if (shift[d].second) window.coefficients[*shift[d].second] = dims[d].dilation;
        part.b.windows.push_back(std::move(window));
      }
      displacements_ += group_size(g);
      if (group_size(g) > 0) step.nests.push_back(std::move(part));
    }
    step.c_extents = {displacements_ * channels_ * channels_};
    step.c_strides = {1};
    return {region, prepare(step, dtype, options)};
  }

  /// A pair of taps (k, k'), its displacement and its place in C.
  struct Pair {
    Ints k;
    std::int64_t displacement, at, mirrored;
    bool diagonal;
  };
  void list_pairs() {
    const auto& dims = problem_.dimensions;
    const plan::Nest& nest = problem_.nest();
    Ints k(dims.size(), 0), other(dims.size(), 0);
    const auto next = [&](Ints& at) {
      std::size_t d = at.size();
      while (d > 0 && ++at[d - 1] == dims[d - 1].taps) at[--d] = 0;
      return d > 0;
    };
    do {
      do {
        Ints displacement(dims.size());
        Pair pair{k, 0, nest.c.base, nest.c.base, true};
        bool forward = true;
        for (std::size_t d = 0; d < dims.size(); ++d) {
          displacement[d] = other[d] - k[d];
          if (pair.diagonal && displacement[d] != 0) {
            forward = displacement[d] > 0;
            pair.diagonal = false;
          }
          pair.at += k[d] * nest.c.strides[dims[d].row] + other[d] * nest.c.strides[dims[d].column];
          pair.mirrored += other[d] * nest.c.strides[dims[d].row] + k[d] * nest.c.strides[dims[d].column];
        }
        if (!forward) continue;
        pair.displacement = index_of(displacement);
        pairs_.push_back(pair);
      } while (next(other));
    } while (next(k));
    Ints extents, row_strides, column_strides;
    for (const auto& [row, column] : problem_.channels) {
      extents.push_back(nest.extents[row]);
      row_strides.push_back(nest.c.strides[row]);
      column_strides.push_back(nest.c.strides[column]);
    }
    row_offsets_.resize(static_cast<std::size_t>(channels_));
    column_offsets_.resize(static_cast<std::size_t>(channels_));
    list_offsets(extents, row_strides, 0, row_offsets_.data());
    list_offsets(extents, column_strides, 0, column_offsets_.data());
  }

  /// C[(c, k), (c', k')] += factor R[k' - k, c', c] for all k whose window holds the region, and the mirror
  /// image.
  template <class T>
  void assemble(const RegionProduct& product, const T* r, T* c, Executor& executor) const {
    const auto factor = factor_as<T>(problem_.step.factor);
    executor.run(static_cast<std::int64_t>(pairs_.size()), [&](std::int64_t task, int) {
      const Pair& pair = pairs_[static_cast<std::size_t>(task)];
      for (std::size_t d = 0; d < pair.k.size(); ++d) {
        const Region& region = problem_.dimensions[d].regions[product.region[d]];
        if (!region.taps[static_cast<std::size_t>(pair.k[d])]) return;
      }
      const T* block = r + pair.displacement * channels_ * channels_;
      for (std::int64_t i = 0; i < channels_; ++i) {  // c' of B
        const auto second = static_cast<std::size_t>(i);
        for (std::int64_t j = 0; j < channels_; ++j) {  // c of A
          const auto first = static_cast<std::size_t>(j);
          const T value = static_cast<T>(block[i * channels_ + j] * factor);
          c[pair.at + row_offsets_[first] + column_offsets_[second]] += value;
          if (!pair.diagonal) c[pair.mirrored + row_offsets_[second] + column_offsets_[first]] += value;
        }
      }
    });
  }

  ShiftProblem problem_;
  DType dtype_;
  Box box_;
  std::int64_t channels_ = 1, displacements_ = 0, result_bytes_ = 0;
  std::vector<RegionProduct> products_;
  std::vector<Pair> pairs_;
  Ints row_offsets_, column_offsets_;
};

}  // namespace

std::shared_ptr<Kernel> make_shift_gram(const plan::Contraction& step, DType dtype, const Options& options,
                                        std::string& reason) {
  if (is_integer(dtype)) {
    reason = "integers";
    return nullptr;
  }
  auto problem = analyse(step, reason);
  if (!problem) return nullptr;
  return std::make_shared<ShiftGram>(std::move(*problem), dtype, options);
}

}  // namespace einfold::cpu
