// SPDX-License-Identifier: MIT
//
// Compiled once for each instruction set: Highway includes this file again for every target.
#include "cpu/row_sums.hpp"

#include "cpu/micro_targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/row_sums.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// Highway must come after foreach_target.
#include "cpu/micro_vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace einfold::cpu {
namespace HWY_NAMESPACE {
namespace {

template <class T>
HWY_INLINE std::int64_t lanes_of() {
  return static_cast<std::int64_t>(hn::Lanes(Tag<T>()));
}

/// Rows that are summed lie close together: asks for the lines that are so many bytes further. Measured; less is too late for the last cache.
template <class T>
HWY_INLINE void ask_ahead(const T* from, std::int64_t n) {
  constexpr std::int64_t kAhead = 6144 / sizeof(T), kLine = 64 / sizeof(T);
  for (std::int64_t j = 0; j < n; j += kLine) __builtin_prefetch(from + kAhead + j);
}

/// Rows of kVectors vectors; the last one overlaps the one before where rows end inside it.
template <class T, int kVectors>
HWY_INLINE void add_narrow(std::int64_t rows, const T* from, std::int64_t row, std::int64_t n, T* to) {
  const Tag<T> d;
  const std::int64_t lanes = lanes_of<T>(), last = n - lanes;
  Vector<T> sum[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v + 1 < kVectors; ++v) sum[v] = hn::LoadU(d, to + v * lanes);
  sum[kVectors - 1] = hn::LoadU(d, to + last);
  for (std::int64_t i = 0; i < rows; ++i, from += row) {
    if constexpr (kVectors > 1) ask_ahead(from, kVectors * lanes);
#pragma GCC unroll 8
    for (int v = 0; v + 1 < kVectors; ++v) sum[v] = hn::Add(sum[v], hn::LoadU(d, from + v * lanes));
    sum[kVectors - 1] = hn::Add(sum[kVectors - 1], hn::LoadU(d, from + last));
  }
#pragma GCC unroll 8
  for (int v = 0; v + 1 < kVectors; ++v) hn::StoreU(sum[v], d, to + v * lanes);
  hn::StoreU(sum[kVectors - 1], d, to + last);
}

template <class T>
HWY_INLINE void add_scalars(std::int64_t rows, const T* from, std::int64_t row, std::int64_t n, T* to) {
  T sum[64 / sizeof(T)];
  for (std::int64_t j = 0; j < n; ++j) sum[j] = to[j];
  for (std::int64_t i = 0; i < rows; ++i, from += row) {
    for (std::int64_t j = 0; j < n; ++j) sum[j] += from[j];
  }
  for (std::int64_t j = 0; j < n; ++j) to[j] = sum[j];
}

/// A long row. One at a time: processors foresee a stream better than several side by side.
template <class T>
HWY_INLINE void add_wide(const T* from, std::int64_t n, T* to) {
  const Tag<T> d;
  const std::int64_t lanes = lanes_of<T>();
  const auto sum_at = [&](std::int64_t j) HWY_ATTR { return hn::Add(hn::LoadU(d, to + j), hn::LoadU(d, from + j)); };
  const auto last = sum_at(n - lanes);
  std::int64_t j = 0;
  for (; j + 4 * lanes <= n; j += 4 * lanes) {
    ask_ahead(from + j, 4 * lanes);
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) hn::StoreU(sum_at(j + v * lanes), d, to + j + v * lanes);
  }
  for (; j + lanes <= n; j += lanes) hn::StoreU(sum_at(j), d, to + j);
  hn::StoreU(last, d, to + n - lanes);
}

template <class T>
void add(std::int64_t rows, const T* from, std::int64_t row, std::int64_t n, T* to) {
  const std::int64_t lanes = lanes_of<T>();
  if (n < lanes) return add_scalars(rows, from, row, n, to);
  switch ((n + lanes - 1) / lanes) {
    case 1: return add_narrow<T, 1>(rows, from, row, n, to);
    case 2: return add_narrow<T, 2>(rows, from, row, n, to);
    case 3: return add_narrow<T, 3>(rows, from, row, n, to);
    case 4: return add_narrow<T, 4>(rows, from, row, n, to);
    case 5: return add_narrow<T, 5>(rows, from, row, n, to);
    case 6: return add_narrow<T, 6>(rows, from, row, n, to);
    case 7: return add_narrow<T, 7>(rows, from, row, n, to);
    case 8: return add_narrow<T, 8>(rows, from, row, n, to);
    default: break;
  }
  for (std::int64_t i = 0; i < rows; ++i) add_wide<T>(from + i * row, n, to);
}

template <class T, int kVectors>
HWY_INLINE void add_members_at(const SumOfMembers<T>& s, std::int64_t at) {
  const Tag<T> d;
  const std::int64_t lanes = lanes_of<T>();
  Vector<T> sum[kVectors];
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) sum[j] = hn::Zero(d);
  for (std::int64_t m = 0; m < s.count; ++m) {
    const T* from = s.from + s.members[m] * s.row + at;
#pragma GCC unroll 4
    for (int j = 0; j < kVectors; ++j) sum[j] = hn::Add(sum[j], hn::LoadU(d, from + j * lanes));
  }
  const auto factor = hn::Set(d, s.factor);
#pragma GCC unroll 4
  for (int j = 0; j < kVectors; ++j) hn::StoreU(hn::Mul(sum[j], factor), d, s.to + at + j * lanes);
}

template <class T>
void add_members(const SumOfMembers<T>& s) {
  const std::int64_t lanes = lanes_of<T>();
  std::int64_t at = 0;
  for (; at + 4 * lanes <= s.n; at += 4 * lanes) add_members_at<T, 4>(s, at);
  for (; at + 2 * lanes <= s.n; at += 2 * lanes) add_members_at<T, 2>(s, at);
  for (; at + lanes <= s.n; at += lanes) add_members_at<T, 1>(s, at);
  for (; at < s.n; ++at) {
    T sum = T(0);
    for (std::int64_t m = 0; m < s.count; ++m) sum += s.from[s.members[m] * s.row + at];
    s.to[at] = sum * s.factor;
  }
}

}  // namespace

void fill(RowSums<float>& k) { k = {add<float>, add_members<float>}; }
void fill(RowSums<double>& k) { k = {add<double>, add_members<double>}; }
void fill(RowSums<std::uint32_t>& k) { k = {add<std::uint32_t>, add_members<std::uint32_t>}; }
void fill(RowSums<std::uint64_t>& k) { k = {add<std::uint64_t>, add_members<std::uint64_t>}; }

}  // namespace HWY_NAMESPACE
}  // namespace einfold::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace einfold::cpu {

template <class T>
const RowSums<T>& row_sums(Isa isa) {
  return table_of<RowSums<T>>(isa, [](Isa one, RowSums<T>& table) { EINFOLD_FOR_ISA(one, fill(table)) });
}
template const RowSums<float>& row_sums<float>(Isa);
template const RowSums<double>& row_sums<double>(Isa);
template const RowSums<std::uint32_t>& row_sums<std::uint32_t>(Isa);
template const RowSums<std::uint64_t>& row_sums<std::uint64_t>(Isa);

}  // namespace einfold::cpu
#endif
