// SPDX-License-Identifier: MIT
//
// Random contractions: wild ones (any stride, any window) and ones made of tensors with axes, as plans have.
#pragma once

#include "plan/contraction.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace einfold::cpu::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
  }
  bool once_in(int n) { return between(1, n) == 1; }
  template <class T>
  const T& one_of(const std::vector<T>& values) {
    return values[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(values.size()) - 1))];
  }
  template <class T>
  void shuffle(std::vector<T>& values) {
    std::shuffle(values.begin(), values.end(), engine_);
  }
  std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
};

/// Moves C so that its box is [0, size), and makes it one axis.
inline void box_from_addresses(plan::Contraction& step) {
  std::int64_t low = 0, high = 0;
  bool first = true;
  for (const plan::Nest& nest : step.nests) {
    std::int64_t from = nest.c.base, to = nest.c.base;
    for (std::size_t l = 0; l < nest.extents.size(); ++l) {
      const std::int64_t reach = nest.c.strides[l] * (nest.extents[l] - 1);
      (reach < 0 ? from : to) += reach;
    }
    low = first ? from : std::min(low, from);
    high = first ? to : std::max(high, to);
    first = false;
  }
  for (plan::Nest& nest : step.nests) nest.c.base -= low;
  step.c_extents = {high - low + 1};
  step.c_strides = {1};
}

/// One to three nests of up to five small loops with strides in [-4, 9] and up to two windows on each
/// operand.
inline plan::Contraction wild_contraction(Dice& dice) {
  plan::Contraction step;
  step.has_a = !dice.once_in(8);
  step.has_b = !dice.once_in(4);
  step.zero_first = !dice.once_in(3);
  step.factor = {dice.once_in(2) ? 1.0 : 0.5 * static_cast<double>(dice.between(-4, 4)), dice.between(-3, 3)};
  const std::int64_t nests = dice.once_in(3) ? dice.between(1, 3) : 1;
  for (std::int64_t i = 0; i < nests; ++i) {
    plan::Nest nest;
    const auto loops = static_cast<std::size_t>(dice.between(0, 5));
    for (std::size_t l = 0; l < loops; ++l) nest.extents.push_back(dice.once_in(6) ? 1 : dice.between(2, 6));
    if (loops > 0 && dice.once_in(8)) nest.extents[loops - 1] = dice.between(100, 700);
    for (plan::Access* access : {&nest.a, &nest.b, &nest.c}) {
      access->base = dice.between(-20, 20);
      for (std::size_t l = 0; l < loops; ++l) {
        access->strides.push_back(dice.once_in(3) ? 0 : dice.between(-4, 9));
      }
      for (std::int64_t w = dice.once_in(2) ? dice.between(1, 2) : 0; w > 0; --w) {
        plan::Window window{dice.between(-4, 4), {}, dice.between(1, 12)};
        for (std::size_t l = 0; l < loops; ++l)
          window.coefficients.push_back(dice.once_in(2) ? 0 : dice.between(-2, 3));
        access->windows.push_back(window);
      }
    }
    step.nests.push_back(nest);
  }
  box_from_addresses(step);
  return step;
}

/// A tensor made of axes, each read at one loop or at  S o + D k - P  with a window.
struct Axis {
  std::int64_t extent = 1;
  std::vector<std::int64_t> coefficients;  ///< one per loop
  std::int64_t constant = 0;
  bool windowed = false;
};

/// Lays the axes out in random order, packed or with gaps, forwards or backwards.
inline plan::Access lay_out(Dice& dice, const std::vector<Axis>& axes, std::size_t loops,
                            std::vector<std::int64_t>* extents = nullptr,
                            std::vector<std::int64_t>* strides = nullptr) {
  plan::Access access;
  access.strides.assign(loops, 0);
  std::vector<std::size_t> order(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) order[i] = i;
  dice.shuffle(order);
  if (extents) extents->assign(axes.size(), 0);
  if (strides) strides->assign(axes.size(), 0);
  std::int64_t step = dice.once_in(6) ? dice.between(2, 3) : 1;
  for (const std::size_t i : order) {
    const Axis& axis = axes[i];
    const std::int64_t stride = dice.once_in(8) ? -step : step;
    for (std::size_t l = 0; l < loops; ++l) access.strides[l] += stride * axis.coefficients[l];
    access.base += stride * axis.constant;
    if (axis.windowed) access.windows.push_back({axis.constant, axis.coefficients, axis.extent});
    if (extents) (*extents)[i] = axis.extent;
    if (strides) (*strides)[i] = stride;
    step *= axis.extent + (dice.once_in(6) ? dice.between(1, 3) : 0);
  }
  return access;
}

/// Ranges for the extents of a structured step.
struct Sizes {
  std::int64_t m = 40, n = 40, k = 40, batch = 4, kernel = 3;
};

/// C[batch, m.., n..] from A[batch, m.., k..] and B[batch, k.., n..], zero to two axes of A (and sometimes
/// one of B) being affine in a loop of M (N) and a loop of K.
inline plan::Contraction structured_contraction(Dice& dice, const Sizes& sizes) {
  std::vector<std::int64_t> extents;
  struct Role {
    bool a, b, c;
  };
  std::vector<Role> roles;
  const auto loop = [&](std::int64_t extent, Role role) {
    extents.push_back(extent);
    roles.push_back(role);
    return extents.size() - 1;
  };
  struct Pair {
    std::size_t o, k;
    bool on_a;
  };
  std::vector<Pair> pairs;
  for (std::int64_t i = dice.between(0, 1); i > 0; --i)
    loop(dice.between(1, sizes.batch), {true, true, true});
  for (std::int64_t i = dice.between(0, 2); i > 0; --i) loop(dice.between(1, sizes.m), {true, false, true});
  for (std::int64_t i = dice.between(0, 2); i > 0; --i) loop(dice.between(1, sizes.n), {false, true, true});
  for (std::int64_t i = dice.between(0, 2); i > 0; --i) loop(dice.between(1, sizes.k), {true, true, false});
  if (dice.once_in(8)) loop(dice.between(2, 3), {true, false, false});
  if (dice.once_in(8)) loop(dice.between(2, 3), {false, true, false});
  for (std::int64_t i = dice.between(0, 2); i > 0; --i) {
    const bool on_a = !dice.once_in(5);
    const std::size_t o = loop(dice.between(2, 9), {on_a, !on_a, true});
    const std::size_t k = loop(dice.between(2, sizes.kernel), {true, true, false});
    pairs.push_back({o, k, on_a});
  }
  const std::size_t loops = extents.size();
  std::vector<Axis> a, b, c;
  const auto plain = [&](std::size_t l) {
    Axis axis{extents[l], std::vector<std::int64_t>(loops, 0), 0, false};
    axis.coefficients[l] = 1;
    return axis;
  };
  std::vector<bool> in_pair_a(loops, false), in_pair_b(loops, false);
  for (const Pair& pair : pairs) {
    (pair.on_a ? in_pair_a : in_pair_b)[pair.o] = true;
    (pair.on_a ? in_pair_a : in_pair_b)[pair.k] = true;
    const std::int64_t stride = dice.between(1, 3), dilation = dice.between(1, 2);
    Axis axis{1, std::vector<std::int64_t>(loops, 0), -dice.between(0, 2), true};
    axis.coefficients[pair.o] = dice.once_in(6) ? -stride : stride;
    axis.coefficients[pair.k] = dice.once_in(6) ? -dilation : dilation;
    std::int64_t low = axis.constant, high = axis.constant;
    for (const std::size_t l : {pair.o, pair.k}) {
      const std::int64_t reach = axis.coefficients[l] * (extents[l] - 1);
      (reach < 0 ? low : high) += reach;
    }
    if (low < 0 && dice.once_in(2)) {
      axis.constant -= low;
      high -= low;
    }
    axis.extent = std::max<std::int64_t>(1, high + 1 - (dice.once_in(2) ? dice.between(0, 2) : 0));
    (pair.on_a ? a : b).push_back(axis);
  }
  for (std::size_t l = 0; l < loops; ++l) {
    if (roles[l].a && !in_pair_a[l]) a.push_back(plain(l));
    if (roles[l].b && !in_pair_b[l]) b.push_back(plain(l));
    if (roles[l].c) c.push_back(plain(l));
  }
  plan::Contraction step;
  step.zero_first = !dice.once_in(3);
  step.factor = {dice.once_in(2) ? 1.0 : 0.25 * static_cast<double>(dice.between(-8, 8)),
                 dice.between(-3, 3)};
  plan::Nest nest;
  nest.extents = extents;
  nest.a = lay_out(dice, a, loops);
  nest.b = lay_out(dice, b, loops);
  nest.c = lay_out(dice, c, loops, &step.c_extents, &step.c_strides);
  step.nests.push_back(nest);
  return step;
}

}  // namespace einfold::cpu::test
